/* SPDX-License-Identifier: MIT */
/* Block groups: their descriptors, and which blocks hold the file system's own structure. */
#include <stdlib.h>
#include <string.h>

#include "ext.h"

u64 ext_group_start(const struct ext *ext, u32 group)
{
	return ext->first_block + (u64)group * ext->blocks_per_group;
}

u32 ext_group_blocks(const struct ext *ext, u32 group)
{
	return (u32)ext_min(ext->blocks_per_group, ext->blocks - ext_group_start(ext, group));
}

static u64 inode_table_blocks(const struct ext *ext)
{
	return ((u64)ext->inodes_per_group * ext->inode_size + ext->block_size - 1) >>
	       ext->block_shift;
}

static bool power_of(u32 x, u32 base)
{
	while (x > 1 && x % base == 0)
		x /= base;
	return x == 1;
}

static bool group_has_super(const struct ext *ext, u32 group)
{
	if (group <= 1 || !(ext->super->ro_compat & RO_COMPAT_SPARSE_SUPER))
		return true;
	return power_of(group, 3) || power_of(group, 5) || power_of(group, 7);
}

static u32 desc_blocks(const struct ext *ext)
{
	return (u32)(((u64)ext->group_count * ext->desc_size + ext->block_size - 1) >>
	             ext->block_shift);
}

u32 ext_group_super_blocks(const struct ext *ext, u32 group)
{
	return group_has_super(ext, group) ? 1 + desc_blocks(ext) + ext->super->reserved_gdt_blocks
	                                   : 0;
}

/* --- zones --- */

static int zone_compare(const void *a, const void *b)
{
	const struct ext_zone *left = a, *right = b;

	return (left->start > right->start) - (left->start < right->start);
}

static void zone_add(struct ext *ext, u64 start, u64 count)
{
	if (count)
		ext->zones[ext->zone_count++] = (struct ext_zone){ start, start + count };
}

static void zones_merge(struct ext *ext)
{
	u32 kept = 0;

	qsort(ext->zones, ext->zone_count, sizeof(ext->zones[0]), zone_compare);
	for (u32 i = 1; i < ext->zone_count; i++) {
		if (ext->zones[i].start > ext->zones[kept].end)
			ext->zones[++kept] = ext->zones[i];
		else if (ext->zones[i].end > ext->zones[kept].end)
			ext->zones[kept].end = ext->zones[i].end;
	}
	ext->zone_count = kept + 1;
	struct ext_zone *smaller = realloc(ext->zones, ext->zone_count * sizeof(ext->zones[0]));
	if (smaller)
		ext->zones = smaller;
}

static err_t zones_make(struct ext *ext)
{
	ext->zones = calloc(4 * (size_t)ext->group_count, sizeof(ext->zones[0]));
	if (!ext->zones)
		return E_FUNDS;
	for (u32 i = 0; i < ext->group_count; i++) {
		const struct ext_group *group = &ext->groups[i];
		zone_add(ext, ext_group_start(ext, i), ext_group_super_blocks(ext, i));
		zone_add(ext, group->block_bitmap, 1);
		zone_add(ext, group->inode_bitmap, 1);
		zone_add(ext, group->inode_table, inode_table_blocks(ext));
	}
	zones_merge(ext);
	return OK;
}

bool ext_blocks_valid(const struct ext *ext, u64 block, u64 count)
{
	u32 low = 0, high = ext->zone_count;

	if (block <= ext->first_block || !range_fits(block, count, ext->blocks))
		return false;
	/* The first zone that ends behind `block`. */
	while (low < high) {
		u32 middle = low + (high - low) / 2;
		if (ext->zones[middle].end > block)
			high = middle;
		else
			low = middle + 1;
	}
	return low == ext->zone_count || ext->zones[low].start >= block + count;
}

/* --- descriptors --- */

static u16 crc16(u16 crc, const void *data, size_t size)
{
	const u8 *bytes = data;

	while (size--) {
		crc ^= *bytes++;
		for (int i = 0; i < 8; i++)
			crc = (u16)(crc >> 1 ^ (crc & 1 ? 0xa001 : 0));
	}
	return crc;
}

static u16 desc_checksum(const struct ext *ext, u32 number, const struct ext_desc *desc)
{
	size_t before = offsetof(struct ext_desc, checksum),
	       after = before + sizeof(desc->checksum);
	u16 crc = crc16(0xffff, ext->super->uuid, sizeof(ext->super->uuid));

	crc = crc16(crc, &number, sizeof(number));
	crc = crc16(crc, desc, before);
	if (ext->desc_size > after)
		crc = crc16(crc, (const char *)desc + after, ext->desc_size - after);
	return crc;
}

static bool desc_wide(const struct ext *ext) { return ext->desc_size >= sizeof(struct ext_desc); }

