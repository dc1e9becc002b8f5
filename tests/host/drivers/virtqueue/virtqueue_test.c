/* SPDX-License-Identifier: MIT */
/* The split virtqueue against a device that behaves, and one that does not. */
#include "../fake/fake.h"
#include "lib/virtqueue.h"
#include "test.h"

#include <stdlib.h>

enum { SIZE = 8 };

/* The device's view: the three rings where the driver says they are. */
struct device {
	struct virtqueue_descriptor *descriptors;
	u16 *available, *used;
	u16 seen, given;
	u16 size;
};

static struct virtqueue queue;
static struct device device;
static u8 data[64];

static void world_make(u16 size)
{
	fake_start();
	CHECK_EQ(virtqueue_create(&queue, 1, size), OK);
	device = (struct device){
		.descriptors = fake_physical(queue.memory.addr, size * 16u),
		.available = fake_physical(virtqueue_available_addr(&queue), 6 + 2u * size),
		.used = fake_physical(virtqueue_used_addr(&queue), 6 + 8u * size),
		.size = size,
	};
	CHECK(device.descriptors && device.available && device.used);
}

static void device_complete(u32 id, u32 written)
{
	u32 *entry = (u32 *)(void *)(device.used + 2) + 2 * (device.given % device.size);

	entry[0] = id;
	entry[1] = written;
	device.used[1] = ++device.given;
}

/* The next request's first descriptor. */
static u16 device_take(void)
{
	CHECK(device.seen != device.available[1]);
	return device.available[2 + device.seen++ % device.size];
}

static const struct virtqueue_part three[] = {
	{ .addr = 0x1000, .size = 16 },
	{ .addr = 0x2000, .size = 512, .device_writes = true },
	{ .addr = 0x3000, .size = 1, .device_writes = true },
};

static err_t add_three(void *cookie) { return virtqueue_add(&queue, three, 3, NULL, cookie); }

TEST(queue_memory_fits_one_page_up_to_128_entries)
{
	world_make(VIRTQUEUE_SIZE_MAX);
	CHECK(virtqueue_used_addr(&queue) + 6 + 8 * VIRTQUEUE_SIZE_MAX <=
	      queue.memory.addr + PAGE_SIZE);
	CHECK_EQ(virtqueue_used_addr(&queue) % 4, 0);
	CHECK_EQ(virtqueue_create(&queue, 1, 256), E_RANGE);
	CHECK_EQ(virtqueue_create(&queue, 1, 0), E_RANGE);
}

TEST(chain_is_laid_out_as_the_device_expects)
{
	struct virtqueue_done done;

	world_make(SIZE);
	CHECK_EQ(add_three(data), OK);
	CHECK_EQ(device.available[1], 0);
	CHECK(virtqueue_publish(&queue));
	CHECK_EQ(device.available[1], 1);
	u16 id = device_take(), at = id;
	for (u32 i = 0; i < 3; i++) {
		CHECK_EQ(device.descriptors[at].addr, three[i].addr);
		CHECK_EQ(device.descriptors[at].size, three[i].size);
		CHECK_EQ(device.descriptors[at].flags,
		         (i < 2 ? VIRTQUEUE_NEXT : 0) |
		                 (three[i].device_writes ? VIRTQUEUE_WRITE : 0));
		at = device.descriptors[at].next;
	}
	CHECK_EQ(virtqueue_take(&queue, &done), VIRTQUEUE_EMPTY);
	device_complete(id, 513);
	CHECK_EQ(virtqueue_take(&queue, &done), VIRTQUEUE_DONE);
	CHECK(done.cookie == data && done.written == 513 && !done.wild);
	CHECK_EQ(queue.free_count, SIZE);
}

TEST(indirect_table_takes_one_descriptor)
{
	struct virtqueue_descriptor table[3];
	struct virtqueue_table indirect = { .descriptors = table, .addr = 0x9000 };

	world_make(SIZE);
	for (u32 i = 0; i < SIZE; i++)
		CHECK_EQ(virtqueue_add(&queue, three, 3, &indirect, data), OK);
	CHECK_EQ(virtqueue_add(&queue, three, 3, &indirect, data), E_BUSY);
	CHECK(virtqueue_publish(&queue));
	u16 id = device_take();
	CHECK_EQ(device.descriptors[id].flags, VIRTQUEUE_INDIRECT);
	CHECK_EQ(device.descriptors[id].addr, 0x9000);
	CHECK_EQ(device.descriptors[id].size, 48);
	CHECK_EQ(table[0].flags, VIRTQUEUE_NEXT);
	CHECK_EQ(table[0].next, 1);
	CHECK_EQ(table[2].flags, VIRTQUEUE_WRITE);
}

TEST(full_queue_says_busy_and_changes_nothing)
{
	world_make(SIZE);
	CHECK_EQ(add_three(data), OK);
	CHECK_EQ(add_three(data), OK);
	CHECK_EQ(add_three(data), E_BUSY);
	CHECK_EQ(queue.free_count, 2);
	CHECK_EQ(queue.in_flight, 2);
	CHECK_EQ(virtqueue_add(&queue, three, 0, NULL, data), E_RANGE);
	CHECK_EQ(virtqueue_add(&queue, three, SIZE + 1, NULL, data), E_RANGE);
}

