/* SPDX-License-Identifier: MIT */
/* Free ranges of addresses, first fit: no allocation, so that it can stand below malloc. */
#include "internal.h"

static void ranges_remove(struct rt_ranges *ranges, u32 index)
{
	ranges->count--;
	for (u32 i = index; i < ranges->count; i++)
		ranges->free[i] = ranges->free[i + 1];
}

u64 ranges_take(struct rt_ranges *ranges, u64 size)
{
	if (size == 0)
		return 0;
	for (u32 i = 0; i < ranges->count; i++) {
		struct rt_range *range = &ranges->free[i];
		if (range->size < size)
			continue;
		u64 start = range->start;
		range->start += size;
		range->size -= size;
		if (range->size == 0)
			ranges_remove(ranges, i);
		return start;
	}
	return 0;
}

static bool range_touches(const struct rt_range *low, const struct rt_range *high)
{
	return low->start + low->size == high->start;
}

void ranges_give(struct rt_ranges *ranges, u64 start, u64 size)
{
	struct rt_range given = { .start = start, .size = size };
	u32 at = 0;

	if (size == 0)
		return;
	while (at < ranges->count && ranges->free[at].start < start)
		at++;
	if (at < ranges->count && range_touches(&given, &ranges->free[at])) {
		given.size += ranges->free[at].size;
		ranges_remove(ranges, at);
	}
	if (at > 0 && range_touches(&ranges->free[at - 1], &given)) {
		ranges->free[at - 1].size += given.size;
		return;
	}
	if (ranges->count == RANGES_MAX)
		return;
	for (u32 i = ranges->count++; i > at; i--)
		ranges->free[i] = ranges->free[i - 1];
	ranges->free[at] = given;
}
