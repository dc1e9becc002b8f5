/* SPDX-License-Identifier: MIT */
/* Slots and the device: sending, completing, trying again. */
#include "disk.h"
#include "lib/driver.h"

#include <string.h>

enum { TYPE_READ = 0, TYPE_WRITE = 1, TYPE_FLUSH = 4 };
enum { STATUS_OK = 0, STATUS_IO_ERROR = 1, STATUS_UNSUPPORTED = 2, STATUS_UNSET = 0xff };
enum { SECTORS_PER_PAGE = PAGE_SIZE / BLOCK_SECTOR };

struct slot *slot_take(struct disk *disk, struct client *client,
                       const struct block_request *request)
{
	struct slot *slot = list_first(&disk->free, struct slot, link);

	if (!slot)
		return NULL;
	list_remove(&slot->link);
	slot->client = client;
	slot->request = *request;
	slot->done = slot->piece = slot->tries = 0;
	slot->deadline = rt_now() + SLOT_DEADLINE_NS;
	list_add_tail(&disk->waiting, &slot->link);
	return slot;
}

/* The request has ended. */
static void slot_answer(struct disk *disk, struct slot *slot, err_t error)
{
	struct client *client = slot->client;

	list_remove(&slot->link);
	list_add_tail(&disk->free, &slot->link);
	slot->client = NULL;
	if (client) {
		client_complete(client, slot->request.tag, error);
		client_release(client);
	} else {
		disk->own_done = true;
		disk->own_error = error;
	}
}

/* --- sending --- */

static u64 page_address(struct disk *disk, struct slot *slot, u32 page)
{
	return slot->client ? client_address(slot->client, slot->request.page + page)
	                    : disk->own.addr;
}

/* Add memory to the list; pages that follow each other become one part. */
static u16 part_add(struct virtqueue_part *parts, u16 count, struct virtqueue_part part)
{
	struct virtqueue_part *last = count > 1 ? &parts[count - 1] : NULL;

	if (last && last->addr + last->size == part.addr) {
		last->size += part.size;
		return count;
	}
	parts[count] = part;
	return (u16)(count + 1);
}

/* The next piece of the slot's data, as much as the device takes at once; the new count of parts, 0
 * if a page has no address. */
static u16 data_add(struct disk *disk, struct slot *slot, struct virtqueue_part *parts, u16 count)
{
	u32 end = slot->request.sectors, at = slot->done;

	for (u32 used = 0; at < end && used < disk->segments; used++) {
		u32 inside = at % SECTORS_PER_PAGE;
		u32 sectors =
		        end - at < SECTORS_PER_PAGE - inside ? end - at : SECTORS_PER_PAGE - inside;
		u64 addr = page_address(disk, slot, at / SECTORS_PER_PAGE);
		if (!addr)
			return 0;
		count = part_add(parts, count,
		                 (struct virtqueue_part){
		                         .addr = addr + inside * BLOCK_SECTOR,
		                         .size = sectors * BLOCK_SECTOR,
		                         .device_writes = slot->request.operation == BLOCK_READ });
		at += sectors;
	}
	slot->piece = at - slot->done;
	return count;
}

/* E_BUSY: the queue is full. Other errors are the request's. */
static err_t slot_send(struct disk *disk, struct slot *slot)
{
	static const u32 types[] = {
		[BLOCK_READ] = TYPE_READ, [BLOCK_WRITE] = TYPE_WRITE, [BLOCK_FLUSH] = TYPE_FLUSH
	};
	struct virtqueue_part parts[DISK_SEGMENTS + 2];
	struct slot_memory *memory = slot->memory;
	struct virtqueue_table table = { .descriptors = memory->table,
		                         .addr = slot->memory_addr +
		                                 offsetof(struct slot_memory, table) };
	bool indirect = disk->virtio.features & VIRTIO_BIT(VIRTIO_INDIRECT);
	u16 count = 1;

	if (slot->client && !client_alive(slot->client))
		return E_DEAD;
	memory->header.type = types[slot->request.operation];
	memory->header.reserved = 0;
	memory->header.sector =
	        slot->request.operation == BLOCK_FLUSH ? 0 : slot->request.sector + slot->done;
	memory->status = STATUS_UNSET;
	parts[0] = (struct virtqueue_part){ .addr = slot->memory_addr +
		                                    offsetof(struct slot_memory, header),
		                            .size = sizeof(memory->header) };
	if (slot->request.operation != BLOCK_FLUSH)
		count = data_add(disk, slot, parts, count);
	if (!count)
		return E_FAULT;
	parts[count++] = (struct virtqueue_part){ .addr = slot->memory_addr +
		                                          offsetof(struct slot_memory, status),
		                                  .size = 1,
		                                  .device_writes = true };
	err_t error = virtqueue_add(&disk->queue, parts, count, indirect ? &table : NULL, slot);
	if (!error) {
		list_remove(&slot->link);
		list_add_tail(&disk->sent, &slot->link);
	}
	return error;
}

