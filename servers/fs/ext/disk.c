/* SPDX-License-Identifier: MIT */
/* The disk as a client of block.h: a ring of requests in a segment shared with the driver. Data is
 * copied between the pieces and the ring's own pages, which the driver may pin, so that the cache's
 * memory can come and go. What the driver writes into the ring is checked like any input. */
#include <stdlib.h>
#include <string.h>

#include "disk_ring.h"

enum { DATA_PAGES = 64, EVENT_BIT = 1, DEADLINE_S = 30 };

struct disk {
	cap_t gate, segment, event, doorbell;
	struct block_ring *ring; /* followed by the data pages */
	u64 free_pages;          /* bit: the data page is free */
	u64 free_tags;
	struct disk_io *in_flight[BLOCK_RING_ENTRIES]; /* by tag */
	struct list waiting;
	u32 seen; /* completions */
	struct block_info info;
	struct rt_source source;
};

u64 disk_sectors(const struct disk *disk) { return disk->info.sectors; }
bool disk_readonly(const struct disk *disk) { return disk->info.readonly; }

static char *disk_data(const struct disk *disk, u32 page)
{
	return (char *)disk->ring + (1 + page) * (size_t)PAGE_SIZE;
}

/* --- submitting --- */

/* A run of `count` free data pages; false: not now. */
static bool pages_take(struct disk *disk, u32 count, u32 *first)
{
	u64 mask = count == 64 ? UINT64_MAX : (1ull << count) - 1;

	for (u32 i = 0; i + count <= DATA_PAGES; i++) {
		if ((disk->free_pages >> i & mask) == mask) {
			disk->free_pages &= ~(mask << i);
			*first = i;
			return true;
		}
	}
	return false;
}

static void pages_give(struct disk *disk, u32 first, u32 count)
{
	u64 mask = count == 64 ? UINT64_MAX : (1ull << count) - 1;

	disk->free_pages |= mask << first;
}

static void disk_copy(struct disk *disk, struct disk_io *io)
{
	char *data = disk_data(disk, io->page);

	for (u32 i = 0; i < io->count; i++, data += io->piece_size) {
		if (io->operation == BLOCK_WRITE)
			memcpy(data, io->pieces[i], io->piece_size);
		else if (io->operation == BLOCK_READ)
			memcpy(io->pieces[i], data, io->piece_size);
	}
}

/* Hand the request to the driver, if there is room. */
static bool disk_start(struct disk *disk, struct disk_io *io)
{
	struct block_ring *ring = disk->ring;
	u32 size = io->count * io->piece_size;

	io->pages = (u32)(page_round_up(size) / PAGE_SIZE);
	io->page = 0;
	if (!disk->free_tags || (io->pages && !pages_take(disk, io->pages, &io->page)))
		return false;
	u32 tag = (u32)__builtin_ctzll(disk->free_tags);
	disk->free_tags &= disk->free_tags - 1;
	disk->in_flight[tag] = io;
	if (io->operation == BLOCK_WRITE)
		disk_copy(disk, io);
	ring->requests[ring->submitted % BLOCK_RING_ENTRIES] = (struct block_request){
		.operation = io->operation,
		.tag = tag,
		.sector = io->sector,
		.sectors = size / BLOCK_SECTOR,
		.page = 1 + io->page,
	};
	__atomic_store_n(&ring->submitted, ring->submitted + 1, __ATOMIC_RELEASE);
	return true;
}

static void disk_ring_bell(struct disk *disk)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&disk->ring->driver_sleeping, __ATOMIC_RELAXED) &&
	    event_signal(disk->doorbell, 1))
		rt_log("the disk's driver is gone");
}

static void disk_start_waiting(struct disk *disk)
{
	struct disk_io *io;
	bool started = false;

	while ((io = list_first(&disk->waiting, struct disk_io, link))) {
		if (!disk_start(disk, io))
			break;
		list_remove(&io->link);
		started = true;
	}
	if (started)
		disk_ring_bell(disk);
}

void disk_submit(struct disk *disk, struct disk_io *io)
{
	list_add_tail(&disk->waiting, &io->link);
	disk_start_waiting(disk);
}

