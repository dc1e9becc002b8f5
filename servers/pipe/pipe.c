/* SPDX-License-Identifier: MIT */
/* Moving bytes. A write goes to the readers that wait, from the writer's buffer to theirs, and only
 * then into the ring; a read takes from the ring, and then the writers that wait refill it. So at
 * rest: whoever waits to read finds the ring empty, and who waits to write finds it (too) full. */
#include "pipe.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "proto/file_server.h"

enum { MODE_FIFO = 0010000 };

/* Pipes whose writers wait for memory, not for readers. */
static struct list pipes_starving = { &pipes_starving, &pipes_starving };
static u32 held_count, end_count;
static u64 last_ino;

/* --- held requests --- */

err_t pipes_hold(struct request *rq, void (*cancel)(struct request *rq))
{
	if (held_count >= PIPE_REQUESTS - PIPE_REQUESTS_SPARE)
		return E_BUSY;
	held_count++;
	return request_hold(rq, cancel);
}

void pipes_release(struct request *rq)
{
	list_remove(&rq->link);
	held_count--;
}

u32 pipes_count(void) { return end_count; }

static struct pipe *request_pipe(const struct request *rq)
{
	const struct pipe_end *end = rq->object;

	return end->pipe;
}

/* How much of a held write is done. */
static size_t write_done(const struct request *rq) { return (size_t)rq->cookie; }
static void write_set_done(struct request *rq, size_t done) { rq->cookie = (void *)done; }

static void reader_answer(struct request *rq, err_t error, u64 count)
{
	pipes_release(rq);
	file_read_reply(rq, error, count);
}

/* What was written counts, whatever happened then. */
static void writer_answer(struct request *rq, err_t error)
{
	struct pipe *pipe = request_pipe(rq);
	size_t done = write_done(rq);

	pipes_release(rq);
	file_write_reply(rq, done ? OK : error, done);
	if (list_empty(&pipe->writing))
		list_remove(&pipe->starving);
}

static void reader_cancel(struct request *rq) { reader_answer(rq, E_INTR, 0); }

static void pipe_settle(struct pipe *pipe);

static void writer_cancel(struct request *rq)
{
	struct pipe *pipe = request_pipe(rq);

	writer_answer(rq, E_INTR);
	pipe_settle(pipe); /* one behind it may be smaller */
}

/* --- between ring and requests --- */

/* Show the reader what is there: *count bytes. */
static err_t pipe_show(struct pipe *pipe, struct request *rq, u64 *count)
{
	size_t size = rq->out_size < ring_used(&pipe->ring) ? rq->out_size : ring_used(&pipe->ring);
	struct span span[2];
	err_t error;

	ring_used_spans(&pipe->ring, size, span);
	error = request_write(rq, 0, span[0].data, span[0].size);
	if (!error && span[1].size)
		error = request_write(rq, span[0].size, span[1].data, span[1].size);
	if (!error)
		*count = size;
	return error;
}

/* Give it to the reader. Nothing is taken out of the ring if its buffer is not at hand. */
static err_t pipe_give(struct pipe *pipe, struct request *rq, u64 *count)
{
	err_t error = pipe_show(pipe, rq, count);

	if (!error)
		ring_take(&pipe->ring, *count);
	return error;
}

/* Take `size` bytes of the writer's from `offset` on; there is room. All or nothing. */
static err_t pipe_take(struct pipe *pipe, struct request *rq, size_t offset, size_t size)
{
	struct span span[2];
	err_t error;

	ring_free_spans(&pipe->ring, size, span);
	error = request_read(rq, offset, span[0].data, span[0].size);
	if (!error && span[1].size)
		error = request_read(rq, offset + span[0].size, span[1].data, span[1].size);
	if (!error)
		ring_put(&pipe->ring, size);
	return error;
}

/* Take as much of a write as may be taken now, moving *done. */
static err_t pipe_accept(struct pipe *pipe, struct request *rq, size_t *done)
{
	size_t rest = rq->in_size - *done, size;
	err_t error;

	(void)ring_reserve(&pipe->ring, rest, pipe->capacity);
	size = rest < ring_free(&pipe->ring) ? rest : ring_free(&pipe->ring);
	if (!size || (rq->in_size <= PIPE_ATOMIC && size < rest))
		return OK;
	error = pipe_take(pipe, rq, *done, size);
	if (!error)
		*done += size;
	return error;
}

/* From a writer whose data came with its message straight to the readers that wait; the ring is
 * empty. Only while the write can be kept whole, what the readers leave of it included. */
static void pipe_hand_over(struct pipe *pipe, struct request *rq, size_t *done)
{
	struct request *reader;

	if (rq->in_count < rq->in_size)
		return;
	while (*done < rq->in_size && (reader = list_first(&pipe->reading, struct request, link))) {
		size_t size = rq->in_size - *done;
		err_t error;

		if (reader->out_size < size) {
			if (!ring_reserve(&pipe->ring, rq->in_size, pipe->capacity))
				break;
			size = reader->out_size;
		}
		error = request_write(reader, 0, (const u8 *)rq->in + *done, size);
		if (!error)
			*done += size;
		reader_answer(reader, error, error ? 0 : size);
	}
}

