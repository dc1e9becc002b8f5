/* SPDX-License-Identifier: MIT */
#include "file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "proto/dir_server.h"
#include "proto/file_server.h"
#include "proto/terminal_server.h"
#include "proto/tty.h"
#include "pty.h"

enum {
	INTERFACE_TTY = 7,
	ACCESS_MASK = 3,     /* of O_*; musl's O_ACCMODE has O_PATH in it */
	TERMINAL_DEV = 0x05, /* st_dev */
	MODE_PERMISSIONS = 07777,
};

static struct terminal *console;
static struct node console_node, own_node; /* /dev/console and /dev/tty */

/* --- file.h --- */

static bool may_wait(const struct tty_file *file, u32 flags)
{
	return !(file->flags & O_NONBLOCK) && !(flags & FILE_IO_NONBLOCK);
}

/* Whoever says no more than that it reads or writes is nobody's background. */
err_t file_read_as(struct request *rq, u32 flags, struct caller caller, u64 *count)
{
	const struct tty_file *file = rq->object;

	if ((file->flags & ACCESS_MASK) == O_WRONLY)
		return E_CAP;
	if (file->kind == TTY_MASTER_FILE)
		return pty_read(rq, may_wait(file, flags), count);
	return terminal_read(file->terminal, rq, caller, may_wait(file, flags), count);
}

err_t file_write_as(struct request *rq, u32 flags, struct caller caller, u64 *count)
{
	const struct tty_file *file = rq->object;

	if ((file->flags & ACCESS_MASK) == O_RDONLY)
		return E_CAP;
	if (file->kind == TTY_MASTER_FILE)
		return pty_write(rq, may_wait(file, flags), count);
	return terminal_write(file->terminal, rq, caller, may_wait(file, flags), count);
}

static err_t plain_read(struct request *rq, i64 offset, u32 flags, u64 *count)
{
	return offset != FILE_POSITION ? E_SPIPE
	                               : file_read_as(rq, flags, (struct caller){ 0 }, count);
}

static err_t plain_write(struct request *rq, i64 offset, u32 flags, u64 *count)
{
	return offset != FILE_POSITION ? E_SPIPE
	                               : file_write_as(rq, flags, (struct caller){ 0 }, count);
}

static err_t tty_seek(struct request *rq, i64 offset, u32 whence, i64 *position)
{
	(void)rq;
	(void)offset;
	(void)whence;
	(void)position;
	return E_SPIPE;
}

err_t node_stat(const struct node *node, struct request *rq)
{
	struct file_stat st = { .dev = node->dev,
		                .ino = node->ino,
		                .mode = node->mode,
		                .nlink = S_ISDIR(node->mode) ? 2 : 1,
		                .uid = node->uid,
		                .gid = node->gid,
		                .rdev = node->rdev,
		                .block_size = 1024,
		                .atime_ns = node->time_ns,
		                .mtime_ns = node->time_ns,
		                .ctime_ns = node->time_ns,
		                .btime_ns = node->time_ns };

	return rq->out_size < sizeof(st) ? E_RANGE : request_write(rq, 0, &st, sizeof(st));
}

static struct node *file_node(const struct request *rq)
{
	return ((const struct tty_file *)rq->object)->node;
}

err_t tty_stat(struct request *rq) { return node_stat(file_node(rq), rq); }

err_t node_set(struct node *node, const struct file_attributes *attributes)
{
	/* Truncating a terminal does nothing: shells open it with O_TRUNC. */
	if (attributes->mask & FILE_SET_MODE)
		node->mode = (node->mode & ~(u32)MODE_PERMISSIONS) |
		             (attributes->mode & MODE_PERMISSIONS);
	if (attributes->mask & FILE_SET_UID)
		node->uid = attributes->uid;
	if (attributes->mask & FILE_SET_GID)
		node->gid = attributes->gid;
	node->time_ns = (i64)rt_realtime();
	return OK;
}

err_t tty_set_file(struct request *rq, const struct file_attributes *attributes)
{
	return node_set(file_node(rq), attributes);
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
	u32 now = file->kind == TTY_MASTER_FILE ? pty_ready(file->terminal)
	                                        : terminal_ready(file->terminal);

	(void)event;
	return poll_ask(&file->poll, now, mask, bits, &rq->msg.cap[0], ready);
}

err_t tty_flags(struct request *rq, u32 mask, u32 value, u32 *flags)
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

