/* SPDX-License-Identifier: MIT */
#include "mm/frame.h"

#include "boot/boot_info.h"

struct frame_range frame_ranges[BOOT_RANGES_MAX];
static u32 range_count;
static struct boot_range ram[BOOT_RANGES_MAX];
static u32 ram_count;
static struct list free_frames = { &free_frames, &free_frames };

u64 frames_total, frames_free;

static void frame_range_init(struct frame_range *range, const struct boot_range *usable)
{
	u64 pages = (usable->end - usable->start) / PAGE_SIZE;
	u64 table = page_round_up(pages * sizeof(struct frame)) / PAGE_SIZE;

	range->frames = arch_ptr(usable->start);
	range->start = usable->start + table * PAGE_SIZE;
	range->count = pages - table;
	for (u64 i = 0; i < range->count; i++) {
		range->frames[i] = (struct frame){ .use = FRAME_FREE };
		list_add_tail(&free_frames, &range->frames[i].link);
	}
	frames_total += range->count;
	frames_free += range->count;
}

void frame_init(const struct boot_info *info)
{
	enum { WORTH_IT = 4 }; /* a range of fewer pages is not worth its table */

	for (u32 i = 0; i < info->usable_count; i++) {
		const struct boot_range *usable = &info->usable[i];
		if (usable->end - usable->start >= WORTH_IT * PAGE_SIZE)
			frame_range_init(&frame_ranges[range_count++], usable);
	}
	memcpy(ram, info->ram, sizeof(ram));
	ram_count = info->ram_count;
	/* Most look-ups are for the largest range. */
	for (u32 i = 1; i < range_count; i++) {
		if (frame_ranges[i].count > frame_ranges[0].count) {
			struct frame_range swap = frame_ranges[0];
			frame_ranges[0] = frame_ranges[i];
			frame_ranges[i] = swap;
		}
	}
}

struct frame *frame_take(enum frame_use use)
{
	struct frame *frame = list_first(&free_frames, struct frame, link);
	if (!frame)
		return NULL;
	list_remove(&frame->link);
	frames_free--;
	frame->use = (u8)use;
	frame->used = 0;
	frame->bank = NULL;
	return frame;
}

static struct frame *frame_range_take_run(struct frame_range *range, u64 count)
{
	u64 run = 0;
	for (u64 i = 0; i < range->count; i++) {
		run = range->frames[i].use == FRAME_FREE ? run + 1 : 0;
		if (run == count)
			return &range->frames[i + 1 - count];
	}
	return NULL;
}

struct frame *frame_take_run(u64 count)
{
	struct frame *first = NULL;
	for (u32 r = 0; r < range_count && !first; r++)
		first = frame_range_take_run(&frame_ranges[r], count);
	if (!first)
		return NULL;
	for (u64 i = 0; i < count; i++) {
		list_remove(&first[i].link);
		first[i].use = FRAME_DATA;
		first[i].used = 0;
		first[i].bank = NULL;
	}
	frames_free -= count;
	return first;
}

void frame_give(struct frame *frame)
{
	ASSERT(frame->use != FRAME_FREE);
	frame->use = FRAME_FREE;
	frame->used = 0;
	list_add_head(&free_frames, &frame->link);
	frames_free++;
}

struct frame *frame_of_others(paddr_t addr)
{
	for (u32 r = 1; r < range_count; r++) {
		u64 index = (addr - frame_ranges[r].start) / PAGE_SIZE;
		if (index < frame_ranges[r].count)
			return &frame_ranges[r].frames[index];
	}
	return NULL;
}

bool frame_is_ram(paddr_t addr)
{
	if (frame_of(addr))
		return true;
	/* The bundle and the clock page have none. */
	for (u32 i = 0; i < ram_count; i++) {
		if (addr >= ram[i].start && addr < ram[i].end)
			return true;
	}
	return false;
}

paddr_t frame_paddr(const struct frame *frame)
{
	for (u32 r = 0; r < range_count; r++) {
		if (frame >= frame_ranges[r].frames &&
		    frame < frame_ranges[r].frames + frame_ranges[r].count)
			return frame_ranges[r].start +
			       (u64)(frame - frame_ranges[r].frames) * PAGE_SIZE;
	}
	panic("frame_paddr: %p is no frame", (const void *)frame);
}