/* Bring the pipe to rest: see the head of the file. */
static void pipe_settle(struct pipe *pipe)
{
	struct request *rq;

	for (;;) {
		while (ring_used(&pipe->ring) &&
		       (rq = list_first(&pipe->reading, struct request, link))) {
			u64 count = 0;
			err_t error = pipe_give(pipe, rq, &count);
			reader_answer(rq, error, count);
		}
		rq = list_first(&pipe->writing, struct request, link);
		if (!rq)
			break;
		size_t done = write_done(rq), before = done;
		err_t error = pipe_accept(pipe, rq, &done);
		write_set_done(rq, done);
		if (error || done == rq->in_size)
			writer_answer(rq, error);
		else if (done == before)
			break;
	}
	if (ring_used(&pipe->ring))
		return;
	ring_clear(&pipe->ring);
	/* With an empty ring only memory can be missing. */
	if (rq && !list_linked(&pipe->starving))
		list_add_tail(&pipes_starving, &pipe->starving);
}

void pipes_feed(void)
{
	struct list again = { &again, &again };
	struct pipe *pipe;

	while ((pipe = list_first(&pipes_starving, struct pipe, starving))) {
		list_remove(&pipe->starving);
		list_add_tail(&again, &pipe->starving);
	}
	while ((pipe = list_first(&again, struct pipe, starving))) {
		list_remove(&pipe->starving);
		pipe_settle(pipe);
	}
}

/* --- readiness --- */

static bool pipe_room(const struct pipe *pipe)
{
	return ring_used(&pipe->ring) + PIPE_ATOMIC <= pipe->capacity && list_empty(&pipe->writing);
}

u32 pipe_ready(const struct pipe_end *end)
{
	const struct pipe *pipe = end->pipe;
	u32 ready = 0;

	if (end->sides & END_READS) {
		ready |= ring_used(&pipe->ring) ? POLL_READ : 0;
		/* A FIFO opened before any writer has not hung up. */
		if (!pipe->writers && pipe->writer_opens != end->writer_opens_seen)
			ready |= POLL_HANGUP;
	}
	if (end->sides & END_WRITES) {
		ready |= pipe_room(pipe) ? POLL_WRITE : 0;
		ready |= pipe->readers ? 0 : POLL_ERROR;
	}
	return ready;
}

/* Tell those who poll for `news`, if it holds: what has only stayed so is no edge. */
static void pipe_wake(struct pipe *pipe, u32 news)
{
	list_each (end, &pipe->ends, struct pipe_end, link)
		if (end->poll.count)
			poll_wake(&end->poll, pipe_ready(end) & news);
}

/* --- reading and writing --- */

err_t pipe_read(struct pipe_end *end, struct request *rq, bool may_wait, u64 *count)
{
	struct pipe *pipe = end->pipe;
	err_t error;

	if (!rq->out_size)
		return OK;
	if (ring_used(&pipe->ring)) {
		bool more = !list_empty(&pipe->writing); /* who put in what they wait to write */

		error = pipe_give(pipe, rq, count);
		pipe_settle(pipe);
		pipe_wake(pipe, more ? POLL_READ | POLL_WRITE : POLL_WRITE);
		return error;
	}
	if (!pipe->writers)
		return OK;
	if (!may_wait)
		return E_AGAIN;
	error = pipes_hold(rq, reader_cancel);
	if (error == E_HELD)
		list_add_tail(&pipe->reading, &rq->link);
	return error;
}

err_t pipe_peek(struct pipe_end *end, struct request *rq, u64 *count)
{
	struct pipe *pipe = end->pipe;

	if (rq->out_size && ring_used(&pipe->ring))
		return pipe_show(pipe, rq, count);
	return rq->out_size && pipe->writers ? E_AGAIN : OK;
}

/* There is room. */
static void ring_append(struct ring *ring, const struct span *from)
{
	struct span to[2];

	ring_free_spans(ring, from->size, to);
	memcpy(to[0].data, from->data, to[0].size);
	if (to[1].size)
		memcpy(to[1].data, from->data + to[0].size, to[1].size);
	ring_put(ring, from->size);
}

static void pipe_copy(struct pipe *from, struct pipe *to, size_t size)
{
	struct span span[2];

	ring_used_spans(&from->ring, size, span);
	ring_append(&to->ring, &span[0]);
	if (span[1].size)
		ring_append(&to->ring, &span[1]);
}

err_t pipe_transfer(struct pipe_end *end, struct pipe_end *to_end, u64 size, bool keep, u64 *count)
{
	struct pipe *from = end->pipe, *to = to_end->pipe;
	size_t used = ring_used(&from->ring);

	if (from == to)
		return E_INVAL;
	if (!to->readers)
		return E_PIPE;
	if (!used || !size)
		return used || !size || !from->writers ? OK : E_AGAIN;
	size = size < used ? size : used;
	(void)ring_reserve(&to->ring, size, to->capacity);
	size = size < ring_free(&to->ring) ? size : ring_free(&to->ring);
	if (!size && !ring_used(&to->ring))
		return E_FUNDS;
	if (!size || !list_empty(&to->writing))
		return E_BUSY;
	pipe_copy(from, to, size);
	pipe_settle(to);
	pipe_wake(to, POLL_READ);
	if (!keep) {
		ring_take(&from->ring, size);
		pipe_settle(from);
		pipe_wake(from, POLL_READ | POLL_WRITE);
	}
	*count = size;
	return OK;
}

