/* SPDX-License-Identifier: MIT */
/* The superblock: mounting, and the mark that says whether all on disk fits together. The mark is
 * taken off on disk before anything else is changed there, and set again when everything has been
 * written and nobody is changing anything. */
#include <stdlib.h>
#include <string.h>

#include "ext.h"

enum {
	INCOMPAT_KNOWN = INCOMPAT_FILETYPE | INCOMPAT_RECOVER | INCOMPAT_EXTENTS | INCOMPAT_64BIT |
	                 INCOMPAT_FLEX_BG,
	RO_COMPAT_KNOWN = RO_COMPAT_SPARSE_SUPER | RO_COMPAT_LARGE_FILE | RO_COMPAT_HUGE_FILE |
	                  RO_COMPAT_GDT_CSUM | RO_COMPAT_DIR_NLINK | RO_COMPAT_EXTRA_ISIZE,
	COMPAT_SPARSE_SUPER2 = 0x200,
};

static const char *const incompat_names[32] = {
	"compression",
	"filetype",
	"needs_recovery",
	"journal_dev",
	"meta_bg",
	NULL,
	"extent",
	"64bit",
	"mmp",
	"flex_bg",
	"ea_inode",
	NULL,
	"dirdata",
	"metadata_csum_seed",
	"large_dir",
	"inline_data",
	"encrypt",
	"casefold",
};
static const char *const ro_compat_names[32] = {
	"sparse_super", "large_file", "btree_dir",     "huge_file", "uninit_bg",      "dir_nlink",
	"extra_isize",  "snapshot",   "quota",         "bigalloc",  "metadata_csum",  "replica",
	"read-only",    "project",    "shared_blocks", "verity",    "orphan_present",
};

/* The names of the bits, for people. The text stays until the next call. */
static const char *feature_text(const char *before, u32 bits, const char *const names[32])
{
	static char text[256];
	size_t used = strlen(before);

	memcpy(text, before, used);
	for (u32 bit = 0; bit < 32; bit++) {
		const char *name = names[bit] ? names[bit] : "(unknown)";
		size_t size = strlen(name);
		if (!(bits >> bit & 1) || used + size + 2 > sizeof(text))
			continue;
		text[used++] = ' ';
		memcpy(text + used, name, size);
		used += size;
	}
	text[used] = 0;
	return text;
}

static bool power_of_two(u64 x) { return x && !(x & (x - 1)); }

static u64 super_blocks(const struct ext_super *super)
{
	bool wide = super->incompat & INCOMPAT_64BIT;

	return super->blocks_count | (wide ? (u64)super->blocks_count_high << 32 : 0);
}

/* Is the shape of the file system possible? NULL, or why not. */
static const char *super_check_shape(const struct ext_super *super, u64 disk_size)
{
	u64 block_size = 1024ull << super->log_block_size, blocks = super_blocks(super);
	u64 groups;

	if (super->inode_size < EXT_GOOD_OLD_INODE_SIZE || super->inode_size > block_size ||
	    !power_of_two(super->inode_size))
		return "its inodes have an impossible size";
	if (super->first_data_block != (block_size == 1024) ||
	    blocks <= super->first_data_block + 8)
		return "it has an impossible number of blocks";
	if (super->blocks_per_group == 0 || super->blocks_per_group > 8 * block_size ||
	    super->blocks_per_group % 8)
		return "its groups have an impossible size";
	if (super->inodes_per_group == 0 || super->inodes_per_group > 8 * block_size ||
	    super->inodes_per_group % 8)
		return "its groups have an impossible number of inodes";
	groups = (blocks - super->first_data_block + super->blocks_per_group - 1) /
	         super->blocks_per_group;
	if (groups > 1u << 24 || groups * super->inodes_per_group != super->inodes_count)
		return "its number of inodes is wrong";
	if (super->first_ino < 11 || super->first_ino > super->inodes_count)
		return "its first inode is out of range";
	if (blocks > disk_size / block_size)
		return "it is larger than its disk: the disk is cut short";
	return NULL;
}

