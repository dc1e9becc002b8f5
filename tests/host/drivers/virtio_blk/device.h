/* SPDX-License-Identifier: MIT */
/* A simulated virtio disk: what drivers/lib/virtio.h is linked against in tests. It works only when
 * it is told to, and misbehaves as it is told to. */
#pragma once

#include "block/virtio_blk/disk.h"

enum { DEVICE_SECTORS = 4096, DEVICE_QUEUE = 128, DEVICE_HELD = 256 };

struct device {
	u8 disk[DEVICE_SECTORS * BLOCK_SECTOR];
	/* What it offers. */
	u64 features, capacity, segments, block_size;
	u16 queue_size;
	/* How it behaves. */
	bool at_once;    /* completes on the doorbell; else on device_run */
	bool silent;     /* completes nothing */
	bool broken;     /* asks for a reset */
	bool stuck;      /* cannot be reset */
	u32 errors;      /* so many requests fail */
	u8 status;       /* what failing requests say */
	u32 wild;        /* so many completions have a wild length */
	u32 short_reads; /* so many reads say that they wrote nothing */
	u32 nonsense;    /* so many completions name requests that are none */
	/* What it saw. */
	u32 resets, doorbells, flushes, requests, parts_max;
	bool on;
	/* Requests it has taken and not completed. */
	u16 held[DEVICE_HELD];
	u32 held_count;
	struct virtqueue *queue;
	u16 seen, given;
};
extern struct device *device;

void device_make(void);
/* Complete up to `count` requests; in the order they came, or the last one first. */
enum device_order { DEVICE_FIFO, DEVICE_LIFO };
void device_run(u32 count, enum device_order order);
/* Claim more completions than there are requests. */
void device_break_index(void);
