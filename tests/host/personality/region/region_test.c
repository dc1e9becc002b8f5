/* SPDX-License-Identifier: MIT */
/* The region array against the simplest model there is: what each page of a small address space
 * is. */
#include "memory/region.h"

#include <stdlib.h>

#include "test.h"

enum { PAGES = 96, STEPS = 200000 };

/* Counted references of shared file mappings. */
struct file {
	int refs;
};
static struct file file;

void file_get(struct file *f) { f->refs++; }
void file_put(struct file *f) { f->refs--; }

struct page {
	bool mapped;
	u32 access, flags;
	u64 offset;
};
static struct page model[PAGES];
static struct region small[3], large[REGION_MAX];
static struct region_map map;

struct region *region_memory(void) { return large; }

static u64 at(u32 page) { return (u64)page * PAGE_SIZE; }
static u32 below(u32 limit) { return (u32)rand() % limit; }

static void world_empty(void)
{
	memset(model, 0, sizeof(model));
	map = (struct region_map){ .room = 3, .list = small };
	file.refs = 0;
}

static void add(u32 first, u32 count, u32 access, u32 flags)
{
	struct region region = { .start = at(first),
		                 .end = at(first + count),
		                 .access = access,
		                 .flags = flags,
		                 .mapped_end = at(first + count),
		                 .offset = flags & REGION_FILE ? at(1000 + below(1000)) : 0 };

	if (flags & REGION_SHARED) {
		region.file = &file;
		file_get(&file);
	}
	CHECK(region_room(&map, 1));
	for (u32 i = 0; i < count; i++)
		model[first + i] = (struct page){ true, access, flags, region.offset + at(i) };
	region_add(&map, &region);
}

static bool model_free(u32 first, u32 count)
{
	for (u32 i = first; i < first + count; i++) {
		if (model[i].mapped)
			return false;
	}
	return true;
}

static bool model_covered(u32 first, u32 count)
{
	for (u32 i = first; i < first + count; i++) {
		if (!model[i].mapped)
			return false;
	}
	return true;
}

static const struct region *region_of(u32 page)
{
	u32 i = region_find(&map, at(page));

	return i < map.count && map.list[i].start <= at(page) ? &map.list[i] : NULL;
}

static void check_map(void)
{
	int shared = 0;

	for (u32 i = 0; i < map.count; i++) {
		CHECK(map.list[i].start < map.list[i].end);
		CHECK(i == 0 || map.list[i - 1].end <= map.list[i].start);
		shared += map.list[i].file != NULL;
	}
	CHECK_EQ(shared, file.refs);
	for (u32 page = 0; page < PAGES; page++) {
		const struct region *region = region_of(page);
		CHECK_EQ(region != NULL, model[page].mapped);
		if (!region)
			continue;
		CHECK_EQ(region->access, model[page].access);
		CHECK_EQ(region->flags, model[page].flags);
		if (region->flags & REGION_FILE)
			CHECK_EQ(region->offset + at(page) - region->start, model[page].offset);
	}
}

static void step_protect(u32 first, u32 count)
{
	u32 access = 1 + below(3);

	if (!model_covered(first, count))
		return;
	region_protect(&map, at(first), at(first + count), access);
	for (u32 i = first; i < first + count; i++)
		model[i].access = access;
}

static void step(void)
{
	static const u32 kinds[] = {
		0, 0, REGION_RESERVE, REGION_FILE, REGION_FILE | REGION_SHARED, REGION_STACK
	};
	u32 first = below(PAGES), count = 1 + below(PAGES - first < 12 ? PAGES - first : 12);

	CHECK(region_room(&map, 2));
	CHECK_EQ(region_free(&map, at(first), at(first + count)), model_free(first, count));
	CHECK_EQ(region_covered(&map, at(first), at(first + count)), model_covered(first, count));
	switch (below(4)) {
	case 0:
		region_remove(&map, at(first), at(first + count));
		memset(model + first, 0, count * sizeof(model[0]));
		break;
	case 1:
		step_protect(first, count);
		break;
	default:
		if (model_free(first, count))
			add(first, count, 1 + below(2), kinds[below(6)]);
	}
}

TEST(any_sequence_of_changes_leaves_what_the_model_says)
{
	srand(1);
	world_empty();
	for (u32 i = 0; i < STEPS; i++) {
		step();
		if (i % 16 == 0)
			check_map();
	}
	region_remove(&map, 0, at(PAGES));
	CHECK_EQ(map.count, 0);
	CHECK_EQ(file.refs, 0);
}

TEST(search_finds_the_highest_gap_that_fits)
{
	srand(2);
	world_empty();
	for (u32 i = 0; i < 20000; i++) {
		step();
		u32 low = below(PAGES / 2), high = PAGES / 2 + below(PAGES / 2),
		    size = 1 + below(8);
		u64 expected = 0;
		for (u32 start = low; start + size <= high; start++) {
			if (model_free(start, size))
				expected = at(start);
		}
		/* 0 is "nowhere", and page 0 is never asked for by programs. */
		if (low > 0)
			CHECK_EQ(region_search(&map, at(low), at(high), at(size)), expected);
	}
}

TEST(neighbours_of_the_same_kind_become_one)
{
	world_empty();
	add(1, 1, 3, 0);
	add(3, 1, 3, 0);
	add(2, 1, 3, 0);
	CHECK_EQ(map.count, 1);
	add(4, 1, 1, 0);
	CHECK_EQ(map.count, 2);
	region_protect(&map, at(4), at(5), 3);
	CHECK_EQ(map.count, 1);
}
