/* SPDX-License-Identifier: MIT */
/* The ext2/ext4 file system: its state in memory, and what its files offer each other.
 *
 * Everything that is read from the disk is checked before it is used. Locks, beyond those of
 * fs/lib: alloc_lock for bitmaps and group counts, state_lock for the superblock's state and the
 * orphans; both are innermost, alloc_lock before state_lock. */
#pragma once

#include "cache.h"
#include "format.h"
#include "fs/lib/fs.h"

enum { EXT_NODE_BUCKETS = 128, EXT_NODES_UNUSED_MAX = 192 };

struct name_index;

/* Where names have led lately (dir_recall.c). */
enum { EXT_RECALLED = 256, EXT_RECALL_NAME = 43 };
struct ext_recalled {
	u64 dir; /* number of the directory's node in memory; 0: nothing */
	u32 hash, ino;
	u8 size;
	char name[EXT_RECALL_NAME];
};

struct ext_group {
	u64 block_bitmap, inode_bitmap, inode_table;
	u32 free_blocks, free_inodes, used_dirs, itable_unused;
	u16 flags;
	bool dirty;
	u32 first_free_inode; /* none is free below */
};

/* Blocks [start, end) hold structure, no file's data. */
struct ext_zone {
	u64 start, end;
};

struct ext {
	struct fs fs;
	struct disk *disk;
	struct cache cache;
	struct buffer *super_buffer; /* stays */
	struct ext_super *super;     /* in it */
	u32 block_size, block_shift;
	u64 blocks;
	u32 inodes, first_ino, inode_size;
	u32 blocks_per_group, inodes_per_group, group_count, desc_size;
	u64 first_block;
	bool extents, uninit, desc_csum, filetype;
	u64 free_blocks;
	u32 free_inodes;
	struct ext_group *groups;
	struct ext_zone *zones;
	u32 zone_count;
	struct fiber_lock alloc_lock, state_lock;
	bool was_valid;      /* when mounted: only then it may be marked so again */
	bool marked_valid;   /* on disk now */
	u32 active;          /* operations that change something, between ext_begin and ext_end */
	u64 changes;         /* counts them */
	struct list orphans; /* newest first, as on disk */
	struct list nodes[EXT_NODE_BUCKETS];
	struct list unused; /* nodes without users, least recently used first */
	u32 unused_count;
	struct fiber_queue loaded;
	u64 index_bytes; /* memory of all dir_index.c's tables */
	struct ext_recalled recalled[EXT_RECALLED];
	u64 nodes_made; /* in memory, since the mount */
};

struct ext_node {
	struct node node;
	struct list link;   /* in its bucket */
	struct list unused; /* in ext->unused */
	struct list orphan; /* in ext->orphans */
	bool loading, dead;
	u32 flags, generation, dtime, file_acl;
	u64 file_acl_high;
	u32 block[EXT_BLOCKS];    /* map, or a short link's text */
	u64 last_block;           /* allocated for it: the next goes behind it */
	u32 free_hint;            /* directory: no room for a name in blocks below */
	struct name_index *index; /* directory: see dir_index.c; may be NULL */
	bool index_refused;       /* it cannot have one now */
	u64 number;               /* among all nodes that were made in memory: never used again */
	u64 next_read;            /* offset behind the last read */
	u64 ahead_end;            /* read ahead as far as that */
	u32 ahead;                /* blocks to read ahead; 0: not sequential */
};

static inline struct ext *ext_of(const struct node *node)
{
	return container_of(node->fs, struct ext, fs);
}
static inline struct ext_node *ext_node_of(struct node *node)
{
	return container_of(node, struct ext_node, node);
}
static inline u64 ext_min(u64 a, u64 b) { return a < b ? a : b; }

/* --- super.c --- */

/* Mount what is on the disk. `readonly`: do not change it. On failure `why` says so in words. */
MUST_CHECK err_t ext_mount(struct ext *ext, struct disk *disk, u32 cache_blocks, bool readonly,
                           const char **why);