static void tick_start(struct disk *disk)
{
	if (disk->ticking || list_empty(&disk->sent))
		return;
	disk->ticking = event_timer(disk->ticks.event, 1, rt_now() + DISK_TICK_NS) == OK;
}

void disk_send(struct disk *disk)
{
	struct slot *slot;
	bool added = false;

	while ((slot = list_first(&disk->waiting, struct slot, link))) {
		err_t error = slot_send(disk, slot);
		if (error == E_BUSY)
			break;
		if (error)
			slot_answer(disk, slot, error);
		added |= !error;
	}
	if (added && virtqueue_publish(&disk->queue))
		virtio_notify(&disk->virtio, &disk->queue);
	tick_start(disk);
}

/* --- completing --- */

static err_t slot_result(struct disk *disk, const struct slot *slot,
                         const struct virtqueue_done *done)
{
	u8 status = *(volatile u8 *)&slot->memory->status;
	u32 data = slot->request.operation == BLOCK_READ ? slot->piece * BLOCK_SECTOR : 0;

	if (status == STATUS_UNSUPPORTED)
		return E_NOTSUP;
	if (status == STATUS_IO_ERROR)
		return E_IO;
	if (status != STATUS_OK || done->wild || done->written < data + 1) {
		disk->bad += !done->wild; /* which the queue has counted */
		return E_IO;
	}
	return OK;
}

static void slot_again(struct disk *disk, struct slot *slot)
{
	list_remove(&slot->link);
	list_add_tail(&disk->waiting, &slot->link);
}

/* Try again what failed, once: some errors of disks and of drivers' lives do not come twice. */
static void slot_failed(struct disk *disk, struct slot *slot, err_t error)
{
	if (error != E_IO || ++slot->tries >= SLOT_TRIES) {
		slot_answer(disk, slot, error);
		return;
	}
	slot->deadline = rt_now() + SLOT_DEADLINE_NS;
	slot_again(disk, slot);
}

static void slot_completed(struct disk *disk, struct slot *slot, const struct virtqueue_done *done)
{
	err_t error = slot_result(disk, slot, done);

	if (error) {
		slot_failed(disk, slot, error);
		return;
	}
	disk->resets = 0;
	slot->done += slot->piece;
	if (slot->request.operation == BLOCK_FLUSH || slot->done == slot->request.sectors) {
		slot_answer(disk, slot, OK);
		return;
	}
	list_remove(&slot->link);
	list_add_head(&disk->waiting, &slot->link);
}

u32 disk_complete(struct disk *disk)
{
	struct virtqueue_done done;
	enum virtqueue_state state;
	u32 count = 0;

	while ((state = virtqueue_take(&disk->queue, &done)) == VIRTQUEUE_DONE ||
	       state == VIRTQUEUE_BAD) {
		if (state == VIRTQUEUE_DONE) {
			slot_completed(disk, done.cookie, &done);
			count++;
		}
		if (disk->bad + disk->queue.bad > DISK_BAD_MAX)
			driver_fail("the device talks nonsense: %u wrong completions",
			            disk->bad + disk->queue.bad);
	}
	if (state == VIRTQUEUE_BROKEN)
		disk_recover(disk, "it completes more than it was given");
	else
		disk_send(disk);
	return count;
}

/* --- when the device fails --- */

void disk_recover(struct disk *disk, const char *why)
{
	struct slot *slot;

	rt_log("reset: %s", why);
	if (++disk->resets > DISK_RESETS_MAX)
		driver_fail("%u resets without a success", disk->resets);
	err_t error = disk_start(disk);
	if (error)
		driver_fail("reset: %s", rt_error_text(error));
	/* It touches nothing of ours now. All goes again, but only what was late has had a try. */
	u64 now = rt_now();
	while ((slot = list_first(&disk->sent, struct slot, link))) {
		if (slot->deadline <= now)
			slot_failed(disk, slot, E_IO);
		else
			slot_again(disk, slot);
	}
	disk_send(disk);
}

void disk_tick(struct disk *disk)
{
	u32 found = disk_complete(disk);

	if (found && ++disk->silent > DISK_SILENT_MAX)
		driver_fail("interrupts do not arrive");
	const struct slot *oldest = list_first(&disk->sent, struct slot, link);
	if (oldest && oldest->deadline <= rt_now())
		disk_recover(disk, "a request is overdue");
	else if (virtio_broken(&disk->virtio))
		disk_recover(disk, "it asks for it");
	clients_check(disk);
	tick_start(disk);
}
