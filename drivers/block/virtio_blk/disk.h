/* SPDX-License-Identifier: MIT */
/* The virtio block driver's structures (virtio 1.2, 5.2).
 *
 * A client's ring holds requests; a request that has been checked takes a slot; a slot is sent to
 * the device in one or more pieces, and again if it has to be. Slots are in one of three lists:
 *
 *	free --client_take--> waiting --slot_send--> sent --completion--> free (answered)
 *	                         ^                     |
 *	                         +---- next piece, retry, reset of the device */
#pragma once

#include "gpt.h"
#include "lib/virtio.h"
#include "rt/rt.h"

enum {
	DISK_SLOTS = BLOCK_RING_ENTRIES,
	DISK_PARTS = 32,
	DISK_CLIENTS = 32, /* those included that only wait for their last transfers */
	DISK_SEGMENTS = BLOCK_PAGES_MAX, /* most pieces of memory in one request to the device */
	CLIENT_PAGES_MAX = 2048,
	SLOT_TRIES = 2,
	DISK_BAD_MAX = 16,   /* nonsense from the device before we give up on it */
	DISK_SILENT_MAX = 8, /* ticks in a row that found completions without an interrupt */
	DISK_RESETS_MAX = 4, /* resets without a success in between */
};
#define SLOT_DEADLINE_NS 30000000000ull
#define DISK_TICK_NS     1000000000ull /* how often we look after a device that is at work */

/* What the device reads and writes for a slot, besides the data; DMA memory. */
struct slot_memory {
	struct virtqueue_descriptor table[DISK_SEGMENTS + 2];
	struct {
		u32 type, reserved;
		u64 sector;
	} header;
	u8 status;
	u8 padding[15];
};
_Static_assert(sizeof(struct slot_memory) == 576, "slot_memory");
enum { SLOTS_PER_PAGE = PAGE_SIZE / sizeof(struct slot_memory) };

struct slot {
	struct list link;
	struct client *client;        /* NULL: the driver's own request */
	struct block_request request; /* checked; `sector` counts from the start of the disk */
	u32 done, piece;              /* sectors that are through, and that are at the device */
	u32 tries;
	u64 deadline;
	struct slot_memory *memory;
	paddr_t memory_addr;
};

/* Who has attached to a gate. */
struct client {
	struct list link;  /* disk->clients */
	struct part *part; /* NULL: it is gone, and the rest waits for its last transfers */
	cap_t segment, event;
	u64 bits;
	struct rt_source doorbell;
	struct disk *disk;
	struct block_ring *ring;
	u32 pages;
	u32 taken, completed; /* our own counts: the ring's could be changed by the client */
	u32 in_flight;
	bool broken;   /* its ring made no sense or is gone: nothing is taken from it any more */
	bool signal;   /* completions to tell it of */
	bool sleeping; /* what we last said in driver_sleeping */
	u64 sector, sectors; /* its part */
	u64 address[];       /* of its pages, as the device sees them; 0: not asked yet */
};

/* What a gate leads to: label = index. Part 0 is the whole disk. */
struct part {
	bool used;
	u64 sector, sectors;
	struct client *client;
};

struct disk {
	cap_t pci, interrupt;
	struct virtio virtio;
	struct virtqueue queue;
	struct block_info info;
	u32 segments; /* of data in one request that the device takes */
	struct rt_source interrupts, ticks;
	bool ticking;
	u32 bad, resets, silent; /* silent: completions found without an interrupt, in a row */
	struct dma memory[(DISK_SLOTS + SLOTS_PER_PAGE - 1) / SLOTS_PER_PAGE];
	struct dma own; /* the driver's own page */
	struct slot slots[DISK_SLOTS];
	struct list free, waiting, sent; /* slots; `sent` by age */
	struct list clients;
	u32 client_count;
	struct part parts[DISK_PARTS];
	struct server *server;
	struct gpt gpt;
	err_t gpt_error;
	bool own_done;
	err_t own_error;
};

/* --- disk.c --- */

/* Claim a device, set it going, and read the partition table. */
MUST_CHECK err_t disk_open(struct disk *disk);
/* Bring the device from any state to work: the first start, and each one after a reset. */
MUST_CHECK err_t disk_start(struct disk *disk);
/* From now on interrupts come through the server's port. */
MUST_CHECK err_t disk_serve(struct disk *disk, struct server *server);

/* --- transfer.c --- */

/* Send what waits as far as the queue has room. */
void disk_send(struct disk *disk);
/* Take what the device has completed; the number of slots. */
u32 disk_complete(struct disk *disk);
/* The device is not to be trusted further: reset it, and send again what it had. Ends the driver if
 * it cannot be brought back. */
void disk_recover(struct disk *disk, const char *why);
/* Deadlines, lost interrupts, dead clients. */
void disk_tick(struct disk *disk);
/* A slot for `request`, which is in order. NULL: none is free. */
struct slot *slot_take(struct disk *disk, struct client *client,
                       const struct block_request *request);

/* --- client.c --- */

/* Take over segment and event on success. */
MUST_CHECK err_t client_attach(struct disk *disk, struct part *part, u64 pages, u64 bits,
                               cap_t segment, cap_t event, cap_t *doorbell);
void client_detach(struct client *client);
/* Take requests from all clients' rings into slots, send them, and tell clients what is done. */
void disk_work(struct disk *disk);
/* Tell the client that its request with this tag is done. */
void client_complete(struct client *client, u32 tag, err_t error);
/* A slot of the client's is free again. */
void client_release(struct client *client);
/* The address for the device of page `page`; 0: it has none. */
u64 client_address(struct client *client, u32 page);
/* False if its memory is gone, or it is detached: nothing must be sent to the device for it. */
bool client_alive(const struct client *client);
/* Detach clients whose memory is gone. */
void clients_check(struct disk *disk);
