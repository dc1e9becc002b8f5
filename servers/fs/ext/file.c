/* SPDX-License-Identifier: MIT */
/* The contents of regular files, through the block cache; and of symbolic links. */
#include <string.h>

#include "ext.h"

enum { AHEAD_MIN = 4, AHEAD_MAX = 32 };

/* --- reading --- */

/* Is the file read from front to back? Then more is read ahead each time. */
static void ahead_note(struct ext_node *x, u64 offset, size_t size)
{
	const struct ext *ext = ext_of(&x->node);

	if (offset == x->next_read && offset + size > offset)
		x->ahead = x->ahead ? (u32)ext_min(2 * x->ahead, AHEAD_MAX) : AHEAD_MIN;
	else
		x->ahead = 0, x->ahead_end = 0;
	if (x->ahead > ext->cache.limit / 8)
		x->ahead = ext->cache.limit / 8;
	x->next_read = offset + size;
}

/* Have the blocks [block, block + wanted) of a file on their way, and some behind them, as far as
 * the run goes. */
static void ahead_start(struct ext_node *x, u64 logical, const struct ext_run *run, u32 wanted)
{
	struct ext *ext = ext_of(&x->node);
	u64 end = logical + ext_min(wanted + x->ahead, run->count);
	u64 last = (x->node.size + ext->block_size - 1) >> ext->block_shift;

	end = ext_min(end, last);
	if (end - logical < 2 || end <= x->ahead_end)
		return;
	if (x->ahead && x->ahead_end > logical + wanted + x->ahead / 2)
		return; /* enough is on its way */
	cache_prefetch(&ext->cache, run->physical, (u32)(end - logical));
	x->ahead_end = end;
}

static err_t read_block(struct ext *ext, u64 block, u32 within, size_t size, struct sink *sink)
{
	struct buffer *buffer;
	err_t error = cache_get(&ext->cache, block, BUFFER_READ, &buffer);

	if (error)
		return error;
	error = sink_put(sink, buffer->data + within, size);
	cache_put(&ext->cache, buffer); /* it stays as it is at least until somebody waits */
	return error;
}

err_t ext_read(struct node *node, u64 offset, size_t size, struct sink *sink)
{
	struct ext *ext = ext_of(node);
	struct ext_node *x = ext_node_of(node);
	err_t error = OK;

	ahead_note(x, offset, size);
	while (size > 0 && !error) {
		u64 logical = offset >> ext->block_shift;
		u32 within = (u32)(offset & (ext->block_size - 1));
		u32 wanted = (u32)ext_min((within + size + ext->block_size - 1) >> ext->block_shift,
		                          UINT32_MAX);
		struct ext_run run;
		error = ext_map_find(x, logical, wanted + AHEAD_MAX, &run);
		if (error)
			break;
		bool hole = run.physical == 0 || run.unwritten;
		if (!hole)
			ahead_start(x, logical, &run, wanted);
		u64 reach = ((u64)run.count << ext->block_shift) - within;
		for (size_t left = ext_min(size, reach); left > 0 && !error;) {
			size_t part = hole ? left : ext_min(left, ext->block_size - within);
			error = hole ? sink_put_zeros(sink, part)
			             : read_block(ext, run.physical++, within, part, sink);
			left -= part;
			size -= part;
			offset += part;
			within = 0;
		}
	}
	return error;
}

/* --- writing --- */

/* Zero the rest of the block in which the file ends, before it grows beyond: something else may
 * have left its data there. */
static err_t zero_tail(struct ext_node *x)
{
	struct ext *ext = ext_of(&x->node);
	u32 within = (u32)(x->node.size & (ext->block_size - 1));
	struct ext_run run;
	struct buffer *buffer;

	if (within == 0)
		return OK;
	err_t error = ext_map_find(x, x->node.size >> ext->block_shift, 1, &run);
	if (error || run.physical == 0 || run.unwritten)
		return error;
	error = cache_get(&ext->cache, run.physical, BUFFER_READ, &buffer);
	if (error)
		return error;
	memset(buffer->data + within, 0, ext->block_size - within);
	cache_dirty(&ext->cache, buffer, BUFFER_DATA);
	cache_put(&ext->cache, buffer);
	return OK;
}

