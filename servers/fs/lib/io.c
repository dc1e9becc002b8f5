/* SPDX-License-Identifier: MIT */
/* Reading and writing: between callers and file systems, with the pages that clients have mapped in
 * between. */
#include "fs/lib/internal.h"

#include <string.h>

enum { IO_ZEROS = 4096 };

/* --- sinks and sources --- */

err_t sink_put(struct sink *sink, const void *data, size_t size)
{
	if (!range_fits(sink->offset, size, sink->size))
		return E_RANGE;
	size_t at = sink->offset;
	sink->offset += size;
	if (!sink->rq) {
		memcpy((char *)sink->memory + at, data, size);
		return OK;
	}
	if (at == 0 && size == sink->size) {
		request_reply_data(sink->rq, data,
		                   size); /* all at once: it goes out with the answer */
		return OK;
	}
	return request_write(sink->rq, at, data, size);
}

err_t sink_put_zeros(struct sink *sink, size_t size)
{
	static const char zeros[IO_ZEROS];

	while (size > 0) {
		size_t part = u64_min(size, sizeof(zeros));
		err_t error = sink_put(sink, zeros, part);
		if (error)
			return error;
		size -= part;
	}
	return OK;
}

err_t source_get(struct source *source, void *data, size_t size)
{
	if (!range_fits(source->offset, size, source->size))
		return E_RANGE;
	if (source->rq) {
		err_t error = request_read(source->rq, source->offset, data, size);
		if (error)
			return error;
	} else {
		memcpy(data, (const char *)source->memory + source->offset, size);
	}
	source->offset += size;
	return OK;
}

/* Touch each page of what the caller lends before anything changes: if one is not at hand, it comes
 * again. */
static err_t source_probe(struct request *rq, size_t size)
{
	char byte;
	err_t error = OK;

	for (size_t at = rq->in_count; at < size && !error; at += PAGE_SIZE)
		error = request_read(rq, at, &byte, 1);
	return !error && size > rq->in_count ? request_read(rq, size - 1, &byte, 1) : error;
}

/* --- nodes --- */

err_t node_read(struct node *node, u64 offset, size_t size, struct sink *sink)
{
	if (size == 0)
		return OK;
	if (node->map)
		return map_read(node, offset, size, sink);
	return node->fs->ops->read ? node->fs->ops->read(node, offset, size, sink) : E_NOTSUP;
}

err_t seal_check_size(const struct node *node, u64 size)
{
	u32 seal = size > node->size ? FILE_SEAL_GROW : size < node->size ? FILE_SEAL_SHRINK : 0;

	return node->seals & seal ? E_PERM : OK;
}

/* How much of a write the seals allow: up to the page that would grow the file. */
static err_t seal_check_write(const struct node *node, u64 offset, size_t *size)
{
	if (node->seals & (FILE_SEAL_WRITE | FILE_SEAL_FUTURE_WRITE))
		return E_PERM;
	if (!(node->seals & FILE_SEAL_GROW) || offset + *size <= node->size)
		return OK;
	u64 end = page_round_down(node->size);
	if (offset >= end)
		return E_PERM;
	*size = end - offset;
	return OK;
}

err_t node_write(struct node *node, u64 offset, size_t size, struct source *source, size_t *done)
{
	u64 old_size = node->size;
	err_t error = OK;

	*done = 0;
	if (!node->fs->ops->write)
		return E_READONLY;
	if (offset >= node->fs->size_max)
		return E_FBIG;
	size = u64_min(size, node->fs->size_max - offset);
	if (node->seals)
		error = seal_check_write(node, offset, &size);
	if (node->map && !error)
		error = map_write_back(node, offset, size);
	if (!error)
		error = node->fs->ops->write(node, offset, size, source, done);
	if (node->map) {
		if (node->size > old_size)
			map_resized(node, old_size);
		map_written(node, offset, *done);
	}
	return *done ? OK : error;
}

err_t node_resize(struct node *node, u64 size)
{
	u64 old_size = node->size;

	if (!node->fs->ops->resize)
		return E_READONLY;
	if (size > node->fs->size_max)
		return E_FBIG;
	err_t error = seal_check_size(node, size);
	if (!error && node->map)
		error = map_write_back(node, 0, UINT64_MAX);
	if (error)
		return error;
	error = node->fs->ops->resize(node, size);
	if (node->map)
		map_resized(node, old_size);
	return error;
}

/* --- handlers --- */

static err_t read_at(struct request *rq, struct open_file *open, u64 offset, u64 *count)
{
	struct node *node = open->node;
	size_t size = 0;
	err_t error = OK;

	fiber_lock_take(&node->lock);
	if (offset < node->size)
		size = u64_min(rq->out_size, node->size - offset);
	if (size > 0) {
		struct sink sink = { .rq = rq, .size = size };
		node_accessed(node, open->flags); /* first: nothing may wait behind the read */
		error = node_read(node, offset, size, &sink);
	}
	fiber_lock_give(&node->lock);
	if (!error)
		*count = size;
	if (!error && size)
		tell_open(open, NOTIFY_ACCESS);
	return error;
}

err_t fs_file_read(struct request *rq, i64 offset, u32 flags, u64 *count)
{
	struct open_file *open = rq->object;
	(void)flags;

	if (!open_reads(open))
		return E_CAP;
	if (node_is(open->node, MODE_DIR))
		return E_ISDIR;
	if (offset < FILE_POSITION)
		return E_INVAL;
	if (offset >= 0)
		return read_at(rq, open, (u64)offset, count);
	fiber_lock_take(&open->lock);
	err_t error = read_at(rq, open, open->position, count);
	if (!error)
		open->position += *count;
	fiber_lock_give(&open->lock);
	return error;
}

static err_t write_locked(struct request *rq, struct open_file *open, u64 offset, u64 *count)
{
	struct node *node = open->node;
	struct source source = { .rq = rq, .size = rq->in_size };
	size_t done = 0;

	node_drop_setid(node, open->privileged);
	err_t error = node_write(node, offset, rq->in_size, &source, &done);
	*count = done;
	return error;
}

static err_t write_at(struct request *rq, struct open_file *open, u64 *offset, u64 *count)
{
	struct node *node = open->node;
	err_t error = source_probe(rq, rq->in_size);

	if (error || rq->in_size == 0)
		return error;
	fiber_lock_take(&node->lock);
	if (open->flags & OPEN_APPEND)
		*offset = node->size;
	error = write_locked(rq, open, *offset, count);
	fiber_lock_give(&node->lock);
	if (*count)
		tell_open(open, NOTIFY_MODIFY);
	return error;
}

err_t fs_file_write(struct request *rq, i64 offset, u32 flags, u64 *count)
{
	struct open_file *open = rq->object;
	u64 at = (u64)offset;
	(void)flags;

	if (!open_writes(open))
		return E_CAP;
	if (open->fs->readonly)
		return E_READONLY;
	if (offset < FILE_POSITION)
		return E_INVAL;
	if (offset >= 0)
		return write_at(rq, open, &at, count);
	fiber_lock_take(&open->lock);
	at = open->position;
	err_t error = write_at(rq, open, &at, count);
	if (!error && *count)
		open->position = at + *count;
	fiber_lock_give(&open->lock);
	return error;
}
