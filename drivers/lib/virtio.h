/* SPDX-License-Identifier: MIT */
/* A virtio device, whatever bus it is on (virtio 1.2; only "modern" devices). The order of a start,
 * which is also that of every restart:
 *
 *	virtio_open  virtio_reset  virtio_agree  [virtio_queue_start ...]  virtio_go
 *
 * virtio_pci.c implements it for PCI; host tests link a simulated device instead. */
#pragma once

#include "lib/virtqueue.h"

enum virtio_feature {
	VIRTIO_INDIRECT = 28,
	VIRTIO_VERSION_1 = 32,
};
#define VIRTIO_BIT(feature) (1ull << (feature))

enum { VIRTIO_BARS = 6, VIRTIO_WAIT_NS = 2000000000 }; /* longest wait for a reset */

/* A piece of device registers. */
struct virtio_region {
	volatile u8 *ptr;
	u32 size;
};

struct virtio {
	cap_t pci;    /* the device's gate, the driver's own */
	cap_t dma;    /* right to learn DMA addresses */
	u64 features; /* that were agreed on */
	struct virtio_region common, notify, config;
	u32 notify_multiplier;
	struct {
		void *ptr;
		u64 size;
		cap_t segment;
	} bar[VIRTIO_BARS];
};

/* Find and map the device's registers, bring it to rest, then allow it to master the bus. `pci`
 * stays the caller's. */
MUST_CHECK err_t virtio_open(struct virtio *virtio, cap_t pci);
void virtio_close(struct virtio *virtio);

/* Bring the device to rest: it touches no memory of ours when this has returned OK. E_TIMEOUT. */
MUST_CHECK err_t virtio_reset(struct virtio *virtio);
/* Agree on VERSION_1 and as many of `wanted` as it offers. E_NOTSUP: not a modern device, or it
 * refuses. */
MUST_CHECK err_t virtio_agree(struct virtio *virtio, u64 wanted);
/* Make queue `number` (at most VIRTQUEUE_SIZE_MAX entries) and tell the device; interrupts come as
 * its message `vector`. A queue that exists already (memory.ptr set) is cleared and used again.
 * E_NXIO: no such queue. */
MUST_CHECK err_t virtio_queue_start(struct virtio *virtio, u16 number, u16 vector,
                                    struct virtqueue *queue);
/* Let it work. */
void virtio_go(struct virtio *virtio);
void virtio_notify(struct virtio *virtio, struct virtqueue *queue);
/* True if the device says that it needs a reset, or is gone. */
bool virtio_broken(struct virtio *virtio);
/* Read a field of `width` 1, 2, 4 or 8 bytes of the device's configuration; E_RANGE: the device has
 * less; E_IO: it keeps changing. */
MUST_CHECK err_t virtio_config_read(struct virtio *virtio, u32 offset, u32 width, u64 *value);
