/* SPDX-License-Identifier: MIT */
/* Files that clients have mapped: what is written one way is read the other way, and reaches the
 * disk. */
#include <stdlib.h>

#include "../ext/world.h"
#include "segments.h"

static char data[200000];

static void fill(u64 seed)
{
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)world_random(&seed);
}

static cap_t map_of(cap_t file, u32 access)
{
	cap_t segment = 0;
	u64 size;

	CHECK_EQ(file_map(file, access, &segment, &size), OK);
	return segment & ~CAP_MOVE;
}

static char touched(cap_t segment, u64 offset)
{
	err_t error;
	const char *place = client_touch(segment, offset, &error);

	CHECK_EQ(error, OK);
	return *place;
}

/* The maps are given up, so that nothing of them is left. */
static void finish(void)
{
	cap_t file;

	/* The last file that is closed gives up what nobody uses. */
	CHECK_EQ(w_open("", OPEN_READ, 0, &file), OK);
	w_close(file);
	CHECK(segments_there() <= 2);
	fs_spare(&world.ext.fs);       /* now also those that are only kept */
	CHECK_EQ(segments_there(), 1); /* the staging pages */
	world_finish();
}

TEST(a_mapping_shows_the_file_and_zeros_behind_it)
{
	cap_t file;

	fill(1);
	world_begin();
	CHECK_EQ(w_put("f", data, 100001), OK);
	CHECK_EQ(w_open("f", OPEN_READ, 0, &file), OK);
	cap_t segment = map_of(file, ACCESS_READ | ACCESS_EXEC);
	for (size_t i = 0; i < 100001; i += 997)
		CHECK_EQ(touched(segment, i), data[i]);
	CHECK_EQ(touched(segment, 100000), data[100000]);
	CHECK_EQ(touched(segment, 100001), 0);
	CHECK_EQ(touched(segment, 102399), 0);
	err_t error;
	CHECK(!client_touch(segment, 102400, &error));
	w_close(file);
	CHECK_EQ(touched(segment, 5), data[5]); /* still mapped */
	client_close(segment);
	finish();
}

TEST(a_write_is_seen_through_mappings_and_the_other_way_round)
{
	char back[300];
	cap_t file;
	u64 count;
	err_t error;

	fill(2);
	world_begin();
	CHECK_EQ(w_put("f", data, 50000), OK);
	CHECK_EQ(w_open("f", OPEN_BOTH, 0, &file), OK);
	cap_t segment = map_of(file, ACCESS_READ | ACCESS_WRITE);
	*client_touch(segment, 4090, &error) = 'm';
	CHECK_EQ(file_read(file, 4000, 0, back, 300, &count), OK);
	CHECK(count == 300 && back[90] == 'm' && back[89] == data[4089] && back[299] == data[4299]);
	/* A write to the same page keeps what the client has put beside it. */
	CHECK_EQ(file_write(file, 4091, 0, "written", 7, &count), OK);
	CHECK_EQ(touched(segment, 4090), 'm');
	CHECK_EQ(touched(segment, 4091), 'w');
	CHECK_EQ(touched(segment, 4097), 'n');
	*client_touch(segment, 30000, &error) = 'M';
	CHECK_EQ(file_sync(file, false), OK);
	w_close(file);
	client_close(segment);
	CHECK_EQ(w_sync(), OK);
	world_check();
	CHECK_EQ(w_open("f", OPEN_READ, 0, &file), OK);
	CHECK_EQ(file_read(file, 4089, 0, back, 10, &count), OK);
	CHECK(!memcmp(back + 1, "mwritten", 8));
	CHECK_EQ(file_read(file, 29999, 0, back, 3, &count), OK);
	CHECK(back[0] == data[29999] && back[1] == 'M' && back[2] == data[30001]);
	w_close(file);
	world_finish();
}

TEST(what_is_cut_off_is_gone_from_mappings_and_comes_back_as_zeros)
{
	cap_t file;
	u64 count;
	err_t error;

	fill(3);
	world_begin();
	CHECK_EQ(w_put("f", data, 40000), OK);
	CHECK_EQ(w_open("f", OPEN_BOTH, 0, &file), OK);
	cap_t segment = map_of(file, ACCESS_READ | ACCESS_WRITE);
	for (u64 at = 0; at < 40000; at += PAGE_SIZE)
		touched(segment, at);
	*client_touch(segment, 39999 + 100, &error) = 'x'; /* behind the end: is not of the file */
	CHECK_EQ(w_truncate("f", 10000), OK);
	CHECK_EQ(touched(segment, 9999), data[9999]);
	CHECK_EQ(touched(segment, 10000), 0);
	CHECK(!client_touch(segment, 20000, &error));
	CHECK_EQ(w_truncate("f", 45000), OK);
	CHECK_EQ(touched(segment, 20000), 0);
	CHECK_EQ(touched(segment, 40099), 0);
	CHECK_EQ(file_write(file, 44999, 0, "yz", 2, &count), OK);
	CHECK_EQ(touched(segment, 44999), 'y');
	CHECK_EQ(touched(segment, 45000), 'z');
	w_close(file);
	client_close(segment);
	finish();
}

TEST(an_unlinked_file_lives_while_it_is_mapped)
{
	cap_t file;
	err_t error;

	fill(4);
	world_begin();
	CHECK_EQ(w_put("f", data, 40000), OK);
	CHECK_EQ(w_open("f", OPEN_BOTH, 0, &file), OK);
	cap_t segment = map_of(file, ACCESS_READ | ACCESS_WRITE);
	CHECK_EQ(w_remove("f", 0), OK);
	w_close(file);
	CHECK_EQ(touched(segment, 12345), data[12345]);
	*client_touch(segment, 12345, &error) = 'x';
	client_close(segment);
	CHECK_EQ(w_sync(), OK);
	CHECK_EQ(segments_there(), 1);
	finish();
}