/* *readonly is set if it may not be written to. */
static const char *super_check(struct ext_super *super, u64 disk_size, bool *readonly)
{
	u32 unknown = super->incompat & ~(u32)INCOMPAT_KNOWN;

	if (super->magic != EXT_MAGIC)
		return "there is no ext2, ext3 or ext4 file system (wrong magic number)";
	if (super->log_block_size > 2)
		return "its block size is not 1, 2 or 4 KiB";
	if (super->revision == 0) {
		super->first_ino = 11;
		super->inode_size = EXT_GOOD_OLD_INODE_SIZE;
		super->compat = super->incompat = super->ro_compat = 0;
		*readonly = true; /* these fields are not ours to write */
		unknown = 0;
	}
	if (unknown)
		return feature_text("it has features that are not supported:", unknown,
		                    incompat_names);
	if (super->incompat & INCOMPAT_64BIT &&
	    (super->desc_size < 64 || !power_of_two(super->desc_size) ||
	     super->desc_size > 1024u << super->log_block_size))
		return "its group descriptors have an impossible size";
	unknown = super->ro_compat & ~(u32)RO_COMPAT_KNOWN;
	if (unknown && !*readonly) {
		rt_log("%s: mounted read-only",
		       feature_text("features that are not supported for writing:", unknown,
		                    ro_compat_names));
		*readonly = true;
	}
	if ((super->incompat & INCOMPAT_RECOVER || super->compat & COMPAT_SPARSE_SUPER2) &&
	    !*readonly) {
		rt_log("%s: mounted read-only",
		       super->incompat & INCOMPAT_RECOVER
		               ? "its journal holds changes (run e2fsck)"
		               : "sparse_super2 is not supported for writing");
		*readonly = true;
	}
	return super_check_shape(super, disk_size);
}

static void super_take(struct ext *ext)
{
	const struct ext_super *super = ext->super;
	bool wide = super->incompat & INCOMPAT_64BIT;

	ext->blocks = super_blocks(super);
	ext->inodes = super->inodes_count;
	ext->first_ino = super->first_ino;
	ext->inode_size = super->inode_size;
	ext->blocks_per_group = super->blocks_per_group;
	ext->inodes_per_group = super->inodes_per_group;
	ext->first_block = super->first_data_block;
	ext->group_count = (u32)((ext->blocks - ext->first_block + ext->blocks_per_group - 1) /
	                         ext->blocks_per_group);
	ext->desc_size = wide ? super->desc_size : EXT_DESC_SIZE_MIN;
	ext->extents = super->incompat & INCOMPAT_EXTENTS;
	ext->filetype = super->incompat & INCOMPAT_FILETYPE;
	ext->desc_csum = super->ro_compat & RO_COMPAT_GDT_CSUM;
	ext->uninit = ext->desc_csum;
	ext->was_valid = (super->state & (EXT_STATE_VALID | EXT_STATE_ERROR)) == EXT_STATE_VALID;
	ext->marked_valid = super->state & EXT_STATE_VALID;
}

static void ext_init(struct ext *ext, struct disk *disk, bool readonly)
{
	memset(ext, 0, sizeof(*ext));
	ext->disk = disk;
	fiber_lock_init(&ext->alloc_lock);
	fiber_lock_init(&ext->state_lock);
	fiber_queue_init(&ext->loaded);
	list_init(&ext->orphans);
	list_init(&ext->unused);
	for (int i = 0; i < EXT_NODE_BUCKETS; i++)
		list_init(&ext->nodes[i]);
	ext->fs.ops = &ext_ops;
	ext->fs.name_max = EXT_NAME_MAX;
	ext->fs.type = EXT_MAGIC;
	ext->fs.readonly = readonly || disk_readonly(disk);
}

