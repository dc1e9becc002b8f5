/* SPDX-License-Identifier: MIT */
/* Memory of the own bank. The address space behind the image: a little room for small mappings (so
 * that they share its page tables), the heap, and the rest. The heap is one sparse segment out of
 * which malloc's pages come; they are touched when they are taken, so that malloc fails where the
 * bank cannot pay, and not a store much later. */
#include "internal.h"

enum { NEAR_SIZE = 256 << 10, HEAP_SIZE = 1 << 30 };

static struct rt_ranges addresses, heap_ranges;
static u64 heap_low;       /* address of the heap's first byte */
static cap_t heap_segment; /* 0 until the heap is first used */

void rt_memory_start(u64 start, u64 end)
{
	heap_low = start + NEAR_SIZE;
	ranges_give(&addresses, start, NEAR_SIZE);
	ranges_give(&addresses, heap_low + HEAP_SIZE, end - heap_low - HEAP_SIZE);
	ranges_give(&heap_ranges, heap_low, HEAP_SIZE);
}

static void *pointer(u64 addr)
{
	return (void *)addr; /* the one place where numbers become addresses */
}

vaddr_t rt_address_take(size_t size) { return ranges_take(&addresses, page_round_up(size)); }

void rt_address_give(vaddr_t addr, size_t size)
{
	ranges_give(&addresses, addr, page_round_up(size));
}

void *rt_map(cap_t segment, u64 offset, size_t size, u32 flags)
{
	u64 addr = rt_address_take(size);

	if (!addr)
		return NULL;
	if (task_map(0, segment, offset, addr, page_round_up(size), flags)) {
		rt_address_give(addr, size);
		return NULL;
	}
	return pointer(addr);
}

void rt_unmap(void *addr, size_t size)
{
	u64 start = (u64)addr;

	if (task_unmap(0, start, page_round_up(size)) == OK)
		rt_address_give(start, size);
}

void *rt_pages(size_t size, u32 segment_flags, cap_t *segment)
{
	cap_t made;

	if (segment_create(RT_BANK, page_round_up(size), segment_flags, &made))
		return NULL;
	void *pages = rt_map(made, 0, size, ACCESS_READ | ACCESS_WRITE);
	if (!pages || !segment) {
		err_t closed = cap_close(made);
		(void)closed; /* it was just made */
	} else {
		*segment = made;
	}
	return pages;
}

void rt_pages_free(void *pages, size_t size) { rt_unmap(pages, size); }

static err_t heap_start(void)
{
	if (heap_segment)
		return OK;
	cap_t made;
	err_t error = segment_create(RT_BANK, HEAP_SIZE, 0, &made);
	if (error)
		return error;
	error = task_map(0, made, 0, heap_low, HEAP_SIZE, ACCESS_READ | ACCESS_WRITE);
	if (error) {
		err_t closed = cap_close(made);
		(void)closed;
		return error;
	}
	heap_segment = made;
	return OK;
}

void *rt_heap_take(size_t size)
{
	if (size == 0 || size > HEAP_SIZE || heap_start())
		return NULL;
	size = page_round_up(size);
	u64 addr = ranges_take(&heap_ranges, size);
	if (!addr)
		return NULL;
	if (rt_control && !rt_touch_pages(addr, addr + size, &rt_control->recover_ip)) {
		rt_heap_give(pointer(addr), size);
		return NULL;
	}
	return pointer(addr);
}

bool rt_heap_give(void *addr, size_t size)
{
	u64 start = (u64)addr;

	size = page_round_up(size);
	if (start < heap_low || (start & PAGE_MASK) ||
	    !range_fits(start - heap_low, size, HEAP_SIZE) || !heap_segment)
		return false;
	if (segment_flush(heap_segment, start - heap_low, size, FLUSH_DISCARD) == OK)
		ranges_give(&heap_ranges, start, size);
	return true;
}
