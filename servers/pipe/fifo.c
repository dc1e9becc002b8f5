/* SPDX-License-Identifier: MIT */
#include "fifo.h"

#include <fcntl.h>
#include <stdlib.h>

#include "proto/dir_server.h"
#include "proto/pipe_server.h"

static struct list fifos = { &fifos, &fifos };

err_t fifo_find(u64 dev, u64 ino, struct fifo **out)
{
	struct fifo *fifo;

	list_each (known, &fifos, struct fifo, link) {
		if (known->dev == dev && known->ino == ino) {
			*out = known;
			return OK;
		}
	}
	fifo = calloc(1, sizeof(*fifo));
	if (!fifo)
		return E_FUNDS;
	fifo->pipe = pipe_make();
	if (!fifo->pipe) {
		free(fifo);
		return E_FUNDS;
	}
	fifo->labelled.kind = LABEL_NODE;
	fifo->dev = dev;
	fifo->ino = ino;
	fifo->pipe->fifo = fifo;
	list_init(&fifo->opening);
	list_add_tail(&fifos, &fifo->link);
	*out = fifo;
	return OK;
}

void fifo_settle(struct fifo *fifo)
{
	if (fifo->nodes || !list_empty(&fifo->pipe->ends))
		return;
	list_remove(&fifo->link);
	pipe_free(fifo->pipe);
	free(fifo);
}

static void opener_answer(struct request *rq, err_t error, cap_t gate)
{
	const struct pipe_end *end = rq->cookie;
	u32 mode = end->pipe->mode;

	pipes_release(rq);
	if (rq->label)
		dir_open_reply(rq, error, gate, mode);
	else
		pipe_open_reply(rq, error, gate);
}

static void opener_cancel(struct request *rq)
{
	struct pipe_end *end = rq->cookie;
	struct fifo *fifo = end->pipe->fifo;

	opener_answer(rq, E_INTR, 0);
	pipe_end_close(end);
	fifo_settle(fifo);
}

/* A gate to the end, which ends if there can be none. */
static err_t opener_gate(struct request *rq, struct pipe_end *end, cap_t *gate)
{
	err_t error = request_gate(rq, (u64)&end->labelled, gate);

	if (!error)
		*gate |= CAP_MOVE;
	return error;
}

static bool other_side_open(const struct pipe_end *end)
{
	return end->sides & END_READS ? end->pipe->writers : end->pipe->readers;
}

/* Those who waited for what has just been opened. */
static void fifo_wake(struct fifo *fifo)
{
	struct list *at = fifo->opening.next;

	while (at != &fifo->opening) {
		struct request *rq = container_of(at, struct request, link);
		struct pipe_end *end = rq->cookie;
		cap_t gate = 0;

		at = at->next;
		if (!other_side_open(end))
			continue;
		err_t error = opener_gate(rq, end, &gate);
		opener_answer(rq, error, gate);
		if (error)
			pipe_end_close(end);
	}
}

/* musl's O_ACCMODE has O_PATH in it. */
enum { ACCESS_MASK = 3 };

u32 open_sides(u32 flags)
{
	switch (flags & ACCESS_MASK) {
	case O_RDONLY:
		return END_READS;
	case O_WRONLY:
		return END_WRITES;
	case O_RDWR:
		return END_READS | END_WRITES;
	default:
		return 0;
	}
}

err_t fifo_open(struct fifo *fifo, struct request *rq, u32 flags, cap_t *gate)
{
	struct pipe *pipe = fifo->pipe;
	u32 sides = open_sides(flags);
	struct pipe_end *end;
	err_t error;

	if (!sides)
		return E_INVAL;
	if (sides == END_WRITES && !pipe->readers && (flags & O_NONBLOCK))
		return E_NXIO;
	error = pipe_end_open(pipe, sides, flags & (ACCESS_MASK | O_NONBLOCK), &end);
	if (error)
		return error;
	fifo_wake(fifo);
	if (!other_side_open(end) && !(flags & O_NONBLOCK)) {
		error = pipes_hold(rq, opener_cancel);
		if (error == E_HELD) {
			rq->cookie = end;
			list_add_tail(&fifo->opening, &rq->link);
			return E_HELD;
		}
	} else {
		error = opener_gate(rq, end, gate);
	}
	if (error)
		pipe_end_close(end);
	return error;
}
