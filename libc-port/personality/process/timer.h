/* SPDX-License-Identifier: MIT */
/* Timers that signal: timer_create's, and setitimer's that count processor time. The process server
 * wakes the process for the first of them (process_timer); which it is, is found out here. */
#pragma once

#include "process/process.h"
#include "process/signal.h"

/* In signal_info's `pad`: of a timer, and its overruns are not counted yet. */
enum { TIMER_FRESH = 1 };

/* The process server has woken us: send what is due. */
void timers_check(void);
static inline void timers_look(void)
{
	extern u32 timers_seen;

	if (process_page->wakes != timers_seen)
		timers_check();
}
/* A timer's signal is about to be delivered: count its overruns, and let it go on. */
void timer_taken(struct signal_info *info);
/* A child has none. */
void timers_forked(void);

/* ITIMER_VIRTUAL and ITIMER_PROF, in ns. */
void interval_read(u32 which, u64 *value, u64 *interval);
void interval_set(u32 which, u64 value, u64 interval);