/* The path ends where the terminal is attached, but for those in the directory. */
err_t tty_path(struct request *rq, u64 *length)
{
	char path[PTY_PATH_MAX];
	size_t size = pty_path(rq->object, path);

	*length = size;
	return request_write(rq, 0, path, size < rq->out_size ? size : rq->out_size);
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

/* --- opening --- */

void file_bind(struct tty_file *file, struct terminal *t)
{
	file->terminal = t;
	list_add_tail(&t->files, &file->link);
	t->file_count++;
}

/* O_PATH opens nothing, and keeps the name. */
static bool file_bound(const struct tty_file *file)
{
	return file->kind == TTY_FILE && file->terminal && !(file->flags & O_PATH);
}

static void file_end(struct tty_file *file)
{
	poll_list_clear(&file->poll);
	list_remove(&file->link);
	if (file_bound(file))
		file->terminal->file_count--;
	else if (file->terminal)
		file->terminal->name_count--;
	free(file);
}

err_t file_open(struct request *rq, const struct tty_file *what, u32 flags, cap_t *gate,
                struct tty_file **opened)
{
	struct terminal *t = what->terminal;
	struct tty_file *file =
	        t && t->file_count >= TERMINAL_FILES_MAX ? NULL : malloc(sizeof(*file));

	if (!file)
		return E_FUNDS;
	*file = *what;
	file->flags = flags & (ACCESS_MASK | O_NONBLOCK | O_APPEND | O_PATH);
	poll_list_init(&file->poll);
	list_init(&file->link);
	if (file_bound(file))
		file_bind(file, t);
	else if (t)
		t->name_count++;
	err_t error = request_gate(rq, (u64)file, gate);
	if (error) {
		file_end(file);
		return error;
	}
	*gate |= CAP_MOVE;
	if (opened)
		*opened = file;
	return OK;
}

/* --- dir.h on the nodes of the console and of /dev/tty: their paths are empty --- */

static struct node *root_node(const struct request *rq)
{
	return rq->label == LABEL_OWN       ? &own_node
	       : rq->label == LABEL_CONSOLE ? &console_node
	                                    : &console->node;
}

static err_t root_open(struct request *rq, u32 flags, u32 mode, cap_t *gate, u32 *mode_out)
{
	struct tty_file what = { .kind = TTY_FILE, .node = root_node(rq) };

	(void)mode;
	if (rq->in_size || (flags & O_DIRECTORY))
		return E_NOTDIR;
	*mode_out = what.node->mode | TTY_MODE;
	if (rq->label == LABEL_OWN)
		*mode_out |= TTY_OWN;
	else
		what.terminal = console;
	return file_open(rq, &what, flags, gate, NULL);
}

static err_t root_stat(struct request *rq, u32 flags)
{
	(void)flags;
	return rq->in_size ? E_NOTDIR : node_stat(root_node(rq), rq);
}

static err_t root_set(struct request *rq, const struct file_attributes *attributes)
{
	return rq->in_size ? E_NOTDIR : node_set(root_node(rq), attributes);
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

/* --- terminal.h --- */

static err_t control_session_ended(struct request *rq, u32 session)
{
	(void)rq;
	if (session)
		session_ended(session);
	else
		session_forget_all();
	return OK;
}

static err_t control_of_session(struct request *rq, u32 session, u32 *number, u32 *group)
{
	const struct terminal *t = session_terminal(session);

	(void)rq;
	if (!t)
		return E_NXIO;
	*number = t->node.rdev;
	*group = t->group;
	return OK;
}

static const struct terminal_ops control_ops = {
	.terminal_session_ended = control_session_ended,
	.terminal_of_session = control_of_session,
};

/* --- the server --- */

void file_start(struct terminal *t, struct line *line)
{
	enum { MODE = S_IFCHR | 0620, SERIAL = 4 << 8 | 64, OWN = 5 << 8, CONSOLE = 5 << 8 | 1 };
	struct node node;

	node_init(&node, MODE, TERMINAL_DEV, 1, SERIAL);
	node_init(&console_node, MODE, TERMINAL_DEV, 2, CONSOLE);
	node_init(&own_node, S_IFCHR | 0666, TERMINAL_DEV, 3, OWN);
	terminal_init(t, line, &node);
	console = t;
	pty_start();
}

/* Without a terminal (O_PATH, /dev/tty that is nobody's yet) there is nothing but the name. */
static err_t file_check_call(const struct tty_file *file, u64 call)
{
	enum { STAT = CALL(1, 4), SET = CALL(1, 5), FLAGS = CALL(1, 10), PATH = CALL(1, 15) };

	if (call == STAT || call == SET || call == FLAGS || call == PATH)
		return OK;
	if (file->flags & O_PATH)
		return E_CAP;
	return file->terminal || call >> 16 == INTERFACE_TTY ? OK : E_NXIO;
}

static void file_call(struct tty_file *file, struct request *rq)
{
	err_t error = file_check_call(file, rq->msg.word[0]);

	rq->object = file;
	if (file->terminal)
		file->terminal->touched = true;
	if (file->kind == TTY_LIST) {
		pts_dispatch(rq);
	} else if (error) {
		request_caps_drop(rq);
		request_reply(rq, error);
	} else if (rq->msg.word[0] >> 16 == INTERFACE_TTY) {
		tty_dispatch(rq);
	} else {
		file_serve(&tty_file_ops, rq);
	}
}

void file_dispatch(struct server *server, struct request *rq)
{
	(void)server;
	switch (rq->label) {
	case LABEL_SERIAL:
	case LABEL_CONSOLE:
	case LABEL_OWN:
		dir_serve(&root_ops, rq);
		return;
	case LABEL_SLAVES:
		rq->object = NULL;
		pts_dispatch(rq);
		return;
	case LABEL_CONTROL:
		terminal_serve(&control_ops, rq);
		return;
	default: /* only the kernel and we ever name labels */
		file_call((struct tty_file *)rq->label, rq);
	}
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

	(void)server;
	if (label < LABELS)
		return;
	struct terminal *t = file->terminal;
	bool master = file->kind == TTY_MASTER_FILE;
	if (t) {
		requests_end(&t->reading, file);
		requests_end(&t->writing, file);
		requests_end(&t->draining, file);
	}
	if (master)
		pty_requests_end(t);
	file_end(file);
	if (t)
		pty_closed(t, master);
}
