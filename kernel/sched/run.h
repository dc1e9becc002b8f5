/* SPDX-License-Identifier: MIT */
/* Who runs: per-CPU queues by priority, round robin among equals, stealing by idle CPUs. */
#pragma once

#include "object/task.h"
#include "object/thread.h"

/* Go on with the best thread for this CPU: the current one, if it may. The end of every entry into
 * the kernel. */
_Noreturn void sched_run(void);
/* Put a runnable thread into a queue and tell the CPU. */
void sched_ready(struct thread *thread);
/* Take a thread out of its queue, if it is in one. */
void sched_remove(struct thread *thread);
/* The current thread lets its equals run first. */
void sched_yield(void);
/* This CPU runs nobody any more; the thread that it ran is queued nowhere. */
void sched_leave(void);
/* The thread may not go on running where it runs, or not as it does: make that CPU look. */
void sched_kick(struct thread *thread);
/* Count work of so many pages: true if it is enough for one entry into the kernel, and the rest is
 * to be done after a pause. Who asks has done something before, so that all comes to an end. */
bool sched_spend(u64 pages);
extern u64 sched_budget; /* as many; the tests have less */
/* The end of an entry that has not done all. */
_Noreturn void sched_pause(void);
void sched_timer_tick(void);
/* If the current thread was destroyed or stopped meanwhile, leave it. */
void sched_check_current(void);
/* The beginning of every entry into the kernel: take the lock, see that the current thread is still
 * to run. */
static INLINE void sched_enter(const struct cpu *cpu)
{
	kernel_lock();
	if (cpu->look)
		sched_check_current();
}

_Noreturn void sched_hand_over_looking(struct thread *thread);
/* `from`, which runs on this `cpu`, waits from now on: `thread`, runnable and in no queue, runs in
 * its place with the rest of its time, and gets its message words. The end of a message's way. */
static INLINE _Noreturn void sched_hand_over(struct cpu *cpu, struct thread *from,
                                             struct thread *thread)
{
	/* The clock need not be set, and nobody in the queue is the better one, if the slice stays
	 * what it was: with the same priority, or with nobody there who may claim its end. */
	if (cpu->look || thread->interrupt ||
	    (thread->priority != from->priority && cpu->ready >> thread->priority) ||
	    thread->task->suspended || thread->cpu != cpu)
		sched_hand_over_looking(thread);
	u64 now = arch_ticks();
	from->ticks += now - cpu->run_since;
	cpu->run_since = now;
	cpu->current = thread;
	arch_switch_message(from, thread);
}
