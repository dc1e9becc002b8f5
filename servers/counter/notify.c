/* SPDX-License-Identifier: MIT */
/* Instances. Events lie in the rings until they are read; here is only what is known of the
 * watches, and the events that are our own: the end of a watch that was removed, or whose file
 * system has ended. An event whose watch is not known any more is dropped.
 *
 * A file system learns that a file was closed by a message of the kernel. So whoever reads or asks
 * waits first until all file systems have said that they have handled what came before. */
#include "notify.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "proto/file_server.h"

enum { BUCKETS = 32, BIT_NEWS = 1, BIT_LATE = 2 };
#define SYNC_NS 200000000ull /* a file system that says nothing is not waited for any longer */

struct watch {
	struct list link;
	struct list gone_link; /* while its end is to be told by us */
	struct ring *ring;
	cap_t gate; /* 0: closed */
	u32 number;
	u64 gone_at;
	bool unmounted; /* to be told first */
};

struct notify {
	struct list link;
	struct counter *counter;
	struct list rings;
	struct list watches[BUCKETS];
	struct list gone;   /* watches, in the order of time */
	struct list asking; /* requests that wait for the rings; cookie: struct ask */
	u32 watch_count, last;
	u64 seen; /* events that there have ever been, when pollers were told last */
	u64 own;  /* of them, our own */
	u64 deadline;
};

enum ask_kind { ASK_READ, ASK_POLL, ASK_SIZE };
struct ask {
	struct notify *notify;
	enum ask_kind kind;
	bool may_wait;
	u32 mask;
	u64 bits;
	cap_t event;
};

static struct list instances = { &instances, &instances };
static u32 instance_count;
static struct rt_source source;
static cap_t news_for_others;

static void ignore(err_t error) { (void)error; }

/* --- watches --- */

static struct watch *watch_find(struct notify *n, u32 number)
{
	list_each (watch, &n->watches[number % BUCKETS], struct watch, link)
		if (watch->number == number)
			return watch;
	return NULL;
}

static void watch_close(struct watch *watch)
{
	if (watch->gate)
		ignore(cap_close(watch->gate));
	watch->gate = 0;
}

static void watch_free(struct notify *n, struct watch *watch)
{
	watch_close(watch);
	list_remove(&watch->link);
	list_remove(&watch->gone_link);
	watch->ring->watches--;
	n->watch_count--;
	free(watch);
}

/* It tells nothing more but its end. */
static void watch_end(struct notify *n, struct watch *watch, bool unmounted)
{
	watch_close(watch);
	watch->gone_at = rt_now();
	watch->unmounted = unmounted;
	list_add_tail(&n->gone, &watch->gone_link);
	n->own++;
}

static void ring_dies(struct notify *n, struct ring *ring)
{
	ring->dead = true;
	for (u32 i = 0; i < BUCKETS; i++)
		list_each (watch, &n->watches[i], struct watch, link)
			if (watch->ring == ring && !watch->gone_at)
				watch_end(n, watch, true);
}

/* --- events --- */

/* What comes next, and where from. */
struct next {
	struct ring_record at;
	struct ring *ring;   /* or NULL: */
	struct watch *watch; /* tells its end */
};

/* The first record of a ring that somebody wants to know. */
static bool ring_first(struct notify *n, struct ring *ring, struct ring_record *to)
{
	while (ring_at(ring, ring->shared->head, to)) {
		if (to->record.watch < 0 || watch_find(n, (u32)to->record.watch))
			return true;
		ring_pop(ring, to);
	}
	return false;
}

static bool notify_next(struct notify *n, struct next *next)
{
	struct watch *gone = list_first(&n->gone, struct watch, gone_link);
	struct ring_record at;

	*next = (struct next){ .watch = gone };
	if (gone) {
		next->at.record = (struct notify_record){
			.time = gone->gone_at,
			.watch = (i32)gone->number,
			.mask = gone->unmounted ? NOTIFY_UNMOUNT : NOTIFY_IGNORED,
		};
	}
	list_each (ring, &n->rings, struct ring, link) {
		if (!ring_first(n, ring, &at))
			continue;
		if ((!next->ring && !gone) || at.record.time < next->at.record.time) {
			next->at = at;
			next->ring = ring;
		}
	}
	return next->ring || gone;
}

