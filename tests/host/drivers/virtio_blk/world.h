/* SPDX-License-Identifier: MIT */
/* The block driver between a simulated disk and simulated clients, both of which may lie. */
#pragma once

#include "../fake/fake.h"
#include "device.h"
#include "test.h"

enum { GUEST_PAGES = 300 };

/* A client as proto/block.h wants it. */
struct guest {
	struct block_ring *ring;
	u8 *bytes;
	cap_t segment, event, doorbell;
	u32 seen;
};

extern struct disk *disk;
extern struct server server;
extern struct guest guest; /* of the whole disk */
extern bool ring_gone;     /* accesses to rings fail */

/* A device; it may be changed before world_make's steps are taken by hand. */
void world_begin(void);
/* A device, the driver serving it, and `guest`. */
void world_make(void);
/* Attach a client with GUEST_PAGES pages to `part`. */
void guest_make(struct guest *made, struct part *part);

void submit(struct guest *from, u32 operation, u32 tag, u64 sector, u32 sectors, u32 page);
/* An interrupt, or the doorbell. */
void driver_run(void);
/* Driver and device, until nothing moves any more. */
void all_run(void);
/* The next completion's error. */
u32 completed(struct guest *from, u32 *tag);
/* Of one request of `guest`, done to the end. */
u32 error_of(u32 operation, u64 sector, u32 sectors, u32 page);
