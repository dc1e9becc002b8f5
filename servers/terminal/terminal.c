/* SPDX-License-Identifier: MIT */
/* Bytes between line, line discipline and requests. Handlers change the line discipline and hold
 * requests; terminal_settle then looks who can be answered. It is called once a message, before the
 * server waits again, so that the output of a message goes out in one piece. */
#include "terminal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "kill.h"
#include "proto/file_server.h"
#include "proto/tty_server.h"

enum {
	INTERFACE_TTY = 7,
	INPUT_ROUNDS = 32, /* chunks taken before others have their turn */
	SCRATCH_SIZE = 4096,
};
#define TENTH_NS 100000000ull /* the unit of VTIME */
#define DRAIN_NS 5000000ull   /* between looks whether the line is idle */

/* What a read or write passes through. Used within one function call only. */
static u8 scratch[SCRATCH_SIZE];

/* Settings that wait for the output to be out. */
struct later {
	struct tty_attributes attributes;
	bool flush;
};

struct list terminals = { &terminals, &terminals };
static u32 held; /* requests of all terminals */

void node_init(struct node *node, u32 mode, u32 dev, u32 ino, u32 rdev)
{
	*node = (struct node){
		.mode = mode, .dev = dev, .ino = ino, .rdev = rdev, .time_ns = (i64)rt_realtime()
	};
}

void terminal_init(struct terminal *t, struct line *line, const struct node *node)
{
	memset(t, 0, sizeof(*t));
	ldisc_init(&t->ldisc);
	t->line = line;
	t->node = *node;
	list_init(&t->files);
	list_init(&t->reading);
	list_init(&t->writing);
	list_init(&t->draining);
	t->deadline = DEADLINE_NEVER;
	list_add_tail(&terminals, &t->link);
}

void terminal_end(struct terminal *t) { list_remove(&t->link); }

/* --- held requests --- */

struct terminal *request_terminal(const struct request *rq)
{
	const struct tty_file *file = rq->object;

	return file->terminal;
}

err_t terminal_hold(struct terminal *t, struct request *rq, struct list *list,
                    void (*cancel)(struct request *rq))
{
	if (t->held >= TERMINAL_HELD_MAX || held >= TERMINAL_REQUESTS - TERMINAL_REQUESTS_SPARE)
		return E_BUSY;
	t->held++;
	held++;
	list_add_tail(list, &rq->link);
	return request_hold(rq, cancel);
}

void terminal_release(struct request *rq)
{
	struct terminal *t = request_terminal(rq);

	list_remove(&rq->link);
	t->held--;
	held--;
	t->touched = true;
}

/* While a request is held its message's words are the holder's: these say who the caller is. */
enum { WORD_SESSION = MSG_WORDS - 2, WORD_GROUP };

static struct caller request_caller(const struct request *rq)
{
	return (struct caller){ (u32)rq->msg.word[WORD_SESSION], (u32)rq->msg.word[WORD_GROUP] };
}

static void request_set_caller(struct request *rq, struct caller caller)
{
	rq->msg.word[WORD_SESSION] = caller.session;
	rq->msg.word[WORD_GROUP] = caller.group;
}

static bool request_of_tty(const struct request *rq)
{
	return rq->msg.word[0] >> 16 == INTERFACE_TTY;
}

static void reader_answer(struct request *rq, err_t error, u64 count)
{
	terminal_release(rq);
	if (request_of_tty(rq))
		tty_read_reply(rq, error, count);
	else
		file_read_reply(rq, error, count);
}

static void writer_answer(struct request *rq, err_t error)
{
	size_t done = (size_t)rq->cookie;

	terminal_release(rq);
	if (request_of_tty(rq))
		tty_write_reply(rq, done ? OK : error, done);
	else
		file_write_reply(rq, done ? OK : error, done);
}

static void drainer_answer(struct request *rq, err_t error)
{
	struct later *later = rq->cookie;

	terminal_release(rq);
	if (later)
		tty_set_reply(rq, error);
	else
		tty_drain_reply(rq, error);
	free(later);
}