static void notify_pop(struct notify *n, struct next *next)
{
	const struct notify_record *record = &next->at.record;
	struct watch *watch = next->watch;

	if (next->ring) {
		ring_pop(next->ring, &next->at);
		watch = record->mask & NOTIFY_IGNORED ? watch_find(n, (u32)record->watch) : NULL;
	} else if (watch->unmounted) {
		watch->unmounted = false;
		return;
	}
	if (watch)
		watch_free(n, watch);
}

static bool notify_any(struct notify *n)
{
	struct next next;

	return notify_next(n, &next);
}

/* How many there have ever been. */
static u64 notify_total(const struct notify *n)
{
	u64 total = n->own;

	list_each (ring, &n->rings, struct ring, link)
		total += ring->shared->written;
	return total;
}

/* Linux's struct inotify_event. */
struct event {
	i32 watch;
	u32 mask, cookie, name_size;
	char name[NOTIFY_NAME_MAX + 1];
};
enum { EVENT_HEAD = 16 };

static u32 event_size(const struct notify_record *record)
{
	u32 name = record->name_size;

	return EVENT_HEAD + (name ? (name + EVENT_HEAD) & ~(u32)(EVENT_HEAD - 1) : 0);
}

/* As many as fit. E_AGAIN: there are none; E_INVAL: not even one. */
static err_t notify_take(struct notify *n, struct request *rq, u64 *count)
{
	struct event event;
	struct next next;
	u64 done = 0;

	while (notify_next(n, &next)) {
		const struct notify_record *record = &next.at.record;
		u32 size = event_size(record);
		err_t error = size > rq->out_size - done ? E_INVAL : OK;

		if (!error) {
			event = (struct event){ record->watch, record->mask, record->cookie,
				                size - EVENT_HEAD, "" };
			memcpy(event.name, next.at.name, sizeof(event.name));
			error = request_write(rq, done, &event, size);
		}
		if (error && !done)
			return error;
		if (error)
			break;
		notify_pop(n, &next);
		done += size;
	}
	*count = done;
	return done ? OK : E_AGAIN;
}

static u64 notify_bytes(struct notify *n)
{
	struct ring_record at;
	u64 bytes = 0;

	list_each (ring, &n->rings, struct ring, link)
		for (u32 from = ring->shared->head; ring_at(ring, from, &at); from = at.next)
			if (at.record.watch < 0 || watch_find(n, (u32)at.record.watch))
				bytes += event_size(&at.record);
	list_each (watch, &n->gone, struct watch, gone_link)
		bytes += EVENT_HEAD * (watch->unmounted ? 2u : 1u);
	return bytes;
}

/* --- who waits --- */

static void notify_want(struct notify *n)
{
	list_each (ring, &n->rings, struct ring, link)
		__atomic_store_n(&ring->shared->wanted, 1, __ATOMIC_SEQ_CST);
}

static void reader_end(struct request *rq, err_t error, u64 count)
{
	counter_release(rq);
	file_read_reply(rq, error, count);
}

static void reader_cancel(struct request *rq) { reader_end(rq, E_INTR, 0); }

/* Something may have come. */
static void notify_settle(struct notify *n)
{
	struct counter *counter = n->counter;
	struct request *rq;
	u64 count = 0;

	notify_want(n);
	while ((rq = list_first(&counter->reading, struct request, link))) {
		err_t error = notify_take(n, rq, &count);
		if (error == E_AGAIN)
			break;
		reader_end(rq, error, error ? 0 : count);
	}
	u64 total = notify_total(n);
	if (total != n->seen && counter->poll.count && notify_any(n))
		poll_wake(&counter->poll, POLL_READ);
	n->seen = total;
}

/* Read, and if there is nothing, wait for it: `rq` is held. */
static void ask_read(struct notify *n, struct request *rq, bool may_wait)
{
	u64 count = 0;
	err_t error = notify_take(n, rq, &count);

	if (error != E_AGAIN || !may_wait) {
		reader_end(rq, error, error ? 0 : count);
		return;
	}
	list_remove(&rq->link);
	list_add_tail(&n->counter->reading, &rq->link);
	rq->cancel = reader_cancel;
	notify_settle(n);
}

static err_t poll_now(struct notify *n, u32 mask, u64 bits, cap_t *event, u32 *ready)
{
	if (*event) {
		notify_want(n);
		n->seen = notify_total(n);
	}
	return poll_ask(&n->counter->poll, notify_any(n) ? POLL_READ : 0, mask, bits, event, ready);
}

