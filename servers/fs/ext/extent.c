/* SPDX-License-Identifier: MIT */
/* ext4's extents: a tree whose root lies in the inode. Finding, and taking blocks off the end;
 * extent_change.c adds. */
#include "extent.h"

#include <string.h>

bool extent_unwritten(const struct ext_extent *e) { return e->count > EXTENT_COUNT_MAX; }
u32 extent_count(const struct ext_extent *e)
{
	return e->count > EXTENT_COUNT_MAX ? e->count - (u32)EXTENT_COUNT_MAX : e->count;
}
u64 extent_start(const struct ext_extent *e) { return e->start | (u64)e->start_high << 32; }
static u64 index_leaf(const struct ext_extent_index *index)
{
	return index->leaf | (u64)index->leaf_high << 32;
}

static const char *leaf_check(const struct ext *ext, const struct ext_extent *e, u32 entries)
{
	u64 next = 0;

	for (u32 i = 0; i < entries; i++) {
		u32 count = extent_count(&e[i]);
		if (count == 0 || e[i].logical < next || e[i].logical + (u64)count > 1ull << 32)
			return "its extents are out of order";
		if (!ext_blocks_valid(ext, extent_start(&e[i]), count))
			return "an extent is out of range";
		next = e[i].logical + (u64)count;
	}
	return NULL;
}

static const char *index_check(const struct ext *ext, const struct ext_extent_index *index,
                               u32 entries)
{
	for (u32 i = 0; i < entries; i++) {
		if (i > 0 && index[i].logical <= index[i - 1].logical)
			return "its index of extents is out of order";
		if (!ext_blocks_valid(ext, index_leaf(&index[i]), 1))
			return "a block of its extents is out of range";
	}
	return NULL;
}

/* One node of the tree, of `size` bytes; the root alone may be empty. */
static err_t level_check(struct ext_node *x, const struct ext_extent_header *header, size_t size,
                         u32 depth, bool root)
{
	const struct ext *ext = ext_of(&x->node);
	u32 room = (u32)((size - sizeof(*header)) / sizeof(struct ext_extent));
	const char *wrong = NULL;

	if (header->magic != EXTENT_MAGIC || header->depth != depth || header->max < 2 ||
	    header->max > room || header->entries > header->max ||
	    (header->entries == 0 && !(root && depth == 0)))
		wrong = "a block of its extents is damaged";
	else if (depth == 0)
		wrong = leaf_check(ext, (const struct ext_extent *)(header + 1), header->entries);
	else
		wrong = index_check(ext, (const struct ext_extent_index *)(header + 1),
		                    header->entries);
	return wrong ? ext_corrupt(ext_of(&x->node), x->node.ino, wrong) : OK;
}

/* The last entry whose key is at most `logical`; -1: none. Extents and index entries begin
 * alike. */
static i32 level_search(const struct ext_extent_header *header, u64 logical)
{
	const struct ext_extent *e = (const struct ext_extent *)(header + 1);
	i32 low = 0, high = header->entries;

	while (low < high) {
		i32 middle = low + (high - low) / 2;
		if (e[middle].logical <= logical)
			low = middle + 1;
		else
			high = middle;
	}
	return low - 1;
}

void path_end(struct ext_node *x, struct extent_path *path)
{
	for (u32 i = 1; i <= path->depth; i++)
		if (path->level[i].buffer)
			cache_put(&ext_of(&x->node)->cache, path->level[i].buffer);
}

/* Descend from level i - 1 to level i. */
static err_t path_enter(struct ext_node *x, struct extent_path *path, u32 i)
{
	struct ext *ext = ext_of(&x->node);
	struct extent_level *above = &path->level[i - 1], *level = &path->level[i];

	if (above->at < 0)
		above->at = 0; /* before the first: it belongs to the first's subtree */
	const struct ext_extent_index *index =
	        (const struct ext_extent_index *)(above->header + 1) + above->at;
	err_t error = cache_get(&ext->cache, index_leaf(index), BUFFER_READ, &level->buffer);
	if (error)
		return error;
	level->header = (struct ext_extent_header *)(void *)level->buffer->data;
	return level_check(x, level->header, ext->block_size, path->depth - i, false);
}

