/* SPDX-License-Identifier: MIT */
#include "sched/timer.h"

#include "object/event.h"
#include "object/thread.h"

static struct tree timers;
static u64 next = DEADLINE_NEVER; /* the first one's deadline */

/* This CPU is to set its clock before it leaves the kernel. Others need not: a deadline that has
 * become earlier comes here in time, and one that has become later comes to nothing there. */
static void next_set(u64 deadline)
{
	next = deadline;
	arch_cpu()->look = true;
}

void timer_set(struct timer *timer, u64 deadline)
{
	timer_cancel(timer);
	if (deadline == DEADLINE_NEVER)
		return;
	timer->armed = true;
	tree_add(&timers, &timer->node, deadline);
	if (deadline < next)
		next_set(deadline);
}

void timer_disarm(struct timer *timer)
{
	tree_remove(&timers, &timer->node);
	timer->armed = false;
	if (timer->node.key == next) {
		const struct tree_node *first = tree_first(&timers);
		next_set(first ? first->key : DEADLINE_NEVER);
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