/* Give all memory back (tests; ext_sync_all first). */
void ext_unmount(struct ext *ext);
/* Around all that changes the disk's contents. */
MUST_CHECK err_t ext_begin(struct ext *ext);
void ext_end(struct ext *ext);
err_t ext_sync_all(struct fs *fs);
err_t ext_sync_node(struct node *node, bool data_only);
err_t ext_statfs(struct fs *fs, struct file_system_stat *st);
/* The data on disk is damaged: say so once in a while. Returns E_CORRUPT. */
err_t ext_corrupt(struct ext *ext, u64 ino, const char *what);

/* --- group.c --- */

MUST_CHECK err_t ext_groups_load(struct ext *ext, const char **why);
MUST_CHECK err_t ext_groups_store(struct ext *ext);
u64 ext_group_start(const struct ext *ext, u32 group);
u32 ext_group_blocks(const struct ext *ext, u32 group);
/* Blocks at a group's start that hold a copy of superblock and descriptors. */
u32 ext_group_super_blocks(const struct ext *ext, u32 group);
/* May these blocks belong to a file? */
bool ext_blocks_valid(const struct ext *ext, u64 block, u64 count);

/* --- alloc.c --- */

/* A free block at or behind `goal`. E_NOSPACE. */
MUST_CHECK err_t ext_block_alloc(struct ext *ext, u64 goal, u64 *block);
MUST_CHECK err_t ext_blocks_free(struct ext *ext, u64 block, u64 count);
MUST_CHECK err_t ext_inode_alloc(struct ext *ext, u32 parent_ino, bool directory, u32 *ino);
MUST_CHECK err_t ext_inode_free(struct ext *ext, u32 ino, bool directory);

/* --- inode.c --- */

/* The node with this number, with a reference. `orphan`: it may have no links. */
MUST_CHECK err_t ext_node_get(struct ext *ext, u32 ino, bool orphan, struct node **node);
/* A node for a new inode `ino`; the caller sets attributes and stores it. */
MUST_CHECK err_t ext_node_create(struct ext *ext, u32 ino, struct ext_node **node);
err_t ext_node_store(struct node *node);
/* Write back to the inode table; `fresh`: all of it, nothing is kept. */
MUST_CHECK err_t ext_node_write(struct ext_node *node, bool fresh);
void ext_node_release(struct node *node);
/* Forget a node that could not be made: not on disk, not in memory. */
void ext_node_discard(struct ext_node *node);
void ext_nodes_free(struct ext *ext);
/* Memory is short: give back half of the cache, and what nodes keep only to be faster. */
void ext_spare(struct fs *fs);
/* blocks is counted in 512 bytes. */
void ext_node_count(struct ext_node *node, i64 blocks);

/* --- map.c: where a file's blocks are; two kinds: indirect.c, extent.c with extent_change.c --- */

struct ext_run {
	u64 physical; /* 0: a hole */
	u32 count;    /* at least 1 */
	bool unwritten;
};
/* The run that begins at `logical`, at most `most` long. */
MUST_CHECK err_t ext_map_find(struct ext_node *node, u64 logical, u32 most, struct ext_run *run);
/* The block at `logical`, allocated if there is none: then `fresh`, and its contents on disk mean
 * nothing. */
MUST_CHECK err_t ext_map_make(struct ext_node *node, u64 logical, u64 *physical, bool *fresh);
/* Free all blocks from `logical` on. */
MUST_CHECK err_t ext_map_cut(struct ext_node *node, u64 logical);
/* The map of a new file. */
void ext_map_init(struct ext_node *node, bool extents);
/* Blocks that a file of this kind can have. */
u64 ext_map_max(const struct ext *ext, bool extents);
/* Where to look for a block for `logical`, if nothing better is known. */
u64 ext_map_goal(struct ext_node *node, u64 near);

