/* SPDX-License-Identifier: MIT */
/* The disk below a file system: transfers that are started, and tell when they are done. */
#pragma once

#include "proto/block.h"
#include "rt/fiber.h"

enum { DISK_PIECES_MAX = 32, DISK_TRANSFER_MAX = 64 << 10 };

/* One transfer of `count` pieces of memory of piece_size bytes each, which are one after the other
 * on the disk. */
struct disk_io {
	struct list link;
	u32 operation; /* BLOCK_* */
	u32 count, piece_size;
	u64 sector;
	void *pieces[DISK_PIECES_MAX];
	/* Called on any stack, when it is over; must not wait. */
	void (*done)(struct disk_io *io, err_t error);
	void *cookie;
	u32 page, pages; /* the disk's own: of the ring's data */
};

struct disk;

/* At most DISK_TRANSFER_MAX bytes. The pieces must stay until `done`. */
void disk_submit(struct disk *disk, struct disk_io *io);
/* On a fiber: wait for `queue`, which some `done` wakes. Before the server's loop runs: until some
 * transfer is over. Look again then. */
void disk_wait(struct disk *disk, struct fiber_queue *queue);
u64 disk_sectors(const struct disk *disk);
bool disk_readonly(const struct disk *disk);
/* One transfer, from its start to its end. */
MUST_CHECK err_t disk_transfer(struct disk *disk, u32 operation, u64 sector, void *data, u32 size);
