/* SPDX-License-Identifier: MIT */
#include "fake_kernel.h"

#include <stdlib.h>

TEST(ranges_are_taken_lowest_first_and_merge_again)
{
	struct rt_ranges r = { 0 };
	ranges_give(&r, 0x1000, 0x4000);
	CHECK_EQ(ranges_take(&r, 0x1000), 0x1000);
	CHECK_EQ(ranges_take(&r, 0x2000), 0x2000);
	CHECK_EQ(ranges_take(&r, 0x2000), 0);
	ranges_give(&r, 0x1000, 0x1000);
	CHECK_EQ(r.count, 2);
	ranges_give(&r, 0x2000, 0x2000);
	CHECK_EQ(r.count, 1);
	CHECK_EQ(ranges_take(&r, 0x4000), 0x1000);
	CHECK_EQ(r.count, 0);
	CHECK_EQ(ranges_take(&r, 0), 0);
}

TEST(a_full_table_of_ranges_forgets_and_does_not_break)
{
	struct rt_ranges r = { 0 };
	for (u64 i = 1; i <= 2 * RANGES_MAX; i++)
		ranges_give(&r, i * 0x2000, 0x1000);
	CHECK_EQ(r.count, RANGES_MAX);
	for (u64 i = 1; i <= RANGES_MAX; i++)
		CHECK_EQ(ranges_take(&r, 0x1000), i * 0x2000);
	CHECK_EQ(ranges_take(&r, 0x1000), 0);
}

/* Against a map of the pages. */
TEST(no_page_is_taken_twice_in_a_random_run)
{
	enum { PAGES = 256 };
	static u8 owner[PAGES];
	static struct {
		u64 start, size;
	} taken[64];
	struct rt_ranges r = { 0 };
	srand(42);
	memset(owner, 0, sizeof(owner));
	memset(taken, 0, sizeof(taken));
	ranges_give(&r, 0x1000, (PAGES - 1) * 0x1000);
	for (int i = 0; i < 100000; i++) {
		u32 at = (u32)rand() % 64;
		if (taken[at].size) {
			for (u64 p = 0; p < taken[at].size; p++)
				owner[taken[at].start + p] = 0;
			ranges_give(&r, taken[at].start * 0x1000, taken[at].size * 0x1000);
			taken[at].size = 0;
			continue;
		}
		u64 size = 1 + (u64)rand() % 8, start = ranges_take(&r, size * 0x1000) / 0x1000;
		if (!start)
			continue;
		taken[at].start = start;
		taken[at].size = size;
		for (u64 p = 0; p < size; p++)
			CHECK_EQ(owner[start + p]++, 0);
	}
}
