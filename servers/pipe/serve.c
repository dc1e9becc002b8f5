/* SPDX-License-Identifier: MIT */
/* Which object a request is for, and the calls that are not reading and writing. */
#include "serve.h"

#include <fcntl.h>

#include "fifo.h"
#include "lib/anonymous/anonymous.h"
#include "pipe.h"
#include "proto/dir_server.h"
#include "proto/file_server.h"
#include "proto/pipe_server.h"

enum {
	PIPE_DEV = 0x0c, /* st_dev of anonymous pipes */
	PIPE_FS_TYPE = 0x50495045,
	MODE_PERMISSIONS = 07777,
	/* Of file_control: fcntl's and ioctl's numbers. */
	CONTROL_SET_SIZE = 1031,   /* F_SETPIPE_SZ */
	CONTROL_GET_SIZE = 1032,   /* F_GETPIPE_SZ */
	CONTROL_READABLE = 0x541b, /* FIONREAD */
};

/* --- open ends --- */

static err_t end_check(const struct pipe_end *end, u32 side, i64 offset)
{
	if (!(end->sides & side))
		return E_CAP;
	return offset == FILE_POSITION ? OK : E_SPIPE;
}

static bool may_wait(const struct pipe_end *end, u32 flags)
{
	return !(end->flags & O_NONBLOCK) && !(flags & FILE_IO_NONBLOCK);
}

static err_t end_read(struct request *rq, i64 offset, u32 flags, u64 *count)
{
	struct pipe_end *end = rq->object;
	err_t error = end_check(end, END_READS, offset);

	if (!error && flags & FILE_IO_KEEP)
		return pipe_peek(end, rq, count);
	return error ? error : pipe_read(end, rq, may_wait(end, flags), count);
}

static err_t end_write(struct request *rq, i64 offset, u32 flags, u64 *count)
{
	struct pipe_end *end = rq->object;
	err_t error = end_check(end, END_WRITES, offset);

	return error ? error : pipe_write(end, rq, may_wait(end, flags), count);
}

static err_t stat_put(struct request *rq, const struct pipe *pipe)
{
	struct file_stat st = { .dev = pipe->fifo ? pipe->fifo->dev : PIPE_DEV,
		                .ino = pipe->fifo ? pipe->fifo->ino : pipe->ino,
		                .mode = pipe->mode,
		                .nlink = 1,
		                .uid = pipe->uid,
		                .gid = pipe->gid,
		                .block_size = PAGE_SIZE,
		                .atime_ns = pipe->time_ns,
		                .mtime_ns = pipe->time_ns,
		                .ctime_ns = pipe->time_ns,
		                .btime_ns = pipe->time_ns };

	return anonymous_stat(rq, &st);
}

static err_t end_stat(struct request *rq)
{
	const struct pipe_end *end = rq->object;

	return stat_put(rq, end->pipe);
}

static err_t end_set(struct request *rq, const struct file_attributes *attributes)
{
	const struct pipe_end *end = rq->object;
	struct pipe *pipe = end->pipe;

	if (attributes->mask & FILE_SET_SIZE)
		return E_INVAL;
	if (attributes->mask & FILE_SET_MODE)
		pipe->mode = (pipe->mode & ~(u32)MODE_PERMISSIONS) |
		             (attributes->mode & MODE_PERMISSIONS);
	if (attributes->mask & FILE_SET_UID)
		pipe->uid = attributes->uid;
	if (attributes->mask & FILE_SET_GID)
		pipe->gid = attributes->gid;
	pipe->time_ns = (i64)rt_realtime();
	return OK;
}

static err_t end_poll(struct request *rq, u32 mask, u64 bits, cap_t event, u32 *ready)
{
	struct pipe_end *end = rq->object;

	(void)event;
	return poll_ask(&end->poll, pipe_ready(end), mask, bits, &rq->msg.cap[0], ready);
}

static err_t end_flags(struct request *rq, u32 mask, u32 value, u32 *flags)
{
	struct pipe_end *end = rq->object;

	return anonymous_flags(&end->flags, mask, value, flags);
}

