/* SPDX-License-Identifier: MIT */
#include "file.h"

#include <fcntl.h>
#include <stdlib.h>

#include "kill.h"
#include "proto/dir_server.h"
#include "proto/file_server.h"
#include "proto/tty_server.h"
#include "terminal.h"

enum {
	INTERFACE_TTY = 7,
	ACCESS_MASK = 3,       /* of O_*; musl's O_ACCMODE has O_PATH in it */
	TERMINAL_DEV = 0x05,   /* st_dev */
	TERMINAL_RDEV = 0x440, /* 4:64, ttyS0 */
	MODE_PERMISSIONS = 07777,
	FLOW_OUTPUT_OFF = 0, /* TCXONC's actions */
	FLOW_OUTPUT_ON,
	FLOW_INPUT_OFF,
	FLOW_INPUT_ON,
	FLUSH_INPUT = 0, /* TCFLSH's queues */
	FLUSH_OUTPUT,
	FLUSH_BOTH,
};

/* --- file.h --- */

static bool may_wait(const struct tty_file *file, u32 flags)
{
	return !(file->flags & O_NONBLOCK) && !(flags & FILE_IO_NONBLOCK);
}

static err_t plain_read(struct request *rq, i64 offset, u32 flags, u64 *count)
{
	const struct tty_file *file = rq->object;

	if (offset != FILE_POSITION)
		return E_SPIPE;
	if ((file->flags & ACCESS_MASK) == O_WRONLY)
		return E_CAP;
	return terminal_read(file->terminal, rq, (struct caller){ 0 }, may_wait(file, flags),
	                     count);
}

static err_t plain_write(struct request *rq, i64 offset, u32 flags, u64 *count)
{
	const struct tty_file *file = rq->object;

	if (offset != FILE_POSITION)
		return E_SPIPE;
	if ((file->flags & ACCESS_MASK) == O_RDONLY)
		return E_CAP;
	return terminal_write(file->terminal, rq, (struct caller){ 0 }, may_wait(file, flags),
	                      count);
}

static err_t tty_seek(struct request *rq, i64 offset, u32 whence, i64 *position)
{
	(void)rq;
	(void)offset;
	(void)whence;
	(void)position;
	return E_SPIPE;
}

static err_t stat_put(struct request *rq, const struct terminal *t)
{
	struct file_stat st = { .dev = TERMINAL_DEV,
		                .ino = 1,
		                .mode = t->mode,
		                .nlink = 1,
		                .uid = t->uid,
		                .gid = t->gid,
		                .rdev = TERMINAL_RDEV,
		                .block_size = 1024,
		                .atime_ns = t->time_ns,
		                .mtime_ns = t->time_ns,
		                .ctime_ns = t->time_ns,
		                .btime_ns = t->time_ns };

	return rq->out_size < sizeof(st) ? E_RANGE : request_write(rq, 0, &st, sizeof(st));
}

static err_t tty_stat(struct request *rq) { return stat_put(rq, request_terminal(rq)); }

static err_t attributes_set(struct terminal *t, const struct file_attributes *attributes)
{
	/* Truncating a terminal does nothing: shells open it with O_TRUNC. */
	if (attributes->mask & FILE_SET_MODE)
		t->mode =
		        (t->mode & ~(u32)MODE_PERMISSIONS) | (attributes->mode & MODE_PERMISSIONS);
	if (attributes->mask & FILE_SET_UID)
		t->uid = attributes->uid;
	if (attributes->mask & FILE_SET_GID)
		t->gid = attributes->gid;
	t->time_ns = (i64)rt_realtime();
	return OK;
}

static err_t tty_set_file(struct request *rq, const struct file_attributes *attributes)
{
	return attributes_set(request_terminal(rq), attributes);
}

static err_t tty_sync(struct request *rq, bool data_only)
{
	(void)rq;
	(void)data_only;
	return E_INVAL;
}

static err_t tty_poll(struct request *rq, u32 mask, u64 bits, cap_t event, u32 *ready)
{
	struct tty_file *file = rq->object;

	(void)event;
	return poll_ask(&file->poll, terminal_ready(file->terminal), mask, bits, &rq->msg.cap[0],
	                ready);
}

static err_t tty_flags(struct request *rq, u32 mask, u32 value, u32 *flags)
{
	struct tty_file *file = rq->object;

	mask &= O_NONBLOCK | O_APPEND;
	file->flags = (file->flags & ~mask) | (value & mask);
	*flags = file->flags;
	return OK;
}

