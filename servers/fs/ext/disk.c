/* SPDX-License-Identifier: MIT */
/* The disk as a client of block.h: a ring of requests in a segment shared with the driver. Data is
 * copied between the pieces and the ring's own pages, which the driver may pin, so that the cache's
 * memory can come and go. What the driver writes into the ring is checked like any input. */
#include <stdlib.h>
#include <string.h>

#include "disk_ring.h"

enum { DATA_PAGES = 64, DEADLINE_S = 30, WATCH_S = 8, RETRY_S = 1, TRIES = 30, CALL_S = 5 };
enum { BIT_COMPLETED = 1, BIT_WATCH = 2 };

struct disk {
	cap_t whole;      /* the gate that we were given; the supervisor leads it to a new driver */
	u64 first, count; /* sectors of the part that is ours; 0: all */
	cap_t part, segment, event, doorbell;
	struct block_ring *ring; /* followed by the data pages */
	u64 free_pages;          /* bit: the data page is free */
	u64 free_tags;
	struct disk_io *in_flight[BLOCK_RING_ENTRIES]; /* by tag */
	struct list waiting;
	u32 seen;         /* completions */
	bool watched;     /* a look at whether the driver still answers is due */
	u32 watched_seen; /* `seen` when that was decided */
	u32 lost;         /* tries to reach a driver again; 0: there is one */
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

/* See to it that somebody looks, some seconds from now. */
static void disk_watch(struct disk *disk, u64 seconds)
{
	if (disk->watched)
		return;
	disk->watched_seen = disk->seen;
	disk->watched =
	        event_timer(disk->event, BIT_WATCH, rt_now() + seconds * 1000000000ull) == OK;
}

static void disk_ring_bell(struct disk *disk)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	disk_watch(disk, WATCH_S);
	if (!__atomic_load_n(&disk->ring->driver_sleeping, __ATOMIC_RELAXED))
		return;
	if (event_signal(disk->doorbell, 1) && !disk->lost) {
		disk->lost = 1; /* it has ended: its event is gone */
		disk->watched = false;
		disk_watch(disk, RETRY_S);
	}
}

static void disk_start_waiting(struct disk *disk)
{
	struct disk_io *io;
	bool started = false;

	while (!disk->lost && (io = list_first(&disk->waiting, struct disk_io, link))) {
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

/* --- a driver that has ended --- */

static void disk_forget(cap_t cap)
{
	err_t error = cap ? cap_close(cap) : OK;

	(void)error; /* gone is gone */
}

/* Share the ring with the driver behind the gate, from its beginning. */
static err_t disk_attach(struct disk *disk)
{
	struct block_ring *ring = disk->ring;
	cap_t doorbell, part = 0;
	err_t error = disk->count ? block_part(disk->whole, disk->first, disk->count, &part) : OK;

	if (error)
		return error;
	ring->submitted = ring->completed = disk->seen = 0;
	ring->client_sleeping = 1; /* always: the loop waits for the event and for much else */
	error = block_attach(part ? part : disk->whole, 1 + DATA_PAGES, BIT_COMPLETED,
	                     disk->segment, disk->event, &doorbell);
	if (error)
		return error;
	disk_forget(disk->part);
	disk_forget(disk->doorbell);
	disk->part = part;
	disk->doorbell = doorbell;
	return OK;
}

/* What was under way is to be done again. */
static void disk_take_back(struct disk *disk)
{
	for (u32 tag = 0; tag < BLOCK_RING_ENTRIES; tag++) {
		struct disk_io *io = disk->in_flight[tag];
		if (!io)
			continue;
		disk->in_flight[tag] = NULL;
		list_add_head(&disk->waiting, &io->link);
	}
	disk->free_tags = UINT64_MAX;
	disk->free_pages = UINT64_MAX;
}

static void disk_give_up(struct disk *disk)
{
	struct disk_io *io;

	while ((io = list_first(&disk->waiting, struct disk_io, link))) {
		list_remove(&io->link);
		io->done(io, E_IO);
	}
}

static void disk_attach_again(struct disk *disk)
{
	disk_take_back(disk);
	rt_call_deadline(rt_now() + CALL_S * 1000000000ull);
	err_t error = disk_attach(disk);
	rt_call_deadline(0);
	if (!error) {
		rt_log("the disk is back");
		disk->lost = 0;
	} else if (disk->lost++ % TRIES == 0) {
		rt_log("the disk does not answer: %s", rt_error_text(error));
		disk_give_up(disk);
	}
}

/* Is something under way, and the driver's event gone? A driver that is only slow must not be left:
 * its device may still write into the ring's pages. */
static void disk_look(struct disk *disk)
{
	bool busy = ~disk->free_tags || !list_empty(&disk->waiting);

	disk->watched = false;
	if (busy && !disk->lost && disk->seen == disk->watched_seen &&
	    event_signal(disk->doorbell, 1))
		disk->lost = 1;
	if (busy && disk->lost)
		disk_attach_again(disk);
	if (busy)
		disk_watch(disk, disk->lost ? RETRY_S : WATCH_S);
}

static void disk_event(struct rt_source *source, u64 bits)
{
	struct disk *disk = source->cookie;

	disk_poll(disk);
	if (bits & BIT_WATCH)
		disk_look(disk);
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
		if (event_wait(disk->event, BIT_COMPLETED, deadline, &bits))
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

err_t disk_open(cap_t gate, u64 sector, u64 sectors, struct disk **out)
{
	struct disk *disk = calloc(1, sizeof(*disk));
	size_t size = (1 + DATA_PAGES) * (size_t)PAGE_SIZE;

	if (!disk)
		return E_FUNDS;
	disk->whole = gate;
	disk->first = sector;
	disk->count = sectors;
	disk->free_pages = UINT64_MAX;
	disk->free_tags = UINT64_MAX;
	disk->source.cookie = disk;
	list_init(&disk->waiting);
	disk->ring = rt_pages(size, SEGMENT_COMMITTED, &disk->segment);
	if (!disk->ring)
		return E_FUNDS;
	err_t error = event_create(RT_BANK, &disk->event);
	if (!error)
		error = disk_attach(disk);
	if (!error)
		error = block_info(disk->part ? disk->part : gate, &disk->info);
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
