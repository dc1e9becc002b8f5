/* SPDX-License-Identifier: MIT */
/* The directory of the pseudo-terminals, /dev/pts: "ptmx", and a number for each whose master is
 * open. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "proto/dir_server.h"
#include "proto/file_server.h"
#include "pty.h"

enum {
	INTERFACE_DIR = 2,
	TYPE_DEVPTS = 0x1cd1, /* statfs */
	INO_LIST = 1,
	BLOCK_SIZE = 1024,
	NAME_MAX_SIZE = 8, /* of an entry, with its zero */
	LIST_HEAD = offsetof(struct file_entry, name),
	LIST_CHUNK = 4096,
	/* Positions in the list: ".", "..", "ptmx", then the numbers. */
	POSITION_MASTER = 2,
	POSITION_FIRST = 3,
};

static struct node list_node;

void pts_start(void) { node_init(&list_node, S_IFDIR | 0755, PTY_DEV, INO_LIST, 0); }

/* --- where a path leads --- */

struct found {
	struct node *node;
	struct terminal *terminal; /* NULL: the list or the master */
};

static err_t name_find(const char *name, size_t size, struct found *found)
{
	u32 number = 0;

	if (size == 4 && !memcmp(name, "ptmx", 4)) {
		*found = (struct found){ .node = pty_master_node() };
		return OK;
	}
	if (!size || size > 4 || (name[0] == '0' && size > 1))
		return E_NOENT;
	for (size_t i = 0; i < size; i++) {
		if (name[i] < '0' || name[i] > '9')
			return E_NOENT;
		number = number * 10 + (u32)(name[i] - '0');
	}
	struct terminal *t = pty_find(number);
	if (!t)
		return E_NOENT;
	*found = (struct found){ .node = &t->node, .terminal = t };
	return OK;
}

/* The next component of [*at, size): its size; *at then stands behind it and its slashes. */
static size_t component(const char *path, size_t size, size_t *at)
{
	const char *slash = memchr(path + *at, '/', size - *at);
	size_t length = slash ? (size_t)(slash - path) - *at : size - *at;

	*at += length;
	while (*at < size && path[*at] == '/')
		++*at;
	return length;
}

/* Follow the request's path. E_HELD: it leads out of here, and is answered. */
static err_t path_find(struct request *rq, struct found *found)
{
	char path[DIR_PATH_MAX];
	size_t size = rq->in_size, at = 0;

	*found = (struct found){ .node = &list_node };
	if (size > sizeof(path))
		return E_NAMETOOLONG;
	err_t error = request_read(rq, 0, path, size);
	if (error)
		return error;
	while (at < size && path[at] == '/')
		at++;
	while (at < size) {
		size_t start = at, length = component(path, size, &at);
		if (length > DIR_NAME_MAX)
			return E_NAMETOOLONG;
		if (length == 1 && path[start] == '.')
			continue;
		if (length == 2 && !memcmp(path + start, "..", 2))
			return request_cross(rq, CROSS_UP, 0, 0, path + at, size - at, at);
		error = name_find(path + start, length, found);
		if (error)
			return error;
		/* None of these is a directory, so no slash may follow. */
		return start + length < size ? E_NOTDIR : OK;
	}
	return OK;
}

/* --- dir.h --- */

static err_t list_open(struct request *rq, u32 flags, cap_t *gate, u32 *mode_out)
{
	struct tty_file what = { .kind = TTY_LIST, .node = &list_node };

	if (flags & O_CREAT || ((flags & O_ACCMODE) != O_RDONLY && !(flags & O_PATH)))
		return E_ISDIR;
	*mode_out = list_node.mode;
	return file_open(rq, &what, flags, gate, NULL);
}

static err_t pts_open(struct request *rq, u32 flags, u32 mode, cap_t *gate, u32 *mode_out)
{
	struct found found;
	err_t error = path_find(rq, &found);

	(void)mode;
	if (error == E_NOENT && flags & O_CREAT)
		return E_ACCESS;
	if (error)
		return error;
	if (found.node == &list_node)
		return list_open(rq, flags, gate, mode_out);
	if (flags & O_DIRECTORY)
		return E_NOTDIR;
	if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		return E_EXISTS;
	if (!found.terminal)
		return pty_open_master(rq, flags, gate, mode_out);
	return pty_open_slave(rq, found.terminal, flags, gate, mode_out);
}

static err_t pts_stat(struct request *rq, u32 flags)
{
	struct found found;
	err_t error = path_find(rq, &found);

	(void)flags;
	return error ? error : node_stat(found.node, rq);
}

static err_t pts_set(struct request *rq, const struct file_attributes *attributes)
{
	struct found found;
	err_t error = path_find(rq, &found);

	return error ? error : node_set(found.node, attributes);
}

static err_t pts_access(struct request *rq, u32 flags, u32 mode)
{
	struct found found;
	err_t error = path_find(rq, &found);

	(void)flags;
	if (error)
		return error;
	return mode & X_OK && found.node != &list_node ? E_ACCESS : OK;
}

