/* SPDX-License-Identifier: MIT */
#include "sched/run.h"

#include "object/bank.h"
#include "object/task.h"
#include "object/thread.h"
#include "sched/timer.h"

enum { SLICE_NS = 10000000 };

struct cpu *cpus[CPU_MAX];
u32 cpu_count;
u64 sched_budget = 512;
static u64 spent; /* pages, since the last pause */

static bool thread_allowed(const struct thread *thread, const struct cpu *cpu)
{
	return thread->affinity >> cpu->index & 1;
}

static void queue_add(struct cpu *cpu, struct thread *thread)
{
	thread->cpu = cpu;
	thread->queued = true;
	list_add_tail(&cpu->queue[thread->priority], &thread->run_link);
	cpu->ready |= 1u << thread->priority;
	cpu->look = true;
}

void sched_remove(struct thread *thread)
{
	if (!thread->queued)
		return;
	struct cpu *cpu = thread->cpu;
	list_remove(&thread->run_link);
	thread->queued = false;
	if (list_empty(&cpu->queue[thread->priority]))
		cpu->ready &= ~(1u << thread->priority);
}

/* Where a thread that becomes ready should run: where it ran, if that is free; else any free CPU;
 * else where it ran. */
static struct cpu *cpu_choose(const struct thread *thread)
{
	struct cpu *last = thread->cpu ? thread->cpu : arch_cpu();
	if (thread_allowed(thread, last) && last->online && last->idle)
		return last;
	for (u32 i = 0; i < cpu_count; i++) {
		if (cpus[i] && cpus[i]->online && cpus[i]->idle && thread_allowed(thread, cpus[i]))
			return cpus[i];
	}
	if (last->online && thread_allowed(thread, last))
		return last;
	for (u32 i = 0; i < cpu_count; i++) {
		if (cpus[i] && cpus[i]->online && thread_allowed(thread, cpus[i]))
			return cpus[i];
	}
	return arch_cpu();
}

void sched_ready(struct thread *thread)
{
	ASSERT(thread->state == THREAD_RUNNABLE && !thread->queued && !thread_on_cpu(thread));
	if (thread->task->suspended)
		return; /* task_resume queues it */
	struct cpu *cpu = cpu_choose(thread);
	queue_add(cpu, thread);
	const struct thread *other = cpu->current;
	/* An equal has to wait for the end of the slice, for which that CPU must set its clock. */
	if (cpu != arch_cpu() && (cpu->idle || !other || other->priority <= thread->priority))
		arch_kick(cpu);
}

/* Book the current thread's time up to now. */
static void cpu_account(struct cpu *cpu)
{
	u64 now = arch_ticks(), *ticks = cpu->current ? &cpu->current->ticks : &cpu->idle_ticks;

	*ticks += now - cpu->run_since;
	cpu->run_since = now;
}

/* The current thread leaves this CPU; it is not queued. */
static void cpu_leave(struct cpu *cpu)
{
	struct thread *thread = cpu->current;
	cpu_account(cpu);
	cpu->current = NULL;
	if (!thread)
		return;
	arch_thread_save(thread);
	if (!thread_allowed(thread, cpu))
		thread->cpu = NULL;
}

static void cpu_enter(struct cpu *cpu, struct thread *thread)
{
	cpu->current = thread;
	thread->cpu = cpu;
	cpu->slice_end = arch_now() + SLICE_NS;
}

static bool thread_can_run(const struct thread *thread)
{
	return thread->state == THREAD_RUNNABLE && !thread->task->suspended &&
	       !thread->object.dying;
}

void sched_check_current(void)
{
	struct cpu *cpu = arch_cpu();
	struct thread *thread = cpu->current;
	if (!thread || thread_can_run(thread))
		return;
	cpu_leave(cpu);
	if (thread->object.dying)
		(void)thread_destroy(thread);
	sched_run();
}

void sched_yield(void)
{
	arch_cpu()->slice_end = 0;
	arch_cpu()->look = true;
}

void sched_leave(void) { cpu_leave(arch_cpu()); }

void sched_kick(struct thread *thread)
{
	if (!thread_on_cpu(thread))
		return;
	thread->cpu->look = true;
	if (thread->cpu != arch_cpu())
		arch_kick(thread->cpu);
}

