/* SPDX-License-Identifier: MIT */
/* The way through a tree of extents, for extent.c and extent_change.c. */
#pragma once

#include "ext.h"

struct extent_level {
	struct ext_extent_header *header;
	struct buffer *buffer; /* that holds it; NULL: the inode */
	i32 at;                /* the entry that was followed; in a leaf -1: before the first */
};
struct extent_path {
	u32 depth;
	struct extent_level level[EXTENT_DEPTH_MAX + 1]; /* [0] is the root, [depth] the leaf */
};

/* To the last extent that begins at or before `logical`; path_end if that went well. All on the way
 * has been checked. */
MUST_CHECK err_t path_find(struct ext_node *node, u64 logical, struct extent_path *path);
void path_end(struct ext_node *node, struct extent_path *path);
struct ext_extent *path_extents(const struct extent_path *path);

bool extent_unwritten(const struct ext_extent *e);
u32 extent_count(const struct ext_extent *e);
u64 extent_start(const struct ext_extent *e);
