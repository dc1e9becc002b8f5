/* SPDX-License-Identifier: MIT */
/* The block driver with a device that behaves, and with one that does not. */
#include "world.h"

#include <stdlib.h>

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
