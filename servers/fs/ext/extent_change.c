/* SPDX-License-Identifier: MIT */
/* Adding to a tree of extents. A new extent is put into its leaf if there is room; else one step
 * makes room (a node is split, or the tree grows by a level at the root), and the way is looked for
 * again. After each step the tree is whole. */
#include <string.h>

#include "extent.h"

static struct ext_extent_index *level_index(const struct extent_level *level)
{
	return (struct ext_extent_index *)(level->header + 1);
}

static void level_dirty(struct ext_node *x, const struct extent_level *level)
{
	if (level->buffer)
		cache_dirty(&ext_of(&x->node)->cache, level->buffer, BUFFER_METADATA);
}

static void extent_set_start(struct ext_extent *e, u64 start)
{
	e->start = (u32)start;
	e->start_high = (u16)(start >> 32);
}

/* The leaf's first key has become smaller: so do the keys that lead to it. */
static void path_lower_keys(struct ext_node *x, struct extent_path *path, u32 logical)
{
	for (i32 i = (i32)path->depth - 1; i >= 0; i--) {
		struct ext_extent_index *index = level_index(&path->level[i]) + path->level[i].at;
		if (index->logical > logical) {
			index->logical = logical;
			level_dirty(x, &path->level[i]);
		}
		if (path->level[i].at > 0)
			break;
	}
}

/* --- making room --- */

/* A new block for a node of the tree, with an empty header. */
static err_t tree_block_make(struct ext_node *x, u32 depth, struct buffer **buffer)
{
	struct ext *ext = ext_of(&x->node);
	u64 block;
	err_t error = ext_block_alloc(ext, ext_map_goal(x, 0), &block);

	if (error)
		return error;
	error = cache_get(&ext->cache, block, BUFFER_ZERO, buffer);
	if (error) {
		err_t freed = ext_blocks_free(ext, block, 1);
		(void)freed; /* the first error is the one that counts */
		return error;
	}
	struct ext_extent_header *header = (struct ext_extent_header *)(void *)(*buffer)->data;
	header->magic = EXTENT_MAGIC;
	header->depth = (u16)depth;
	header->max = (u16)((ext->block_size - sizeof(*header)) / sizeof(struct ext_extent));
	cache_dirty(&ext->cache, *buffer, BUFFER_METADATA);
	ext_node_count(x, 1);
	return OK;
}

static void index_set(struct ext_extent_index *index, u32 logical, u64 leaf)
{
	*index = (struct ext_extent_index){ .logical = logical,
		                            .leaf = (u32)leaf,
		                            .leaf_high = (u16)(leaf >> 32) };
}

/* The root is full: what it holds moves to a block of its own, to which it then leads. */
static err_t tree_grow(struct ext_node *x, struct extent_path *path)
{
	struct ext_extent_header *root = path->level[0].header;
	struct buffer *buffer;

	if (root->depth == EXTENT_DEPTH_MAX)
		return E_FBIG;
	err_t error = tree_block_make(x, root->depth, &buffer);
	if (error)
		return error;
	struct ext_extent_header *header = (struct ext_extent_header *)(void *)buffer->data;
	memcpy(header + 1, root + 1, root->entries * sizeof(struct ext_extent));
	header->entries = root->entries;
	root->depth++;
	root->entries = 1;
	index_set(level_index(&path->level[0]), level_index(&path->level[0])->logical,
	          buffer->block);
	cache_put(&ext_of(&x->node)->cache, buffer);
	return OK;
}

/* Level i is full and level i - 1 is not: part of i moves to a new block. Files mostly grow at the
 * end, so there only the last entry moves. */
static err_t tree_split(struct ext_node *x, struct extent_path *path, u32 i)
{
	struct extent_level *level = &path->level[i], *above = &path->level[i - 1];
	struct ext_extent_header *header = level->header;
	struct buffer *buffer;
	err_t error = tree_block_make(x, header->depth, &buffer);

	if (error)
		return error;
	u32 kept = level->at + 1 == header->entries ? header->entries - 1u : header->entries / 2u;
	u32 moved = header->entries - kept;
	struct ext_extent_header *right = (struct ext_extent_header *)(void *)buffer->data;
	struct ext_extent_index *first = level_index(level) + kept;
	memcpy(right + 1, first, moved * sizeof(*first));
	right->entries = (u16)moved;

	struct ext_extent_index *place = level_index(above) + above->at + 1;
	memmove(place + 1, place, (above->header->entries - (u32)above->at - 1) * sizeof(*place));
	index_set(place, first->logical, buffer->block);
	above->header->entries++;
	header->entries = (u16)kept;
	level_dirty(x, level);
	level_dirty(x, above);
	cache_put(&ext_of(&x->node)->cache, buffer);
	return OK;
}

