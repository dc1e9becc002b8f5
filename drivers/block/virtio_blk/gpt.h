/* SPDX-License-Identifier: MIT */
/* GUID partition tables (UEFI 2.10, chapter 5), as they are found on a disk that nobody vouches
 * for. */
#pragma once

#include "proto/block.h"

enum { GPT_PARTITIONS_MAX = 32 };

struct gpt {
	u32 count; /* entries of `partition` in use are those with sectors > 0 */
	struct block_partition partition[GPT_PARTITIONS_MAX]; /* [n - 1] is partition n; sectors of
	                                                         BLOCK_SECTOR bytes */
};

/* What the table is read with: one page of the disk from `sector` (of BLOCK_SECTOR bytes) on, or
 * less at its end. */
struct gpt_source {
	err_t (*read)(struct gpt_source *source, u64 sector, u8 page[PAGE_SIZE]);
	u64 sectors;     /* of the disk, of BLOCK_SECTOR bytes */
	u32 sector_size; /* the disk's own: what GPT counts in */
	u8 *page;        /* PAGE_SIZE bytes to work with */
};

/* The primary table, or if that is damaged the backup. E_NOENT: there is none; E_CORRUPT: both are
 * damaged; or the error of reading. Partitions that reach beyond the disk or overlap the tables are
 * left out. */
MUST_CHECK err_t gpt_read(struct gpt_source *source, struct gpt *gpt);

u32 crc32(u32 crc, const void *data, size_t size); /* begin with 0 */