/* Read the superblock without knowing the block size, and start the cache with it. */
static err_t super_load(struct ext *ext, u32 cache_blocks, const char **why)
{
	struct ext_super *super = malloc(sizeof(*super));
	err_t error;

	*why = "no memory";
	if (!super)
		return E_FUNDS;
	*why = "its superblock cannot be read";
	error = disk_sectors(ext->disk) < 4
	                ? E_CORRUPT
	                : disk_transfer(ext->disk, BLOCK_READ, EXT_SUPER_OFFSET / BLOCK_SECTOR,
	                                super, sizeof(*super));
	if (!error &&
	    (*why = super_check(super, disk_sectors(ext->disk) * BLOCK_SECTOR, &ext->fs.readonly)))
		error = E_CORRUPT;
	if (!error) {
		ext->block_shift = 10 + super->log_block_size;
		ext->block_size = 1u << ext->block_shift;
		/* `cache_blocks` is meant for blocks of 4 KiB. */
		cache_blocks <<= 2 - super->log_block_size;
		*why = "no memory";
		error = cache_start(&ext->cache, ext->disk, ext->block_size, cache_blocks);
	}
	free(super);
	if (!error)
		error = cache_get(&ext->cache, EXT_SUPER_OFFSET / ext->block_size, BUFFER_READ,
		                  &ext->super_buffer);
	if (error)
		return error;
	ext->super =
	        (struct ext_super *)(ext->super_buffer->data + EXT_SUPER_OFFSET % ext->block_size);
	/* What was checked need not be what is there now. */
	bool again = true;
	*why = super_check(ext->super, disk_sectors(ext->disk) * BLOCK_SECTOR, &again);
	return *why || 10 + ext->super->log_block_size != ext->block_shift ? E_CORRUPT : OK;
}

static void super_limits(struct ext *ext)
{
	u64 blocks = ext_map_max(ext, ext->extents);
	/* i_blocks counts 512 bytes in 32 bits; leave room for the map's own blocks. */
	u64 counted = (1ull << 32) * 512 - (1ull << 32);

	ext->fs.block_size = ext->block_size;
	ext->fs.size_max = ext_min(blocks * ext->block_size, counted);
	ext->fs.links_max = ext->extents ? EXT_LINKS_MAX : EXT_LINKS_MAX_OLD;
	memcpy(&ext->fs.dev, ext->super->uuid, sizeof(ext->fs.dev));
	ext->fs.dev = (ext->fs.dev ^ ext->fs.dev >> 32) & 0xfffff;
}

err_t ext_mount(struct ext *ext, struct disk *disk, u32 cache_blocks, bool readonly,
                const char **why)
{
	ext_init(ext, disk, readonly);
	err_t error = super_load(ext, cache_blocks, why);
	if (error)
		return error;
	super_take(ext);
	super_limits(ext);
	error = ext_groups_load(ext, why);
	if (error)
		return error;
	*why = "its root directory is damaged";
	error = ext_node_get(ext, EXT_ROOT_INO, false, &ext->fs.root);
	if (!error && !node_is(ext->fs.root, MODE_DIR))
		error = E_CORRUPT;
	if (error)
		return error;
	*why = NULL;
	if (!ext->was_valid)
		rt_log("the file system was not shut down cleanly: e2fsck should look at it");
	if (!ext->fs.readonly && ext->super->last_orphan)
		orphans_end(ext);
	return OK;
}

void ext_unmount(struct ext *ext)
{
	ext_nodes_free(ext);
	if (ext->super_buffer)
		cache_put(&ext->cache, ext->super_buffer);
	if (ext->cache.hash)
		cache_stop(&ext->cache);
	free(ext->groups);
	free(ext->zones);
}

/* --- the mark --- */

static u32 now_s(void) { return (u32)(rt_realtime() / 1000000000ull); }

