/* SPDX-License-Identifier: MIT */
/* The device from claiming to work. disk_start is first start and recovery in one: it begins with a
 * reset. */
#include "disk.h"
#include "proto/pci.h"

#include <string.h>

enum {
	VENDOR_VIRTIO = 0x1af4,
	DEVICE_BLOCK = 0x1042,
	DEVICE_BLOCK_TRANSITIONAL = 0x1001,
	ANY_CLASS = 0
};
enum { QUEUE = 0, VECTOR = 0, CLAIM_TRIES = 50, CLAIM_WAIT_NS = 20000000 };
enum feature { FEATURE_SEG_MAX = 2, FEATURE_READONLY = 5, FEATURE_BLK_SIZE = 6, FEATURE_FLUSH = 9 };
enum config { CONFIG_CAPACITY = 0, CONFIG_SEG_MAX = 12, CONFIG_BLK_SIZE = 20 };

static bool has(const struct disk *disk, enum feature feature)
{
	return disk->virtio.features & VIRTIO_BIT(feature);
}

static err_t info_read(struct disk *disk)
{
	u64 capacity, segments = 1, size = BLOCK_SECTOR;
	err_t error = virtio_config_read(&disk->virtio, CONFIG_CAPACITY, 8, &capacity);

	if (!error && has(disk, FEATURE_SEG_MAX))
		error = virtio_config_read(&disk->virtio, CONFIG_SEG_MAX, 4, &segments);
	if (!error && has(disk, FEATURE_BLK_SIZE))
		error = virtio_config_read(&disk->virtio, CONFIG_BLK_SIZE, 4, &size);
	if (error)
		return error;
	if (capacity > UINT64_MAX / BLOCK_SECTOR || size < BLOCK_SECTOR || size > PAGE_SIZE ||
	    size & (size - 1)) {
		rt_log("the device says: %lu sectors, blocks of %lu bytes", capacity, size);
		return E_IO;
	}
	disk->segments = (u32)(segments < 1               ? 1
	                       : segments > DISK_SEGMENTS ? DISK_SEGMENTS
	                                                  : segments);
	disk->info = (struct block_info){
		.sectors = capacity,
		.readonly = has(disk, FEATURE_READONLY),
		.sector_size = (u32)size,
		.flush = has(disk, FEATURE_FLUSH),
	};
	return OK;
}

err_t disk_start(struct disk *disk)
{
	err_t error;

	if ((error = virtio_reset(&disk->virtio)))
		return error;
	if ((error = virtio_agree(&disk->virtio,
	                          VIRTIO_BIT(FEATURE_SEG_MAX) | VIRTIO_BIT(FEATURE_READONLY) |
	                                  VIRTIO_BIT(FEATURE_BLK_SIZE) | VIRTIO_BIT(FEATURE_FLUSH) |
	                                  VIRTIO_BIT(VIRTIO_INDIRECT))))
		return error;
	if ((error = info_read(disk)))
		return error;
	if ((error = virtio_queue_start(&disk->virtio, QUEUE, VECTOR, &disk->queue)))
		return error;
	/* Without indirect tables a request takes descriptors of the queue. */
	if (!(disk->virtio.features & VIRTIO_BIT(VIRTIO_INDIRECT)) &&
	    disk->segments + 2 > disk->queue.size) {
		if (disk->queue.size < 3)
			return E_NOTSUP;
		disk->segments = disk->queue.size - 2u;
	}
	virtio_go(&disk->virtio);
	return OK;
}

/* --- the first time --- */

/* The driver's last life may not have been cleared away yet: E_BUSY passes. */
static err_t disk_claim(struct disk *disk)
{
	static const u32 devices[] = { DEVICE_BLOCK, DEVICE_BLOCK_TRANSITIONAL };
	cap_t bus = rt_cap_need("pci");
	err_t error = E_NOENT;

	for (u32 try = 0; try < CLAIM_TRIES; try++) {
		for (u32 i = 0; i < COUNT_OF(devices); i++) {
			error = pci_claim(bus, VENDOR_VIRTIO, devices[i], ANY_CLASS, 0, 0,
			                  &disk->pci);
			if (error != E_NOENT)
				break;
		}
		if (error != E_BUSY)
			return error;
		rt_sleep_until(rt_now() + CLAIM_WAIT_NS);
	}
	return error;
}

