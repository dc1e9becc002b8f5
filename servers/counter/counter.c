/* SPDX-License-Identifier: MIT */
/* Reading and writing. At rest, whoever waits to read finds the value 0, and who waits to write
 * finds no room for what it adds. */
#include "counter.h"

#include <fcntl.h>
#include <stdlib.h>

#include "notify.h"
#include "proto/file_server.h"

static u32 counter_count, held_count;
static u64 last_ino;

u32 counters_count(void) { return counter_count; }

err_t counter_make(enum counter_kind kind, u32 flags, struct counter **out)
{
	struct counter *counter = counter_count < COUNTERS_MAX ? calloc(1, sizeof(*counter)) : NULL;

	if (!counter)
		return E_FUNDS;
	counter_count++;
	counter->kind = kind;
	counter->flags = O_RDWR | (flags & O_NONBLOCK);
	counter->ino = ++last_ino;
	list_init(&counter->armed);
	list_init(&counter->cancel);
	list_init(&counter->reading);
	list_init(&counter->writing);
	poll_list_init(&counter->poll);
	*out = counter;
	return OK;
}

/* --- waiting --- */

err_t counter_hold(struct request *rq, struct list *list, void (*cancel)(struct request *rq))
{
	if (held_count >= COUNTER_REQUESTS - COUNTER_REQUESTS_SPARE)
		return E_BUSY;
	err_t error = request_hold(rq, cancel);
	if (error == E_HELD) {
		held_count++;
		list_add_tail(list, &rq->link);
	}
	return error;
}

void counter_release(struct request *rq)
{
	list_remove(&rq->link);
	held_count--;
}

static void reader_end(struct request *rq, err_t error, u64 count)
{
	counter_release(rq);
	file_read_reply(rq, error, count);
}

static void reader_answer(struct request *rq, err_t error)
{
	reader_end(rq, error, error ? 0 : sizeof(u64));
}

static void writer_answer(struct request *rq, err_t error)
{
	counter_release(rq);
	file_write_reply(rq, error, error ? 0 : sizeof(u64));
}

static void reader_cancel(struct request *rq) { reader_answer(rq, E_INTR); }
static void writer_cancel(struct request *rq) { writer_answer(rq, E_INTR); }

/* --- the value --- */

static bool value_room(const struct counter *counter, u64 more)
{
	return more <= COUNTER_FULL - counter->value;
}

/* Give the reader what there is. Nothing is taken if its buffer is not at hand. */
static err_t value_take(struct counter *counter, struct request *rq)
{
	u64 taken = counter->kind == COUNT_SEMAPHORE ? 1 : counter->value;
	err_t error = request_write(rq, 0, &taken, sizeof(taken));

	if (!error)
		counter->value -= taken;
	return error;
}

void counter_settle(struct counter *counter, u32 news)
{
	struct request *rq;
	bool moved = true;

	while (moved) {
		moved = false;
		while (counter->value &&
		       (rq = list_first(&counter->reading, struct request, link))) {
			err_t error = value_take(counter, rq);
			reader_answer(rq, error);
			news |= error ? 0 : POLL_WRITE;
		}
		rq = list_first(&counter->writing, struct request, link);
		if (rq && value_room(counter, (u64)rq->cookie)) {
			counter->value += (u64)rq->cookie;
			writer_answer(rq, OK);
			news |= POLL_READ;
			moved = true;
		}
	}
	if (counter->poll.count)
		poll_wake(&counter->poll, counter_ready(counter) & news);
}

void counter_cancel(struct counter *counter)
{
	struct request *rq = list_first(&counter->reading, struct request, link);

	counter->canceled = !rq;
	if (rq)
		reader_end(rq, OK, 0);
	else if (counter->poll.count)
		poll_wake(&counter->poll, POLL_READ);
}

void counter_free(struct counter *counter)
{
	struct request *rq;

	while ((rq = list_first(&counter->reading, struct request, link)))
		reader_answer(rq, E_INTR);
	while ((rq = list_first(&counter->writing, struct request, link)))
		writer_answer(rq, E_INTR);
	timer_forget(counter);
	if (counter->notify)
		notify_free(counter);
	list_remove(&counter->cancel);
	poll_list_clear(&counter->poll);
	counter_count--;
	free(counter);
}

/* --- calls --- */

u32 counter_ready(struct counter *counter)
{
	if (counter->kind == COUNT_MARK)
		return 0;
	if (counter->kind == COUNT_TIMER)
		return counter->value || counter->canceled ? POLL_READ : 0;
	return (counter->value ? POLL_READ : 0) | (value_room(counter, 1) ? POLL_WRITE : 0);
}

err_t counter_read(struct counter *counter, struct request *rq, bool may_wait, u64 *count)
{
	if (counter->kind == COUNT_NOTIFY)
		return notify_read(counter, rq, may_wait, count);
	if (counter->kind == COUNT_MARK || rq->out_size < sizeof(u64))
		return E_INVAL;
	if (counter->kind == COUNT_TIMER)
		timer_count(counter);
	if (counter->canceled) {
		counter->canceled = false;
		counter->value = 0;
		*count = 0;
		return OK;
	}
	if (!counter->value) {
		return may_wait ? counter_hold(rq, &counter->reading, reader_cancel) : E_AGAIN;
	}
	err_t error = value_take(counter, rq);
	if (error)
		return error;
	*count = sizeof(u64);
	counter_settle(counter, POLL_WRITE);
	return OK;
}

err_t counter_write(struct counter *counter, struct request *rq, bool may_wait, u64 *count)
{
	u64 more;

	if (counter->kind == COUNT_NOTIFY)
		return E_CAP; /* not open for writing */
	if (counter->kind == COUNT_MARK || counter->kind == COUNT_TIMER ||
	    rq->in_size < sizeof(more))
		return E_INVAL;
	err_t error = request_read(rq, 0, &more, sizeof(more));
	if (error)
		return error;
	if (more == UINT64_MAX)
		return E_INVAL;
	if (!value_room(counter, more)) {
		error = may_wait ? counter_hold(rq, &counter->writing, writer_cancel) : E_AGAIN;
		if (error == E_HELD)
			rq->cookie = (void *)more;
		return error;
	}
	counter->value += more;
	*count = sizeof(more);
	counter_settle(counter, POLL_READ);
	return OK;
}
