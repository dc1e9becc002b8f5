/* SPDX-License-Identifier: MIT */
#include "object/segment.h"

#include "object/bank.h"
#include "object/port.h"
#include "object/task.h"
#include "object/thread.h"

/* --- making --- */

static struct segment *segment_alloc(struct bank *bank, u64 pages)
{
	struct segment *segment = object_take(bank, KIND_SEGMENT);
	if (!segment)
		return NULL;
	segment->pages = pages;
	segment->depth = segment_depth(pages);
	list_init(&segment->regions);
	list_init(&segment->copies);
	list_init(&segment->copy_link);
	list_init(&segment->waiters);
	list_init(&segment->controls);
	list_init(&segment->keeper_link);
	return segment;
}

struct segment *segment_new(struct bank *bank, u64 pages, bool committed)
{
	struct segment *segment = segment_alloc(bank, pages);
	if (!segment || !committed)
		return segment;
	u64 promise = pages + segment_nodes_max(pages);
	if (!bank_charge(bank, promise)) {
		object_give(&segment->object);
		return NULL;
	}
	segment->committed = true;
	segment->paid = promise;
	bank->promised += promise;
	return segment;
}

struct segment *segment_new_physical(struct bank *bank, paddr_t base, u64 pages)
{
	struct segment *segment = segment_alloc(bank, pages);
	if (!segment)
		return NULL;
	segment->physical = true;
	segment->depth = 0;
	segment->base = base;
	return segment;
}

struct segment *segment_behind(struct segment *segment, u64 *index)
{
	if (!segment->window)
		return segment;
	*index += segment->source_index;
	return segment->source;
}

struct segment *segment_new_window(struct bank *bank, struct segment *segment, u64 index, u64 pages)
{
	struct segment *behind = segment_behind(segment, &index);
	struct segment *window = behind ? segment_alloc(bank, pages) : NULL;
	if (!window)
		return NULL;
	window->window = true;
	window->depth = 0;
	window->source = behind;
	window->source_index = index;
	list_add_tail(&behind->copies, &window->copy_link);
	object_get(&behind->object);
	return window;
}

/* --- contents --- */

void segment_slot_clear(struct segment *segment, u64 *slot)
{
	u64 old = *slot;
	*slot = 0;
	if (!slot_resident(old))
		return;
	struct frame *frame = frame_of(slot_paddr(old));
	ASSERT(frame->shares > 0);
	segment->resident--;
	segment->object.bank->uses[FRAME_DATA]--;
	if (--frame->shares == 0)
		frame_give(frame);
	segment_unpay(segment, 1);
}

static u32 segment_unmap_regions(struct segment *segment, u64 index, u64 count, enum unmap how)
{
	u32 bits = 0;
	list_each (region, &segment->regions, struct region, link) {
		u64 first = region->offset / PAGE_SIZE;
		u64 start = max_u64(index, first);
		u64 end = min_u64(index + count, first + region->size / PAGE_SIZE);
		if (start >= end)
			continue;
		vaddr_t addr = region_start(region) + (start - first) * PAGE_SIZE;
		if (how == UNMAP_ALL)
			bits |= arch_unmap(&region->task->space, addr, end - start);
		else
			arch_write_protect(&region->task->space, addr, end - start);
		arch_flush(&region->task->space, addr, end - start);
	}
	return bits;
}

u32 segment_unmap(struct segment *segment, u64 index, u64 count, enum unmap how)
{
	u32 bits = segment_unmap_regions(segment, index, count, how);
	list_each (copy, &segment->copies, struct segment, copy_link) {
		u64 start = max_u64(index, copy->source_index);
		u64 end = min_u64(index + count, copy->source_index + copy->pages);
		/* A copy never writes to what it sees of the source; a window may. */
		if (start < end && (how == UNMAP_ALL || copy->window))
			bits |= segment_unmap_regions(copy, start - copy->source_index, end - start,
			                              how);
	}
	return bits;
}