static err_t pts_readlink(struct request *rq, u64 *length)
{
	struct found found;
	err_t error = path_find(rq, &found);

	(void)length;
	return error ? error : E_INVAL;
}

static err_t statfs_put(struct request *rq)
{
	struct file_system_stat st = { .type = TYPE_DEVPTS,
		                       .block_size = BLOCK_SIZE,
		                       .files = PTY_MAX,
		                       .id = PTY_DEV,
		                       .name_max = DIR_NAME_MAX };

	return rq->out_size < sizeof(st) ? E_RANGE : request_write(rq, 0, &st, sizeof(st));
}

static err_t pts_statfs(struct request *rq)
{
	struct found found;
	err_t error = path_find(rq, &found);

	return error ? error : statfs_put(rq);
}

/* Names come and go with the masters. */
static err_t pts_make(struct request *rq, u32 mode, u64 rdev)
{
	struct found found;
	err_t error = path_find(rq, &found);

	(void)mode;
	(void)rdev;
	return error == E_NOENT ? E_PERM : error ? error : E_EXISTS;
}

static err_t pts_remove(struct request *rq, u32 flags)
{
	struct found found;
	err_t error = path_find(rq, &found);

	if (error)
		return error;
	if (found.node == &list_node)
		return E_BUSY;
	return flags & DIR_DIRECTORY ? E_NOTDIR : E_PERM;
}

static const struct dir_ops dir_ops = {
	.dir_open = pts_open,
	.dir_stat = pts_stat,
	.dir_set = pts_set,
	.dir_access = pts_access,
	.dir_readlink = pts_readlink,
	.dir_statfs = pts_statfs,
	.dir_make = pts_make,
	.dir_remove = pts_remove,
};

/* --- file.h of the opened directory --- */

/* The entry at the position or behind it: its name and node; false: no more. */
static bool entry_at(u64 *position, char name[NAME_MAX_SIZE], const struct node **node)
{
	static const char *const fixed[] = { ".", "..", "ptmx" };

	if (*position < POSITION_FIRST) {
		strcpy(name, fixed[*position]);
		*node = *position == POSITION_MASTER ? pty_master_node() : &list_node;
		return true;
	}
	u64 number = *position - POSITION_FIRST;
	number = number < PTY_MAX ? pty_next((u32)number) : PTY_MAX;
	const struct terminal *t = pty_find((u32)number);
	if (!t)
		return false;
	*position = POSITION_FIRST + number;
	(void)snprintf(name, NAME_MAX_SIZE, "%u", (u32)number);
	*node = &t->node;
	return true;
}

static err_t list_list(struct request *rq, u64 *count)
{
	struct tty_file *file = rq->object;
	char buffer[LIST_CHUNK], name[NAME_MAX_SIZE];
	size_t room = rq->out_size < LIST_CHUNK ? rq->out_size : LIST_CHUNK, used = 0;
	u64 position = file->position;
	const struct node *node;

	memset(buffer, 0, sizeof(buffer));
	while (entry_at(&position, name, &node)) {
		size_t size = (LIST_HEAD + strlen(name) + 1 + 7) & ~(size_t)7;
		struct file_entry head = { .ino = node->ino,
			                   .next = (i64)position + 1,
			                   .size = (u16)size,
			                   .type = (u8)((node->mode & S_IFMT) >> 12) };
		if (size > room - used)
			break;
		memcpy(buffer + used, &head, LIST_HEAD);
		strcpy(buffer + used + LIST_HEAD, name);
		used += size;
		position++;
	}
	if (!used && entry_at(&position, name, &node))
		return E_INVAL;
	err_t error = request_write(rq, 0, buffer, used);
	if (error)
		return error;
	file->position = position;
	*count = used;
	return OK;
}

static err_t list_seek(struct request *rq, i64 offset, u32 whence, i64 *position)
{
	struct tty_file *file = rq->object;

	if (whence == SEEK_CUR)
		offset += (i64)file->position;
	else if (whence != SEEK_SET)
		return E_INVAL;
	if (offset < 0)
		return E_INVAL;
	file->position = (u64)offset;
	*position = offset;
	return OK;
}

static err_t list_read(struct request *rq, i64 offset, u32 flags, u64 *count)
{
	(void)rq;
	(void)offset;
	(void)flags;
	(void)count;
	return E_ISDIR;
}

static const struct file_ops list_ops = {
	.file_read = list_read,
	.file_write = list_read,
	.file_list = list_list,
	.file_seek = list_seek,
	.file_stat = tty_stat,
	.file_set = tty_set_file,
	.file_statfs = statfs_put,
	.file_flags = tty_flags,
	.file_path = tty_path,
};

void pts_dispatch(struct request *rq)
{
	if (!rq->object || rq->msg.word[0] >> 16 == INTERFACE_DIR)
		dir_serve(&dir_ops, rq);
	else
		file_serve(&list_ops, rq);
}
