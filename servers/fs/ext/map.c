/* SPDX-License-Identifier: MIT */
/* Where a file's blocks are: the one interface to block maps and extents. */
#include <string.h>

#include "ext.h"

err_t ext_map_find(struct ext_node *x, u64 logical, u32 most, struct ext_run *run)
{
	return x->flags & INODE_EXTENTS ? extent_find(x, logical, most, run)
	                                : indirect_find(x, logical, most, run);
}

err_t ext_map_make(struct ext_node *x, u64 logical, u64 *physical, bool *fresh)
{
	*fresh = false;
	return x->flags & INODE_EXTENTS ? extent_make(x, logical, physical, fresh)
	                                : indirect_make(x, logical, physical, fresh);
}

err_t ext_map_cut(struct ext_node *x, u64 logical)
{
	x->last_block = 0;
	return x->flags & INODE_EXTENTS ? extent_cut(x, logical) : indirect_cut(x, logical);
}

void ext_map_init(struct ext_node *x, bool extents)
{
	memset(x->block, 0, sizeof(x->block));
	if (!extents)
		return;
	x->flags |= INODE_EXTENTS;
	struct ext_extent_header *root = (struct ext_extent_header *)(void *)x->block;
	root->magic = EXTENT_MAGIC;
	root->max = (sizeof(x->block) - sizeof(*root)) / sizeof(struct ext_extent);
}

u64 ext_map_max(const struct ext *ext, bool extents)
{
	return extents ? UINT32_MAX : indirect_max(ext->block_size);
}

u64 ext_map_goal(struct ext_node *x, u64 near)
{
	struct ext *ext = ext_of(&x->node);

	if (near)
		return near + 1;
	if (x->last_block)
		return x->last_block + 1;
	return ext_group_start(ext, (u32)(x->node.ino - 1) / ext->inodes_per_group);
}