static void ask_poll(struct notify *n, struct request *rq, struct ask *ask)
{
	u32 ready = 0;
	err_t error = poll_now(n, ask->mask, ask->bits, &ask->event, &ready);

	if (ask->event)
		ignore(cap_close(ask->event));
	counter_release(rq);
	file_poll_reply(rq, error, ready);
}

/* The rings are up to date, or the caller leaves. */
static void ask_answer(struct request *rq, bool may_wait)
{
	struct ask ask = *(struct ask *)rq->cookie;

	free(rq->cookie);
	rq->cookie = NULL;
	switch (ask.kind) {
	case ASK_READ:
		ask_read(ask.notify, rq, ask.may_wait && may_wait);
		break;
	case ASK_POLL:
		ask_poll(ask.notify, rq, &ask);
		break;
	case ASK_SIZE:
		counter_release(rq);
		file_control_reply(rq, OK, notify_bytes(ask.notify));
		break;
	}
}

static void ask_cancel(struct request *rq)
{
	struct ask *ask = rq->cookie;

	if (ask->kind == ASK_READ) {
		free(ask);
		reader_end(rq, E_INTR, 0);
	} else {
		ask_answer(rq, false);
	}
}

static bool notify_synced(const struct notify *n)
{
	list_each (ring, &n->rings, struct ring, link)
		if (ring->watches && !ring_synced(ring))
			return false;
	return true;
}

static void notify_answer(struct notify *n)
{
	struct list now = { &now, &now };
	struct request *rq;

	while ((rq = list_first(&n->asking, struct request, link))) {
		list_remove(&rq->link);
		list_add_tail(&now, &rq->link);
	}
	while ((rq = list_first(&now, struct request, link)))
		ask_answer(rq, true);
}

/* Ask all file systems to say what they know. True: that is done already. */
static bool notify_sync(struct notify *n)
{
	list_each (ring, &n->rings, struct ring, link)
		if (ring->watches && !ring->dead && !ring_sync_begin(ring))
			ring_dies(n, ring);
	if (notify_synced(n))
		return true;
	n->deadline = rt_now() + SYNC_NS;
	ignore(event_timer(source.event, BIT_LATE, n->deadline));
	return false;
}

/* Hold the request until the rings are up to date. */
static err_t notify_ask(struct notify *n, struct request *rq, const struct ask *what)
{
	struct ask *ask = malloc(sizeof(*ask));
	cap_t event = what->event;

	if (!ask)
		return E_FUNDS;
	*ask = *what;
	if (event)
		rq->msg.cap[0] = 0; /* ours now */
	err_t error = counter_hold(rq, &n->asking, ask_cancel);
	if (error == E_HELD) {
		rq->cookie = ask;
		return error;
	}
	if (event)
		ignore(cap_close(event));
	free(ask);
	return error;
}

static void notify_event(struct rt_source *from, u64 bits)
{
	u64 now = rt_now(), next = DEADLINE_NEVER;

	(void)from;
	(void)bits;
	list_each (n, &instances, struct notify, link) {
		bool waits = !list_empty(&n->asking);
		if (waits && (n->deadline <= now || notify_synced(n)))
			notify_answer(n);
		else if (waits && n->deadline < next)
			next = n->deadline;
		notify_settle(n);
	}
	ignore(event_timer(source.event, BIT_LATE, next));
}

/* --- calls --- */

err_t notify_read(struct counter *counter, struct request *rq, bool may_wait, u64 *count)
{
	struct notify *n = counter->notify;

	if (!notify_sync(n)) {
		const struct ask ask = { .notify = n, .kind = ASK_READ, .may_wait = may_wait };
		return notify_ask(n, rq, &ask);
	}
	err_t error = notify_take(n, rq, count);
	if (error != E_AGAIN || !may_wait)
		return error;
	error = counter_hold(rq, &counter->reading, reader_cancel);
	if (error == E_HELD)
		notify_want(n);
	return error;
}

err_t notify_poll(struct counter *counter, struct request *rq, u32 mask, u64 bits, u32 *ready)
{
	struct notify *n = counter->notify;

	if (!notify_any(n) && !notify_sync(n)) {
		const struct ask ask = { n, ASK_POLL, false, mask, bits, rq->msg.cap[0] };
		return notify_ask(n, rq, &ask);
	}
	return poll_now(n, mask, bits, &rq->msg.cap[0], ready);
}

