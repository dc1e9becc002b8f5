/* SPDX-License-Identifier: MIT */
/* Sharing and moving frames between segments: copies, move, resize, memory for devices. */
#include "object/bank.h"
#include "object/cap.h"
#include "object/device.h"
#include "object/segment.h"
#include "object/thread.h"
#include "sched/run.h"

/* A frame that must stay where it is (a control block, DMA) is not shared but copied at once. */
static bool segment_copy_pinned(struct segment *to, u64 *slot, const struct frame *frame)
{
	void *page = segment_take_page(to, FRAME_DATA);
	if (!page)
		return false;
	arch_page_copy(page, frame_ptr(frame));
	struct frame *copy = frame_of(arch_paddr(page));
	copy->shares = 1;
	*slot = slot_make(frame_paddr(copy));
	to->resident++;
	return true;
}

/* Give `to` the contents of one slot of its original. */
static bool segment_copy_slot(struct segment *to, u64 to_index, u64 value)
{
	u64 *slot = segment_slot_get(to, to_index);
	if (!slot)
		return false;
	if (!slot_resident(value)) {
		*slot = value; /* the token stands for the page in every copy */
		return true;
	}
	struct frame *frame = frame_of(slot_paddr(value));
	if (frame->pins)
		return segment_copy_pinned(to, slot, frame);
	if (!segment_pay(to, 1))
		return false;
	frame->shares++;
	to->object.bank->uses[FRAME_DATA]++;
	to->resident++;
	*slot = value;
	return true;
}

struct segment *segment_copy_new(struct bank *bank, struct segment *from, u64 index, u64 pages,
                                 bool committed)
{
	from = segment_behind(from, &index);
	struct segment *to = from ? segment_new(bank, pages, committed) : NULL;
	if (!to)
		return NULL;
	struct segment *source = from->has_keeper ? from : from->source;
	if (source) {
		to->source = source;
		to->source_index = index + (source == from ? 0 : from->source_index);
		list_add_tail(&source->copies, &to->copy_link);
		object_get(&source->object);
	}
	to->copying = source == from ? 0 : 1;
	return to;
}

err_t segment_copy(struct segment *to, struct segment *from, u64 index)
{
	err_t error = OK;
	from = segment_behind(from, &index);
	/* Seen through a window, the segment may have become smaller than the range. */
	u64 end = from && !from->physical ? min_u64(index + to->pages, from->pages) : 0;
	u64 first = index + to->copying - 1, i = first;
	while (to->copying && !error) {
		const u64 *slot = segment_slot_next(from, &i, end);
		if (!slot) {
			to->copying = 0;
		} else if (!segment_copy_slot(to, i - index, *slot)) {
			error = E_FUNDS;
		} else {
			to->copying = ++i - index + 1;
			error = sched_spend(1) ? E_RESTART : OK;
		}
	}
	if (end)
		segment_unmap(from, first, i - first, UNMAP_WRITE);
	return error;
}

/* One page of segment_move: true if it was moved or there is nothing to move. */
static err_t segment_move_page(struct segment *from, u64 from_index, struct segment *to,
                               u64 to_index)
{
	u64 *source = segment_slot(from, from_index);
	if (!source || !slot_resident(*source))
		return OK;
	struct frame *frame = frame_of(slot_paddr(*source));
	if (frame->shares > 1 || frame->pins)
		return E_BUSY;
	const u64 *old = segment_slot(to, to_index);
	if (old && slot_resident(*old))
		return E_BUSY;
	if (!segment_pay(to, 1))
		return E_FUNDS;
	u64 *target = segment_slot_get(to, to_index);
	if (!target) {
		segment_unpay(to, 1);
		return E_FUNDS;
	}
	segment_unmap(from, from_index, 1, UNMAP_ALL);
	*target = *source;
	*source = 0;
	from->resident--;
	from->object.bank->uses[FRAME_DATA]--;
	segment_unpay(from, 1);
	to->resident++;
	to->object.bank->uses[FRAME_DATA]++;
	segment_wake(to, to_index, OK);
	return OK;
}

err_t sys_segment_move(cap_t from_cap, u64 from_offset, cap_t to_cap, u64 to_offset, u64 size,
                       u64 *moved)
{
	enum { PAGES_MAX = 64 };
	struct segment *from = CAP_FIND(from_cap, SEGMENT, segment, RIGHT_WRITE);
	struct segment *to = CAP_FIND(to_cap, SEGMENT, segment, RIGHT_WRITE);
	if (!from || !to)
		return E_CAP;
	if ((from_offset | to_offset | size) & PAGE_MASK || from->physical || to->physical ||
	    from->window || to->window || from == to ||
	    !range_fits(from_offset, size, from->pages * PAGE_SIZE) ||
	    !range_fits(to_offset, size, to->pages * PAGE_SIZE))
		return E_RANGE;

	*moved = 0;
	for (u64 i = 0; i < min_u64(size / PAGE_SIZE, PAGES_MAX); i++) {
		err_t error = segment_move_page(from, from_offset / PAGE_SIZE + i, to,
		                                to_offset / PAGE_SIZE + i);
		if (error)
			return i ? OK : error;
		*moved += PAGE_SIZE;
	}
	return OK;
}

static bool segment_tree_empty(const struct segment *segment)
{
	const u64 *slots = segment->inline_slots;
	return segment->depth ? !segment->root : !(slots[0] | slots[1] | slots[2] | slots[3]);
}

