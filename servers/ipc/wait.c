/* SPDX-License-Identifier: MIT */
#include "wait.h"

#include <stdlib.h>

#define LOOK_INTERVAL_NS 1000000000ull

static u32 held_count;
static struct list timed = { &timed, &timed }; /* in no order */
static struct rt_source source;
static bool (*look_after)(void);
static u64 look_due = DEADLINE_NEVER;

static void schedule(void)
{
	u64 due = look_due;

	list_each (waiter, &timed, struct waiter, timed)
		due = waiter->due < due ? waiter->due : due;
	err_t error = event_timer(source.event, 1, due);
	(void)error; /* our own event, which is there */
}

static void cancel(struct request *rq) { waiter_of(rq)->end(rq, E_INTR); }

static bool room(const struct client *client)
{
	const u32 places = IPC_REQUESTS - IPC_REQUESTS_SPARE;

	if (held_count >= places)
		return false;
	return held_count < places / 2 || client_root(client) ||
	       client_user_waiting(client) < places / 2;
}

err_t waiter_hold(struct request *rq, struct list *list, const struct waiter *how)
{
	if (!room(how->client))
		return E_FUNDS;
	struct waiter *waiter = malloc(sizeof(*waiter));
	if (!waiter)
		return E_FUNDS;
	*waiter = *how;
	err_t error = request_hold(rq, cancel);
	if (error != E_HELD) {
		free(waiter);
		return error;
	}
	held_count++;
	list_add_tail(&waiter->client->waiters, &waiter->of_client);
	waiter->client->waiting++;
	waiter->rq = rq;
	rq->cookie = waiter;
	list_add_tail(list, &rq->link);
	list_init(&waiter->timed);
	if (waiter->due != DEADLINE_NEVER) {
		list_add_tail(&timed, &waiter->timed);
		schedule();
	}
	return E_HELD;
}

void waiter_end(struct request *rq)
{
	struct waiter *waiter = rq->cookie;

	list_remove(&rq->link);
	if (waiter->due != DEADLINE_NEVER)
		list_remove(&waiter->timed);
	list_remove(&waiter->of_client);
	waiter->client->waiting--;
	free(waiter->operations);
	free(waiter);
	held_count--;
}

void waiters_end(struct client *client)
{
	struct waiter *waiter;

	while ((waiter = list_first(&client->waiters, struct waiter, of_client)))
		waiter->end(waiter->rq, E_INTR);
}

static struct waiter *overdue(u64 now)
{
	list_each (waiter, &timed, struct waiter, timed) {
		if (waiter->due <= now)
			return waiter;
	}
	return NULL;
}

static void alarm(struct rt_source *from, u64 bits)
{
	struct waiter *waiter;
	u64 now = rt_now();

	(void)from, (void)bits;
	while ((waiter = overdue(now)))
		waiter->end(waiter->rq, E_TIMEOUT);
	if (look_due <= now)
		look_due = look_after() ? now + LOOK_INTERVAL_NS : DEADLINE_NEVER;
	schedule();
}

void wait_look_after(bool (*look)(void))
{
	look_after = look;
	look_due = rt_now() + LOOK_INTERVAL_NS;
	schedule();
}

err_t wait_start(struct server *server)
{
	source.handler = alarm;
	err_t error = event_create(RT_BANK, &source.event);
	return error ? error : rt_source_add(server, &source);
}