err_t notify_size(struct counter *counter, struct request *rq, u64 *size)
{
	struct notify *n = counter->notify;

	if (!notify_sync(n)) {
		const struct ask ask = { .notify = n, .kind = ASK_SIZE };
		return notify_ask(n, rq, &ask);
	}
	*size = notify_bytes(n);
	return OK;
}

/* Has its file system said that it has ended? */
static bool watch_ended(const struct watch *watch)
{
	struct ring_record at;

	if (watch->gone_at)
		return true;
	for (u32 from = watch->ring->shared->head; ring_at(watch->ring, from, &at); from = at.next)
		if (at.record.watch == (i32)watch->number && at.record.mask & NOTIFY_IGNORED)
			return true;
	return false;
}

err_t notify_end_watch(struct counter *counter, u32 number)
{
	struct notify *n = counter->notify;
	struct watch *watch = watch_find(n, number);

	if (!watch || watch_ended(watch))
		return E_INVAL;
	watch_end(n, watch, false);
	notify_settle(n);
	return OK;
}

err_t notify_give_ring(struct counter *counter, cap_t *sync, struct ring **out, cap_t *news)
{
	struct notify *n = counter->notify;

	*news = news_for_others;
	list_each (ring, &n->rings, struct ring, link)
		if (!ring->dead && cap_same(ring->sync, *sync) == OK) {
			*out = ring;
			return OK;
		}
	err_t error = ring_create(*sync, out);
	if (error)
		return error;
	*sync = 0; /* the ring's now */
	list_add_tail(&n->rings, &(*out)->link);
	if (!list_empty(&counter->reading) || counter->poll.count)
		notify_want(n);
	return OK;
}

static struct ring *ring_find(struct notify *n, u64 id)
{
	list_each (ring, &n->rings, struct ring, link)
		if (ring->id == id)
			return ring;
	return NULL;
}

err_t notify_add_watch(struct counter *counter, u64 id, cap_t *gate, u32 *number)
{
	struct notify *n = counter->notify;
	struct ring *ring = ring_find(n, id);

	if (!ring)
		return E_INVAL;
	if (n->watch_count >= NOTIFY_WATCHES_MAX || n->last == INT32_MAX)
		return E_LIMIT;
	struct watch *watch = calloc(1, sizeof(*watch));
	if (!watch)
		return E_LIMIT;
	list_init(&watch->gone_link);
	watch->ring = ring;
	ring->watches++;
	watch->gate = *gate;
	*gate = 0; /* ours now */
	watch->number = *number = ++n->last;
	list_add_tail(&n->watches[watch->number % BUCKETS], &watch->link);
	n->watch_count++;
	return OK;
}

/* --- instances --- */

err_t notify_make(u32 flags, struct counter **out)
{
	struct notify *n = instance_count < NOTIFY_INSTANCES_MAX ? calloc(1, sizeof(*n)) : NULL;

	if (!n)
		return E_LIMIT;
	err_t error = counter_make(COUNT_NOTIFY, flags, out);
	if (error) {
		free(n);
		return error;
	}
	(*out)->flags &= ~(u32)O_ACCMODE; /* O_RDONLY */
	(*out)->notify = n;
	n->counter = *out;
	list_init(&n->rings);
	for (u32 i = 0; i < BUCKETS; i++)
		list_init(&n->watches[i]);
	list_init(&n->gone);
	list_init(&n->asking);
	list_add_tail(&instances, &n->link);
	instance_count++;
	return OK;
}

void notify_free(struct counter *counter)
{
	struct notify *n = counter->notify;
	struct request *rq;
	struct ring *ring;
	struct watch *watch;

	while ((rq = list_first(&n->asking, struct request, link)))
		ask_cancel(rq);
	for (u32 i = 0; i < BUCKETS; i++)
		while ((watch = list_first(&n->watches[i], struct watch, link)))
			watch_free(n, watch);
	while ((ring = list_first(&n->rings, struct ring, link)))
		ring_destroy(ring);
	list_remove(&n->link);
	instance_count--;
	free(n);
}

err_t notify_start(struct server *server)
{
	source.handler = notify_event;
	err_t error = event_create(RT_BANK, &source.event);
	if (!error)
		error = cap_copy(0, source.event, RIGHT_USE | RIGHT_COPY, 0, &news_for_others);
	return error ? error : rt_source_add(server, &source);
}
