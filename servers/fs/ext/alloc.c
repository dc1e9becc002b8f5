/* SPDX-License-Identifier: MIT */
/* Free blocks and inodes: one bitmap block a group for each. A bitmap that says that structure is
 * free, or a count that does not fit, is damage: it is reported, and nothing is given away that may
 * be in use. */
#include <string.h>

#include "ext.h"

static bool bit_get(const char *map, u32 bit) { return (u8)map[bit / 8] >> bit % 8 & 1; }
static void bit_set(char *map, u32 bit) { map[bit / 8] = (char)((u8)map[bit / 8] | 1u << bit % 8); }
static void bit_clear(char *map, u32 bit)
{
	map[bit / 8] = (char)((u8)map[bit / 8] & ~(1u << bit % 8));
}

static void bits_set(char *map, u32 start, u32 end)
{
	while (start < end && start % 8)
		bit_set(map, start++);
	if (start < end)
		memset(map + start / 8, 0xff, (end - start) / 8);
	for (u32 bit = end - (end - start) % 8; bit < end; bit++)
		bit_set(map, bit);
}

/* The first zero in [start, end); `end`: none. */
static u32 bit_find_zero(const char *map, u32 start, u32 end)
{
	while (start < end) {
		if (start % 8 == 0 && (u8)map[start / 8] == 0xff)
			start += 8;
		else if (bit_get(map, start))
			start++;
		else
			return start;
	}
	return end;
}

/* --- bitmaps that were never written (uninit_bg) --- */

static void bits_set_blocks(const struct ext *ext, char *map, u32 group, u64 block, u64 count)
{
	u64 start = ext_group_start(ext, group), end = start + ext_group_blocks(ext, group);
	u64 from = block > start ? block : start, to = ext_min(block + count, end);

	if (from < to)
		bits_set(map, (u32)(from - start), (u32)(to - start));
}

/* All blocks are free but those of structure, and what is beyond the group's end. */
static void block_bitmap_make(const struct ext *ext, char *map, u32 group)
{
	memset(map, 0, ext->block_size);
	for (u32 i = 0; i < ext->zone_count; i++)
		bits_set_blocks(ext, map, group, ext->zones[i].start,
		                ext->zones[i].end - ext->zones[i].start);
	bits_set(map, ext_group_blocks(ext, group), ext->block_size * 8);
}

static err_t block_bitmap_get(struct ext *ext, u32 group, struct buffer **buffer)
{
	struct ext_group *g = &ext->groups[group];
	bool make = g->flags & DESC_BLOCK_UNINIT;
	err_t error =
	        cache_get(&ext->cache, g->block_bitmap, make ? BUFFER_ZERO : BUFFER_READ, buffer);

	if (!error && make) {
		block_bitmap_make(ext, (*buffer)->data, group);
		g->flags &= (u16)~DESC_BLOCK_UNINIT;
		g->dirty = true;
		cache_dirty(&ext->cache, *buffer, BUFFER_METADATA);
	}
	return error;
}

static err_t inode_bitmap_get(struct ext *ext, u32 group, struct buffer **buffer)
{
	struct ext_group *g = &ext->groups[group];
	bool make = g->flags & DESC_INODE_UNINIT;
	err_t error =
	        cache_get(&ext->cache, g->inode_bitmap, make ? BUFFER_ZERO : BUFFER_READ, buffer);

	if (!error && make) {
		bits_set((*buffer)->data, ext->inodes_per_group, ext->block_size * 8);
		g->flags &= (u16)~DESC_INODE_UNINIT;
		g->itable_unused = ext->inodes_per_group;
		g->dirty = true;
		cache_dirty(&ext->cache, *buffer, BUFFER_METADATA);
	}
	return error;
}

/* --- blocks --- */

/* A free block of the group at or behind bit `from`, else before it; *block 0: none. */
static err_t group_block_alloc(struct ext *ext, u32 group, u32 from, u64 *block)
{
	struct ext_group *g = &ext->groups[group];
	u32 count = ext_group_blocks(ext, group);
	struct buffer *buffer;
	err_t error = block_bitmap_get(ext, group, &buffer);

	*block = 0;
	if (error)
		return error;
	while (*block == 0) {
		u32 bit = bit_find_zero(buffer->data, from, count);
		if (bit == count && (bit = bit_find_zero(buffer->data, 0, from)) == from) {
			ext_corrupt(ext, 0, "a group has less free blocks than it says");
			ext->free_blocks -= ext_min(ext->free_blocks, g->free_blocks);
			g->free_blocks = 0;
			break;
		}
		bit_set(buffer->data, bit);
		cache_dirty(&ext->cache, buffer, BUFFER_METADATA);
		if (ext_blocks_valid(ext, ext_group_start(ext, group) + bit, 1))
			*block = ext_group_start(ext, group) + bit;
		else
			ext_corrupt(ext, 0, "a bitmap calls structure free");
	}
	cache_put(&ext->cache, buffer);
	if (*block) {
		g->free_blocks--;
		g->dirty = true;
		ext->free_blocks--;
	}
	return OK;
}

err_t ext_block_alloc(struct ext *ext, u64 goal, u64 *block)
{
	err_t error = OK;

	if (goal < ext->first_block || goal >= ext->blocks)
		goal = ext->first_block;
	u32 first = (u32)((goal - ext->first_block) / ext->blocks_per_group);
	u32 from = (u32)((goal - ext->first_block) % ext->blocks_per_group);
	*block = 0;
	fiber_lock_take(&ext->alloc_lock);
	for (u32 i = 0; i < ext->group_count && !*block && !error && ext->free_blocks; i++) {
		u32 group = (first + i) % ext->group_count;
		if (ext->groups[group].free_blocks)
			error = group_block_alloc(ext, group, i ? 0 : from, block);
	}
	fiber_lock_give(&ext->alloc_lock);
	return error || *block ? error : E_NOSPACE;
}

