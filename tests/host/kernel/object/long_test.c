/* SPDX-License-Identifier: MIT */
/* What takes long stops and goes on: bounded work for each entry, exact accounts at each stop, and
 * nothing left when something comes between. */
#include "object/bank.h"
#include "object/thread.h"
#include "sched/run.h"
#include "world.h"

enum { PAGES = 1500, WINDOW = 0x30000000, BUDGET = 16, FEW = 40 };

static u64 pauses, free_before, most; /* `most`: pages given back between two pauses */

static void count_pause(void)
{
	pauses++;
	if (frames_free > free_before)
		most = max_u64(most, frames_free - free_before);
	free_before = frames_free;
}

static cap_t segment_full(u64 pages)
{
	cap_t segment;
	u64 size = pages * PAGE_SIZE;

	CHECK_EQ(segment_create(SIGMA0_BANK, size, 0, &segment), OK);
	CHECK_EQ(task_map(0, segment, 0, WINDOW, size, ACCESS_READ | ACCESS_WRITE), OK);
	host_left = NULL; /* not after each of so many */
	for (u64 i = 0; i < pages; i++)
		CHECK(host_write(WINDOW + i * PAGE_SIZE, &i, sizeof(i)));
	world_watch();
	return segment;
}

static void watch(void)
{
	sched_budget = BUDGET;
	pauses = most = 0;
	free_before = frames_free;
	host_paused = count_pause;
}

static void watched(u64 least)
{
	host_paused = NULL;
	CHECK(pauses >= least);
}

TEST(a_segment_is_destroyed_in_many_steps)
{
	world_make(4000, 1);
	u64 charged = figure(SIGMA0_BANK, BANK_CHARGED);
	cap_t segment = segment_full(PAGES);
	CHECK_EQ(task_unmap(0, WINDOW, PAGES * (u64)PAGE_SIZE), OK);
	watch();
	CHECK_EQ(cap_close(segment), OK);
	watched(PAGES / BUDGET);
	CHECK(most <= 2 * BUDGET);
	CHECK(figure(SIGMA0_BANK, BANK_CHARGED) <= charged + 8); /* page tables stay */
}

TEST(a_segment_that_is_mapped_is_destroyed_in_many_steps)
{
	u64 value;

	world_make(4000, 1);
	cap_t segment = segment_full(PAGES), clone;
	CHECK_EQ(segment_clone(SIGMA0_BANK, segment, 0, PAGES * (u64)PAGE_SIZE, 0, &clone), OK);
	watch();
	CHECK_EQ(cap_destroy(segment), OK);
	watched(PAGES / BUDGET);
	CHECK(!host_read(WINDOW, &value, sizeof(value)));
}

TEST(what_is_unmapped_in_steps_is_gone_and_its_neighbours_are_not)
{
	u64 value = 0, hole = 700 * (u64)PAGE_SIZE;

	world_make(4000, 1);
	(void)segment_full(PAGES);
	watch();
	CHECK_EQ(task_unmap(0, WINDOW + 100 * PAGE_SIZE, hole), OK);
	watched(1);
	CHECK(host_read(WINDOW + 99 * PAGE_SIZE, &value, sizeof(value)));
	CHECK_EQ(value, 99);
	CHECK(host_read(WINDOW + 800 * PAGE_SIZE, &value, sizeof(value)));
	CHECK_EQ(value, 800);
	CHECK_EQ(task_protect(0, WINDOW + 99 * PAGE_SIZE, 2 * PAGE_SIZE, ACCESS_READ), E_FAULT);
}

TEST(a_segment_shrinks_in_many_steps)
{
	u64 resident;

	world_make(4000, 1);
	cap_t segment = segment_full(PAGES);
	watch();
	CHECK_EQ(segment_resize(segment, 3 * PAGE_SIZE), OK);
	watched(2);
	CHECK_EQ(segment_read(segment, SEGMENT_RESIDENT, &resident), OK);
	CHECK_EQ(resident, 3);
}

/* --- copies --- */

static struct actor actor;
static cap_t source;

static void clone_make(void)
{
	world_make(6000, 2);
	cap_t segment = segment_full(PAGES);
	actor = actor_make(1, 3000);
	source = actor_give(&actor, segment, RIGHT_ALL);
	on(1);
	watch();
}

static err_t clone(cap_t *copy)
{
	return segment_clone(ACTOR_BANK, source, 0, PAGES * (u64)PAGE_SIZE, 0, copy);
}

TEST(a_copy_is_made_in_many_steps_and_is_complete)
{
	cap_t copy;
	u64 value = 0;

	clone_make();
	CHECK_EQ(clone(&copy), OK);
	watched(PAGES / BUDGET);
	CHECK_EQ(segment_read(copy, SEGMENT_RESIDENT, &value), OK);
	CHECK_EQ(value, PAGES);
	CHECK_EQ(task_map(0, copy, 0, WINDOW, PAGES * (u64)PAGE_SIZE, ACCESS_READ), OK);
	for (u64 i = 0; i < PAGES; i += 97) {
		CHECK(host_read(WINDOW + i * PAGE_SIZE, &value, sizeof(value)));
		CHECK_EQ(value, i);
	}
}