/* Add levels until the tree reaches `pages`; the old root becomes the first slot of each new one.
 * All are paid for first. */
static bool segment_deepen(struct segment *segment, u64 pages)
{
	u64 *nodes[SEGMENT_DEPTH_MAX];
	u8 depth = segment_depth(pages);
	/* A segment that was larger once has the levels still. */
	bool grows = depth > segment->depth && !segment_tree_empty(segment);
	unsigned needs = grows ? depth - segment->depth : 0;

	for (unsigned i = 0; i < needs; i++) {
		nodes[i] = segment_take_page(segment, FRAME_NODE);
		if (!nodes[i]) {
			while (i-- > 0)
				segment_give_page(segment, nodes[i]);
			return false;
		}
	}
	for (unsigned i = 0; i < needs; i++) {
		unsigned count = segment->depth + i ? 1 : SEGMENT_INLINE;
		memcpy(nodes[i], segment->inline_slots, count * sizeof(u64));
		memset(segment->inline_slots, 0, sizeof(segment->inline_slots));
		segment->root = arch_paddr(nodes[i]);
	}
	if (depth > segment->depth)
		segment->depth = depth;
	return true;
}

/* Is a page from `index` on pinned? */
static bool segment_pinned_from(struct segment *segment, u64 index)
{
	for (;; index++) {
		const u64 *slot = segment_slot_next(segment, &index, segment->pages);
		if (!slot)
			return false;
		if (slot_resident(*slot) && frame_of(slot_paddr(*slot))->pins)
			return true;
	}
}

/* Empty the segment from `start` on, a node at a time. */
static err_t segment_drop_from(struct segment *segment, u64 start)
{
	for (u64 index = start; segment_slot_next(segment, &index, segment->pages);) {
		u64 first = index - index % NODE_SLOTS;
		u64 end = min_u64(first + NODE_SLOTS, segment->pages);
		segment_unmap(segment, index, end - index, UNMAP_ALL);
		u64 count = end - index, *slot;
		while ((slot = segment_slot_next(segment, &index, end)))
			segment_slot_clear(segment, slot);
		if (first >= start)
			segment_leaf_free(segment, first);
		if (sched_spend(count))
			return E_RESTART;
	}
	return OK;
}

err_t sys_segment_resize(cap_t cap, u64 size)
{
	struct segment *segment = CAP_FIND(cap, SEGMENT, segment, RIGHT_CONTROL);
	if (!segment)
		return E_CAP;
	if (size == 0 || size & PAGE_MASK || size > 1ull << 47 || segment->physical ||
	    segment->window || segment->source || segment->committed)
		return E_RANGE;

	u64 pages = size / PAGE_SIZE;
	if (pages > segment->pages) {
		if (!segment_deepen(segment, pages))
			return E_FUNDS;
	} else {
		if ((segment->dma || !list_empty(&segment->controls)) &&
		    segment_pinned_from(segment, pages))
			return E_BUSY;
		if (segment_drop_from(segment, pages) == E_RESTART)
			return E_RESTART;
	}
	COMMIT();
	segment->pages = pages;
	return OK;
}

err_t sys_segment_contiguous(cap_t bank_cap, cap_t dma_cap, u64 size, cap_t *out)
{
	enum { PAGES_MAX = 512 };
	struct bank *bank = CAP_FIND(bank_cap, BANK, bank, RIGHT_USE);
	const struct device_range *dma = CAP_FIND(dma_cap, PHYSICAL, device_range, RIGHT_DMA);
	if (!bank || !dma)
		return E_CAP;
	u64 pages = size / PAGE_SIZE;
	if (size & PAGE_MASK || pages == 0 || pages > PAGES_MAX)
		return E_RANGE;

	struct segment *segment = segment_new(bank, pages, true);
	if (!segment)
		return E_FUNDS;
	u64 *first = segment_slot_get(segment, 0);
	struct frame *run = first ? frame_take_run(pages) : NULL;
	if (!run) {
		object_abandon(&segment->object);
		return E_AGAIN;
	}
	for (u64 i = 0; i < pages; i++) {
		arch_page_clear(frame_ptr(&run[i]));
		run[i].shares = 1;
		run[i].pins = PIN_DMA;
		*segment_slot(segment, i) = slot_make(frame_paddr(&run[i]));
	}
	segment->resident = pages;
	bank->uses[FRAME_DATA] += pages;
	return cap_publish(&segment->object, RIGHT_ALL & ~RIGHT_DMA, out);
}

err_t sys_segment_address(cap_t cap, cap_t dma_cap, u64 offset, u64 *address)
{
	struct segment *segment = CAP_FIND(cap, SEGMENT, segment, RIGHT_WRITE);
	const struct device_range *dma = CAP_FIND(dma_cap, PHYSICAL, device_range, RIGHT_DMA);
	if (!segment || !dma)
		return E_CAP;
	if (offset & PAGE_MASK || !range_fits(offset, PAGE_SIZE, segment->pages * PAGE_SIZE) ||
	    segment->physical || segment->window)
		return E_RANGE;
	err_t error = segment_touch(segment, offset / PAGE_SIZE, address);
	if (error)
		return error;

	COMMIT();
	frame_of(*address)->pins |= PIN_DMA;
	segment->dma = true;
	return OK;
}