/* --- completing --- */

static void disk_complete(struct disk *disk, struct block_completion completion)
{
	u32 tag = completion.tag;

	if (tag >= BLOCK_RING_ENTRIES || !disk->in_flight[tag])
		return; /* the driver's mistake */
	struct disk_io *io = disk->in_flight[tag];
	disk->in_flight[tag] = NULL;
	disk->free_tags |= 1ull << tag;
	if (io->operation == BLOCK_READ && !completion.error)
		disk_copy(disk, io);
	if (io->pages)
		pages_give(disk, io->page, io->pages);
	io->done(io, completion.error ? E_IO : OK);
}

static void disk_poll(struct disk *disk)
{
	struct block_ring *ring = disk->ring;

	for (;;) {
		u32 completed = __atomic_load_n(&ring->completed, __ATOMIC_ACQUIRE);
		if (completed == disk->seen || completed - disk->seen > BLOCK_RING_ENTRIES)
			return;
		struct block_completion completion =
		        ring->completions[disk->seen % BLOCK_RING_ENTRIES];
		disk->seen++;
		disk_complete(disk, completion);
	}
}

static void disk_event(struct rt_source *source, u64 bits)
{
	struct disk *disk = source->cookie;
	(void)bits;

	disk_poll(disk);
	disk_start_waiting(disk);
}

void disk_wait(struct disk *disk, struct fiber_queue *queue)
{
	u64 bits;

	if (fiber_active()) {
		fiber_wait(queue);
		return;
	}
	u32 seen = disk->seen;
	disk_event(&disk->source, 0);
	while (disk->seen == seen) {
		u64 deadline = rt_now() + DEADLINE_S * 1000000000ull;
		if (event_wait(disk->event, EVENT_BIT, deadline, &bits))
			rt_fail("the disk does not answer");
		disk_event(&disk->source, 0);
	}
}

/* --- one transfer --- */

struct transfer {
	struct disk_io io;
	struct fiber_queue queue;
	bool finished;
	err_t error;
};

static void transfer_done(struct disk_io *io, err_t error)
{
	struct transfer *transfer = container_of(io, struct transfer, io);

	transfer->finished = true;
	transfer->error = error;
	fiber_wake_all(&transfer->queue);
}

err_t disk_transfer(struct disk *disk, u32 operation, u64 sector, void *data, u32 size)
{
	struct transfer transfer = { .io = { .operation = operation,
		                             .sector = sector,
		                             .count = size ? 1 : 0,
		                             .piece_size = size,
		                             .done = transfer_done } };

	if (operation == BLOCK_FLUSH && !disk->info.flush)
		return OK;
	transfer.io.pieces[0] = data;
	fiber_queue_init(&transfer.queue);
	disk_submit(disk, &transfer.io);
	while (!transfer.finished)
		disk_wait(disk, &transfer.queue);
	return transfer.error;
}

/* --- starting --- */

err_t disk_open(cap_t gate, struct disk **out)
{
	struct disk *disk = calloc(1, sizeof(*disk));

	if (!disk)
		return E_FUNDS;
	disk->gate = gate;
	disk->free_pages = UINT64_MAX;
	disk->free_tags = UINT64_MAX;
	disk->source.cookie = disk;
	list_init(&disk->waiting);
	err_t error = block_info(gate, &disk->info);
	if (error)
		return error;
	size_t size = (1 + DATA_PAGES) * (size_t)PAGE_SIZE;
	disk->ring = rt_pages(size, SEGMENT_COMMITTED, &disk->segment);
	if (!disk->ring)
		return E_FUNDS;
	disk->ring->client_sleeping =
	        1; /* always: the loop waits for the event and for much else */
	error = event_create(RT_BANK, &disk->event);
	if (!error)
		error = block_attach(gate, 1 + DATA_PAGES, EVENT_BIT, disk->segment, disk->event,
		                     &disk->doorbell);
	if (!error)
		*out = disk;
	return error;
}

err_t disk_serve(struct disk *disk, struct server *server)
{
	disk->source.event = disk->event;
	disk->source.handler = disk_event;
	return rt_source_add(server, &disk->source);
}