void segment_wake(struct segment *segment, u64 index, err_t error)
{
	struct list *next;
	for (struct list *l = segment->waiters.next; l != &segment->waiters; l = next) {
		struct thread *thread = container_of(l, struct thread, page_link);
		next = l->next;
		if (thread->page_index == index)
			thread_page_arrived(thread, error);
	}
}

static void segment_wake_all(struct segment *segment, err_t error)
{
	struct thread *thread;
	while ((thread = list_first(&segment->waiters, struct thread, page_link)))
		thread_page_arrived(thread, error);
}

void segment_keeper_gone(struct segment *segment)
{
	list_remove(&segment->keeper_link);
	segment->keeper = NULL;
	segment_wake_all(segment, E_DEAD);
}

/* All that address spaces show of it is to go. */
static void segment_views_stale(struct segment *segment)
{
	list_each (region, &segment->regions, struct region, link)
		region->stale = region_start(region);
}

static bool segment_views_refresh(struct segment *segment)
{
	list_each (region, &segment->regions, struct region, link) {
		if (!region_refresh(region))
			return false;
	}
	return true;
}

err_t segment_destroy(struct segment *segment)
{
	struct thread *thread;
	struct region *region;
	struct segment *copy;

	if (!segment->object.dying) {
		segment_views_stale(segment);
		list_each (view, &segment->copies, struct segment, copy_link)
			segment_views_stale(view);
	}
	segment->object.dying = true;
	list_remove(&segment->keeper_link);
	segment_wake_all(segment, E_DEAD);
	while ((thread = list_first(&segment->controls, struct thread, control_link)))
		thread_control_lost(thread);
	if (!segment_views_refresh(segment))
		return E_RESTART;
	while ((copy = list_first(&segment->copies, struct segment, copy_link))) {
		if (!segment_views_refresh(copy))
			return E_RESTART;
		list_remove(&copy->copy_link);
		copy->source = NULL;
		copy->has_keeper = true; /* empty pages are lost: touching them reports E_DEAD */
	}
	while ((region = list_first(&segment->regions, struct region, link))) {
		list_remove(&region->link);
		region->segment = NULL;
	}
	if (!segment->physical && !segment->window && segment_drain(segment) == E_RESTART)
		return E_RESTART;
	if (segment->source) {
		list_remove(&segment->copy_link);
		object_put(&segment->source->object);
	}
	if (segment->committed) {
		segment->object.bank->promised -= segment->paid;
		bank_refund(segment->object.bank, segment->paid);
	}
	object_give(&segment->object);
	return OK;
}

/* --- calls --- */

/* Sizes and offsets of calls: multiples of pages. */
static bool page_aligned(u64 value) { return (value & PAGE_MASK) == 0; }

static bool segment_range(const struct segment *segment, u64 offset, u64 size)
{
	return page_aligned(offset | size) && range_fits(offset, size, segment->pages * PAGE_SIZE);
}

enum { RIGHTS_SEGMENT = RIGHT_ALL & ~RIGHT_DMA };

err_t sys_segment_create(cap_t bank_cap, u64 size, u32 flags, cap_t *out)
{
	struct bank *bank = CAP_FIND(bank_cap, BANK, bank, RIGHT_USE);
	if (!bank)
		return E_CAP;
	if (size == 0 || !page_aligned(size) || size > 1ull << 47 ||
	    flags & ~(u32)SEGMENT_COMMITTED)
		return E_RANGE;
	struct segment *segment = segment_new(bank, size / PAGE_SIZE, flags & SEGMENT_COMMITTED);
	return segment ? cap_publish(&segment->object, RIGHTS_SEGMENT, out) : E_FUNDS;
}

