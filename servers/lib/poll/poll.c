/* SPDX-License-Identifier: MIT */
#include "poll.h"

#include <stdlib.h>

struct poll_waiter {
	struct list link;
	cap_t event;
	u32 mask;
	u64 bits;
};

void poll_list_init(struct poll_list *list)
{
	list_init(&list->waiters);
	list->count = 0;
}

static void waiter_free(struct poll_list *list, struct poll_waiter *waiter)
{
	err_t error = cap_close(waiter->event);

	(void)error; /* the poller may have ended */
	list_remove(&waiter->link);
	list->count--;
	free(waiter);
}

static void waiter_signal(struct poll_list *list, struct poll_waiter *waiter)
{
	err_t error = event_signal(waiter->event, waiter->bits);

	(void)error;
	waiter_free(list, waiter);
}

/* The poller's earlier registration: the same event. */
static struct poll_waiter *waiter_find(struct poll_list *list, cap_t event)
{
	list_each (waiter, &list->waiters, struct poll_waiter, link)
		if (cap_same(waiter->event, event) == OK)
			return waiter;
	return NULL;
}

static err_t waiter_add(struct poll_list *list, u32 mask, u64 bits, cap_t *event)
{
	struct poll_waiter *waiter = waiter_find(list, *event);

	/* One poller may wait for two descriptors of one open file; what it waited for earlier and
	 * does not any more costs it a wake-up for nothing at most. */
	if (waiter) {
		waiter->mask |= mask;
		waiter->bits |= bits;
		return OK;
	}
	waiter = malloc(sizeof(*waiter));
	if (!waiter)
		return E_FUNDS;
	/* Too many different ones: the oldest is woken for nothing and has to ask again. */
	if (list->count >= POLL_WAITERS_MAX)
		waiter_signal(list, list_first(&list->waiters, struct poll_waiter, link));
	*waiter = (struct poll_waiter){ .event = *event, .mask = mask, .bits = bits };
	*event = 0; /* ours now */
	list_add_tail(&list->waiters, &waiter->link);
	list->count++;
	return OK;
}

err_t poll_ask(struct poll_list *list, u32 now, u32 mask, u64 bits, cap_t *event, u32 *ready)
{
	bool edge = mask & POLL_EDGE;

	mask = (mask & ~POLL_EDGE) | POLL_ALWAYS;
	*ready = now & mask;
	if (!*event || (*ready && !edge))
		return OK;
	return waiter_add(list, mask, bits, event);
}

void poll_wake(struct poll_list *list, u32 now)
{
	struct list *at = list->waiters.next;

	while (at != &list->waiters) {
		struct poll_waiter *waiter = container_of(at, struct poll_waiter, link);

		at = at->next;
		if (waiter->mask & now)
			waiter_signal(list, waiter);
	}
}

void poll_list_clear(struct poll_list *list)
{
	struct poll_waiter *waiter;

	while ((waiter = list_first(&list->waiters, struct poll_waiter, link)))
		waiter_free(list, waiter);
}