static void reader_cancel(struct request *rq) { reader_answer(rq, E_INTR, 0); }
static void writer_cancel(struct request *rq) { writer_answer(rq, E_INTR); }
static void drainer_cancel(struct request *rq) { drainer_answer(rq, E_INTR); }

/* --- input --- */

/* Give the chunk to the line discipline, as far as it has room. */
static void chunk_use(struct terminal *t)
{
	const u8 *data = &t->chunk[t->chunk_start];
	u32 size = t->chunk_end - t->chunk_start, done;

	done = (u32)ldisc_input(&t->ldisc, data, size);
	if (done < size)
		done += (u32)ldisc_input_urgent(&t->ldisc, data + done, size - done);
	t->chunk_start += done;
}

/* Fill the chunk's free part from the line. False: nothing came. */
static bool chunk_fetch(struct terminal *t)
{
	u32 size = t->chunk_end - t->chunk_start, come;

	memmove(t->chunk, t->chunk + t->chunk_start, size);
	t->chunk_start = 0;
	t->chunk_end = size;
	if (size == TERMINAL_CHUNK)
		return false;
	come = (u32)t->line->ops->receive(t->line, t->chunk + size, TERMINAL_CHUNK - size);
	t->chunk_end += come;
	if (come)
		t->input_ns = rt_now();
	return come;
}

void terminal_input(struct terminal *t)
{
	int rounds = 0;

	/* While there is no room the chunk fills up all the same, so that a signal character in it
	 * is seen. */
	chunk_use(t);
	while (rounds < INPUT_ROUNDS && chunk_fetch(t)) {
		chunk_use(t);
		rounds++;
	}
	session_signals(t);
	t->more_input = rounds == INPUT_ROUNDS;
}

void terminal_flush_input(struct terminal *t)
{
	ldisc_flush_input(&t->ldisc);
	t->chunk_start = t->chunk_end;
}

/* --- reading --- */

static bool canonical(const struct terminal *t) { return t->ldisc.attributes.lflag & TTY_ICANON; }

static u64 read_time(const struct terminal *t)
{
	return t->ldisc.attributes.cc[TTY_VTIME] * TENTH_NS;
}

static size_t read_minimum(const struct terminal *t, size_t size)
{
	size_t minimum = t->ldisc.attributes.cc[TTY_VMIN];

	return minimum < size ? minimum : size;
}

/* When a read that began at `start` ends with what there is. POSIX, 11.1.7: without VMIN VTIME
 * counts from the start, with it from the last byte. */
static u64 read_deadline(const struct terminal *t, u64 start)
{
	if (canonical(t))
		return DEADLINE_NEVER;
	if (!t->ldisc.attributes.cc[TTY_VMIN])
		return start + read_time(t);
	if (!read_time(t) || !ldisc_readable(&t->ldisc, 1))
		return DEADLINE_NEVER;
	return (start > t->input_ns ? start : t->input_ns) + read_time(t);
}

static bool read_due(const struct terminal *t, size_t size, u64 start)
{
	if (t->hung_up)
		return true;
	if (canonical(t))
		return ldisc_readable(&t->ldisc, 1);
	return ldisc_readable(&t->ldisc, read_minimum(t, size)) ||
	       read_deadline(t, start) <= rt_now();
}

/* Nothing is taken out of the queue if the reader's buffer is not at hand. */
static err_t read_give(struct terminal *t, struct request *rq, u64 *count)
{
	size_t size = rq->out_size < SCRATCH_SIZE ? rq->out_size : SCRATCH_SIZE, positions = 0, n;
	err_t error;

	if (t->hung_up)
		return OK;
	n = ldisc_peek(&t->ldisc, scratch, size, &positions);
	error = request_write(rq, 0, scratch, n);
	if (error)
		return error;
	ldisc_take(&t->ldisc, positions);
	*count = n;
	return OK;
}