static err_t tty_control(struct request *rq, u64 request, u64 argument, u64 *result)
{
	(void)rq;
	(void)request;
	(void)argument;
	(void)result;
	return E_NOTTY;
}

/* The terminal is a node by itself: the path ends where it is attached. */
static err_t tty_path(struct request *rq, u64 *length)
{
	(void)rq;
	*length = 0;
	return OK;
}

static const struct file_ops tty_file_ops = {
	.file_read = plain_read,
	.file_write = plain_write,
	.file_seek = tty_seek,
	.file_stat = tty_stat,
	.file_set = tty_set_file,
	.file_sync = tty_sync,
	.file_poll = tty_poll,
	.file_flags = tty_flags,
	.file_control = tty_control,
	.file_path = tty_path,
};

/* --- tty.h --- */

static err_t handle_get(struct request *rq, struct tty_attributes *attributes)
{
	*attributes = request_terminal(rq)->ldisc.attributes;
	return OK;
}

static err_t handle_set(struct request *rq, u32 when, const struct tty_attributes *attributes)
{
	struct terminal *t = request_terminal(rq);

	switch (when) {
	case TTY_NOW:
		ldisc_set(&t->ldisc, attributes);
		return OK;
	case TTY_DRAIN:
		return terminal_drain(t, rq, false, attributes);
	case TTY_FLUSH:
		return terminal_drain(t, rq, true, attributes);
	default:
		return E_INVAL;
	}
}

static err_t handle_get_size(struct request *rq, struct tty_size *size)
{
	*size = request_terminal(rq)->size;
	return OK;
}

static err_t handle_set_size(struct request *rq, const struct tty_size *size)
{
	struct terminal *t = request_terminal(rq);
	struct tty_size old = t->size;

	t->size = *size;
	if (old.rows != size->rows || old.columns != size->columns ||
	    old.x_pixels != size->x_pixels || old.y_pixels != size->y_pixels)
		kill_group(t->group, KILL_WINDOW);
	return OK;
}

static err_t handle_acquire(struct request *rq, u32 session, u32 group)
{
	return session_acquire(request_terminal(rq), rq, session, group);
}

static err_t handle_release(struct request *rq, u32 session)
{
	return session_release(request_terminal(rq), session);
}

static err_t handle_get_foreground(struct request *rq, u32 *group, u32 *session)
{
	*group = request_terminal(rq)->group;
	*session = request_terminal(rq)->session;
	return OK;
}

static err_t handle_set_foreground(struct request *rq, u32 session, u32 group)
{
	return session_set_foreground(request_terminal(rq), session, group);
}

static err_t handle_flush(struct request *rq, u32 queue)
{
	struct terminal *t = request_terminal(rq);

	if (queue > FLUSH_BOTH)
		return E_INVAL;
	if (queue != FLUSH_OUTPUT)
		terminal_flush_input(t);
	if (queue != FLUSH_INPUT)
		ldisc_flush_output(&t->ldisc);
	return OK;
}

static err_t handle_flow(struct request *rq, u32 action)
{
	struct ldisc *ld = &request_terminal(rq)->ldisc;

	switch (action) {
	case FLOW_OUTPUT_OFF:
		ldisc_stop(ld);
		return OK;
	case FLOW_OUTPUT_ON:
		ldisc_go_on(ld);
		return OK;
	case FLOW_INPUT_OFF:
		ldisc_send_stop(ld);
		return OK;
	case FLOW_INPUT_ON:
		ldisc_send_start(ld);
		return OK;
	default:
		return E_INVAL;
	}
}

static err_t handle_drain(struct request *rq)
{
	return terminal_drain(request_terminal(rq), rq, false, NULL);
}

static err_t handle_available(struct request *rq, u64 *count)
{
	*count = ldisc_available(&request_terminal(rq)->ldisc);
	return OK;
}

static err_t handle_read(struct request *rq, u32 flags, u32 session, u32 group, u64 *count)
{
	const struct tty_file *file = rq->object;
	struct caller caller = { session, group };

	if ((file->flags & ACCESS_MASK) == O_WRONLY)
		return E_CAP;
	return terminal_read(file->terminal, rq, caller, may_wait(file, flags), count);
}