err_t path_find(struct ext_node *x, u64 logical, struct extent_path *path)
{
	memset(path, 0, sizeof(*path));
	path->level[0].header = (struct ext_extent_header *)(void *)x->block;
	u32 depth = path->level[0].header->depth;
	if (depth > EXTENT_DEPTH_MAX)
		return ext_corrupt(ext_of(&x->node), x->node.ino, "its extents are too deep");
	err_t error = level_check(x, path->level[0].header, sizeof(x->block), depth, true);
	if (error)
		return error;
	path->depth = depth;
	path->level[0].at = level_search(path->level[0].header, logical);
	for (u32 i = 1; i <= depth; i++) {
		error = path_enter(x, path, i);
		if (error) {
			path_end(x, path);
			return error;
		}
		path->level[i].at = level_search(path->level[i].header, logical);
	}
	return OK;
}

struct ext_extent *path_extents(const struct extent_path *path)
{
	return (struct ext_extent *)(path->level[path->depth].header + 1);
}

/* The first logical block behind the path's place that may be mapped. */
static u64 path_next(const struct extent_path *path)
{
	for (i32 i = (i32)path->depth; i >= 0; i--) {
		const struct extent_level *level = &path->level[i];
		const struct ext_extent *e = (const struct ext_extent *)(level->header + 1);
		if (level->at + 1 < level->header->entries)
			return e[level->at + 1].logical;
	}
	return 1ull << 32;
}

err_t extent_find(struct ext_node *x, u64 logical, u32 most, struct ext_run *run)
{
	struct extent_path path;
	err_t error = path_find(x, logical, &path);

	if (error)
		return error;
	const struct ext_extent *e = path_extents(&path);
	i32 at = path.level[path.depth].at;
	u64 end = at >= 0 ? e[at].logical + (u64)extent_count(&e[at]) : 0;
	if (logical < end) {
		run->physical = extent_start(&e[at]) + (logical - e[at].logical);
		run->unwritten = extent_unwritten(&e[at]);
	} else {
		run->physical = 0;
		run->unwritten = false;
		end = path_next(&path);
		if (end <= logical)
			end = logical + 1; /* a key that is too small: go on block by block */
	}
	run->count = (u32)ext_min(end - logical, most);
	path_end(x, &path);
	return OK;
}

/* --- cutting --- */

static void level_dirty(struct ext_node *x, const struct extent_level *level)
{
	if (level->buffer)
		cache_dirty(&ext_of(&x->node)->cache, level->buffer, BUFFER_METADATA);
}

/* The last entry of level i has gone; if that was all, the block goes, and its entry above. */
static err_t path_shrink(struct ext_node *x, struct extent_path *path, u32 i)
{
	struct ext *ext = ext_of(&x->node);
	err_t error = OK;

	while (!error) {
		struct extent_level *level = &path->level[i];
		level->header->entries--;
		level_dirty(x, level);
		if (level->header->entries > 0)
			return OK;
		if (i == 0) {
			level->header->depth = 0;
			return OK;
		}
		u64 block = level->buffer->block;
		cache_put(&ext->cache, level->buffer);
		level->buffer = NULL;
		error = ext_blocks_free(ext, block, 1);
		ext_node_count(x, -1);
		i--;
	}
	return error;
}

/* Take what is at or behind `logical` off the last extent. *done: nothing is left to be taken. */
static err_t cut_last(struct ext_node *x, u64 logical, bool *done)
{
	struct ext *ext = ext_of(&x->node);
	struct extent_path path;
	err_t error = path_find(x, UINT32_MAX, &path);

	*done = true;
	if (error)
		return error;
	struct extent_level *leaf = &path.level[path.depth];
	if (leaf->at >= 0) {
		struct ext_extent *e = path_extents(&path) + leaf->at;
		u64 start = extent_start(e);
		u32 count = extent_count(e);
		u32 kept = e->logical >= logical ? 0 : (u32)ext_min(logical - e->logical, count);
		*done = kept > 0;
		if (kept == 0)
			error = path_shrink(x, &path, path.depth);
		else if (kept < count) {
			e->count = (u16)(e->count - (count - kept));
			level_dirty(x, leaf);
		}
		if (kept < count) {
			err_t freed = ext_blocks_free(ext, start + kept, count - kept);
			ext_node_count(x, -(i64)(count - kept));
			error = error ? error : freed;
		}
	}
	path_end(x, &path);
	return error;
}

err_t extent_cut(struct ext_node *x, u64 logical)
{
	bool done = false;
	err_t error = OK;

	while (!done && !error)
		error = cut_last(x, logical, &done);
	return error;
}