/* Give back blocks beyond the end that a failed write has left. */
static void cut_beyond_end(struct ext_node *x)
{
	const struct ext *ext = ext_of(&x->node);
	err_t error = ext_map_cut(x, (x->node.size + ext->block_size - 1) >> ext->block_shift);

	(void)error; /* reported as damage; the write's own error is what counts */
}

static err_t write_block(struct ext_node *x, u64 offset, size_t size, struct source *source)
{
	struct ext *ext = ext_of(&x->node);
	u32 within = (u32)(offset & (ext->block_size - 1));
	enum buffer_get how = size == ext->block_size ? BUFFER_OVERWRITE : BUFFER_READ;
	struct buffer *buffer;
	u64 block;
	bool fresh;
	err_t error = ext_map_make(x, offset >> ext->block_shift, &block, &fresh);

	if (error)
		return error;
	error = cache_get(&ext->cache, block, fresh ? BUFFER_ZERO : how, &buffer);
	if (error)
		return error;
	error = source_get(source, buffer->data + within, size);
	if (!error)
		buffer->valid = true;
	/* Even if the source failed half way: memory and disk must not differ for long. */
	if (buffer->valid)
		cache_dirty(&ext->cache, buffer, BUFFER_DATA);
	cache_put(&ext->cache, buffer);
	return error;
}

/* Files of 2 GiB need the mark that they may exist. */
static void note_large(struct ext *ext, u64 size)
{
	if (size <= INT32_MAX || (ext->super->ro_compat & RO_COMPAT_LARGE_FILE))
		return;
	ext->super->ro_compat |= RO_COMPAT_LARGE_FILE;
	cache_dirty(&ext->cache, ext->super_buffer, BUFFER_METADATA);
}

static err_t check_changeable(const struct ext_node *x, bool appends)
{
	if (x->flags & INODE_IMMUTABLE)
		return E_PERM;
	return (x->flags & INODE_APPEND) && !appends ? E_PERM : OK;
}

static err_t write_blocks(struct ext_node *x, u64 offset, size_t size, struct source *source,
                          size_t *done)
{
	struct ext *ext = ext_of(&x->node);
	err_t error = OK;

	while (*done < size && !error) {
		u64 at = offset + *done;
		size_t part = ext_min(size - *done, ext->block_size - (at & (ext->block_size - 1)));
		error = write_block(x, at, part, source);
		if (error)
			break;
		*done += part;
		if (at + part > x->node.size)
			x->node.size = at + part;
		cache_throttle(&ext->cache);
	}
	return error;
}

err_t ext_write(struct node *node, u64 offset, size_t size, struct source *source, size_t *done)
{
	struct ext *ext = ext_of(node);
	struct ext_node *x = ext_node_of(node);
	err_t error = check_changeable(x, offset == node->size);

	*done = 0;
	if (error)
		return error;
	error = ext_begin(ext);
	if (error)
		return error;
	if (offset > node->size)
		error = zero_tail(x);
	if (!error)
		error = write_blocks(x, offset, size, source, done);
	if (error)
		cut_beyond_end(x);
	note_large(ext, node->size);
	if (*done)
		node_touch(node, TIME_MODIFY | TIME_CHANGE);
	err_t stored = ext_node_write(x, false);
	ext_end(ext);
	return error ? error : stored;
}

static err_t resize_down(struct ext_node *x, u64 size)
{
	struct ext *ext = ext_of(&x->node);
	u64 old_size = x->node.size;

	x->node.size = size;
	err_t error = zero_tail(x);
	if (!error)
		error = ext_map_cut(x, (size + ext->block_size - 1) >> ext->block_shift);
	else
		x->node.size = old_size;
	return error;
}

