/* SPDX-License-Identifier: MIT */
#include "sched/timer.h"

#include "object/event.h"
#include "object/thread.h"

static struct tree timers;

void timer_set(struct timer *timer, u64 deadline)
{
	timer_cancel(timer);
	if (deadline == DEADLINE_NEVER)
		return;
	timer->armed = true;
	tree_add(&timers, &timer->node, deadline);
}

void timer_cancel(struct timer *timer)
{
	if (timer->armed)
		tree_remove(&timers, &timer->node);
	timer->armed = false;
}

u64 timer_next(void)
{
	const struct tree_node *first = tree_first(&timers);
	return first ? first->key : DEADLINE_NEVER;
}

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