MUST_CHECK err_t indirect_find(struct ext_node *node, u64 logical, u32 most, struct ext_run *run);
MUST_CHECK err_t indirect_make(struct ext_node *node, u64 logical, u64 *physical, bool *fresh);
MUST_CHECK err_t indirect_cut(struct ext_node *node, u64 logical);
u64 indirect_max(u32 block_size);

MUST_CHECK err_t extent_find(struct ext_node *node, u64 logical, u32 most, struct ext_run *run);
MUST_CHECK err_t extent_make(struct ext_node *node, u64 logical, u64 *physical, bool *fresh);
MUST_CHECK err_t extent_cut(struct ext_node *node, u64 logical);

/* --- file.c --- */

err_t ext_read(struct node *node, u64 offset, size_t size, struct sink *sink);
err_t ext_write(struct node *node, u64 offset, size_t size, struct source *source, size_t *done);
err_t ext_resize(struct node *node, u64 size);
err_t ext_allocate(struct node *node, u64 offset, u64 size, bool keep_size);
err_t ext_seek(struct node *node, bool hole, u64 *offset);
err_t ext_readlink(struct node *node, char *target, size_t size, size_t *length);
bool ext_link_fast(const struct ext_node *node);
/* Write a link's text into the new node. */
MUST_CHECK err_t ext_link_write(struct ext_node *node, const char *target, size_t size);

/* --- dir.c --- */

/* dir_recall.c, under the directory's lock: what name in `dir` leads to, or 0: look for it. */
u32 dir_recall(const struct ext_node *dir, const char *name, size_t size);
void dir_remember(const struct ext_node *dir, const char *name, size_t size, u32 ino);
/* The name leads there no more. */
void dir_forget(const struct ext_node *dir, const char *name, size_t size);

/* Where an entry is: it lies in `buffer`, which is to be put. */
struct ext_slot {
	struct buffer *buffer;
	u32 offset, previous; /* of the entry before it in the block; the same: none */
	u32 index;            /* of the block in the directory */
};
MUST_CHECK err_t dir_find(struct ext_node *dir, const char *name, size_t size,
                          struct ext_slot *slot);
MUST_CHECK err_t dir_add(struct ext_node *dir, const char *name, size_t size,
                         const struct ext_node *node);
/* Take the entry out; puts the buffer. */
void dir_take(struct ext_node *dir, struct ext_slot *slot);
/* Let the entry lead to another node; puts the buffer. */
void dir_change(struct ext_node *dir, struct ext_slot *slot, const struct ext_node *node);
/* The first block of a new directory. */
MUST_CHECK err_t dir_start(struct ext_node *dir, const struct ext_node *parent);
/* OK, or E_NOTEMPTY. */
MUST_CHECK err_t dir_check_empty(struct ext_node *dir);
u32 dir_entry_ino(const struct ext_slot *slot);
err_t ext_list(struct node *dir, u64 *position, struct list_sink *sink);

/* --- names.c, rename.c, orphan.c --- */

err_t ext_lookup(struct node *dir, const char *name, size_t size, struct node **node);
err_t ext_create(struct node *dir, const char *name, size_t size, const struct node_make *make,
                 struct node **node);
err_t ext_link(struct node *dir, const char *name, size_t size, struct node *node);
err_t ext_remove(struct node *dir, const char *name, size_t size, struct node *node);
err_t ext_rename(const struct rename *rename);
/* One link less; without links it becomes an orphan. For a directory: it is empty, both its links
 * go. */
MUST_CHECK err_t ext_drop_link(struct ext_node *node);

MUST_CHECK err_t orphan_add(struct ext_node *node);
MUST_CHECK err_t orphan_remove(struct ext_node *node);
/* End what was unlinked but open when the system stopped. */
void orphans_end(struct ext *ext);

extern const struct fs_ops ext_ops;