err_t ext_resize(struct node *node, u64 size)
{
	struct ext *ext = ext_of(node);
	struct ext_node *x = ext_node_of(node);
	err_t error = check_changeable(x, false);

	if (error)
		return error;
	error = ext_begin(ext);
	if (error)
		return error;
	if (size < node->size)
		error = resize_down(x, size);
	else if (size > node->size)
		error = zero_tail(x);
	if (!error) {
		node->size = size;
		note_large(ext, size);
		node_touch(node, TIME_MODIFY | TIME_CHANGE);
	}
	err_t stored = ext_node_write(x, false);
	ext_end(ext);
	return error ? error : stored;
}

/* A block of zeros for `logical`, if there is none. */
static err_t allocate_block(struct ext_node *x, u64 logical)
{
	struct ext *ext = ext_of(&x->node);
	struct buffer *buffer;
	u64 block;
	bool fresh;
	err_t error = ext_map_make(x, logical, &block, &fresh);

	if (error || !fresh)
		return error;
	error = cache_get(&ext->cache, block, BUFFER_ZERO, &buffer);
	if (error)
		return error;
	cache_dirty(&ext->cache, buffer, BUFFER_DATA);
	cache_put(&ext->cache, buffer);
	cache_throttle(&ext->cache);
	return OK;
}

/* Blocks beyond the end need marks that e2fsck would ask for: they are not kept. */
err_t ext_allocate(struct node *node, u64 offset, u64 size, bool keep_size)
{
	struct ext *ext = ext_of(node);
	struct ext_node *x = ext_node_of(node);
	u64 end = offset + size;

	if (keep_size && end > node->size)
		return E_NOTSUP;
	err_t error = check_changeable(x, false);
	if (!error)
		error = ext_begin(ext);
	if (error)
		return error;
	if (end > node->size)
		error = zero_tail(x);
	for (u64 at = offset >> ext->block_shift; at << ext->block_shift < end && !error; at++)
		error = allocate_block(x, at);
	if (!error && end > node->size)
		node->size = end;
	if (error)
		cut_beyond_end(x);
	note_large(ext, node->size);
	node_touch(node, TIME_MODIFY | TIME_CHANGE);
	err_t stored = ext_node_write(x, false);
	ext_end(ext);
	return error ? error : stored;
}

err_t ext_seek(struct node *node, bool hole, u64 *offset)
{
	const struct ext *ext = ext_of(node);
	struct ext_node *x = ext_node_of(node);
	u64 at = *offset;

	while (at < node->size) {
		struct ext_run run;
		err_t error = ext_map_find(x, at >> ext->block_shift, UINT32_MAX, &run);
		if (error)
			return error;
		if ((run.physical == 0 || run.unwritten) == hole) {
			*offset = at;
			return OK;
		}
		at = ((at >> ext->block_shift) + run.count) << ext->block_shift;
	}
	return E_NXIO;
}

/* --- symbolic links --- */

/* Is the text in the inode? Then there are no blocks but perhaps one of attributes. */
bool ext_link_fast(const struct ext_node *x)
{
	u64 attributes = x->file_acl | x->file_acl_high ? ext_of(&x->node)->block_size / 512 : 0;

	return x->node.blocks <= attributes && x->node.size <= EXT_FAST_LINK_MAX;
}

err_t ext_readlink(struct node *node, char *target, size_t size, size_t *length)
{
	struct ext_node *x = ext_node_of(node);
	size_t count = ext_min(size, node->size);

	if (!ext_link_fast(x)) {
		struct sink sink = { .memory = target, .size = count };
		err_t error = ext_read(node, 0, count, &sink);
		if (error)
			return error;
	} else {
		memcpy(target, x->block, count);
	}
	/* A zero in the text would be taken for its end by everybody else. */
	*length = strnlen(target, count);
	return OK;
}

err_t ext_link_write(struct ext_node *x, const char *target, size_t size)
{
	struct source source = { .memory = target, .size = size };
	size_t done = 0;

	x->node.size = size;
	if (size <= EXT_FAST_LINK_MAX) {
		memset(x->block, 0, sizeof(x->block));
		memcpy(x->block, target, size);
		return OK;
	}
	ext_map_init(x, ext_of(&x->node)->extents);
	x->node.size = 0;
	err_t error = write_blocks(x, 0, size, &source, &done);
	if (error)
		cut_beyond_end(x);
	return error;
}