TEST(pages_come_back_after_memory_was_short)
{
	cap_t file;
	u64 count;

	fill(6);
	world_begin();
	CHECK_EQ(w_put("f", data, 60000), OK);
	CHECK_EQ(w_open("f", OPEN_BOTH, 0, &file), OK);
	cap_t segment = map_of(file, ACCESS_READ);
	for (u64 at = 0; at < 60000; at += PAGE_SIZE)
		touched(segment, at);
	fs_spare(&world.ext.fs);
	CHECK_EQ(segment_resident_pages(segment), 0);
	CHECK_EQ(file_write(file, 20000, 0, "new", 3, &count), OK);
	CHECK_EQ(touched(segment, 20001), 'e');
	CHECK_EQ(touched(segment, 59999), data[59999]);
	w_close(file);
	client_close(segment);
	finish();
}

TEST(files_larger_than_the_account_can_be_mapped)
{
	cap_t file[2], segment[2];

	fill(7);
	world_begin();
	segments_pages_max = 20;
	for (int i = 0; i < 2; i++) {
		const char *name = i ? "b" : "a";
		CHECK_EQ(w_put(name, data + i, 100000), OK);
		CHECK_EQ(w_open(name, OPEN_READ, 0, &file[i]), OK);
		segment[i] = map_of(file[i], ACCESS_READ);
	}
	for (u64 at = 0; at < 100000; at += PAGE_SIZE)
		for (u64 i = 0; i < 2; i++)
			CHECK_EQ(touched(segment[i], at), data[at + i]);
	/* Too little even for one fault. */
	segments_pages_max = 1;
	fs_spare(&world.ext.fs);
	err_t error;
	CHECK(!client_touch(segment[0], 0, &error));
	CHECK_EQ(error, E_FUNDS);
	segments_pages_max = 0;
	CHECK_EQ(touched(segment[0], 0), data[0]);
	for (int i = 0; i < 2; i++) {
		client_close(segment[i]);
		w_close(file[i]);
	}
	fs_spare(&world.ext.fs);
	finish();
}

TEST(a_mapping_needs_what_the_open_file_may)
{
	cap_t file, segment;
	u64 size;

	world_begin();
	CHECK_EQ(w_put("f", "x", 1), OK);
	CHECK_EQ(w_open("f", OPEN_READ, 0, &file), OK);
	CHECK_EQ(file_map(file, ACCESS_READ | ACCESS_WRITE, &segment, &size), E_ACCESS);
	CHECK_EQ(file_map(file, 8, &segment, &size), E_INVAL);
	w_close(file);
	CHECK_EQ(w_open("f", OPEN_WRITE, 0, &file), OK);
	CHECK_EQ(file_map(file, ACCESS_READ, &segment, &size), E_ACCESS);
	w_close(file);
	CHECK_EQ(w_open("", OPEN_READ, 0, &file), OK);
	CHECK_EQ(file_map(file, ACCESS_READ, &segment, &size), E_ISDIR);
	w_close(file);
	world_finish();
}

/* Random touches, writes and cuts, against an array. */
TEST(random_use_of_a_mapped_file_is_consistent)
{
	enum { MOST = 180000 };
	static char expected[MOST], back[MOST];

	for (u64 round = 0; round < 6; round++) {
		u64 seed = round, size = 100000, count;
		cap_t file;
		err_t error;
		fill(round);
		world_begin();
		memset(expected, 0, sizeof(expected));
		memcpy(expected, data, size);
		CHECK_EQ(w_put("f", data, size), OK);
		CHECK_EQ(w_open("f", OPEN_BOTH, 0, &file), OK);
		cap_t segment = map_of(file, ACCESS_READ | ACCESS_WRITE);
		for (int i = 0; i < 400; i++) {
			u64 at = world_random(&seed) % MOST;
			u64 length = 1 + world_random(&seed) % 20000;
			length = at + length > MOST ? MOST - at : length;
			switch (world_random(&seed) % 6) {
			case 0:
				CHECK_EQ(file_write(file, (i64)at, 0, data, length, &count), OK);
				CHECK_EQ(count, length);
				memcpy(expected + at, data, length);
				size = at + length > size ? at + length : size;
				break;
			case 1:
				if (world_random(&seed) % 4)
					break;
				CHECK_EQ(w_truncate("f", at), OK);
				if (at < size)
					memset(expected + at, 0, size - at);
				size = at;
				break;
			case 2:
			case 3:
				if (at >= size)
					break;
				expected[at] = (char)i;
				*client_touch(segment, at, &error) = (char)i;
				break;
			case 4:
				if (at < size)
					CHECK_EQ(touched(segment, at), expected[at]);
				break;
			case 5:
				CHECK_EQ(file_read(file, (i64)at, 0, back, length, &count), OK);
				CHECK_EQ(count, at >= size           ? 0
				                : size - at < length ? size - at
				                                     : length);
				CHECK(memcmp(back, expected + at, count) == 0);
				break;
			}
			if (i % 100 == 99)
				CHECK_EQ(w_sync(), OK);
		}
		w_close(file);
		client_close(segment);
		CHECK_EQ(w_sync(), OK);
		world_check();
		char *got;
		size_t got_size;
		CHECK_EQ(w_get("f", &got, &got_size), OK);
		CHECK_EQ(got_size, size);
		CHECK(memcmp(got, expected, size) == 0);
		free(got);
		world_finish();
	}
}