static err_t end_statfs(struct request *rq) { return anonymous_statfs(rq, PIPE_FS_TYPE); }

static err_t end_control(struct request *rq, u64 request, u64 argument, u64 *result)
{
	const struct pipe_end *end = rq->object;
	struct pipe *pipe = end->pipe;
	err_t error = OK;

	switch (request) {
	case CONTROL_SET_SIZE:
		error = pipe_resize(pipe, argument);
		break;
	case CONTROL_GET_SIZE:
		break;
	case CONTROL_READABLE:
		*result = ring_used(&pipe->ring);
		return OK;
	default:
		return E_NOTSUP;
	}
	*result = pipe->capacity;
	return error;
}

static err_t end_path(struct request *rq, u64 *length)
{
	const struct pipe_end *end = rq->object;

	if (end->pipe->fifo)
		return E_NOTSUP; /* the file system knows */
	return anonymous_path(rq, "pipe", end->pipe->ino, length);
}

static const struct file_ops end_ops = {
	.file_read = end_read,
	.file_write = end_write,
	.file_seek = anonymous_seek,
	.file_stat = end_stat,
	.file_set = end_set,
	.file_sync = anonymous_sync,
	.file_poll = end_poll,
	.file_flags = end_flags,
	.file_statfs = end_statfs,
	.file_control = end_control,
	.file_path = end_path,
};

/* Labels are addresses of our own objects: only the kernel and we ever name them. */
static struct labelled *label_object(u64 label) { return (struct labelled *)label; }

static err_t end_move(struct request *rq, cap_t writer, u64 size, bool keep, u64 *count)
{
	struct pipe_end *end = rq->object;
	u64 label = 0;

	if (!(end->sides & END_READS))
		return E_CAP;
	if (gate_identify(rq->server->port, writer, &label) || !label ||
	    label_object(label)->kind != LABEL_END)
		return E_INVAL;
	struct pipe_end *to = container_of(label_object(label), struct pipe_end, labelled);
	return to->sides & END_WRITES ? pipe_transfer(end, to, size, keep, count) : E_INVAL;
}

static const struct pipe_ops end_pipe_ops = { .pipe_move = end_move };

/* The pipe once more (/proc/self/fd/N), for no more than this end may do. */
static err_t end_open(struct request *rq, u32 flags, u32 mode, cap_t *file, u32 *mode_out)
{
	const struct pipe_end *end = rq->object;
	struct pipe_end *again;
	u32 sides = open_sides(flags);

	(void)mode;
	if (rq->in_size)
		return E_NOTDIR;
	if (!sides || sides & ~end->sides)
		return sides ? E_ACCESS : E_INVAL;
	*mode_out = end->pipe->mode;
	if (end->pipe->fifo)
		return fifo_open(end->pipe->fifo, rq, flags, file);
	err_t error =
	        pipe_end_open(end->pipe, sides, flags & (O_RDWR | O_WRONLY | O_NONBLOCK), &again);
	if (error)
		return error;
	error = request_gate(rq, (u64)&again->labelled, file);
	if (error)
		pipe_end_close(again);
	else
		*file |= CAP_MOVE;
	return error;
}

static const struct dir_ops end_dir_ops = { .dir_open = end_open };

/* --- FIFO nodes --- */

static err_t node_open(struct request *rq, u32 flags, u32 mode, cap_t *file, u32 *mode_out)
{
	struct fifo *fifo = rq->object;

	(void)mode;
	if (rq->in_size)
		return E_NOTDIR;
	*mode_out = fifo->pipe->mode;
	return fifo_open(fifo, rq, flags, file);
}

static err_t node_stat(struct request *rq, u32 flags)
{
	const struct fifo *fifo = rq->object;

	(void)flags;
	return rq->in_size ? E_NOTDIR : stat_put(rq, fifo->pipe);
}

static const struct dir_ops node_ops = { .dir_open = node_open, .dir_stat = node_stat };

/* --- label 0 --- */

