/* SPDX-License-Identifier: MIT */
/* The block driver with clients that lie, and clients that die. */
#include "world.h"

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
		{ BLOCK_READ, 0, 1, GUEST_PAGES, E_RANGE },
		{ BLOCK_READ, 0, 9, GUEST_PAGES - 1, E_RANGE },
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
	CHECK_EQ(error_of(BLOCK_READ, DEVICE_SECTORS - 1, 1, GUEST_PAGES - 1), OK);
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
