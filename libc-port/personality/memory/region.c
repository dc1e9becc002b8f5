/* SPDX-License-Identifier: MIT */
/* The region array. Insertions move the tail: programs have tens of regions, rarely hundreds. */
#include "memory/region.h"

#include "core/text.h"

u32 region_find(const struct region_map *map, u64 address)
{
	u32 low = 0, high = map->count;

	while (low < high) {
		u32 middle = low + (high - low) / 2;
		if (map->list[middle].end > address)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

bool region_room(struct region_map *map, u32 more)
{
	if (map->count + more <= map->room)
		return true;
	if (map->room >= REGION_MAX)
		return false;
	struct region *list = region_memory();
	if (!list)
		return false;
	memcpy(list, map->list, map->count * sizeof(list[0]));
	map->list = list;
	map->room = REGION_MAX;
	return map->count + more <= map->room;
}

bool region_free(const struct region_map *map, u64 start, u64 end)
{
	u32 i = region_find(map, start);

	return i == map->count || map->list[i].start >= end;
}

bool region_covered(const struct region_map *map, u64 start, u64 end)
{
	for (u32 i = region_find(map, start); start < end; i++) {
		if (i == map->count || map->list[i].start > start)
			return false;
		start = map->list[i].end;
	}
	return true;
}

u64 region_search(const struct region_map *map, u64 low, u64 high, u64 size)
{
	u32 i = region_find(map, high);

	if (i < map->count && map->list[i].start < high)
		high = map->list[i].start;
	while (high >= low && high - low >= size) {
		u64 floor = i > 0 ? map->list[i - 1].end : 0;
		if (floor <= high && high - floor >= size)
			return high - size;
		i--;
		high = map->list[i].start;
	}
	return 0;
}

static bool joinable(const struct region *a, const struct region *b)
{
	return a->end == b->start && a->access == b->access && a->flags == b->flags &&
	       !(a->flags & (REGION_FILE | REGION_SHARED | REGION_STACK)) &&
	       a->mapped_end == a->end;
}

static void region_open(struct region_map *map, u32 i)
{
	memmove(&map->list[i + 1], &map->list[i], (map->count - i) * sizeof(map->list[0]));
	map->count++;
}

static void region_close(struct region_map *map, u32 i)
{
	map->count--;
	memmove(&map->list[i], &map->list[i + 1], (map->count - i) * sizeof(map->list[0]));
}

static void region_join(struct region_map *map, u32 i)
{
	if (i + 1 >= map->count || !joinable(&map->list[i], &map->list[i + 1]))
		return;
	map->list[i].end = map->list[i + 1].end;
	map->list[i].mapped_end = map->list[i + 1].mapped_end;
	region_close(map, i + 1);
}

void region_add(struct region_map *map, const struct region *region)
{
	u32 i = region_find(map, region->start);

	region_open(map, i);
	map->list[i] = *region;
	region_join(map, i);
	if (i > 0)
		region_join(map, i - 1);
}

/* Cut region `i` in two at `at`, which lies inside it. */
static void region_cut(struct region_map *map, u32 i, u64 at)
{
	region_open(map, i);
	struct region *left = &map->list[i], *right = &map->list[i + 1];

	right->offset += at - left->start;
	right->start = left->end = at;
	if (right->mapped_end < at)
		right->mapped_end = at;
	if (left->mapped_end > at)
		left->mapped_end = at;
	if (left->file)
		file_get(left->file);
}

void region_split(struct region_map *map, u64 start, u64 end)
{
	u32 i = region_find(map, start);

	if (i < map->count && map->list[i].start < start)
		region_cut(map, i, start);
	i = region_find(map, end);
	if (i < map->count && map->list[i].start < end)
		region_cut(map, i, end);
}

void region_remove(struct region_map *map, u64 start, u64 end)
{
	u32 i = region_find(map, start);

	if (i == map->count || map->list[i].start >= end)
		return;
	region_split(map, start, end);
	u32 first = region_find(map, start), last = first;
	while (last < map->count && map->list[last].end <= end) {
		if (map->list[last].file)
			file_put(map->list[last].file);
		last++;
	}
	memmove(&map->list[first], &map->list[last], (map->count - last) * sizeof(map->list[0]));
	map->count -= last - first;
}

/* [first, last) have changed: join what may be joined. */
static void region_settle(struct region_map *map, u32 first, u32 last)
{
	while (last > first) {
		region_join(map, last - 1);
		last--;
	}
	if (first > 0)
		region_join(map, first - 1);
}

void region_protect(struct region_map *map, u64 start, u64 end, u32 access)
{
	region_split(map, start, end);
	u32 first = region_find(map, start), last = first;
	while (last < map->count && map->list[last].end <= end)
		map->list[last++].access = access;
	region_settle(map, first, last);
}

void region_mark(struct region_map *map, u64 start, u64 end, u32 flag, bool set)
{
	region_split(map, start, end);
	u32 first = region_find(map, start), last = first;
	for (; last < map->count && map->list[last].end <= end; last++)
		map->list[last].flags = (map->list[last].flags & ~flag) | (set ? flag : 0);
	region_settle(map, first, last);
}