static err_t group_blocks_free(struct ext *ext, u32 group, u32 bit, u32 count)
{
	struct ext_group *g = &ext->groups[group];
	struct buffer *buffer;
	err_t error = block_bitmap_get(ext, group, &buffer);

	if (error)
		return error;
	for (u32 i = bit; i < bit + count; i++) {
		if (!bit_get(buffer->data, i)) {
			error = ext_corrupt(ext, 0, "a free block is freed");
			continue;
		}
		bit_clear(buffer->data, i);
		g->free_blocks++;
		ext->free_blocks++;
	}
	g->dirty = true;
	cache_dirty(&ext->cache, buffer, BUFFER_METADATA);
	cache_put(&ext->cache, buffer);
	return error;
}

err_t ext_blocks_free(struct ext *ext, u64 block, u64 count)
{
	err_t error = OK;

	if (!ext_blocks_valid(ext, block, count))
		return ext_corrupt(ext, 0, "structure is freed");
	cache_forget(&ext->cache, block, count);
	fiber_lock_take(&ext->alloc_lock);
	while (count > 0 && !error) {
		u32 group = (u32)((block - ext->first_block) / ext->blocks_per_group);
		u32 bit = (u32)(block - ext_group_start(ext, group));
		u32 part = (u32)ext_min(count, ext->blocks_per_group - bit);
		error = group_blocks_free(ext, group, bit, part);
		block += part;
		count -= part;
	}
	fiber_lock_give(&ext->alloc_lock);
	return error;
}

/* --- inodes --- */

static u32 inode_first_group(const struct ext *ext, u32 parent_ino, bool directory)
{
	u32 best = (parent_ino - 1) / ext->inodes_per_group;

	if (!directory || parent_ino != EXT_ROOT_INO)
		return best;
	/* Directories below the root are spread, so that what belongs to each can lie near it. */
	for (u32 i = 0; i < ext->group_count; i++) {
		const struct ext_group *g = &ext->groups[i];
		if (g->free_blocks && g->free_inodes > ext->groups[best].free_inodes)
			best = i;
	}
	return best;
}

static err_t group_inode_alloc(struct ext *ext, u32 group, bool directory, u32 *ino)
{
	struct ext_group *g = &ext->groups[group];
	u32 first = group == 0 ? ext->first_ino - 1 : 0;
	struct buffer *buffer;
	err_t error = inode_bitmap_get(ext, group, &buffer);

	if (error)
		return error;
	if (first < g->first_free_inode)
		first = g->first_free_inode;
	u32 bit = bit_find_zero(buffer->data, first, ext->inodes_per_group);
	if (bit == ext->inodes_per_group) {
		ext_corrupt(ext, 0, "a group has less free inodes than it says");
		ext->free_inodes -= (u32)ext_min(ext->free_inodes, g->free_inodes);
		g->free_inodes = 0;
	} else {
		bit_set(buffer->data, bit);
		cache_dirty(&ext->cache, buffer, BUFFER_METADATA);
		*ino = group * ext->inodes_per_group + bit + 1;
		g->first_free_inode = bit + 1;
		g->free_inodes--;
		ext->free_inodes--;
		g->used_dirs += directory;
		g->itable_unused = (u32)ext_min(g->itable_unused, ext->inodes_per_group - bit - 1);
	}
	g->dirty = true;
	cache_put(&ext->cache, buffer);
	return OK;
}

err_t ext_inode_alloc(struct ext *ext, u32 parent_ino, bool directory, u32 *ino)
{
	u32 first = inode_first_group(ext, parent_ino, directory);
	err_t error = OK;

	*ino = 0;
	fiber_lock_take(&ext->alloc_lock);
	for (u32 i = 0; i < ext->group_count && !*ino && !error && ext->free_inodes; i++) {
		u32 group = (first + i) % ext->group_count;
		if (ext->groups[group].free_inodes)
			error = group_inode_alloc(ext, group, directory, ino);
	}
	fiber_lock_give(&ext->alloc_lock);
	return error || *ino ? error : E_NOSPACE;
}

err_t ext_inode_free(struct ext *ext, u32 ino, bool directory)
{
	u32 group = (ino - 1) / ext->inodes_per_group, bit = (ino - 1) % ext->inodes_per_group;
	struct ext_group *g = &ext->groups[group];
	struct buffer *buffer;

	fiber_lock_take(&ext->alloc_lock);
	err_t error = inode_bitmap_get(ext, group, &buffer);
	if (!error && !bit_get(buffer->data, bit)) {
		cache_put(&ext->cache, buffer);
		error = ext_corrupt(ext, ino, "a free inode is freed");
	}
	if (!error) {
		bit_clear(buffer->data, bit);
		cache_dirty(&ext->cache, buffer, BUFFER_METADATA);
		cache_put(&ext->cache, buffer);
		g->first_free_inode = (u32)ext_min(g->first_free_inode, bit);
		g->free_inodes++;
		ext->free_inodes++;
		g->used_dirs -= directory && g->used_dirs > 0;
		g->dirty = true;
	}
	fiber_lock_give(&ext->alloc_lock);
	return error;
}