TEST(a_task_is_copied_in_many_steps_and_is_complete)
{
	cap_t copy;
	u64 resident;

	clone_make();
	CHECK_EQ(task_map(0, source, 0, WINDOW, PAGES * (u64)PAGE_SIZE, ACCESS_READ), OK);
	CHECK_EQ(task_clone(ACTOR_TASK, ACTOR_BANK, &copy), OK);
	watched(PAGES / BUDGET);
	CHECK_EQ(task_read(copy, TASK_RESIDENT, &resident), OK);
	CHECK_EQ(resident, PAGES + 1); /* and the control block's */
}

/* --- what comes between --- */

struct between {
	err_t (*call)(void); /* by the actor, on CPU 1 */
	void (*what)(void);  /* by sigma0, at a pause */
};
static cap_t own; /* the actor's segment, mapped once, nobody else's */
static cap_t original;
static u64 when; /* at the pause of this number */
static const struct between *now;

static err_t call_clone(void)
{
	cap_t copy;
	return segment_clone(ACTOR_BANK, source, 0, FEW * (u64)PAGE_SIZE, 0, &copy);
}
static err_t call_clone_task(void)
{
	cap_t copy;
	return task_clone(ACTOR_TASK, ACTOR_BANK, &copy);
}
static err_t call_unmap(void) { return task_unmap(0, WINDOW, FEW * (u64)PAGE_SIZE); }
static err_t call_destroy(void) { return cap_destroy(own); }
static err_t call_shrink(void) { return segment_resize(own, PAGE_SIZE); }
static err_t call_protect(void)
{
	return task_protect(0, WINDOW, FEW * (u64)PAGE_SIZE, ACCESS_READ);
}

static void bank_goes(void) { CHECK_EQ(cap_destroy(actor.bank), OK); }
static void thread_goes(void) { CHECK_EQ(cap_destroy(actor.thread), OK); }
static void task_goes(void) { CHECK_EQ(cap_destroy(actor.task), OK); }
static void source_goes(void) { CHECK_EQ(cap_destroy(original), OK); }
static void interrupt_comes(void) { CHECK_EQ(thread_interrupt(actor.thread), OK); }

static void at_pause(void)
{
	if (++pauses != when)
		return;
	host_cpu = 0;
	now->what();
}

/* True if there were so many pauses. */
static bool between_run(void)
{
	world_make(1500, 2);
	/* What sigma0's own page tables take stays. */
	CHECK_EQ(cap_destroy(segment_full(FEW)), OK);
	CHECK_EQ(task_unmap(0, WINDOW, FEW * (u64)PAGE_SIZE), OK);
	u64 charged = root_bank->charged, free = frames_free;
	original = segment_full(FEW);
	CHECK_EQ(task_unmap(0, WINDOW, FEW * (u64)PAGE_SIZE), OK);
	actor = actor_make(1, 400);
	source = actor_give(&actor, original, RIGHT_ALL);
	on(1);
	CHECK_EQ(segment_create(ACTOR_BANK, FEW * (u64)PAGE_SIZE, 0, &own), OK);
	CHECK_EQ(task_map(0, own, 0, WINDOW, FEW * (u64)PAGE_SIZE, ACCESS_READ | ACCESS_WRITE), OK);
	for (u64 i = 0; i < FEW; i++)
		CHECK(host_write(WINDOW + i * PAGE_SIZE, &i, sizeof(i)));
	sched_budget = 4;
	pauses = 0;
	host_paused = at_pause;
	err_t error = now->call();
	if (now->what == interrupt_comes || (error != BLOCKED && now->what != source_goes))
		CHECK_EQ(error, OK);
	host_paused = NULL;
	on(0);
	(void)cap_destroy(actor.bank);
	const cap_t caps[] = { actor.bank, actor.task, actor.thread, actor.segment, original };
	for (u32 i = 0; i < COUNT_OF(caps); i++)
		(void)cap_close(caps[i]);
	CHECK_EQ(root_bank->charged, charged);
	CHECK_EQ(frames_free, free);
	return pauses >= when;
}

/* 0: there were not so many pauses; 1: good. */
static int between_apart(void)
{
	int status = 2;
	pid_t child = fork();

	if (child == 0)
		exit(setjmp(test_end) ? 2 : between_run());
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status)
	               ? WEXITSTATUS(status)
	               : 2;
}

TEST(whatever_comes_between_the_steps_leaves_nothing_behind)
{
	static err_t (*const calls[])(void) = { call_clone,   call_clone_task, call_unmap,
		                                call_destroy, call_shrink,     call_protect };
	static void (*const events[])(void) = { bank_goes, thread_goes, task_goes, source_goes,
		                                interrupt_comes };
	u32 failed = 0, stops = 0;

	for (u32 i = 0; i < COUNT_OF(calls) * COUNT_OF(events); i++) {
		struct between between = { .call = calls[i / COUNT_OF(events)],
			                   .what = events[i % COUNT_OF(events)] };
		int result = 1;
		now = &between;
		for (when = 1; result == 1; when++, stops++)
			result = between_apart();
		if (result)
			printf("# call %lu, event %lu, pause %lu\n", i / COUNT_OF(events),
			       i % COUNT_OF(events), when - 1);
		failed += result != 0;
	}
	CHECK_EQ(failed, 0);
	CHECK(stops > 2 * COUNT_OF(calls) * COUNT_OF(events));
}
