/* SPDX-License-Identifier: MIT */
/* ext2's block maps: twelve blocks in the inode, then trees of one, two and three levels of blocks
 * full of block numbers. */
#include "ext.h"

enum { DIRECT = 12, LEVELS = 3 };

/* The way to a block: a place in the inode's words, then one in each level's block. */
struct way {
	u32 levels;
	u32 place[LEVELS + 1];
};

static u32 per_block(const struct ext *ext) { return ext->block_size / 4; }
static u32 per_block_shift(const struct ext *ext) { return ext->block_shift - 2; }

u64 indirect_max(u32 block_size)
{
	u64 n = block_size / 4;

	return ext_min(DIRECT + n + n * n + n * n * n, UINT32_MAX);
}

static bool way_find(const struct ext *ext, u64 logical, struct way *way)
{
	u32 shift = per_block_shift(ext), mask = per_block(ext) - 1;

	if (logical < DIRECT) {
		way->levels = 0;
		way->place[0] = (u32)logical;
		return true;
	}
	logical -= DIRECT;
	for (u32 levels = 1; levels <= LEVELS; levels++) {
		u64 reach = 1ull << (shift * levels);
		if (logical >= reach) {
			logical -= reach;
			continue;
		}
		way->levels = levels;
		way->place[0] = DIRECT + levels - 1;
		for (u32 i = 1; i <= levels; i++)
			way->place[i] = (u32)(logical >> (shift * (levels - i))) & mask;
		return true;
	}
	return false;
}

/* Blocks from the way's end to the end of what the pointer at `level` of it leads to. */
static u64 way_span(const struct ext *ext, const struct way *way, u32 level)
{
	u64 span = 1, within = 0;

	for (u32 i = way->levels; i > level; i--) {
		within += way->place[i] * span;
		span <<= per_block_shift(ext);
	}
	return span - within;
}

/* How many pointers from `place` on go on as the first does: blocks one after the other, or
 * holes. */
static u32 run_length(const u32 *pointers, u32 place, u32 end, u32 most)
{
	u32 count = 1;

	while (count < most && place + count < end &&
	       pointers[place + count] == (pointers[place] ? pointers[place] + count : 0))
		count++;
	return count;
}

static err_t run_check(struct ext_node *x, struct ext_run *run)
{
	struct ext *ext = ext_of(&x->node);

	run->unwritten = false;
	if (run->physical && !ext_blocks_valid(ext, run->physical, run->count)) {
		run->count = 1;
		if (!ext_blocks_valid(ext, run->physical, 1))
			return ext_corrupt(ext, x->node.ino, "a block is out of range");
	}
	return OK;
}

err_t indirect_find(struct ext_node *x, u64 logical, u32 most, struct ext_run *run)
{
	struct ext *ext = ext_of(&x->node);
	struct way way;

	if (!way_find(ext, logical, &way))
		return E_FBIG;
	u32 block = x->block[way.place[0]];
	if (way.levels == 0) {
		run->physical = block;
		run->count = run_length(x->block, way.place[0], DIRECT, most);
		return run_check(x, run);
	}
	for (u32 level = 1; level <= way.levels; level++) {
		struct buffer *buffer;
		if (!block) {
			run->physical = 0;
			run->unwritten = false;
			run->count = (u32)ext_min(way_span(ext, &way, level - 1), most);
			return OK;
		}
		if (!ext_blocks_valid(ext, block, 1))
			return ext_corrupt(ext, x->node.ino, "a block of its map is out of range");
		err_t error = cache_get(&ext->cache, block, BUFFER_READ, &buffer);
		if (error)
			return error;
		const u32 *pointers = (const u32 *)(void *)buffer->data;
		block = pointers[way.place[level]];
		run->physical = block;
		if (level == way.levels)
			run->count = run_length(pointers, way.place[level], per_block(ext), most);
		cache_put(&ext->cache, buffer);
	}
	return run_check(x, run);
}

/* --- allocating --- */

/* Make *pointer lead to a new block; `buffer` holds the pointer (NULL: the inode). */
static err_t pointer_make(struct ext_node *x, u32 *pointer, struct buffer *holder, u64 near)
{
	struct ext *ext = ext_of(&x->node);
	u64 block;
	err_t error = ext_block_alloc(ext, ext_map_goal(x, near), &block);

	if (error)
		return error;
	*pointer = (u32)block;
	x->last_block = block;
	ext_node_count(x, 1);
	if (holder)
		cache_dirty(&ext->cache, holder, BUFFER_METADATA);
	return OK;
}