static err_t writer_wait(struct pipe *pipe, struct request *rq, size_t done)
{
	err_t error = pipes_hold(rq, writer_cancel);

	if (error != E_HELD)
		return error;
	write_set_done(rq, done);
	list_add_tail(&pipe->writing, &rq->link);
	if (!ring_used(&pipe->ring) && !list_linked(&pipe->starving))
		list_add_tail(&pipes_starving, &pipe->starving);
	return E_HELD;
}

err_t pipe_write(struct pipe_end *end, struct request *rq, bool may_wait, u64 *count)
{
	struct pipe *pipe = end->pipe;
	size_t done = 0;
	err_t error = OK;

	if (!rq->in_size)
		return OK;
	if (!pipe->readers)
		return E_PIPE;
	if (list_empty(&pipe->writing)) {
		pipe_hand_over(pipe, rq, &done);
		if (done < rq->in_size)
			error = pipe_accept(pipe, rq, &done);
		pipe_settle(pipe);
		pipe_wake(pipe, POLL_READ);
	}
	if (!error && done < rq->in_size) {
		error = may_wait ? writer_wait(pipe, rq, done) : E_AGAIN;
		if (error == E_HELD)
			return E_HELD;
	}
	*count = done;
	return done ? OK : error;
}

err_t pipe_resize(struct pipe *pipe, u64 capacity)
{
	size_t size = PAGE_SIZE;

	if (capacity > PIPE_CAPACITY_MAX)
		return E_PERM;
	while (size < capacity)
		size *= 2;
	if (size < ring_used(&pipe->ring) || (size < pipe->ring.size && ring_used(&pipe->ring)))
		return E_BUSY;
	pipe->capacity = size;
	pipe_settle(pipe);
	pipe_wake(pipe, UINT32_MAX);
	return OK;
}

/* --- life --- */

struct pipe *pipe_make(void)
{
	struct pipe *pipe = calloc(1, sizeof(*pipe));

	if (!pipe)
		return NULL;
	pipe->capacity = PIPE_CAPACITY;
	pipe->mode = MODE_FIFO | 0600;
	pipe->ino = ++last_ino;
	pipe->time_ns = (i64)rt_realtime();
	list_init(&pipe->reading);
	list_init(&pipe->writing);
	list_init(&pipe->starving);
	list_init(&pipe->ends);
	return pipe;
}

void pipe_free(struct pipe *pipe)
{
	ring_clear(&pipe->ring);
	list_remove(&pipe->starving);
	free(pipe);
}

err_t pipe_end_open(struct pipe *pipe, u32 sides, u32 flags, struct pipe_end **out)
{
	struct pipe_end *end = end_count < PIPE_ENDS_MAX ? calloc(1, sizeof(*end)) : NULL;

	if (!end)
		return E_FUNDS;
	end_count++;
	*end = (struct pipe_end){
		.labelled.kind = LABEL_END, .pipe = pipe, .sides = sides, .flags = flags
	};
	end->writer_opens_seen = pipe->writer_opens;
	poll_list_init(&end->poll);
	list_add_tail(&pipe->ends, &end->link);
	if (sides & END_READS) {
		pipe->readers++;
		pipe->reader_opens++;
	}
	if (sides & END_WRITES) {
		pipe->writers++;
		pipe->writer_opens++;
	}
	*out = end;
	return OK;
}

/* Requests of a list that came through `end`, or (NULL) all of them. */
static struct request *request_find(struct list *requests, const struct pipe_end *end)
{
	list_each (rq, requests, struct request, link)
		if (!end || rq->object == end)
			return rq;
	return NULL;
}

void pipe_end_close(struct pipe_end *end)
{
	struct pipe *pipe = end->pipe;
	struct request *rq;

	while ((rq = request_find(&pipe->reading, end)))
		reader_answer(rq, E_INTR, 0);
	while ((rq = request_find(&pipe->writing, end)))
		writer_answer(rq, E_INTR);
	pipe->readers -= (end->sides & END_READS) != 0;
	pipe->writers -= (end->sides & END_WRITES) != 0;
	while (!pipe->readers && (rq = request_find(&pipe->writing, NULL)))
		writer_answer(rq, E_PIPE);
	while (!pipe->writers && (rq = request_find(&pipe->reading, NULL)))
		reader_answer(rq, OK, 0);
	poll_list_clear(&end->poll);
	list_remove(&end->link);
	free(end);
	end_count--;
	if (list_empty(&pipe->ends))
		ring_clear(&pipe->ring); /* nobody can read it any more */
	pipe_settle(pipe);
	pipe_wake(pipe, UINT32_MAX);
}