static err_t super_set_mark(struct ext *ext, bool valid)
{
	if (valid)
		ext->super->state |= EXT_STATE_VALID;
	else
		ext->super->state &= (u16)~EXT_STATE_VALID;
	ext->super->write_time = now_s();
	return cache_write(&ext->cache, ext->super_buffer);
}

err_t ext_begin(struct ext *ext)
{
	err_t error = OK;

	if (ext->fs.readonly)
		return E_READONLY;
	ext->active++;
	ext->changes++;
	if (ext->marked_valid) {
		fiber_lock_take(&ext->state_lock);
		if (ext->marked_valid)
			error = super_set_mark(ext, false);
		if (!error)
			ext->marked_valid = false;
		fiber_lock_give(&ext->state_lock);
	}
	if (error)
		ext->active--;
	else
		cache_throttle(&ext->cache);
	return error;
}

void ext_end(struct ext *ext) { ext->active--; }

static err_t super_store_counts(struct ext *ext)
{
	ext->super->free_blocks = (u32)ext->free_blocks;
	if (ext->super->incompat & INCOMPAT_64BIT)
		ext->super->free_blocks_high = (u32)(ext->free_blocks >> 32);
	ext->super->free_inodes = ext->free_inodes;
	cache_dirty(&ext->cache, ext->super_buffer, BUFFER_METADATA);
	fiber_lock_take(&ext->alloc_lock);
	err_t error = ext_groups_store(ext);
	fiber_lock_give(&ext->alloc_lock);
	return error;
}

err_t ext_sync_all(struct fs *fs)
{
	struct ext *ext = container_of(fs, struct ext, fs);
	u64 changes = ext->changes;

	if (fs->readonly || (ext->marked_valid && ext->cache.dirty_count == 0))
		return OK;
	err_t error = super_store_counts(ext);
	if (!error)
		error = cache_flush(&ext->cache);
	if (error)
		return error;
	fiber_lock_take(&ext->state_lock);
	bool quiet = ext->active == 0 && ext->changes == changes && list_empty(&ext->orphans);
	if (ext->was_valid && quiet && !ext->marked_valid) {
		/* First: whoever begins now waits for the lock and takes it off again. */
		ext->marked_valid = true;
		error = super_set_mark(ext, true);
	}
	fiber_lock_give(&ext->state_lock);
	return error;
}

err_t ext_sync_node(struct node *node, bool data_only)
{
	struct ext *ext = ext_of(node);
	(void)data_only;

	if (ext->fs.readonly || ext->cache.dirty_count == 0)
		return OK;
	err_t error = super_store_counts(ext);
	return error ? error : cache_flush(&ext->cache);
}

err_t ext_statfs(struct fs *fs, struct file_system_stat *st)
{
	const struct ext *ext = container_of(fs, struct ext, fs);
	u64 structure = ext->first_block, reserved = ext->super->reserved_blocks;

	for (u32 i = 0; i < ext->zone_count; i++)
		structure += ext->zones[i].end - ext->zones[i].start;
	st->blocks = ext->blocks - ext_min(structure, ext->blocks);
	st->blocks_free = ext->free_blocks;
	st->blocks_available = ext->free_blocks - ext_min(reserved, ext->free_blocks);
	st->files = ext->inodes;
	st->files_free = ext->free_inodes;
	st->flags = fs->readonly ? 1 : 0;
	return OK;
}

err_t ext_corrupt(struct ext *ext, u64 ino, const char *what)
{
	static u32 said;

	if (said < 20) {
		said++;
		rt_log("damaged: inode %lu: %s", (unsigned long)ino, what);
	}
	if (!ext->fs.readonly && ext->super) {
		ext->was_valid = false; /* it stays marked until e2fsck has been there */
		if (!(ext->super->state & EXT_STATE_ERROR)) {
			ext->super->state |= EXT_STATE_ERROR;
			cache_dirty(&ext->cache, ext->super_buffer, BUFFER_METADATA);
		}
	}
	return E_CORRUPT;
}
