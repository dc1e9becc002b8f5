/* SPDX-License-Identifier: MIT */
#include "device.h"

#include "../fake/fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct device *device;

void device_make(void)
{
	if (!device)
		device = malloc(sizeof(*device));
	memset(device, 0, sizeof(*device));
	device->features = ~0ull;
	device->features &= ~VIRTIO_BIT(5); /* not read-only */
	device->capacity = DEVICE_SECTORS;
	device->segments = 126;
	device->block_size = BLOCK_SECTOR;
	device->queue_size = DEVICE_QUEUE;
	device->status = 1;
	for (u32 i = 0; i < sizeof(device->disk); i++)
		device->disk[i] = (u8)(i / BLOCK_SECTOR * 7 + i);
}

static void must(bool condition, const char *what)
{
	if (condition)
		return;
	printf("# device: %s\n", what);
	abort();
}

/* --- one request --- */

struct chain {
	struct virtqueue_descriptor part[DISK_SEGMENTS + 2];
	u32 count;
};

static struct chain chain_read(u16 id)
{
	const struct virtqueue_descriptor *table =
	        fake_physical(device->queue->memory.addr, 16u * device->queue->size);
	struct chain chain = { .count = 0 };
	u32 at = id, size = device->queue->size;

	if (table[id].flags & VIRTQUEUE_INDIRECT) {
		size = table[id].size / 16;
		table = fake_physical(table[id].addr, table[id].size);
		must(table, "indirect table lies nowhere");
		at = 0;
	}
	for (;;) {
		must(at < size && chain.count < COUNT_OF(chain.part), "bad chain");
		chain.part[chain.count++] = table[at];
		if (!(table[at].flags & VIRTQUEUE_NEXT))
			break;
		at = table[at].next;
	}
	return chain;
}

static u32 request_do(const struct chain *chain)
{
	const struct virtqueue_descriptor *last = &chain->part[chain->count - 1];
	u32 *header = fake_physical(chain->part[0].addr, 16);
	u8 *status = fake_physical(last->addr, 1);
	u64 sector;
	u32 written = 0;

	must(header && status && chain->part[0].size == 16 && last->size == 1 &&
	             last->flags & VIRTQUEUE_WRITE,
	     "header or status");
	memcpy(&sector, header + 2, 8);
	u64 offset = sector * BLOCK_SECTOR;
	device->requests++;
	device->flushes += header[0] == 4;
	if (chain->count > device->parts_max)
		device->parts_max = chain->count;
	if (device->errors) {
		device->errors--;
		*status = device->status;
		return 1;
	}
	for (u32 i = 1; i + 1 < chain->count; i++) {
		u8 *data = fake_physical(chain->part[i].addr, chain->part[i].size);
		must(data && range_fits(offset, chain->part[i].size, sizeof(device->disk)), "data");
		must((header[0] == 0) == !!(chain->part[i].flags & VIRTQUEUE_WRITE), "direction");
		if (header[0] == 0)
			memcpy(data, device->disk + offset, chain->part[i].size);
		else
			memcpy(device->disk + offset, data, chain->part[i].size);
		written += header[0] == 0 ? chain->part[i].size : 0;
		offset += chain->part[i].size;
	}
	*status = 0;
	return written + 1;
}

/* --- rings --- */

static u16 *used_ring(void)
{
	return fake_physical(virtqueue_used_addr(device->queue), 6 + 8u * device->queue->size);
}

static void complete(u32 id, u32 written)
{
	u32 *entry = (u32 *)(void *)(used_ring() + 2) + 2 * (device->given % device->queue->size);

	entry[0] = id;
	entry[1] = written;
	used_ring()[1] = ++device->given;
}

static void take_new(void)
{
	const u16 *available = fake_physical(virtqueue_available_addr(device->queue),
	                                     6 + 2u * device->queue->size);

	while (device->seen != available[1])
		device->held[device->held_count++] =
		        available[2 + device->seen++ % device->queue->size];
}

void device_run(u32 count, enum device_order order)
{
	take_new();
	for (; count && device->held_count; count--) {
		u32 pick = order == DEVICE_FIFO ? 0 : device->held_count - 1;
		u16 id = device->held[pick];
		memmove(&device->held[pick], &device->held[pick + 1],
		        (--device->held_count - pick) * sizeof(device->held[0]));
		if (device->nonsense) {
			device->nonsense--;
			complete(0x1234, 0);
			device->held[device->held_count++] = id;
			continue;
		}
		struct chain chain = chain_read(id);
		u32 written = request_do(&chain);
		if (device->wild) {
			device->wild--;
			written = UINT32_MAX;
		} else if (device->short_reads) {
			device->short_reads--;
			written = 1;
		}
		complete(id, written);
	}
}

void device_break_index(void) { used_ring()[1] = (u16)(device->given + 1000); }

/* --- drivers/lib/virtio.h --- */

err_t virtio_open(struct virtio *virtio, cap_t pci)
{
	*virtio = (struct virtio){ .pci = pci, .dma = 2 };
	return OK;
}

void virtio_close(struct virtio *virtio) { (void)virtio; }

err_t virtio_reset(struct virtio *virtio)
{
	(void)virtio;
	device->resets++;
	device->on = device->broken = false;
	device->held_count = 0;
	device->seen = device->given = 0;
	return device->stuck ? E_TIMEOUT : OK;
}

err_t virtio_agree(struct virtio *virtio, u64 wanted)
{
	virtio->features = device->features & (wanted | VIRTIO_BIT(VIRTIO_VERSION_1));
	return virtio->features & VIRTIO_BIT(VIRTIO_VERSION_1) ? OK : E_NOTSUP;
}

err_t virtio_queue_start(struct virtio *virtio, u16 number, u16 vector, struct virtqueue *queue)
{
	(void)number, (void)vector;
	device->queue = queue;
	if (queue->memory.ptr) {
		virtqueue_clear(queue);
		return OK;
	}
	return virtqueue_create(queue, virtio->dma, device->queue_size);
}

void virtio_go(struct virtio *virtio)
{
	(void)virtio;
	device->on = true;
}

void virtio_notify(struct virtio *virtio, struct virtqueue *queue)
{
	(void)virtio, (void)queue;
	device->doorbells++;
	take_new();
	if (device->at_once && !device->silent)
		device_run(UINT32_MAX, DEVICE_FIFO);
}

bool virtio_broken(struct virtio *virtio)
{
	(void)virtio;
	return device->broken;
}

err_t virtio_config_read(struct virtio *virtio, u32 offset, u32 width, u64 *value)
{
	(void)virtio, (void)width;
	switch (offset) {
	case 0:
		*value = device->capacity;
		return OK;
	case 12:
		*value = device->segments;
		return OK;
	case 20:
		*value = device->block_size;
		return OK;
	default:
		return E_RANGE;
	}
}
