/* SPDX-License-Identifier: MIT */
/* Timers: intrusive, in one tree by deadline; each CPU programs its clock for the first one. */
#pragma once

#include "lib/tree.h"

struct timer {
	struct tree_node node; /* key: deadline in ns */
	bool armed;
	bool of_event; /* lies in an event; otherwise in a thread */
};

void timer_set(struct timer *timer, u64 deadline); /* DEADLINE_NEVER: not at all */
void timer_disarm(struct timer *timer);
static inline void timer_cancel(struct timer *timer)
{
	if (timer->armed)
		timer_disarm(timer);
}
/* Fire what is due. */
void timer_run(u64 now);
/* The next deadline. */
u64 timer_next(void);
