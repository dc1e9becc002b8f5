/* SPDX-License-Identifier: MIT */
/* A block device: set-up by calls, transfers over a shared ring.
 *
 * The client makes one segment (segment_contiguous is not needed: pages are pinned and addressed
 * one by one) that holds struct block_ring in its first page(s) and then data pages. It writes
 * requests at `submitted`, the driver completions at `completed`; each is written by one side only
 * and only grows (mod 2^32). The other side is signalled only if its `sleeping` flag is set. Both
 * sides treat the ring as untrusted: copy an entry, then check, then use. */
#pragma once

#include "proto/proto.h"

INTERFACE(block, 9)

enum { BLOCK_RING_ENTRIES = 64, BLOCK_SECTOR = 512, BLOCK_PAGES_MAX = 32 };
enum block_operation { BLOCK_READ = 1, BLOCK_WRITE = 2, BLOCK_FLUSH = 3 };

struct block_request {
	u32 operation, tag;
	u64 sector;  /* of BLOCK_SECTOR bytes, relative to the gate's part of the disk */
	u32 sectors; /* at most BLOCK_PAGES_MAX * 8 */
	u32 page;    /* first data page: index in the segment; data is contiguous in the segment */
};
struct block_completion {
	u32 tag, error; /* err_t */
};
struct block_ring {
	/* client's */
	u32 submitted;
	u32 client_sleeping;
	u32 reserved1[14];
	/* driver's */
	u32 completed;
	u32 driver_sleeping;
	u32 reserved2[14];
	struct block_request requests[BLOCK_RING_ENTRIES];
	struct block_completion completions[BLOCK_RING_ENTRIES];
};
_Static_assert(sizeof(struct block_ring) <= PAGE_SIZE, "block_ring fits a page");

struct block_info {
	u64 sectors;
	u32 readonly, sector_size; /* sector_size: the device's own, a multiple of 512 */
	u32 flush, reserved;       /* flush: the device has a write cache */
};
RPC(1) err_t block_info(cap_t block, struct block_info *info);

/* Use `segment` (`pages` long, ring first) from now on; `event`'s `bits` are signalled for
 * completions; `doorbell` is the event that the client signals (any bit) for submissions. One
 * client a gate; a second call replaces the first. The driver's bank pays for little: E_FUNDS. */
RPC(2)
err_t block_attach(cap_t block, u64 pages, u64 bits, cap_t segment, cap_t event, cap_t *doorbell);

/* A gate to part of the disk: [sector, sector + sectors). */
RPC(3) err_t block_part(cap_t block, u64 sector, u64 sectors, cap_t *part);

/* Partition `number` (1..) as the disk's GPT says; its type and unique GUIDs. E_NOENT. */
struct block_partition {
	u64 sector, sectors, type[2], unique[2];
};
RPC(4) err_t block_partition(cap_t block, u32 number, struct block_partition *partition);