/* Go from the pointer in `holder` to the block of pointers that it leads to, which is made if it is
 * missing. */
static err_t level_enter(struct ext_node *x, u32 *pointer, struct buffer *holder,
                         struct buffer **next)
{
	struct ext *ext = ext_of(&x->node);
	bool made = *pointer == 0;
	err_t error = made ? pointer_make(x, pointer, holder, 0) : OK;

	if (error)
		return error;
	if (!ext_blocks_valid(ext, *pointer, 1))
		return ext_corrupt(ext, x->node.ino, "a block of its map is out of range");
	error = cache_get(&ext->cache, *pointer, made ? BUFFER_ZERO : BUFFER_READ, next);
	if (!error && made)
		cache_dirty(&ext->cache, *next, BUFFER_METADATA);
	if (error && made) { /* its contents would be anything */
		err_t freed = ext_blocks_free(ext, *pointer, 1);
		(void)freed; /* the first error is the one that counts */
		*pointer = 0;
		ext_node_count(x, -1);
	}
	return error;
}

err_t indirect_make(struct ext_node *x, u64 logical, u64 *physical, bool *fresh)
{
	struct ext *ext = ext_of(&x->node);
	struct buffer *holder = NULL;
	struct way way;
	err_t error = OK;

	if (!way_find(ext, logical, &way))
		return E_FBIG;
	u32 *pointers = x->block, place = way.place[0];
	for (u32 level = 1; level <= way.levels && !error; level++) {
		struct buffer *next;
		error = level_enter(x, &pointers[place], holder, &next);
		if (error)
			break;
		if (holder)
			cache_put(&ext->cache, holder);
		holder = next;
		pointers = (u32 *)(void *)next->data;
		place = way.place[level];
	}
	if (!error && !pointers[place]) {
		error = pointer_make(x, &pointers[place], holder,
		                     place > 0 && pointers != x->block ? pointers[place - 1] : 0);
		*fresh = !error;
	}
	if (!error) {
		*physical = pointers[place];
		if (!ext_blocks_valid(ext, *physical, 1))
			error = ext_corrupt(ext, x->node.ino, "a block is out of range");
	}
	if (holder)
		cache_put(&ext->cache, holder);
	return error;
}

/* --- freeing --- */

static err_t block_drop(struct ext_node *x, u32 block)
{
	err_t error = ext_blocks_free(ext_of(&x->node), block, 1);

	if (!error)
		ext_node_count(x, -1);
	return error;
}

/* Free what the pointer at *pointer leads to from the way's end on; `way` NULL: all of it.
 * Recursion: at most LEVELS deep. */
static err_t tree_cut(struct ext_node *x, u32 *pointer, u32 levels, const u32 *from)
{
	struct ext *ext = ext_of(&x->node);
	struct buffer *buffer;
	bool whole = true;
	err_t error;

	if (*pointer == 0)
		return OK;
	if (levels > 0) {
		if (!ext_blocks_valid(ext, *pointer, 1))
			return ext_corrupt(ext, x->node.ino, "a block of its map is out of range");
		error = cache_get(&ext->cache, *pointer, BUFFER_READ, &buffer);
		if (error)
			return error;
		u32 *pointers = (u32 *)(void *)buffer->data, first = from ? from[0] : 0;
		for (u32 i = first; i < per_block(ext) && !error; i++)
			error = tree_cut(x, &pointers[i], levels - 1,
			                 from && i == first && levels > 1 ? from + 1 : NULL);
		for (u32 i = 0; i <= first && i < per_block(ext); i++)
			whole &= pointers[i] == 0;
		cache_dirty(&ext->cache, buffer, BUFFER_METADATA);
		cache_put(&ext->cache, buffer);
		if (error || !whole)
			return error;
	}
	error = block_drop(x, *pointer);
	if (!error)
		*pointer = 0;
	return error;
}

err_t indirect_cut(struct ext_node *x, u64 logical)
{
	struct ext *ext = ext_of(&x->node);
	struct way way;
	err_t error = OK;

	if (!way_find(ext, logical, &way))
		return OK;
	for (u32 place = way.place[0]; place < EXT_BLOCKS && !error; place++) {
		u32 levels = place < DIRECT ? 0 : place - DIRECT + 1;
		bool partial = place == way.place[0] && way.levels > 0;
		error = tree_cut(x, &x->block[place], levels, partial ? way.place + 1 : NULL);
	}
	return error;
}
