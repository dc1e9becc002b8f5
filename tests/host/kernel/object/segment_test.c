/* SPDX-License-Identifier: MIT */
/* Segments: contents, copies, moves, sizes. */
#include "world.h"

enum { WINDOW = 0x30000000 };

static cap_t segment_make(u64 pages)
{
	cap_t segment;

	CHECK_EQ(segment_create(SIGMA0_BANK, pages * PAGE_SIZE, 0, &segment), OK);
	CHECK_EQ(task_map(0, segment, 0, WINDOW, pages * PAGE_SIZE, ACCESS_READ | ACCESS_WRITE),
	         OK);
	return segment;
}

static void put(u64 page, u64 value) { CHECK(host_write(WINDOW + page * PAGE_SIZE, &value, 8)); }

static u64 get(vaddr_t addr)
{
	u64 value = 0;

	CHECK(host_read(addr, &value, 8));
	return value;
}

TEST(segment_that_shrinks_gives_its_pages_back_and_is_empty_when_it_grows_again)
{
	world_make(600, 1);
	cap_t segment = segment_make(20);
	put(2, 1);
	u64 before = figure(SIGMA0_BANK, BANK_CHARGED), resident;
	for (u64 i = 2; i < 20; i++)
		put(i, i);
	CHECK_EQ(segment_resize(segment, 2 * PAGE_SIZE), OK);
	CHECK_EQ(segment_read(segment, SEGMENT_RESIDENT, &resident), OK);
	CHECK_EQ(resident, 0);
	CHECK_EQ(segment_resize(segment, 20 * PAGE_SIZE), OK);
	CHECK_EQ(get(WINDOW + 5 * PAGE_SIZE), 0);
	CHECK_EQ(cap_close(segment), OK);
	CHECK_EQ(task_unmap(0, WINDOW, 20 * PAGE_SIZE), OK);
	CHECK(figure(SIGMA0_BANK, BANK_CHARGED) <= before);
}

TEST(segment_with_a_pinned_page_does_not_shrink_below_it)
{
	u64 addr;

	world_make(600, 1);
	u64 before = figure(SIGMA0_BANK, BANK_CHARGED);
	cap_t segment = segment_make(20);
	CHECK_EQ(segment_address(segment, SIGMA0_PHYSICAL, 7 * PAGE_SIZE, &addr), OK);
	CHECK_EQ(segment_resize(segment, 7 * PAGE_SIZE), E_BUSY);
	CHECK_EQ(segment_resize(segment, 8 * PAGE_SIZE), OK);
	CHECK_EQ(cap_destroy(segment), OK);
	CHECK_EQ(task_unmap(0, WINDOW, 20 * PAGE_SIZE), OK);
	CHECK(figure(SIGMA0_BANK, BANK_CHARGED) <= before + 2); /* page tables stay */
}

TEST(segment_that_grew_and_shrank_grows_again)
{
	world_make(600, 1);
	cap_t segment = segment_make(1);
	put(0, 42);
	static const u64 sizes[] = { 1ull << 47, PAGE_SIZE, 600 * PAGE_SIZE, 5 * PAGE_SIZE,
		                     1ull << 40 };
	for (u32 i = 0; i < COUNT_OF(sizes); i++) {
		CHECK_EQ(segment_resize(segment, sizes[i]), OK);
		CHECK_EQ(get(WINDOW), 42);
	}
}

TEST(copy_keeps_its_contents_when_the_original_changes)
{
	cap_t copy;

	world_make(600, 1);
	cap_t segment = segment_make(4);
	put(0, 1);
	put(1, 2);
	CHECK_EQ(segment_clone(SIGMA0_BANK, segment, 0, 4 * PAGE_SIZE, 0, &copy), OK);
	vaddr_t other = WINDOW + 0x100000;
	CHECK_EQ(task_map(0, copy, 0, other, 4 * PAGE_SIZE, ACCESS_READ | ACCESS_WRITE), OK);
	put(0, 10);
	put(2, 30);
	CHECK(get(other) == 1 && get(other + PAGE_SIZE) == 2 && get(other + 2 * PAGE_SIZE) == 0);
	u64 value = 20;
	CHECK(host_write(other + PAGE_SIZE, &value, 8));
	CHECK(get(WINDOW) == 10 && get(WINDOW + PAGE_SIZE) == 2);
}

TEST(copy_can_always_be_written_once_it_is_paid_for)
{
	cap_t bank, segment, copy;
	u64 value = 7;

	world_make(600, 1);
	CHECK_EQ(bank_create(SIGMA0_BANK, 30, 0, &bank), OK);
	CHECK_EQ(segment_create(bank, 3 * PAGE_SIZE, 0, &segment), OK);
	CHECK_EQ(task_map(0, segment, 0, WINDOW, 3 * PAGE_SIZE, ACCESS_READ | ACCESS_WRITE), OK);
	for (u64 i = 0; i < 3; i++)
		put(i, i);
	CHECK_EQ(segment_clone(bank, segment, 0, 3 * PAGE_SIZE, 0, &copy), OK);
	CHECK_EQ(bank_set(bank, figure(bank, BANK_CHARGED), 0), OK);
	for (u64 i = 0; i < 3; i++)
		CHECK(host_write(WINDOW + i * PAGE_SIZE, &value, 8));
}

TEST(moved_pages_leave_where_they_were)
{
	cap_t target;
	u64 moved;

	world_make(600, 1);
	cap_t segment = segment_make(4);
	put(0, 11);
	put(2, 33);
	CHECK_EQ(segment_create(SIGMA0_BANK, 8 * PAGE_SIZE, 0, &target), OK);
	CHECK_EQ(segment_move(segment, 0, target, 4 * PAGE_SIZE, 4 * PAGE_SIZE, &moved), OK);
	CHECK_EQ(moved, 4 * PAGE_SIZE);
	CHECK(get(WINDOW) == 0 && get(WINDOW + 2 * PAGE_SIZE) == 0);
	CHECK_EQ(task_map(0, target, 4 * PAGE_SIZE, WINDOW, 4 * PAGE_SIZE,
	                  ACCESS_READ | MAP_REPLACE),
	         OK);
	CHECK(get(WINDOW) == 11 && get(WINDOW + 2 * PAGE_SIZE) == 33);
	CHECK_EQ(segment_move(target, 4 * PAGE_SIZE, target, 0, PAGE_SIZE, &moved), E_RANGE);
}

TEST(survey_tells_and_clears_what_was_touched)
{
	u64 bits;

	world_make(600, 1);
	cap_t segment = segment_make(4);
	put(0, 1);
	(void)get(WINDOW + PAGE_SIZE);
	CHECK_EQ(segment_survey(segment, 0, &bits), OK);
	CHECK_EQ(bits & 0xf, 3 | 1 << 2);
	CHECK_EQ(segment_survey(segment, 0, &bits), OK);
	CHECK_EQ(bits, 0);
	(void)get(WINDOW);
	CHECK_EQ(segment_survey(segment, 0, &bits), OK);
	CHECK_EQ(bits, 1);
}
