/* SPDX-License-Identifier: MIT */
#include "sched/timer.h"

#include "object/event.h"
#include "object/thread.h"

static struct tree timers;
static u64 next = DEADLINE_NEVER; /* the first one's deadline */

void timer_set(struct timer *timer, u64 deadline)
{
	timer_cancel(timer);
	if (deadline == DEADLINE_NEVER)
		return;
	timer->armed = true;
	tree_add(&timers, &timer->node, deadline);
	next = min_u64(next, deadline);
}

void timer_cancel(struct timer *timer)
{
	if (!timer->armed)
		return;
	tree_remove(&timers, &timer->node);
	timer->armed = false;
	if (timer->node.key == next) {
		const struct tree_node *first = tree_first(&timers);
		next = first ? first->key : DEADLINE_NEVER;
	}
}

u64 timer_next(void) { return next; }

void timer_run(u64 now)
{
	struct tree_node *first;
	while ((first = tree_first(&timers)) && first->key <= now) {
		struct timer *timer = container_of(first, struct timer, node);
		timer_cancel(timer);
		if (timer->of_event)
			event_timer_fired(container_of(timer, struct event, timer));
		else
			thread_timeout(container_of(timer, struct thread, timer));
	}
}