/* Gates to both ends, or neither. */
static err_t create_gates(struct request *rq, struct pipe_end *in, struct pipe_end *out,
                          cap_t *reader, cap_t *writer)
{
	cap_t first, second;
	err_t error = request_gate(rq, (u64)&in->labelled, &first);

	if (error) {
		pipe_end_close(in);
		pipe_end_close(out);
		return error;
	}
	error = request_gate(rq, (u64)&out->labelled, &second);
	if (error) {
		/* The reader's end goes with its gate, by NO_CLIENTS. */
		pipe_end_close(out);
		err_t closed = cap_close(first);
		(void)closed;
		return error;
	}
	*reader = first | CAP_MOVE;
	*writer = second | CAP_MOVE;
	return OK;
}

static err_t root_create(struct request *rq, u32 flags, cap_t *reader, cap_t *writer)
{
	struct pipe *pipe = pipe_make();
	struct pipe_end *in, *out;
	err_t error;

	if (!pipe)
		return E_FUNDS;
	flags &= O_NONBLOCK;
	error = pipe_end_open(pipe, END_READS, O_RDONLY | flags, &in);
	if (!error) {
		error = pipe_end_open(pipe, END_WRITES, O_WRONLY | flags, &out);
		if (error)
			pipe_end_close(in);
		else
			error = create_gates(rq, in, out, reader, writer);
	}
	if (list_empty(&pipe->ends))
		pipe_free(pipe);
	return error;
}

static err_t root_open(struct request *rq, u64 number, u32 flags, cap_t *file)
{
	struct fifo *fifo;
	err_t error = fifo_find(0, number, &fifo);

	if (error)
		return error;
	error = fifo_open(fifo, rq, flags, file);
	if (error && error != E_HELD)
		fifo_settle(fifo);
	return error;
}

static err_t root_node(struct request *rq, u64 dev, u64 ino, u32 mode, u32 uid, u32 gid,
                       cap_t *node)
{
	struct fifo *fifo;
	cap_t gate;
	err_t error = fifo_find(dev, ino, &fifo);

	if (error)
		return error;
	error = request_gate(rq, (u64)&fifo->labelled, &gate);
	if (error) {
		fifo_settle(fifo);
		return error;
	}
	fifo->nodes++;
	fifo->pipe->mode = (fifo->pipe->mode & ~(u32)MODE_PERMISSIONS) | (mode & MODE_PERMISSIONS);
	fifo->pipe->uid = uid;
	fifo->pipe->gid = gid;
	*node = gate | CAP_MOVE;
	return OK;
}

static const struct pipe_ops root_ops = {
	.pipe_create = root_create,
	.pipe_open = root_open,
	.pipe_node = root_node,
};

/* --- the server --- */

void pipe_dispatch(struct server *server, struct request *rq)
{
	struct labelled *labelled = label_object(rq->label);

	(void)server;
	if (!labelled) {
		pipe_serve(&root_ops, rq);
	} else if (labelled->kind == LABEL_END) {
		rq->object = container_of(labelled, struct pipe_end, labelled);
		if (rq->msg.word[0] >> 16 == CALL(6, 0) >> 16)
			pipe_serve(&end_pipe_ops, rq);
		else if (rq->msg.word[0] >> 16 == CALL(2, 0) >> 16)
			dir_serve(&end_dir_ops, rq);
		else
			file_serve(&end_ops, rq);
	} else {
		rq->object = container_of(labelled, struct fifo, labelled);
		dir_serve(&node_ops, rq);
	}
}

static void end_gone(struct pipe_end *end)
{
	struct pipe *pipe = end->pipe;

	pipe_end_close(end);
	if (pipe->fifo)
		fifo_settle(pipe->fifo);
	else if (list_empty(&pipe->ends))
		pipe_free(pipe);
}

void pipe_no_clients(struct server *server, u64 label)
{
	struct labelled *labelled = label_object(label);

	(void)server;
	if (!labelled)
		return;
	if (labelled->kind == LABEL_END) {
		end_gone(container_of(labelled, struct pipe_end, labelled));
	} else {
		struct fifo *fifo = container_of(labelled, struct fifo, labelled);
		fifo->nodes--;
		fifo_settle(fifo);
	}
}

void pipe_idle(struct server *server)
{
	(void)server;
	pipes_feed();
}