static struct thread *queue_take(struct cpu *from, const struct cpu *to)
{
	for (u32 ready = from->ready; ready;) {
		unsigned p = 31 - (unsigned)__builtin_clz(ready);
		list_each (thread, &from->queue[p], struct thread, run_link) {
			if (thread_allowed(thread, to)) {
				sched_remove(thread);
				return thread;
			}
		}
		ready &= ~(1u << p);
	}
	return NULL;
}

static struct thread *thread_choose(struct cpu *cpu)
{
	struct thread *thread = queue_take(cpu, cpu);
	for (u32 i = 0; !thread && i < cpu_count; i++) {
		if (cpus[i] && cpus[i] != cpu)
			thread = queue_take(cpus[i], cpu);
	}
	return thread;
}

/* The priority of the best thread in the queue, which is not empty. */
static u32 queue_best(const struct cpu *cpu) { return 31 - (u32)__builtin_clz(cpu->ready); }

/* Should the current thread make room for one in the queue? */
static bool cpu_must_switch(const struct cpu *cpu, const struct thread *thread)
{
	if (!cpu->ready)
		return false;
	u32 best = queue_best(cpu);
	return best > thread->priority ||
	       (best == thread->priority && arch_now() >= cpu->slice_end);
}

static void cpu_set_timer(struct cpu *cpu)
{
	u64 deadline = timer_next();
	/* Lesser threads wait for the end of the thread, not of its slice. */
	if (cpu->current && cpu->ready && queue_best(cpu) >= cpu->current->priority &&
	    cpu->slice_end < deadline)
		deadline = max_u64(cpu->slice_end, 1);
	arch_timer_set(deadline);
}

static _Noreturn void sched_look(struct cpu *cpu)
{
	/* First, since it may end the current thread. */
	if (object_left(cpu->current ? cpu->current->priority : 0))
		object_drain();
	for (;;) {
		struct thread *thread = cpu->current;
		if (thread && thread_can_run(thread) && thread_allowed(thread, cpu) &&
		    !cpu_must_switch(cpu, thread))
			break;
		if (thread) {
			cpu_leave(cpu);
			if (thread->object.dying)
				(void)thread_destroy(thread);
			else if (thread_can_run(thread) && !thread_allowed(thread, cpu))
				sched_ready(thread);
			else if (thread_can_run(thread))
				queue_add(cpu, thread);
		}
		thread = thread_choose(cpu);
		if (!thread) {
			cpu->idle = true;
			cpu_account(cpu);
			cpu_set_timer(cpu);
			if (object_left(0))
				sched_pause();
			arch_idle();
		}
		cpu_account(cpu);
		cpu_enter(cpu, thread);
	}
	cpu->idle = false;
	cpu_set_timer(cpu);
	if (object_left(cpu->current->priority))
		sched_pause();
	if (cpu->current->interrupt && !cpu->current->making.object)
		thread_check_interrupt(cpu->current);
	cpu->look = object_left(0); /* whoever runs next may be one to wait for it */
	arch_resume(cpu->current);
}

_Noreturn void sched_run(void)
{
	struct cpu *cpu = arch_cpu();
	struct thread *thread = cpu->current;

	if (!cpu->look && thread && thread->state == THREAD_RUNNABLE)
		arch_resume(thread);
	sched_look(cpu);
}

_Noreturn void sched_hand_over_looking(struct thread *thread)
{
	struct cpu *cpu = arch_cpu();
	u64 slice_end = cpu->slice_end;

	ASSERT(thread->state == THREAD_RUNNABLE && !thread->queued && !thread_on_cpu(thread));
	thread_words(cpu->current, thread);
	if (!thread_allowed(thread, cpu) || thread->task->suspended ||
	    (cpu->ready && queue_best(cpu) > thread->priority)) {
		sched_ready(thread);
	} else {
		cpu_leave(cpu);
		cpu_enter(cpu, thread);
		cpu->slice_end = slice_end;
	}
	sched_look(cpu);
}

void sched_timer_tick(void)
{
	u64 now = arch_now();
	timer_run(now);
	arch_cpu()->look = true;
}

bool sched_spend(u64 pages)
{
	spent += pages;
	return spent >= sched_budget;
}

_Noreturn void sched_pause(void)
{
	spent = 0;
	arch_cpu()->look = true;
	arch_pause();
}
