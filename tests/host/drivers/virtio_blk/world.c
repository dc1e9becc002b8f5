/* SPDX-License-Identifier: MIT */
#include "world.h"

#include "lib/guard.h"
#include "proto/pci.h"

#include <stdlib.h>

struct disk *disk;
struct server server;
struct guest guest;
bool ring_gone;

/* --- what only this driver needs of the world --- */

bool guard_copy(void *to, const void *from, size_t size)
{
	if (ring_gone)
		return false;
	memcpy(to, from, size);
	return true;
}

err_t pci_claim(cap_t pci, u32 vendor, u32 id, u32 class_code, u32 class_mask, u32 index,
                cap_t *claimed)
{
	(void)pci, (void)vendor, (void)id, (void)class_code, (void)class_mask, (void)index;
	*claimed = fake_cap();
	return OK;
}

err_t pci_interrupt(cap_t pci, u32 number, cap_t *interrupt)
{
	(void)pci, (void)number;
	*interrupt = fake_cap();
	return OK;
}

err_t interrupt_bind(cap_t interrupt, cap_t event, u64 bits)
{
	(void)interrupt, (void)event, (void)bits;
	return OK;
}

/* The driver waits for its first reads: the device works meanwhile. */
err_t event_wait(cap_t event, u64 mask, u64 deadline, u64 *bits)
{
	(void)event;
	if (device->silent) {
		fake_now = deadline;
		return E_TIMEOUT;
	}
	device_run(UINT32_MAX, DEVICE_FIFO);
	*bits = mask;
	return OK;
}

/* --- the world --- */

void guest_make(struct guest *made, struct part *part)
{
	made->segment = fake_segment(GUEST_PAGES * PAGE_SIZE);
	made->bytes = fake_segment_ptr(made->segment);
	made->ring = (void *)made->bytes;
	made->event = fake_cap();
	made->seen = 0;
	CHECK_EQ(client_attach(disk, part, GUEST_PAGES, 4, made->segment, made->event,
	                       &made->doorbell),
	         OK);
}

/* What the last test left attached. */
static void clients_free(void)
{
	struct client *client;

	while (disk && disk->clients.next &&
	       (client = list_first(&disk->clients, struct client, link))) {
		list_remove(&client->link);
		free(client);
	}
}

void world_begin(void)
{
	clients_free();
	fake_start();
	device_make();
	if (!disk)
		disk = malloc(sizeof(*disk));
	memset(disk, 0, sizeof(*disk));
	ring_gone = false;
}

void world_make(void)
{
	world_begin();
	CHECK_EQ(disk_open(disk), OK);
	CHECK_EQ(disk_serve(disk, &server), OK);
	guest_make(&guest, &disk->parts[0]);
	device->requests = device->resets = 0;
}

void submit(struct guest *from, u32 operation, u32 tag, u64 sector, u32 sectors, u32 page)
{
	from->ring->requests[from->ring->submitted++ % BLOCK_RING_ENTRIES] =
	        (struct block_request){ .operation = operation,
		                        .tag = tag,
		                        .sector = sector,
		                        .sectors = sectors,
		                        .page = page };
}

void driver_run(void)
{
	(void)disk_complete(disk);
	disk_work(disk);
}

void all_run(void)
{
	u32 before;

	driver_run();
	do {
		before = device->requests;
		device_run(UINT32_MAX, DEVICE_FIFO);
		driver_run();
	} while (device->requests != before);
}

u32 completed(struct guest *from, u32 *tag)
{
	CHECK(from->seen != from->ring->completed);
	const struct block_completion *completion =
	        &from->ring->completions[from->seen++ % BLOCK_RING_ENTRIES];
	*tag = completion->tag;
	return completion->error;
}

u32 error_of(u32 operation, u64 sector, u32 sectors, u32 page)
{
	u32 tag;

	submit(&guest, operation, 77, sector, sectors, page);
	all_run();
	u32 error = completed(&guest, &tag);
	CHECK_EQ(tag, 77);
	CHECK_EQ(guest.seen, guest.ring->completed);
	return error;
}