TEST(device_that_wants_no_doorbell_gets_none)
{
	world_make(SIZE);
	CHECK_EQ(add_three(data), OK);
	device.used[0] = 1;
	CHECK(!virtqueue_publish(&queue));
}

TEST(completion_of_what_is_not_in_flight_is_counted)
{
	struct virtqueue_done done;

	world_make(SIZE);
	CHECK_EQ(add_three(data), OK);
	CHECK(virtqueue_publish(&queue));
	u16 id = device_take();
	device_complete(SIZE, 0);
	CHECK_EQ(virtqueue_take(&queue, &done), VIRTQUEUE_BAD);
	device_complete(UINT32_MAX, 0);
	CHECK_EQ(virtqueue_take(&queue, &done), VIRTQUEUE_BAD);
	/* The middle of a chain is no request. */
	device_complete(device.descriptors[id].next, 0);
	CHECK_EQ(virtqueue_take(&queue, &done), VIRTQUEUE_BAD);
	CHECK_EQ(queue.bad, 3);
	device_complete(id, 513);
	CHECK_EQ(virtqueue_take(&queue, &done), VIRTQUEUE_DONE);
	device_complete(id, 513); /* twice */
	CHECK_EQ(virtqueue_take(&queue, &done), VIRTQUEUE_BROKEN);
}

TEST(wild_length_is_cut_and_counted)
{
	struct virtqueue_done done;

	world_make(SIZE);
	CHECK_EQ(add_three(data), OK);
	CHECK(virtqueue_publish(&queue));
	device_complete(device_take(), UINT32_MAX);
	CHECK_EQ(virtqueue_take(&queue, &done), VIRTQUEUE_DONE);
	CHECK(done.wild && done.written == 513);
	CHECK_EQ(queue.bad, 1);
}

TEST(used_index_that_jumps_means_broken)
{
	struct virtqueue_done done;

	world_make(SIZE);
	device.used[1] = 1;
	CHECK_EQ(virtqueue_take(&queue, &done), VIRTQUEUE_BROKEN);
	CHECK_EQ(add_three(data), OK);
	device.used[1] = 0x8000;
	CHECK_EQ(virtqueue_take(&queue, &done), VIRTQUEUE_BROKEN);
	virtqueue_clear(&queue);
	CHECK_EQ(virtqueue_take(&queue, &done), VIRTQUEUE_EMPTY);
	CHECK_EQ(queue.free_count, SIZE);
}

/* The driver must not follow what the device has made of the descriptors. */
TEST(device_that_scribbles_over_its_page_does_not_confuse_the_driver)
{
	struct virtqueue_done done;

	world_make(SIZE);
	CHECK_EQ(add_three(data), OK);
	CHECK_EQ(add_three(data + 1), OK);
	CHECK(virtqueue_publish(&queue));
	u16 first = device_take(), second = device_take();
	memset(queue.memory.ptr, 0xff, PAGE_SIZE);
	device.used[1] = device.given;
	device_complete(second, 1);
	device_complete(first, 2);
	CHECK_EQ(virtqueue_take(&queue, &done), VIRTQUEUE_DONE);
	CHECK(done.cookie == data + 1);
	CHECK_EQ(virtqueue_take(&queue, &done), VIRTQUEUE_DONE);
	CHECK(done.cookie == data);
	CHECK_EQ(queue.free_count, SIZE);
	CHECK_EQ(queue.in_flight, 0);
}

/* Any order of completions, over many turns of the 16-bit indices; with nonsense strewn in. */
TEST(descriptors_are_neither_lost_nor_given_twice)
{
	u16 posted[SIZE];
	u32 count = 0, expected_bad = 0;
	struct virtqueue_done done;

	world_make(SIZE);
	srand(1);
	for (u32 turn = 0; turn < 200000; turn++) {
		u16 parts = (u16)(1 + rand() % 3);
		if (virtqueue_add(&queue, three, parts, NULL, data) == OK) {
			CHECK(virtqueue_publish(&queue));
			posted[count++] = device_take();
		}
		if (count && rand() % 2) {
			u32 pick = (u32)rand() % count;
			u16 id = posted[pick];
			posted[pick] = posted[--count];
			device_complete(id, 0);
			CHECK_EQ(virtqueue_take(&queue, &done), VIRTQUEUE_DONE);
		}
		if (count && rand() % 16 == 0) {
			device_complete(SIZE + (u32)rand() % 100, 0);
			CHECK_EQ(virtqueue_take(&queue, &done), VIRTQUEUE_BAD);
			expected_bad++;
		}
	}
	CHECK_EQ(queue.in_flight, count);
	CHECK_EQ(queue.bad, expected_bad);
	while (count) {
		device_complete(posted[--count], 0);
		CHECK_EQ(virtqueue_take(&queue, &done), VIRTQUEUE_DONE);
	}
	CHECK_EQ(queue.free_count, SIZE);
}

TEST(queue_that_cannot_be_paid_leaves_nothing)
{
	fake_start();
	fake_pages_left = 0;
	CHECK_EQ(virtqueue_create(&queue, 1, SIZE), E_FUNDS);
	CHECK_EQ(fake_caps_open(), 0);
	virtqueue_destroy(&queue);
	world_make(SIZE);
	virtqueue_destroy(&queue);
	CHECK_EQ(fake_caps_open(), 0);
}