err_t terminal_read(struct terminal *t, struct request *rq, struct caller caller, bool may_wait,
                    u64 *count)
{
	u64 now = rt_now();
	err_t error;

	if (session_background(t, caller))
		return E_ACCESS;
	if (!rq->out_size)
		return OK;
	if (list_empty(&t->reading) && read_due(t, rq->out_size, now))
		return read_give(t, rq, count);
	if (!may_wait)
		return ldisc_readable(&t->ldisc, 1) ? read_give(t, rq, count) : E_AGAIN;
	error = terminal_hold(t, rq, &t->reading, reader_cancel);
	if (error == E_HELD) {
		rq->cookie = (void *)now;
		request_set_caller(rq, caller);
	}
	return error;
}

void terminal_foreground(struct terminal *t)
{
	struct list *at = t->reading.next;

	while (at != &t->reading) {
		struct request *rq = container_of(at, struct request, link);

		at = at->next;
		if (session_background(t, request_caller(rq)))
			reader_answer(rq, E_ACCESS, 0);
	}
}

/* True if somebody was answered. */
static bool settle_readers(struct terminal *t)
{
	struct request *rq;
	bool answered = false;

	while ((rq = list_first(&t->reading, struct request, link)) &&
	       read_due(t, rq->out_size, (u64)rq->cookie)) {
		u64 count = 0;
		err_t error = read_give(t, rq, &count);
		reader_answer(rq, error, count);
		answered = true;
	}
	return answered;
}

/* --- writing --- */

void terminal_send(struct terminal *t)
{
	const u8 *data;
	size_t size, done;

	while ((size = ldisc_output(&t->ldisc, &data))) {
		done = t->line->ops->send(t->line, data, size);
		ldisc_sent(&t->ldisc, done);
		if (done < size)
			return;
	}
}

/* Take as much of a write as there is room for. */
static err_t write_take(struct terminal *t, struct request *rq, size_t *done)
{
	while (*done < rq->in_size) {
		size_t size = rq->in_size - *done, taken;
		err_t error;

		if (!ldisc_writable(&t->ldisc))
			terminal_send(t);
		if (!ldisc_writable(&t->ldisc))
			return OK;
		if (size > SCRATCH_SIZE)
			size = SCRATCH_SIZE;
		error = request_read(rq, *done, scratch, size);
		if (error)
			return error;
		taken = ldisc_write(&t->ldisc, scratch, size);
		*done += taken;
	}
	return OK;
}

err_t terminal_write(struct terminal *t, struct request *rq, struct caller caller, bool may_wait,
                     u64 *count)
{
	size_t done = 0;
	err_t error = OK;

	if (t->hung_up)
		return E_IO;
	if ((t->ldisc.attributes.lflag & TTY_TOSTOP) && session_background(t, caller))
		return E_ACCESS;
	if (list_empty(&t->writing))
		error = write_take(t, rq, &done);
	if (!error && done < rq->in_size) {
		error = may_wait ? terminal_hold(t, rq, &t->writing, writer_cancel) : E_AGAIN;
		if (error == E_HELD) {
			rq->cookie = (void *)done;
			return E_HELD;
		}
	}
	*count = done;
	return done ? OK : error;
}

static void settle_writers(struct terminal *t)
{
	struct request *rq;

	while ((rq = list_first(&t->writing, struct request, link))) {
		size_t done = (size_t)rq->cookie;
		err_t error = t->hung_up ? E_IO : write_take(t, rq, &done);

		rq->cookie = (void *)done;
		if (!error && done < rq->in_size)
			return;
		writer_answer(rq, error);
	}
}

/* --- draining --- */

static bool drained(struct terminal *t)
{
	return t->hung_up || ((t->line->fetched || !ldisc_pending(&t->ldisc)) &&
	                      list_empty(&t->writing) && !t->line->ops->pending(t->line));
}

