/* SPDX-License-Identifier: MIT */
/* Listing directories, and finding out where one stands. */
#include "fs/lib/internal.h"

#include <stdlib.h>
#include <string.h>

enum { LIST_CHUNK = 4096, LIST_HEAD = offsetof(struct file_entry, name) };

/* Either a buffer of file_entry, or the search for a node's name. */
struct list_sink {
	char *buffer;
	size_t used, size;
	bool full; /* an entry did not fit */
	/* --- of the search --- */
	u64 wanted;
	char *name;
	size_t name_size;
};

bool list_put(struct list_sink *sink, u64 ino, u32 mode, const char *name, size_t size, u64 next)
{
	if (!sink->buffer) {
		bool dots = name[0] == '.' && (size == 1 || (size == 2 && name[1] == '.'));
		if (ino == sink->wanted && !dots && size <= DIR_NAME_MAX) {
			memcpy(sink->name, name, size);
			sink->name_size = size;
		}
		return sink->name_size == 0;
	}
	size_t entry_size = (LIST_HEAD + size + 1 + 7) & ~(size_t)7;
	if (size > DIR_NAME_MAX || entry_size > sink->size - sink->used) {
		sink->full = true;
		return false;
	}
	struct file_entry head = { .ino = ino,
		                   .next = (i64)next,
		                   .size = (u16)entry_size,
		                   .type = (u8)((mode & MODE_TYPE) >> 12) };
	char *to = sink->buffer + sink->used;
	memset(to, 0, entry_size);
	memcpy(to, &head, LIST_HEAD);
	memcpy(to + LIST_HEAD, name, size);
	sink->used += entry_size;
	return true;
}

bool list_put_dots(struct list_sink *sink, const struct node *dir, u64 parent_ino, u64 *position)
{
	if (*position == 0) {
		if (!list_put(sink, dir->ino, MODE_DIR, ".", 1, 1))
			return false;
		*position = 1;
	}
	if (*position == 1) {
		if (!list_put(sink, parent_ino, MODE_DIR, "..", 2, 2))
			return false;
		*position = 2;
	}
	return true;
}

static err_t list_locked(struct request *rq, struct open_file *open, char *buffer, size_t size,
                         u64 *count)
{
	struct list_sink sink = { .buffer = buffer, .size = size };
	struct node *dir = open->node;
	u64 position = open->position;
	err_t error = OK;

	fiber_lock_take(&dir->lock);
	if (dir->nlink > 0) {
		node_accessed(dir, open->flags);
		error = dir->fs->ops->list ? dir->fs->ops->list(dir, &position, &sink) : E_NOTSUP;
	}
	fiber_lock_give(&dir->lock);
	if (error && sink.used == 0)
		return error;
	if (sink.used == 0 && sink.full)
		return E_INVAL;
	error = sink.used ? request_write(rq, 0, buffer, sink.used) : OK;
	if (error)
		return error;
	open->position = position;
	*count = sink.used;
	return OK;
}

err_t fs_file_list(struct request *rq, u64 *count)
{
	struct open_file *open = rq->object;
	size_t size = u64_min(rq->out_size, LIST_CHUNK);

	if (!node_is(open->node, MODE_DIR))
		return E_NOTDIR;
	if (open->flags & OPEN_PATH)
		return E_CAP;
	if (size < LIST_HEAD + 2)
		return E_INVAL;
	char *buffer = malloc(size);
	if (!buffer)
		return E_FUNDS;
	fiber_lock_take(&open->lock);
	err_t error = list_locked(rq, open, buffer, size, count);
	fiber_lock_give(&open->lock);
	free(buffer);
	if (!error)
		tell_open(open, NOTIFY_ACCESS);
	return error;
}

err_t list_find(struct node *dir, u64 ino, char name[DIR_NAME_MAX], size_t *size)
{
	struct list_sink sink = { .wanted = ino, .name = name };
	u64 position = 0, before;
	err_t error;

	fiber_lock_take(&dir->lock);
	do {
		before = position;
		error = dir->fs->ops->list ? dir->fs->ops->list(dir, &position, &sink) : E_NOTSUP;
	} while (!error && sink.name_size == 0 && position > before);
	fiber_lock_give(&dir->lock);
	if (!error && sink.name_size == 0)
		error = E_NOENT;
	*size = sink.name_size;
	return error;
}

/* A path is made from its end: `text` is filled from its end downwards. */
struct path_text {
	char text[DIR_PATH_MAX];
	size_t start;
};

static err_t path_add(struct path_text *path, const char *name, size_t size)
{
	if (size + 1 > path->start)
		return E_NAMETOOLONG;
	path->start -= size;
	memcpy(path->text + path->start, name, size);
	path->text[--path->start] = '/';
	return OK;
}

static err_t path_climb(struct path_text *path, struct node *dir)
{
	char name[DIR_NAME_MAX];
	struct node *at = node_get(dir), *above;
	err_t error = OK;

	while (!error && at != dir->fs->root) {
		size_t size = 0;
		error = at->nlink ? walk_up(at, &above) : E_NOENT;
		if (error)
			break;
		error = list_find(above, at->ino, name, &size);
		if (!error)
			error = path_add(path, name, size);
		node_put(at);
		at = above;
	}
	node_put(at);
	return error;
}

err_t fs_file_path(struct request *rq, u64 *length)
{
	struct open_file *open = rq->object;

	if (open->name && !open->parent) {
		*length = strlen(open->name);
		return *length > rq->out_size ? E_RANGE : request_write(rq, 0, open->name, *length);
	}
	struct path_text *path = malloc(sizeof(*path));
	err_t error = OK;
	if (!path)
		return E_FUNDS;
	path->start = sizeof(path->text);
	if (node_is(open->node, MODE_DIR))
		error = path_climb(path, open->node);
	else if (!open->name)
		error = E_NOENT;
	else
		error = path_add(path, open->name, strlen(open->name));
	if (!error && !node_is(open->node, MODE_DIR))
		error = path_climb(path, open->parent);
	if (!error && path->start == sizeof(path->text))
		error = path_add(path, "", 0);
	size_t size = sizeof(path->text) - path->start;
	if (!error && size > rq->out_size)
		error = E_RANGE;
	if (!error)
		error = request_write(rq, 0, path->text + path->start, size);
	if (!error)
		*length = size;
	free(path);
	return error;
}
