/* SPDX-License-Identifier: MIT */
/* A split virtqueue (virtio 1.2, 2.7), driver side, in one page of DMA memory.
 *
 * The device may write anything into that page at any time, so the driver never reads back what it
 * must rely on: free list, chain lengths and cookies are kept in the driver's own memory, and what
 * is read from the used ring is checked against them. */
#pragma once

#include "lib/dma.h"

enum { VIRTQUEUE_SIZE_MAX = 128 }; /* the largest power of two whose three rings fit a page */

enum virtqueue_flag { VIRTQUEUE_NEXT = 1, VIRTQUEUE_WRITE = 2, VIRTQUEUE_INDIRECT = 4 };
struct virtqueue_descriptor {
	u64 addr;
	u32 size;
	u16 flags, next;
};
_Static_assert(sizeof(struct virtqueue_descriptor) == 16, "virtqueue_descriptor");

/* A piece of a request's memory; pieces the device writes come after those it reads. */
struct virtqueue_part {
	paddr_t addr;
	u32 size;
	bool device_writes;
};

/* A request's indirect table: DMA memory of the driver's with room for all of its parts. */
struct virtqueue_table {
	struct virtqueue_descriptor *descriptors;
	paddr_t addr;
};

struct virtqueue {
	struct dma memory;
	volatile struct virtqueue_descriptor *descriptors;
	volatile u16 *available; /* flags, index, ring[size] */
	volatile u16 *used;      /* flags, index, then ring of struct virtqueue_used_entry */
	u16 size;
	u16 free_first, free_count; /* chain of free descriptors through slot[].next */
	u16 available_index;        /* ours; the device's view of it is set by publish */
	u16 used_index;             /* how far we have read */
	u16 in_flight;              /* requests, not descriptors */
	u32 bad;                    /* completions that were refused or had a wild length */
	struct {
		void *cookie;     /* of the request whose chain begins here; NULL: none does */
		u32 writable;     /* bytes that the device may write to it */
		u16 next, length; /* length: descriptors of the chain */
	} slot[VIRTQUEUE_SIZE_MAX];
	/* The transport's. */
	u16 number;
	volatile void *doorbell;
};

/* `size` is a power of two, at most VIRTQUEUE_SIZE_MAX (the caller has made it so). E_FUNDS. */
MUST_CHECK err_t virtqueue_create(struct virtqueue *queue, cap_t dma_right, u16 size);
/* After the device has been reset. Requests in flight are forgotten. */
void virtqueue_destroy(struct virtqueue *queue);
/* Empty again, all rings zero, for use after a reset of the device. */
void virtqueue_clear(struct virtqueue *queue);
paddr_t virtqueue_available_addr(const struct virtqueue *queue);
paddr_t virtqueue_used_addr(const struct virtqueue *queue);

/* Add a request: directly, or through `table` if it is not NULL. `cookie` must not be NULL; it
 * comes back with the completion. E_BUSY: the queue is full for now. E_RANGE: no parts, or more
 * than the queue can ever take. */
MUST_CHECK err_t virtqueue_add(struct virtqueue *queue, const struct virtqueue_part *parts,
                               u16 count, const struct virtqueue_table *table, void *cookie);
/* Show the device what was added. True if it wants its doorbell rung. */
MUST_CHECK bool virtqueue_publish(struct virtqueue *queue);

enum virtqueue_state {
	VIRTQUEUE_EMPTY,  /* nothing has been completed */
	VIRTQUEUE_DONE,   /* a request has ended: *done */
	VIRTQUEUE_BAD,    /* the device named a request that is not in flight; counted, go on */
	VIRTQUEUE_BROKEN, /* the device claims more completions than there are requests: reset it */
};
struct virtqueue_done {
	void *cookie;
	u32 written; /* bytes, as the device says, but never more than it may write */
	bool wild;   /* it said more */
};
MUST_CHECK enum virtqueue_state virtqueue_take(struct virtqueue *queue,
                                               struct virtqueue_done *done);
