/* SPDX-License-Identifier: MIT */
/* Calls that wait: each in the list of what it waits for, in its socket's list, and, with a
 * time-out, in the list that the timer looks at. */
#include <stdlib.h>

#include "socket.h"

enum { TIMER_BIT = 1 };

static struct list timed_waits = { &timed_waits, &timed_waits };
static u32 wait_count;
static struct rt_source timer;
static u64 timer_deadline = DEADLINE_NEVER;

static void timer_set(u64 deadline)
{
	if (!timer.event || deadline == timer_deadline)
		return;
	timer_deadline = deadline;
	err_t error = event_timer(timer.event, TIMER_BIT, deadline);
	(void)error; /* the event is ours */
}

static void timer_fired(struct rt_source *source, u64 bits)
{
	u64 now = rt_now(), next = DEADLINE_NEVER;
	struct list *at = timed_waits.next;

	(void)source;
	(void)bits;
	timer_deadline = DEADLINE_NEVER;
	while (at != &timed_waits) {
		struct wait *wait = container_of(at, struct wait, timed);
		at = at->next;
		if (wait->deadline <= now)
			wait->answer(wait, E_AGAIN);
		else if (wait->deadline < next)
			next = wait->deadline;
	}
	timer_set(next);
	sockets_settle();
}

void waits_start(struct server *server)
{
	timer.handler = timer_fired;
	if (event_create(RT_BANK, &timer.event) || rt_source_add(server, &timer))
		rt_fail("no memory for a timer");
}

static void wait_cancel(struct request *rq)
{
	struct wait *wait = rq->cookie;

	wait->answer(wait, E_INTR);
	sockets_settle();
}

err_t wait_begin(struct wait **out, struct socket *socket, struct request *rq, u64 timeout_ns,
                 void (*answer)(struct wait *wait, err_t error))
{
	struct wait *wait;

	if (wait_count >= SOCKET_REQUESTS - SOCKET_REQUESTS_SPARE)
		return E_BUSY;
	wait = calloc(1, sizeof(*wait));
	if (!wait)
		return E_FUNDS;
	wait_count++;
	wait->rq = rq;
	wait->socket = socket;
	wait->answer = answer;
	wait->deadline = DEADLINE_NEVER;
	list_init(&wait->link);
	list_init(&wait->timed);
	list_add_tail(&socket->waits, &wait->own);
	if (timeout_ns) {
		wait->deadline = rt_now() + timeout_ns;
		list_add_tail(&timed_waits, &wait->timed);
		if (wait->deadline < timer_deadline)
			timer_set(wait->deadline);
	}
	*out = wait;
	err_t error = request_hold(rq, wait_cancel);
	rq->cookie = wait;
	return error;
}

void wait_end(struct wait *wait)
{
	list_remove(&wait->link);
	list_remove(&wait->own);
	list_remove(&wait->timed);
	if (wait->rights)
		rights_free(wait->rights);
	wait_count--;
	free(wait);
}

void waits_answer(struct list *waits, err_t error)
{
	struct wait *wait;

	while ((wait = list_first(waits, struct wait, link)))
		wait->answer(wait, error);
}