static err_t segment_clone_go_on(cap_t bank_cap, cap_t cap, u64 offset, u64 size, u32 flags,
                                 cap_t *out)
{
	struct bank *bank = CAP_FIND(bank_cap, BANK, bank, RIGHT_USE);
	struct segment *from = CAP_FIND(cap, SEGMENT, segment, RIGHT_READ);
	if (!bank || !from)
		return E_CAP;
	if (size == 0 || !segment_range(from, offset, size) || segment_is_physical(from) ||
	    flags & ~(u32)SEGMENT_COMMITTED)
		return E_RANGE;
	struct object *made = thread_making(current(), bank, KIND_SEGMENT);
	struct segment *copy = container_of(made, struct segment, object);
	if (!made || copy->pages != size / PAGE_SIZE) {
		copy = segment_copy_new(bank, from, offset / PAGE_SIZE, size / PAGE_SIZE,
		                        flags & SEGMENT_COMMITTED);
		if (!copy)
			return E_FUNDS;
		thread_make(current(), &copy->object);
	}
	err_t error = segment_copy(copy, from, offset / PAGE_SIZE);
	return error ? error : cap_grant(&copy->object, RIGHTS_SEGMENT, out);
}

err_t sys_segment_clone(cap_t bank_cap, cap_t cap, u64 offset, u64 size, u32 flags, cap_t *out)
{
	err_t error = segment_clone_go_on(bank_cap, cap, offset, size, flags, out);
	if (error != E_RESTART)
		thread_make(current(), NULL);
	return error;
}

err_t sys_segment_keeper(cap_t cap, cap_t port_cap, u64 label)
{
	struct segment *segment = CAP_FIND(cap, SEGMENT, segment, RIGHT_CONTROL);
	struct port *port = port_cap ? CAP_FIND(port_cap, PORT, port, RIGHT_USE) : NULL;
	if (!segment || (port_cap && !port))
		return E_CAP;
	if (segment->physical || segment->source || segment->committed)
		return E_RANGE;

	COMMIT();
	segment->has_keeper = port != NULL;
	segment->label = label;
	segment->keeper = port;
	list_remove(&segment->keeper_link);
	if (port)
		list_add_tail(&port->kept, &segment->keeper_link);
	segment_wake_all(segment, OK); /* they try again, and find the new keeper */
	return OK;
}

err_t sys_segment_flush(cap_t cap, u64 offset, u64 size, u32 flags)
{
	struct segment *segment = CAP_FIND(cap, SEGMENT, segment, RIGHT_CONTROL);
	if (!segment)
		return E_CAP;
	if (!segment_range(segment, offset, size) || flags > FLUSH_READONLY || segment->physical ||
	    (segment->window && flags == FLUSH_DISCARD))
		return E_RANGE;

	u64 index = offset / PAGE_SIZE, end = index + size / PAGE_SIZE;
	segment_unmap(segment, index, end - index,
	              flags == FLUSH_READONLY ? UNMAP_WRITE : UNMAP_ALL);
	for (; flags == FLUSH_DISCARD; index++) {
		u64 *slot = segment_slot_next(segment, &index, end);
		if (!slot)
			break;
		if (!slot_resident(*slot) || !frame_of(slot_paddr(*slot))->pins)
			segment_slot_clear(segment, slot);
	}
	return OK;
}

err_t sys_segment_evict(cap_t cap, u64 offset, u64 token)
{
	struct segment *segment = CAP_FIND(cap, SEGMENT, segment, RIGHT_CONTROL);
	if (!segment)
		return E_CAP;
	if (!segment_range(segment, offset, PAGE_SIZE) || token >> 61 || segment->physical ||
	    segment->window)
		return E_RANGE;
	u64 *slot = segment_slot(segment, offset / PAGE_SIZE);
	if (!slot || !slot_resident(*slot))
		return E_AGAIN;
	const struct frame *frame = frame_of(slot_paddr(*slot));
	if (frame->pins || frame->shares > 1)
		return E_BUSY;

	COMMIT();
	segment_unmap(segment, offset / PAGE_SIZE, 1, UNMAP_ALL);
	segment_slot_clear(segment, slot);
	*slot = token << 2 | SLOT_EVICTED;
	return OK;
}