static void group_take(const struct ext *ext, struct ext_group *group, const struct ext_desc *desc)
{
	*group = (struct ext_group){
		.block_bitmap = desc->block_bitmap,
		.inode_bitmap = desc->inode_bitmap,
		.inode_table = desc->inode_table,
		.free_blocks = desc->free_blocks,
		.free_inodes = desc->free_inodes,
		.used_dirs = desc->used_dirs,
		.itable_unused = desc->itable_unused,
		.flags = ext->uninit ? desc->flags : 0,
	};
	if (!desc_wide(ext))
		return;
	group->block_bitmap |= (u64)desc->block_bitmap_high << 32;
	group->inode_bitmap |= (u64)desc->inode_bitmap_high << 32;
	group->inode_table |= (u64)desc->inode_table_high << 32;
	group->free_blocks |= (u32)desc->free_blocks_high << 16;
	group->free_inodes |= (u32)desc->free_inodes_high << 16;
	group->used_dirs |= (u32)desc->used_dirs_high << 16;
	group->itable_unused |= (u32)desc->itable_unused_high << 16;
}

static const char *group_check(const struct ext *ext, const struct ext_group *group, u32 number)
{
	u64 table = inode_table_blocks(ext);

	if (group->block_bitmap <= ext->first_block || group->block_bitmap >= ext->blocks ||
	    group->inode_bitmap <= ext->first_block || group->inode_bitmap >= ext->blocks ||
	    group->inode_table <= ext->first_block ||
	    !range_fits(group->inode_table, table, ext->blocks))
		return "a group's bitmaps or inodes lie outside of it";
	if (group->free_blocks > ext_group_blocks(ext, number) ||
	    group->free_inodes > ext->inodes_per_group ||
	    group->used_dirs > ext->inodes_per_group ||
	    group->itable_unused > ext->inodes_per_group)
		return "a group's counts are impossible";
	return NULL;
}

/* Descriptor `number`, in the buffer of its block. */
static err_t desc_get(struct ext *ext, u32 number, struct buffer **buffer, struct ext_desc **desc)
{
	u64 offset = (u64)number * ext->desc_size;
	u64 block = ext->first_block + 1 + (offset >> ext->block_shift);
	err_t error = cache_get(&ext->cache, block, BUFFER_READ, buffer);

	if (!error)
		*desc = (struct ext_desc *)((*buffer)->data + offset % ext->block_size);
	return error;
}

static err_t group_load(struct ext *ext, u32 number, const char **why)
{
	struct buffer *buffer;
	struct ext_desc *desc;

	*why = "its group descriptors cannot be read";
	err_t error = desc_get(ext, number, &buffer, &desc);
	if (error)
		return error;
	group_take(ext, &ext->groups[number], desc);
	*why = group_check(ext, &ext->groups[number], number);
	if (!*why && ext->desc_csum && desc->checksum != desc_checksum(ext, number, desc)) {
		if (ext->fs.readonly)
			rt_log("the checksum of group %u is wrong", number);
		else
			*why = "the checksum of a group descriptor is wrong";
	}
	cache_put(&ext->cache, buffer);
	return *why ? E_CORRUPT : OK;
}

err_t ext_groups_load(struct ext *ext, const char **why)
{
	err_t error = OK;

	*why = "no memory";
	ext->groups = calloc(ext->group_count, sizeof(ext->groups[0]));
	if (!ext->groups)
		return E_FUNDS;
	for (u32 i = 0; i < ext->group_count && !error; i++) {
		error = group_load(ext, i, why);
		ext->free_blocks += ext->groups[i].free_blocks;
		ext->free_inodes += ext->groups[i].free_inodes;
	}
	if (error)
		return error;
	*why = "no memory";
	return zones_make(ext);
}

static void group_give(const struct ext *ext, const struct ext_group *group, u32 number,
                       struct ext_desc *desc)
{
	desc->free_blocks = (u16)group->free_blocks;
	desc->free_inodes = (u16)group->free_inodes;
	desc->used_dirs = (u16)group->used_dirs;
	if (ext->uninit) {
		desc->itable_unused = (u16)group->itable_unused;
		desc->flags = group->flags;
	}
	if (desc_wide(ext)) {
		desc->free_blocks_high = (u16)(group->free_blocks >> 16);
		desc->free_inodes_high = (u16)(group->free_inodes >> 16);
		desc->used_dirs_high = (u16)(group->used_dirs >> 16);
		desc->itable_unused_high = (u16)(group->itable_unused >> 16);
	}
	if (ext->desc_csum)
		desc->checksum = desc_checksum(ext, number, desc);
}

err_t ext_groups_store(struct ext *ext)
{
	for (u32 i = 0; i < ext->group_count; i++) {
		struct buffer *buffer;
		struct ext_desc *desc;
		if (!ext->groups[i].dirty)
			continue;
		err_t error = desc_get(ext, i, &buffer, &desc);
		if (error)
			return error;
		group_give(ext, &ext->groups[i], i, desc);
		ext->groups[i].dirty = false;
		cache_dirty(&ext->cache, buffer, BUFFER_METADATA);
		cache_put(&ext->cache, buffer);
	}
	return OK;
}
