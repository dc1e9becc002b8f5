/* SPDX-License-Identifier: MIT */
/* Who runs, and when. */
#include "object/thread.h"
#include "trap.h"
#include "world.h"

/* A further thread in the actor's task, on `schedule`, for the CPUs of `mask`. */
static cap_t thread_add(const struct actor *actor, cap_t schedule, u64 mask)
{
	cap_t thread;

	CHECK_EQ(thread_create(actor->task, actor->bank, schedule, 0, &thread), OK);
	CHECK_EQ(thread_affinity(thread, mask), OK);
	CHECK_EQ(thread_start(thread, 0x7000, 0, 0, 0, 0), OK);
	return thread;
}

static cap_t schedule_make(u32 priority)
{
	cap_t schedule;

	CHECK_EQ(schedule_create(SIGMA0_BANK, SIGMA0_SCHEDULE, priority, &schedule), OK);
	return schedule;
}

static vaddr_t ip_on(u32 cpu) { return arch_ip(cpus[cpu]->current); }

TEST(end_of_a_slice_does_not_interrupt_for_lesser_threads)
{
	world_make(300, 2);
	struct actor actor = actor_make(1, 100);
	(void)thread_add(&actor, schedule_make(3), 2);
	on(1);
	CHECK_EQ(thread_yield(), OK);
	host_settle();
	CHECK_EQ(ip_on(1), 0x1000);
	CHECK_EQ(cpus[1]->arch.timer_deadline, DEADLINE_NEVER);
	host_now += 1000000000;
	host_settle();
	CHECK_EQ(ip_on(1), 0x1000);
}

TEST(equal_gets_its_turn_on_a_busy_processor)
{
	world_make(300, 2);
	struct actor actor = actor_make(1, 100);
	host_now += 1000000000; /* its slice is long over */
	(void)thread_add(&actor, SIGMA0_SCHEDULE, 2);
	host_settle();
	CHECK_EQ(ip_on(1), 0x7000);
	host_now += 1000000000;
	host_settle();
	CHECK_EQ(ip_on(1), 0x1000);
}

TEST(better_thread_takes_the_processor_at_once)
{
	world_make(300, 2);
	struct actor actor = actor_make(1, 100);
	cap_t low = thread_add(&actor, schedule_make(3), 2);
	CHECK_EQ(task_suspend(actor.task), OK);
	CHECK(!runs(1));
	CHECK_EQ(task_resume(actor.task), OK);
	CHECK(runs(1));
	CHECK_EQ(ip_on(1), 0x1000);
	CHECK_EQ(cap_destroy(actor.thread), OK);
	host_settle();
	CHECK_EQ(ip_on(1), 0x7000);
	CHECK_EQ(cap_destroy(low), OK);
	CHECK(!runs(1));
}

TEST(thread_moves_when_it_may_not_stay)
{
	world_make(300, 3);
	struct actor actor = actor_make(1, 100);
	CHECK_EQ(thread_affinity(actor.thread, 4), OK);
	host_settle();
	CHECK(!runs(1) && runs(2));
	CHECK_EQ(thread_affinity(actor.thread, 8), E_RANGE);
}