err_t sys_segment_survey(cap_t cap, u64 offset, u64 *bits)
{
	enum { PAGES = 32 };
	struct segment *segment = CAP_FIND(cap, SEGMENT, segment, RIGHT_CONTROL);
	if (!segment)
		return E_CAP;
	if (!segment_range(segment, offset, 0))
		return E_RANGE;

	u64 index = offset / PAGE_SIZE;
	*bits = 0;
	list_each (region, &segment->regions, struct region, link) {
		for (unsigned i = 0; i < PAGES; i++) {
			u64 first = region->offset / PAGE_SIZE;
			if (index + i < first || index + i >= first + region->size / PAGE_SIZE)
				continue;
			vaddr_t addr = region_start(region) + (index + i - first) * PAGE_SIZE;
			*bits |= (u64)arch_survey(&region->task->space, addr) << (2 * i);
		}
		arch_flush(&region->task->space, region_start(region), region->size / PAGE_SIZE);
	}
	return OK;
}

err_t sys_segment_fail(cap_t cap, u64 offset, u32 error)
{
	struct segment *segment = CAP_FIND(cap, SEGMENT, segment, RIGHT_CONTROL);
	if (!segment)
		return E_CAP;
	if (!segment_range(segment, offset, 0) || error == OK || error >= ERROR_COUNT)
		return E_RANGE;

	COMMIT();
	segment_wake(segment, offset / PAGE_SIZE, error);
	return OK;
}

err_t sys_segment_read(cap_t cap, u32 figure, u64 *value)
{
	const struct segment *segment = CAP_FIND(cap, SEGMENT, segment, 0);
	if (!segment)
		return E_CAP;
	u64 mappings = 0;
	list_each (region, &segment->regions, struct region, link)
		mappings += region->size != 0;
	switch (figure) {
	case SEGMENT_SIZE:
		*value = segment->pages * PAGE_SIZE;
		return OK;
	case SEGMENT_RESIDENT:
		*value = segment->resident;
		return OK;
	case SEGMENT_MAPPINGS:
		*value = mappings;
		return OK;
	case SEGMENT_REFERENCES:
		*value = segment->object.refs;
		return OK;
	default:
		return E_RANGE;
	}
}

err_t sys_segment_window(cap_t bank_cap, cap_t cap, u64 offset, u64 size, u32 rights, cap_t *out)
{
	struct bank *bank = CAP_FIND(bank_cap, BANK, bank, RIGHT_USE);
	struct segment *segment = CAP_FIND(cap, SEGMENT, segment, 0);
	if (!bank || !segment)
		return E_CAP;
	if (size == 0 || !segment_range(segment, offset, size))
		return E_RANGE;
	u32 given =
	        cap_rights(current_task(), cap) & rights & (RIGHT_READ | RIGHT_WRITE | RIGHT_EXEC);
	struct segment *window =
	        segment_new_window(bank, segment, offset / PAGE_SIZE, size / PAGE_SIZE);
	return window ? cap_publish(&window->object, given | RIGHT_CONTROL | RIGHT_COPY, out)
	              : E_FUNDS;
}

err_t sys_segment_resident(cap_t cap, u64 offset, u64 *bits)
{
	struct segment *segment = CAP_FIND(cap, SEGMENT, segment, RIGHT_READ);
	if (!segment)
		return E_CAP;
	if (!segment_range(segment, offset, 0) || segment->physical || segment->window)
		return E_RANGE;
	u64 first = offset / PAGE_SIZE, end = min_u64(first + 64, segment->pages);
	*bits = 0;
	for (u64 index = first;; index++) {
		const u64 *slot = segment_slot_next(segment, &index, end);
		if (!slot)
			return OK;
		if (slot_resident(*slot))
			*bits |= 1ull << (index - first);
	}
}