static err_t handle_write(struct request *rq, u32 flags, u32 session, u32 group, u64 *count)
{
	const struct tty_file *file = rq->object;
	struct caller caller = { session, group };

	if ((file->flags & ACCESS_MASK) == O_RDONLY)
		return E_CAP;
	return terminal_write(file->terminal, rq, caller, may_wait(file, flags), count);
}

static err_t handle_check(struct request *rq, u32 session, u32 group)
{
	struct caller caller = { session, group };

	return session_background(request_terminal(rq), caller) ? E_ACCESS : OK;
}

static const struct tty_ops tty_tty_ops = {
	.tty_get = handle_get,
	.tty_set = handle_set,
	.tty_get_size = handle_get_size,
	.tty_set_size = handle_set_size,
	.tty_acquire = handle_acquire,
	.tty_release = handle_release,
	.tty_get_foreground = handle_get_foreground,
	.tty_set_foreground = handle_set_foreground,
	.tty_flush = handle_flush,
	.tty_flow = handle_flow,
	.tty_drain = handle_drain,
	.tty_available = handle_available,
	.tty_read = handle_read,
	.tty_write = handle_write,
	.tty_check = handle_check,
};

/* --- dir.h on label 0: there is one node, whose path is empty --- */

static struct terminal *root_terminal(const struct request *rq) { return rq->server->state; }

static void file_end(struct tty_file *file)
{
	poll_list_clear(&file->poll);
	list_remove(&file->link);
	file->terminal->file_count--;
	free(file);
}

static err_t root_open(struct request *rq, u32 flags, u32 mode, cap_t *gate, u32 *mode_out)
{
	struct terminal *t = root_terminal(rq);
	struct tty_file *file;
	err_t error;

	(void)mode;
	if (rq->in_size || (flags & O_DIRECTORY))
		return E_NOTDIR;
	file = t->file_count < TERMINAL_FILES_MAX ? calloc(1, sizeof(*file)) : NULL;
	if (!file)
		return E_FUNDS;
	file->terminal = t;
	file->flags = flags & (ACCESS_MASK | O_NONBLOCK | O_APPEND | O_PATH);
	poll_list_init(&file->poll);
	list_add_tail(&t->files, &file->link);
	t->file_count++;
	error = request_gate(rq, (u64)file, gate);
	if (error) {
		file_end(file);
		return error;
	}
	*gate |= CAP_MOVE;
	*mode_out = t->mode | TTY_MODE;
	return OK;
}

static err_t root_stat(struct request *rq, u32 flags)
{
	(void)flags;
	return rq->in_size ? E_NOTDIR : stat_put(rq, root_terminal(rq));
}

static err_t root_set(struct request *rq, const struct file_attributes *attributes)
{
	return rq->in_size ? E_NOTDIR : attributes_set(root_terminal(rq), attributes);
}

static err_t root_access(struct request *rq, u32 flags, u32 mode)
{
	(void)flags;
	return rq->in_size ? E_NOTDIR : mode & X_OK ? E_ACCESS : OK;
}

static err_t root_readlink(struct request *rq, u64 *length)
{
	(void)length;
	return rq->in_size ? E_NOTDIR : E_INVAL;
}

static const struct dir_ops root_ops = {
	.dir_open = root_open,
	.dir_stat = root_stat,
	.dir_set = root_set,
	.dir_access = root_access,
	.dir_readlink = root_readlink,
};

/* --- the server --- */

void file_dispatch(struct server *server, struct request *rq)
{
	(void)server;
	if (!rq->label) {
		dir_serve(&root_ops, rq);
		return;
	}
	rq->object = (struct tty_file *)rq->label; /* only the kernel and we ever name labels */
	if (rq->msg.word[0] >> 16 == INTERFACE_TTY)
		tty_serve(&tty_tty_ops, rq);
	else
		file_serve(&tty_file_ops, rq);
}

/* Held requests of a file whose last gate went while they waited: another thread closed it. */
static void requests_end(struct list *requests, const struct tty_file *file)
{
	struct list *at = requests->next;

	while (at != requests) {
		struct request *rq = container_of(at, struct request, link);

		at = at->next;
		if (rq->object == file)
			rq->cancel(rq);
	}
}

void file_no_clients(struct server *server, u64 label)
{
	struct tty_file *file = (struct tty_file *)label;
	struct terminal *t = server->state;

	if (!file)
		return;
	requests_end(&t->reading, file);
	requests_end(&t->writing, file);
	requests_end(&t->draining, file);
	requests_end(&t->acquiring, file);
	file_end(file);
}
