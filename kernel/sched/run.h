/* SPDX-License-Identifier: MIT */
/* Who runs: per-CPU queues by priority, round robin among equals, stealing by idle CPUs. */
#pragma once

#include "kernel.h"

/* Go on with the best thread for this CPU: the current one, if it may. The end of every entry into
 * the kernel. */
_Noreturn void sched_run(void);
/* Put a runnable thread into a queue and tell the CPU. */
void sched_ready(struct thread *thread);
/* Take a thread out of its queue, if it is in one. */
void sched_remove(struct thread *thread);
/* Make `thread`, runnable and in no queue, this CPU's current one now; the present one has been
 * dealt with (it waits or is queued). Where it may not run here, it is queued. */
void sched_switch_to(struct thread *thread);
/* The current thread lets its equals run first. */
void sched_yield(void);
/* This CPU runs nobody any more; the thread that it ran is queued nowhere. */
void sched_leave(void);
/* The thread may not go on running where it runs: make that CPU look. */
void sched_kick(struct thread *thread);
/* A long operation should stop here and be restarted. */
bool sched_preempt_wanted(void);
void sched_timer_tick(void);
/* After entering the kernel: if the current thread was destroyed or stopped meanwhile, leave it. */
void sched_check_current(void);
