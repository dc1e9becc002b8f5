/* SPDX-License-Identifier: MIT */
/* The block driver between a simulated disk and simulated clients, both of which may lie. */
#include "../fake/fake.h"
#include "device.h"
#include "lib/guard.h"
#include "proto/pci.h"
#include "test.h"

#include <stdlib.h>

enum { PAGES = 300 };

static struct disk *disk;
static struct server server;
static bool ring_gone;

/* A client as proto/block.h wants it. */
struct guest {
	struct block_ring *ring;
	u8 *bytes;
	cap_t segment, event, doorbell;
	u32 seen;
};
static struct guest guest;

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

static void guest_make(struct guest *made, struct part *part)
{
	made->segment = fake_segment(PAGES * PAGE_SIZE);
	made->bytes = fake_segment_ptr(made->segment);
	made->ring = (void *)made->bytes;
	made->event = fake_cap();
	made->seen = 0;
	CHECK_EQ(client_attach(disk, part, PAGES, 4, made->segment, made->event, &made->doorbell),
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

static void world_begin(void)
{
	clients_free();
	fake_start();
	device_make();
	if (!disk)
		disk = malloc(sizeof(*disk));
	memset(disk, 0, sizeof(*disk));
	ring_gone = false;
}

static void world_make(void)
{
	world_begin();
	CHECK_EQ(disk_open(disk), OK);
	CHECK_EQ(disk_serve(disk, &server), OK);
	guest_make(&guest, &disk->parts[0]);
	device->requests = device->resets = 0;
}

static void submit(struct guest *from, u32 operation, u32 tag, u64 sector, u32 sectors, u32 page)
{
	from->ring->requests[from->ring->submitted++ % BLOCK_RING_ENTRIES] =
	        (struct block_request){ .operation = operation,
		                        .tag = tag,
		                        .sector = sector,
		                        .sectors = sectors,
		                        .page = page };
}

/* An interrupt, or the doorbell. */
static void driver_run(void)
{
	(void)disk_complete(disk);
	disk_work(disk);
}

/* Until nothing moves any more. */
static void all_run(void)
{
	u32 before;

	driver_run();
	do {
		before = device->requests;
		device_run(UINT32_MAX, DEVICE_FIFO);
		driver_run();
	} while (device->requests != before);
}

static u32 completed(struct guest *from, u32 *tag)
{
	CHECK(from->seen != from->ring->completed);
	const struct block_completion *completion =
	        &from->ring->completions[from->seen++ % BLOCK_RING_ENTRIES];
	*tag = completion->tag;
	return completion->error;
}

static u32 error_of(u32 operation, u64 sector, u32 sectors, u32 page)
{
	u32 tag;

	submit(&guest, operation, 77, sector, sectors, page);
	all_run();
	u32 error = completed(&guest, &tag);
	CHECK_EQ(tag, 77);
	CHECK_EQ(guest.seen, guest.ring->completed);
	return error;
}

/* --- the ordinary --- */

TEST(read_and_written_sectors_are_the_disks)
{
	world_make();
	CHECK_EQ(error_of(BLOCK_READ, 5, 19, 3), OK);
	CHECK(memcmp(guest.bytes + 3 * PAGE_SIZE, device->disk + 5 * BLOCK_SECTOR,
	             19 * BLOCK_SECTOR) == 0);
	memset(guest.bytes + 10 * PAGE_SIZE, 0xab, 256 * BLOCK_SECTOR);
	CHECK_EQ(error_of(BLOCK_WRITE, 100, 256, 10), OK);
	CHECK(memcmp(guest.bytes + 10 * PAGE_SIZE, device->disk + 100 * BLOCK_SECTOR,
	             256 * BLOCK_SECTOR) == 0);
	CHECK_EQ(device->disk[100 * BLOCK_SECTOR - 1], (u8)(99 * 7 + 100 * BLOCK_SECTOR - 1));
	CHECK_EQ(error_of(BLOCK_FLUSH, 0, 0, 0), OK);
	CHECK_EQ(device->flushes, 1);
}

TEST(pages_that_follow_each_other_are_one_part)
{
	world_make();
	CHECK_EQ(error_of(BLOCK_READ, 0, 256, 1), OK);
	CHECK_EQ(device->parts_max, 3);
}

TEST(ring_full_of_requests_is_in_flight_at_once)
{
	u32 tag;
	u64 tags = 0;

	world_make();
	for (u32 i = 0; i < BLOCK_RING_ENTRIES; i++)
		submit(&guest, BLOCK_READ, i, i * 8, 8, 1 + i);
	driver_run();
	device_run(0, DEVICE_FIFO);
	CHECK_EQ(device->held_count, BLOCK_RING_ENTRIES);
	CHECK_EQ(device->doorbells,
	         3); /* two of them for the partition table: not there, and its backup */
	device_run(UINT32_MAX, DEVICE_LIFO);
	driver_run();
	for (u32 i = 0; i < BLOCK_RING_ENTRIES; i++) {
		CHECK_EQ(completed(&guest, &tag), OK);
		tags |= 1ull << tag;
	}
	CHECK_EQ(tags, UINT64_MAX);
	for (u32 i = 0; i < BLOCK_RING_ENTRIES; i++)
		CHECK(memcmp(guest.bytes + (1 + i) * PAGE_SIZE, device->disk + i * PAGE_SIZE,
		             PAGE_SIZE) == 0);
}

TEST(client_is_signalled_only_if_it_sleeps)
{
	world_make();
	CHECK_EQ(error_of(BLOCK_READ, 0, 1, 1), OK);
	CHECK_EQ(fake_event_take(guest.event), 0);
	guest.ring->client_sleeping = 1;
	CHECK_EQ(error_of(BLOCK_READ, 0, 1, 1), OK);
	CHECK_EQ(fake_event_take(guest.event), 4);
	CHECK_EQ(guest.ring->driver_sleeping, 1);
	submit(&guest, BLOCK_READ, 1, 0, 1, 1);
	driver_run();
	CHECK_EQ(guest.ring->driver_sleeping,
	         1); /* the ring is empty again: all is at the device */
}

TEST(device_of_few_segments_gets_pieces)
{
	world_begin();
	device->segments = 3;
	world_make();
	device->segments = 3;
	disk->segments = 3;
	CHECK_EQ(error_of(BLOCK_READ, 0, 100, 1), OK);
	CHECK_EQ(device->requests, 5);
	CHECK(memcmp(guest.bytes + PAGE_SIZE, device->disk, 100 * BLOCK_SECTOR) == 0);
}

TEST(device_without_indirect_tables_and_with_a_small_queue_works)
{
	u32 tag;

	world_begin();
	device->features &= ~VIRTIO_BIT(VIRTIO_INDIRECT);
	device->queue_size = 8;
	CHECK_EQ(disk_open(disk), OK);
	CHECK_EQ(disk_serve(disk, &server), OK);
	guest_make(&guest, &disk->parts[0]);
	CHECK_EQ(disk->segments, 6);
	for (u32 i = 0; i < 20; i++)
		submit(&guest, BLOCK_READ, i, i * 8, 60, 1 + i * 8);
	all_run();
	for (u32 i = 0; i < 20; i++)
		CHECK_EQ(completed(&guest, &tag), OK);
	for (u32 i = 0; i < 20; i++)
		CHECK(memcmp(guest.bytes + (1 + i * 8) * PAGE_SIZE, device->disk + i * PAGE_SIZE,
		             60 * BLOCK_SECTOR) == 0);
}

TEST(flush_without_a_write_cache_is_answered_at_once)
{
	world_make();
	disk->info.flush = 0;
	CHECK_EQ(error_of(BLOCK_FLUSH, 0, 0, 0), OK);
	CHECK_EQ(device->flushes, 0);
}

TEST(device_that_describes_itself_absurdly_is_refused)
{
	static const struct {
		u64 capacity, block_size;
	} bad[] = { { UINT64_MAX, 512 },
		    { 4096, 0 },
		    { 4096, 513 },
		    { 4096, 8192 },
		    { 4096, UINT32_MAX } };

	for (u32 i = 0; i < COUNT_OF(bad); i++) {
		world_begin();
		device->capacity = bad[i].capacity;
		device->block_size = bad[i].block_size;
		CHECK_EQ(disk_open(disk), E_IO);
	}
	world_begin();
	device->segments = 0;
	CHECK_EQ(disk_open(disk), OK);
	CHECK_EQ(disk->segments, 1);
	world_begin();
	device->features = 0;
	CHECK_EQ(disk_open(disk), E_NOTSUP);
}

/* --- bad clients --- */

TEST(requests_out_of_bounds_are_refused)
{
	static const struct {
		u32 operation;
		u64 sector;
		u32 sectors, page, error;
	} bad[] = {
		{ BLOCK_READ, DEVICE_SECTORS, 1, 1, E_RANGE },
		{ BLOCK_READ, DEVICE_SECTORS - 1, 2, 1, E_RANGE },
		{ BLOCK_READ, UINT64_MAX, 1, 1, E_RANGE },
		{ BLOCK_READ, UINT64_MAX - 1, 8, 1, E_RANGE },
		{ BLOCK_WRITE, 0, 0, 1, E_RANGE },
		{ BLOCK_WRITE, 0, 257, 1, E_RANGE },
		{ BLOCK_WRITE, 0, UINT32_MAX, 1, E_RANGE },
		{ BLOCK_READ, 0, 1, 0, E_RANGE },
		{ BLOCK_READ, 0, 1, PAGES, E_RANGE },
		{ BLOCK_READ, 0, 9, PAGES - 1, E_RANGE },
		{ BLOCK_READ, 0, 256, UINT32_MAX, E_RANGE },
		{ BLOCK_READ, 0, 256, UINT32_MAX - 30, E_RANGE },
		{ 0, 0, 1, 1, E_NOSYS },
		{ UINT32_MAX, 0, 1, 1, E_NOSYS },
	};

	world_make();
	for (u32 i = 0; i < COUNT_OF(bad); i++)
		CHECK_EQ(error_of(bad[i].operation, bad[i].sector, bad[i].sectors, bad[i].page),
		         bad[i].error);
	CHECK_EQ(device->requests, 0);
	CHECK_EQ(error_of(BLOCK_READ, DEVICE_SECTORS - 1, 1, PAGES - 1), OK);
	disk->info.readonly = 1;
	CHECK_EQ(error_of(BLOCK_WRITE, 0, 1, 1), E_READONLY);
	disk->info.sector_size = 4096;
	CHECK_EQ(error_of(BLOCK_READ, 1, 8, 1), E_INVAL);
	CHECK_EQ(error_of(BLOCK_READ, 8, 4, 1), E_INVAL);
	CHECK_EQ(error_of(BLOCK_READ, 8, 8, 1), OK);
}

TEST(part_of_the_disk_is_all_that_its_client_reaches)
{
	struct guest other;
	u32 tag;

	world_make();
	disk->parts[1] = (struct part){ .used = true, .sector = 1000, .sectors = 16 };
	guest_make(&other, &disk->parts[1]);
	submit(&other, BLOCK_READ, 1, 8, 8, 1);
	submit(&other, BLOCK_READ, 2, 9, 8, 1);
	submit(&other, BLOCK_WRITE, 3, UINT64_MAX - 999, 1, 1);
	all_run();
	u32 errors[4] = { 0 };
	for (u32 i = 0; i < 3; i++) {
		u32 error = completed(&other, &tag);
		errors[tag] = error;
	}
	CHECK(errors[1] == OK && errors[2] == E_RANGE && errors[3] == E_RANGE);
	CHECK(memcmp(other.bytes + PAGE_SIZE, device->disk + 1008 * BLOCK_SECTOR, PAGE_SIZE) == 0);
}

TEST(ring_with_more_than_fits_is_not_read_any_more)
{
	world_make();
	guest.ring->submitted = BLOCK_RING_ENTRIES + 1;
	driver_run();
	CHECK(disk->parts[0].client->broken);
	CHECK_EQ(device->requests, 0);
	CHECK_EQ(guest.ring->completed, 0);
}

TEST(counts_that_the_client_changes_are_not_believed)
{
	u32 tag;

	world_make();
	for (u32 i = 0; i < 10; i++)
		submit(&guest, BLOCK_READ, i, i, 1, 1);
	driver_run();
	guest.ring->completed = 0x7fffffff;
	guest.ring->driver_sleeping = 55;
	all_run();
	CHECK_EQ(guest.ring->completed, 10);
	for (u32 i = 0; i < 10; i++)
		CHECK_EQ(completed(&guest, &tag), OK);
}

TEST(ring_that_goes_away_ends_nothing_but_its_client)
{
	struct guest other;
	u32 tag;

	world_make();
	disk->parts[1] = (struct part){ .used = true, .sectors = DEVICE_SECTORS };
	submit(&guest, BLOCK_READ, 1, 0, 8, 1);
	submit(&guest, BLOCK_READ, 2, 0, 8, 2);
	driver_run();
	ring_gone = true;
	all_run();
	ring_gone = false;
	CHECK(disk->parts[0].client->broken);
	fake_cap_break(guest.segment);
	clients_check(disk);
	CHECK(disk->parts[0].client == NULL);
	CHECK_EQ(disk->client_count, 0);
	guest_make(&other, &disk->parts[1]);
	submit(&other, BLOCK_READ, 1, 0, 8, 1);
	all_run();
	CHECK_EQ(completed(&other, &tag), OK);
}

TEST(dead_clients_segment_is_kept_until_the_device_is_done_with_it)
{
	world_make();
	u32 before = fake_caps_open();
	submit(&guest, BLOCK_READ, 1, 0, 8, 1);
	driver_run();
	client_detach(disk->parts[0].client);
	CHECK(fake_cap_is_open(guest.segment));
	CHECK_EQ(disk->client_count, 1);
	device_run(1, DEVICE_FIFO);
	driver_run();
	CHECK(!fake_cap_is_open(guest.segment));
	CHECK_EQ(disk->client_count, 0);
	/* Segment, event, and our doorbell; its copy was the client's. */
	CHECK_EQ(fake_caps_open(), before - 3);
}

TEST(nothing_is_sent_for_a_client_whose_memory_is_gone)
{
	world_make();
	device->errors = 1; /* so that it would be sent again */
	submit(&guest, BLOCK_READ, 1, 0, 8, 1);
	driver_run();
	fake_cap_break(guest.segment);
	all_run();
	CHECK_EQ(device->requests, 1);
}

TEST(second_attach_replaces_the_first)
{
	struct guest second;
	u32 tag;

	world_make();
	guest_make(&second, &disk->parts[0]);
	CHECK_EQ(disk->client_count, 1);
	submit(&second, BLOCK_READ, 1, 0, 8, 1);
	submit(&guest, BLOCK_READ, 1, 0, 8, 1);
	all_run();
	CHECK_EQ(completed(&second, &tag), OK);
	CHECK_EQ(guest.ring->completed, 0);
}

TEST(attach_checks_what_it_is_given_and_leaves_it_on_failure)
{
	cap_t segment, event, doorbell;

	world_make();
	segment = fake_segment(4 * PAGE_SIZE);
	event = fake_cap();
	u32 before = fake_caps_open();
	CHECK_EQ(client_attach(disk, &disk->parts[0], 1, 1, segment, event, &doorbell), E_RANGE);
	CHECK_EQ(client_attach(disk, &disk->parts[0], 5, 1, segment, event, &doorbell), E_RANGE);
	CHECK_EQ(client_attach(disk, &disk->parts[0], UINT64_MAX, 1, segment, event, &doorbell),
	         E_RANGE);
	CHECK_EQ(client_attach(disk, &disk->parts[0], 2, 1, event, event, &doorbell), E_CAP);
	CHECK_EQ(fake_caps_open(), before);
	CHECK(disk->parts[0].client && disk->parts[0].client->segment == guest.segment);
}

/* --- bad devices --- */

TEST(error_is_hidden_once_and_reported_the_second_time)
{
	world_make();
	device->errors = 1;
	CHECK_EQ(error_of(BLOCK_READ, 0, 8, 1), OK);
	device->errors = 2;
	CHECK_EQ(error_of(BLOCK_WRITE, 0, 8, 1), E_IO);
	device->errors = 1;
	device->status = 2;
	CHECK_EQ(error_of(BLOCK_READ, 0, 8, 1), E_NOTSUP);
}

TEST(wrong_status_and_lengths_are_no_success)
{
	world_make();
	device->errors = 2;
	device->status = 0xff; /* not written */
	CHECK_EQ(error_of(BLOCK_READ, 0, 8, 1), E_IO);
	device->wild = 2;
	CHECK_EQ(error_of(BLOCK_READ, 0, 8, 1), E_IO);
	device->short_reads = 2;
	CHECK_EQ(error_of(BLOCK_READ, 0, 8, 1), E_IO);
	CHECK(disk->bad + disk->queue.bad >= 6);
	CHECK_EQ(error_of(BLOCK_READ, 0, 8, 1), OK);
}

TEST(device_that_talks_nonsense_ends_the_driver)
{
	world_make();
	submit(&guest, BLOCK_READ, 1, 0, 8, 1);
	driver_run();
	for (u32 i = 0; i < DISK_BAD_MAX; i++) {
		device->nonsense = 1;
		device_run(1, DEVICE_FIFO);
		CHECK(!FAKE_FAILS(driver_run()));
	}
	device->nonsense = 1;
	device_run(1, DEVICE_FIFO);
	CHECK(FAKE_FAILS(driver_run()));
}

TEST(device_that_claims_too_much_is_reset_and_everything_is_sent_again)
{
	u32 tag;

	world_make();
	for (u32 i = 0; i < 20; i++)
		submit(&guest, BLOCK_READ, i, i * 8, 8, 1 + i);
	driver_run();
	device_break_index();
	driver_run();
	CHECK_EQ(device->resets, 1);
	all_run();
	for (u32 i = 0; i < 20; i++)
		CHECK_EQ(completed(&guest, &tag), OK);
	CHECK(memcmp(guest.bytes + PAGE_SIZE, device->disk, 20 * PAGE_SIZE) == 0);
}

TEST(overdue_request_is_tried_again_after_a_reset_and_then_fails)
{
	u32 tag;

	world_make();
	submit(&guest, BLOCK_READ, 1, 0, 8, 1);
	driver_run();
	fake_now += SLOT_DEADLINE_NS - 1;
	submit(&guest, BLOCK_READ, 2, 8, 8, 2); /* not late */
	driver_run();
	disk_tick(disk);
	CHECK_EQ(device->resets, 0);
	fake_now += 1;
	disk_tick(disk);
	CHECK_EQ(device->resets, 1);
	CHECK_EQ(guest.ring->completed, 0);
	fake_now += SLOT_DEADLINE_NS;
	disk_tick(disk);
	CHECK_EQ(device->resets, 2);
	CHECK_EQ(completed(&guest, &tag), E_IO);
	CHECK_EQ(tag, 1);
	all_run();
	CHECK_EQ(completed(&guest, &tag), OK);
	CHECK_EQ(tag, 2);
}

TEST(device_that_only_wants_resets_ends_the_driver)
{
	world_make();
	submit(&guest, BLOCK_READ, 1, 0, 8, 1);
	driver_run();
	for (u32 i = 0; i < DISK_RESETS_MAX; i++) {
		device->broken = true;
		CHECK(!FAKE_FAILS(disk_tick(disk)));
	}
	device->broken = true;
	CHECK(FAKE_FAILS(disk_tick(disk)));
	world_make();
	device->stuck = device->broken = true;
	CHECK(FAKE_FAILS(disk_tick(disk)));
}

TEST(lost_interrupts_are_found_by_ticks_and_end_the_driver_at_last)
{
	u32 tag;

	world_make();
	for (u32 i = 0; i < DISK_SILENT_MAX; i++) {
		submit(&guest, BLOCK_READ, i, 0, 8, 1);
		disk_work(disk);
		device_run(1, DEVICE_FIFO);
		CHECK(!FAKE_FAILS(disk_tick(disk)));
		CHECK_EQ(completed(&guest, &tag), OK);
	}
	submit(&guest, BLOCK_READ, 9, 0, 8, 1);
	disk_work(disk);
	device_run(1, DEVICE_FIFO);
	CHECK(FAKE_FAILS(disk_tick(disk)));
}

TEST(disk_that_is_silent_from_the_start_delays_it_and_no_more)
{
	world_begin();
	device->silent = true;
	CHECK_EQ(disk_open(disk), OK);
	CHECK(disk->gpt_error != OK);
	CHECK(fake_now < 1000000000000ull);
}

/* All at once, at random: every request is answered exactly once, and reads give what is on the
 * disk. */
TEST(random_work_with_random_failures_answers_everything_once)
{
	u8 waiting[BLOCK_RING_ENTRIES] = { 0 };
	u32 tag, count = 0;

	world_make();
	srand(6);
	for (u32 turn = 0; turn < 100000; turn++) {
		tag = (u32)rand() % BLOCK_RING_ENTRIES;
		if (!waiting[tag] && count < BLOCK_RING_ENTRIES) {
			waiting[tag] = 1;
			count++;
			submit(&guest, BLOCK_READ, tag, tag * 8, 1 + (u32)rand() % 8, 1 + tag);
		}
		if (rand() % 64 == 0)
			device->errors += (u32)rand() % 2;
		if (rand() % 500 == 0)
			device_break_index();
		if (rand() % 3 == 0)
			device_run((u32)rand() % 10, rand() % 2 ? DEVICE_FIFO : DEVICE_LIFO);
		driver_run();
		while (guest.seen != guest.ring->completed) {
			u32 error = completed(&guest, &tag);
			CHECK(tag < BLOCK_RING_ENTRIES && waiting[tag] &&
			      (error == OK || error == E_IO));
			waiting[tag] = 0;
			count--;
			CHECK(error || memcmp(guest.bytes + (1 + tag) * PAGE_SIZE,
			                      device->disk + tag * PAGE_SIZE, BLOCK_SECTOR) == 0);
		}
	}
	all_run();
	while (guest.seen != guest.ring->completed) {
		(void)completed(&guest, &tag);
		count--;
	}
	CHECK_EQ(count, 0);
	CHECK_EQ(disk->queue.in_flight, 0);
}