static err_t slots_make(struct disk *disk)
{
	list_init(&disk->free);
	list_init(&disk->waiting);
	list_init(&disk->sent);
	list_init(&disk->clients);
	for (u32 i = 0; i < DISK_SLOTS; i++) {
		struct dma *page = &disk->memory[i / SLOTS_PER_PAGE];
		u32 offset = i % SLOTS_PER_PAGE * (u32)sizeof(struct slot_memory);
		err_t error = offset ? OK : dma_create(page, disk->virtio.dma, PAGE_SIZE);
		if (error)
			return error;
		disk->slots[i].memory = (void *)((u8 *)page->ptr + offset);
		disk->slots[i].memory_addr = page->addr + offset;
		list_add_tail(&disk->free, &disk->slots[i].link);
	}
	return dma_create(&disk->own, disk->virtio.dma, PAGE_SIZE);
}

static err_t interrupt_make(struct disk *disk)
{
	err_t error;

	if ((error = event_create(RT_BANK, &disk->interrupts.event)))
		return error;
	if ((error = event_create(RT_BANK, &disk->ticks.event)))
		return error;
	if ((error = pci_interrupt(disk->pci, VECTOR, &disk->interrupt)))
		return error;
	return interrupt_bind(disk->interrupt, disk->interrupts.event, 1);
}

/* --- reading for ourselves --- */

struct own_source {
	struct gpt_source source;
	struct disk *disk;
};

/* Read into the driver's own page and wait for it; only before the server's loop runs. Ends in
 * time: disk_tick sees to that. */
static err_t own_read(struct gpt_source *source, u64 sector, u8 page[PAGE_SIZE])
{
	struct disk *disk = container_of(source, struct own_source, source)->disk;
	u64 left = sector < disk->info.sectors ? disk->info.sectors - sector : 0, bits;
	struct block_request request = {
		.operation = BLOCK_READ,
		.sector = sector,
		.sectors = (u32)(left < PAGE_SIZE / BLOCK_SECTOR ? left : PAGE_SIZE / BLOCK_SECTOR),
	};

	if (!left)
		return E_RANGE;
	disk->own_done = false;
	if (!slot_take(disk, NULL, &request))
		return E_BUSY;
	disk_send(disk);
	while (!disk->own_done) {
		if (event_wait(disk->interrupts.event, 1, rt_now() + DISK_TICK_NS, &bits) == OK)
			(void)disk_complete(disk);
		else
			disk_tick(disk);
	}
	memcpy(page, disk->own.ptr, PAGE_SIZE);
	return disk->own_error;
}

static void table_read(struct disk *disk)
{
	static u8 page[PAGE_SIZE];
	struct own_source own = {
		.source = { .read = own_read,
		            .sectors = disk->info.sectors,
		            .sector_size = disk->info.sector_size,
		            .page = page },
		.disk = disk,
	};

	disk->gpt_error = gpt_read(&own.source, &disk->gpt);
}

err_t disk_open(struct disk *disk)
{
	err_t error;

	if ((error = disk_claim(disk)))
		return error;
	if ((error = virtio_open(&disk->virtio, disk->pci)))
		goto release;
	if ((error = slots_make(disk)) || (error = interrupt_make(disk)) ||
	    (error = disk_start(disk)))
		goto close;
	disk->parts[0] = (struct part){ .used = true, .sectors = disk->info.sectors };
	table_read(disk);
	return OK;

	/* What was made on the way goes with the driver: its caller ends it. */
close:
	virtio_close(&disk->virtio);
release:
	(void)cap_close(disk->pci);
	return error;
}

static void on_interrupt(struct rt_source *source, u64 bits)
{
	struct disk *disk = source->cookie;

	(void)bits;
	disk->silent = 0;
	(void)disk_complete(disk);
	disk_work(disk);
}

static void on_tick(struct rt_source *source, u64 bits)
{
	struct disk *disk = source->cookie;

	(void)bits;
	disk->ticking = false;
	disk_tick(disk);
	disk_work(disk);
}

err_t disk_serve(struct disk *disk, struct server *server)
{
	disk->server = server;
	disk->interrupts.handler = on_interrupt;
	disk->ticks.handler = on_tick;
	disk->interrupts.cookie = disk->ticks.cookie = disk;
	err_t error = rt_source_add(server, &disk->interrupts);
	return error ? error : rt_source_add(server, &disk->ticks);
}