static void settings_apply(struct terminal *t, bool flush, const struct tty_attributes *attributes)
{
	if (flush)
		terminal_flush_input(t);
	ldisc_set(&t->ldisc, attributes);
}

err_t terminal_drain(struct terminal *t, struct request *rq, bool flush,
                     const struct tty_attributes *attributes)
{
	struct later *later = NULL;
	err_t error;

	terminal_send(t);
	if (list_empty(&t->draining) && drained(t)) {
		if (attributes)
			settings_apply(t, flush, attributes);
		return OK;
	}
	if (attributes) {
		later = malloc(sizeof(*later));
		if (!later)
			return E_FUNDS;
		*later = (struct later){ .attributes = *attributes, .flush = flush };
	}
	error = terminal_hold(t, rq, &t->draining, drainer_cancel);
	if (error == E_HELD)
		rq->cookie = later;
	else
		free(later);
	return error;
}

static void settle_drainers(struct terminal *t)
{
	struct request *rq;

	while ((rq = list_first(&t->draining, struct request, link)) && drained(t)) {
		const struct later *later = rq->cookie;

		if (later)
			settings_apply(t, later->flush, &later->attributes);
		drainer_answer(rq, OK);
	}
}

/* --- all together --- */

u32 terminal_ready(const struct terminal *t)
{
	const struct tty_attributes *a = &t->ldisc.attributes;
	u32 ready = 0;

	if (t->hung_up)
		return POLL_READ | POLL_WRITE | POLL_HANGUP | POLL_ERROR;
	if (ldisc_readable(&t->ldisc, a->cc[TTY_VTIME] ? 1 : a->cc[TTY_VMIN]))
		ready |= POLL_READ;
	if (ldisc_writable(&t->ldisc) && list_empty(&t->writing))
		ready |= POLL_WRITE;
	return ready;
}

/* The next time at which something is due although nothing happens. */
static u64 next_deadline(struct terminal *t)
{
	const struct request *reader = list_first(&t->reading, struct request, link);
	u64 deadline = t->line->ops->tick(t->line, rt_now()), other;

	if (reader && (other = read_deadline(t, (u64)reader->cookie)) < deadline)
		deadline = other;
	if (!list_empty(&t->draining) && !ldisc_pending(&t->ldisc) &&
	    (other = rt_now() + DRAIN_NS) < deadline)
		deadline = other;
	return deadline;
}

static void settle_polls(struct terminal *t)
{
	list_each (file, &t->files, struct tty_file, link)
		if (file->poll.count)
			poll_wake(&file->poll, terminal_ready(t));
}

/* What readers have taken makes room for what waits in the line; and what has been sent, for
 * writers. */
static void terminal_settle(struct terminal *t)
{
	bool more;

	if (t->more_input)
		terminal_input(t);
	do {
		if (t->chunk_start < t->chunk_end)
			terminal_input(t);
		more = settle_readers(t) && t->chunk_start < t->chunk_end;
		settle_writers(t);
		terminal_send(t);
		settle_drainers(t);
		more = (t->line->ops->settle && t->line->ops->settle(t->line)) || more;
	} while (more);
	settle_polls(t);
	t->deadline = t->more_input ? rt_now() : next_deadline(t);
	t->touched = false;
}

u64 terminals_settle(void)
{
	u64 now = rt_now(), next = DEADLINE_NEVER;

	list_each (t, &terminals, struct terminal, link) {
		if (t->touched || t->deadline <= now)
			terminal_settle(t);
		if (t->deadline < next)
			next = t->deadline;
	}
	return next;
}

void terminal_hang_up(struct terminal *t)
{
	struct request *rq;

	/* Who waits now learns that something has gone wrong; who comes later finds the end. */
	while ((rq = list_first(&t->reading, struct request, link)))
		reader_answer(rq, E_IO, 0);
	t->hung_up = true;
	terminal_flush_input(t);
	ldisc_flush_output(&t->ldisc);
	session_hang_up(t);
	t->touched = true;
}
