/* SPDX-License-Identifier: MIT */
/* What ext2, ext3 and ext4 file systems look like on disk; all numbers are little-endian, as this
 * machine's. */
#pragma once

#include "abi/types.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "the structs are read as they lie on disk");

enum {
	EXT_MAGIC = 0xef53,
	EXT_SUPER_OFFSET = 1024, /* bytes from the start, whatever the block size */
	EXT_ROOT_INO = 2,
	EXT_NAME_MAX = 255,
	EXT_LINKS_MAX = 65000,
	EXT_LINKS_MAX_OLD = 32000,
	EXT_BLOCKS = 15, /* words of i_block */
	EXT_FAST_LINK_MAX = 59,
	EXT_GOOD_OLD_INODE_SIZE = 128,
};

struct ext_super {
	u32 inodes_count, blocks_count, reserved_blocks, free_blocks;
	u32 free_inodes, first_data_block, log_block_size, log_cluster_size;
	u32 blocks_per_group, clusters_per_group, inodes_per_group, mount_time;
	u32 write_time;
	u16 mount_count, mount_count_max;
	u16 magic, state;
	u16 errors, minor_revision;
	u32 check_time, check_interval, creator, revision;
	u16 reserved_uid, reserved_gid;
	/* revision 1 */
	u32 first_ino;
	u16 inode_size, group_number;
	u32 compat, incompat, ro_compat;
	u8 uuid[16];
	char name[16], last_mounted[64];
	u32 algorithms;
	u8 prealloc_blocks, prealloc_dir_blocks;
	u16 reserved_gdt_blocks;
	u8 journal_uuid[16];
	u32 journal_ino, journal_dev, last_orphan;
	u32 hash_seed[4];
	u8 hash_version, journal_backup;
	u16 desc_size;
	u32 mount_options, first_meta_bg, mkfs_time;
	u32 journal_blocks[17];
	u32 blocks_count_high, reserved_blocks_high, free_blocks_high;
	u16 min_extra_isize, want_extra_isize;
	u32 flags;
	u16 raid_stride, mmp_interval;
	u64 mmp_block;
	u32 raid_stripe_width;
	u8 log_groups_per_flex, checksum_type;
	u16 reserved1;
	u64 kbytes_written;
	u32 reserved2[159];
	u32 checksum;
};
_Static_assert(sizeof(struct ext_super) == 1024, "ext_super");
_Static_assert(offsetof(struct ext_super, journal_blocks) == 0x10c, "ext_super.journal_blocks");

enum ext_state { EXT_STATE_VALID = 1, EXT_STATE_ERROR = 2 };

enum ext_compat { COMPAT_HAS_JOURNAL = 4, COMPAT_DIR_INDEX = 0x20 };
enum ext_incompat {
	INCOMPAT_FILETYPE = 2,
	INCOMPAT_RECOVER = 4,
	INCOMPAT_EXTENTS = 0x40,
	INCOMPAT_64BIT = 0x80,
	INCOMPAT_FLEX_BG = 0x200,
};
enum ext_ro_compat {
	RO_COMPAT_SPARSE_SUPER = 1,
	RO_COMPAT_LARGE_FILE = 2,
	RO_COMPAT_HUGE_FILE = 8,
	RO_COMPAT_GDT_CSUM = 0x10,
	RO_COMPAT_DIR_NLINK = 0x20,
	RO_COMPAT_EXTRA_ISIZE = 0x40,
};

struct ext_desc {
	u32 block_bitmap, inode_bitmap, inode_table;
	u16 free_blocks, free_inodes, used_dirs, flags;
	u32 exclude_bitmap;
	u16 block_bitmap_csum, inode_bitmap_csum, itable_unused, checksum;
	/* with INCOMPAT_64BIT and desc_size >= 64 */
	u32 block_bitmap_high, inode_bitmap_high, inode_table_high;
	u16 free_blocks_high, free_inodes_high, used_dirs_high, itable_unused_high;
	u32 exclude_bitmap_high;
	u16 block_bitmap_csum_high, inode_bitmap_csum_high;
	u32 reserved;
};
_Static_assert(sizeof(struct ext_desc) == 64, "ext_desc");
enum { EXT_DESC_SIZE_MIN = 32 };
enum ext_desc_flag { DESC_INODE_UNINIT = 1, DESC_BLOCK_UNINIT = 2, DESC_INODE_ZEROED = 4 };

struct ext_inode {
	u16 mode, uid;
	u32 size, atime, ctime, mtime, dtime;
	u16 gid, links;
	u32 blocks, flags, version;
	u32 block[EXT_BLOCKS];
	u32 generation, file_acl, size_high, fragment;
	u16 blocks_high, file_acl_high, uid_high, gid_high, checksum_low, reserved;
	/* beyond 128 bytes */
	u16 extra_isize, checksum_high;
	u32 ctime_extra, mtime_extra, atime_extra, crtime, crtime_extra, version_high, project;
};
_Static_assert(sizeof(struct ext_inode) == 160, "ext_inode");
_Static_assert(offsetof(struct ext_inode, extra_isize) == EXT_GOOD_OLD_INODE_SIZE,
               "ext_inode.extra_isize");

enum ext_inode_flag {
	INODE_IMMUTABLE = 0x10,
	INODE_APPEND = 0x20,
	INODE_INDEX = 0x1000,      /* a hashed directory */
	INODE_HUGE_FILE = 0x40000, /* blocks are counted in blocks, not in 512 bytes */
	INODE_EXTENTS = 0x80000,
	INODE_INHERITED = 0xff & ~0x4, /* of a new file from its directory: none that we keep */
	INODE_REFUSED = 0x10000000 | 0x800, /* inline data, encrypted */
};

struct ext_dirent {
	u32 ino;
	u16 size; /* of the entry */
	u8 name_size, type;
	char name[];
};
enum { DIRENT_HEAD = 8 };

struct ext_extent_header {
	u16 magic, entries, max, depth;
	u32 generation;
};
struct ext_extent {
	u32 logical;
	u16 count, start_high;
	u32 start;
};
struct ext_extent_index {
	u32 logical, leaf;
	u16 leaf_high, unused;
};
_Static_assert(sizeof(struct ext_extent) == 12 && sizeof(struct ext_extent_index) == 12, "extents");
enum { EXTENT_MAGIC = 0xf30a, EXTENT_COUNT_MAX = 32768, EXTENT_DEPTH_MAX = 5 };