static err_t tree_make_room(struct ext_node *x, struct extent_path *path)
{
	for (u32 i = path->depth; i > 0; i--) {
		const struct ext_extent_header *above = path->level[i - 1].header;
		if (above->entries < above->max)
			return tree_split(x, path, i);
	}
	return tree_grow(x, path);
}

/* --- inserting --- */

/* Grow a neighbour by the new block, if it is next to it on both sides. */
static bool leaf_merge(struct ext_node *x, struct extent_path *path, u32 logical, u64 block)
{
	struct extent_level *leaf = &path->level[path->depth];
	struct ext_extent *e = path_extents(path);
	i32 at = leaf->at;

	if (at >= 0 && e[at].count < EXTENT_COUNT_MAX && e[at].logical + e[at].count == logical &&
	    extent_start(&e[at]) + e[at].count == block) {
		e[at].count++;
		level_dirty(x, leaf);
		return true;
	}
	if (at + 1 < leaf->header->entries && e[at + 1].count < EXTENT_COUNT_MAX &&
	    e[at + 1].logical == logical + 1 && extent_start(&e[at + 1]) == block + 1) {
		e[at + 1].logical = logical;
		e[at + 1].count++;
		extent_set_start(&e[at + 1], block);
		level_dirty(x, leaf);
		if (at < 0)
			path_lower_keys(x, path, logical);
		return true;
	}
	return false;
}

static void leaf_insert(struct ext_node *x, struct extent_path *path, u32 logical, u64 block)
{
	struct extent_level *leaf = &path->level[path->depth];
	struct ext_extent *e = path_extents(path) + leaf->at + 1;

	memmove(e + 1, e, (leaf->header->entries - (u32)(leaf->at + 1)) * sizeof(*e));
	*e = (struct ext_extent){ .logical = logical, .count = 1 };
	extent_set_start(e, block);
	leaf->header->entries++;
	level_dirty(x, leaf);
	if (leaf->at < 0)
		path_lower_keys(x, path, logical);
}

static err_t extent_insert(struct ext_node *x, u32 logical, u64 block)
{
	for (;;) {
		struct extent_path path;
		err_t error = path_find(x, logical, &path);
		if (error)
			return error;
		const struct ext_extent_header *leaf = path.level[path.depth].header;
		bool placed = leaf_merge(x, &path, logical, block);
		if (!placed && leaf->entries < leaf->max) {
			leaf_insert(x, &path, logical, block);
			placed = true;
		}
		if (!placed)
			error = tree_make_room(x, &path);
		path_end(x, &path);
		if (placed || error)
			return error;
	}
}

/* --- blocks --- */

/* An extent that was set aside but never written: it becomes zeros on disk, and an ordinary one. */
static err_t extent_write_zeros(struct ext_node *x, struct extent_path *path)
{
	struct ext *ext = ext_of(&x->node);
	struct ext_extent *e = path_extents(path) + path->level[path->depth].at;
	u32 count = extent_count(e);
	u64 start = extent_start(e);

	for (u64 block = start; block < start + count; block++) {
		struct buffer *buffer;
		err_t error = cache_get(&ext->cache, block, BUFFER_ZERO, &buffer);
		if (error)
			return error;
		cache_dirty(&ext->cache, buffer, BUFFER_DATA);
		cache_put(&ext->cache, buffer);
		cache_throttle(&ext->cache);
	}
	e->count = (u16)count;
	level_dirty(x, &path->level[path->depth]);
	return OK;
}

/* What is mapped at `logical` already (*physical 0: nothing), and where a new block should go. */
static err_t extent_look(struct ext_node *x, u64 logical, u64 *physical, u64 *goal)
{
	struct extent_path path;
	err_t error = path_find(x, logical, &path);

	*physical = *goal = 0;
	if (error)
		return error;
	i32 at = path.level[path.depth].at;
	if (at >= 0) {
		const struct ext_extent *e = path_extents(&path) + at;
		u64 place = extent_start(e) + (logical - e->logical);
		if (logical - e->logical < extent_count(e)) {
			*physical = place;
			error = extent_unwritten(e) ? extent_write_zeros(x, &path) : OK;
		}
		*goal = place;
	}
	path_end(x, &path);
	return error;
}

err_t extent_make(struct ext_node *x, u64 logical, u64 *physical, bool *fresh)
{
	struct ext *ext = ext_of(&x->node);
	u64 goal, block;

	if (logical >= UINT32_MAX)
		return E_FBIG;
	err_t error = extent_look(x, logical, physical, &goal);
	if (error || *physical)
		return error;
	error = ext_block_alloc(ext, goal ? goal : ext_map_goal(x, 0), &block);
	if (error)
		return error;
	error = extent_insert(x, (u32)logical, block);
	if (error) {
		err_t freed = ext_blocks_free(ext, block, 1);
		(void)freed; /* the first error is the one that counts */
		return error;
	}
	ext_node_count(x, 1);
	x->last_block = block;
	*physical = block;
	*fresh = true;
	return OK;
}
