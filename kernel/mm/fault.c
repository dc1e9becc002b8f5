/* SPDX-License-Identifier: MIT */
/* Finding the page behind an address: zero-fill, copy-on-write, pages of a source, and what must be
 * asked of a keeper. */
#include "object/bank.h"
#include "object/segment.h"
#include "object/task.h"

/* What segment_page found. */
struct page_found {
	paddr_t page;
	bool writable;        /* nobody else's view changes if it is written */
	struct segment *wait; /* E_AGAIN: wait for this page */
	u64 wait_index;
};

/* Put a new page of our own into the slot: zero-filled, or a copy of `original`. */
static err_t page_fill(struct segment *segment, u64 index, const void *original,
                       struct page_found *found)
{
	void *page = segment_take_page(segment, FRAME_DATA);
	if (!page)
		return E_FUNDS;
	u64 *slot = segment_slot_get(segment, index);
	if (!slot) {
		segment_give_page(segment, page);
		return E_FUNDS;
	}
	if (original) {
		arch_page_copy(page, original);
		segment_unmap(segment, index, 1, UNMAP_ALL); /* others may still see the original */
	}
	struct frame *frame = frame_of(arch_paddr(page));
	frame->shares = 1;
	segment->resident++;
	*slot = slot_make(frame_paddr(frame));
	found->page = frame_paddr(frame);
	found->writable = true;
	return OK;
}

/* Stop sharing: the slot is paid for, only a frame is needed. */
static err_t page_unshare(struct segment *segment, u64 index, u64 *slot, struct page_found *found)
{
	struct frame *old = frame_of(slot_paddr(*slot));
	struct frame *frame = frame_take(FRAME_DATA);
	if (!frame)
		return E_FUNDS;
	arch_page_copy(frame_ptr(frame), frame_ptr(old));
	segment_unmap(segment, index, 1, UNMAP_ALL);
	old->shares--;
	frame->shares = 1;
	*slot = slot_make(frame_paddr(frame));
	found->page = frame_paddr(frame);
	found->writable = true;
	return OK;
}

static err_t page_wait(struct segment *segment, u64 index, struct page_found *found)
{
	if (!segment->keeper)
		return E_DEAD;
	found->wait = segment;
	found->wait_index = index;
	return E_AGAIN;
}

/* The page of an empty slot of a copy whose source has a keeper. */
static err_t page_from_source(struct segment *segment, u64 index, bool write,
                              struct page_found *found)
{
	struct segment *source = segment->source;
	u64 at = index + segment->source_index;
	if (source->object.dying)
		return E_DEAD;
	if (at >= source->pages)
		return E_IO;
	const u64 *slot = segment_slot(source, at);
	if (!slot || !slot_resident(*slot)) {
		if (source->has_keeper || (slot && slot_evicted(*slot)))
			return page_wait(source, at, found);
		return page_fill(segment, index, NULL, found);
	}
	if (write)
		return page_fill(segment, index, arch_ptr(slot_paddr(*slot)), found);
	found->page = slot_paddr(*slot);
	found->writable = false;
	return OK;
}

static err_t segment_page(struct segment *segment, u64 index, bool write, struct page_found *found)
{
	if (segment->physical) {
		found->page = segment->base + index * PAGE_SIZE;
		found->writable = true;
		return OK;
	}
	u64 *slot = segment_slot(segment, index);
	if (slot && slot_resident(*slot)) {
		const struct frame *frame = frame_of(slot_paddr(*slot));
		if (write && frame->shares > 1)
			return page_unshare(segment, index, slot, found);
		found->page = slot_paddr(*slot);
		found->writable = frame->shares == 1;
		return OK;
	}
	if (segment->source && !(slot && slot_evicted(*slot)))
		return page_from_source(segment, index, write, found);
	if (segment->has_keeper || (slot && slot_evicted(*slot)))
		return page_wait(segment, index, found);
	return page_fill(segment, index, NULL, found);
}

err_t segment_touch(struct segment *segment, u64 index, paddr_t *page)
{
	struct page_found found = { 0 };
	err_t error = segment_page(segment, index, true, &found);
	if (!error)
		*page = found.page;
	return error;
}

/* Enter the page into the address space. `tables` have been taken for it. */
static void region_enter(struct region *region, vaddr_t addr, const struct page_found *found,
                         const paddr_t *tables)
{
	u32 access = region->access | ACCESS_READ;
	if (!found->writable)
		access &= ~(u32)ACCESS_WRITE;
	if (!frame_is_ram(found->page))
		access |= ARCH_UNCACHED;
	arch_map(&region->task->space, addr, found->page, access, tables);
}

err_t region_resolve(struct region *region, vaddr_t addr, u32 access, paddr_t *page,
                     struct segment **segment, u64 *index)
{
	struct bank *bank = region->task->object.bank;
	void *pages[ARCH_TABLES_MAX];
	paddr_t tables[ARCH_TABLES_MAX];
	struct page_found found = { 0 };
	err_t error = OK;

	addr = page_round_down(addr);
	if (!region->segment)
		return E_DEAD;
	u64 at = region_index(region, addr);
	struct segment *behind = segment_behind(region->segment, &at);
	if (region->segment->object.dying || !behind || behind->object.dying)
		return E_DEAD;
	if (at >= behind->pages)
		return E_IO;

	/* A region without any access is not entered: only loaders and the kernel get here. */
	unsigned needs = region->access ? arch_map_needs(&region->task->space, addr) : 0;
	unsigned taken = 0;
	for (; taken < needs; taken++) {
		pages[taken] = bank_take_page(bank, FRAME_SPACE);
		if (!pages[taken]) {
			error = E_FUNDS;
			break;
		}
		tables[taken] = arch_paddr(pages[taken]);
	}
	if (!error)
		error = segment_page(behind, at, access & ACCESS_WRITE, &found);
	if (error) {
		while (taken-- > 0)
			bank_give_page(bank, pages[taken]);
		*segment = found.wait;
		*index = found.wait_index;
		return error;
	}
	*page = found.page;
	if (region->access)
		region_enter(region, addr, &found, tables);
	return OK;
}

static err_t memory_at(struct task *task, vaddr_t addr, u32 access, bool any, void **memory)
{
	paddr_t page;
	struct segment *segment;
	u64 index;

	if (addr >= USER_END)
		return E_FAULT;
	if (!arch_translate(&task->space, addr, access, &page)) {
		struct region *region = region_find(task, addr);
		if (!region)
			return E_FAULT;
		if (!any && access & ~(u32)region->access)
			return E_ACCESS;
		err_t error = region_resolve(region, addr, access, &page, &segment, &index);
		if (error == E_AGAIN)
			return E_TOUCH;
		if (error)
			return error;
	}
	if (!frame_is_ram(page))
		return E_FAULT; /* device memory is not for the kernel to read */
	*memory = (char *)arch_ptr(page) + (addr & PAGE_MASK);
	return OK;
}

err_t task_memory(struct task *task, vaddr_t addr, u32 access, void **memory)
{
	return memory_at(task, addr, access, false, memory);
}

err_t task_memory_any(struct task *task, vaddr_t addr, u32 access, void **memory)
{
	return memory_at(task, addr, access, true, memory);
}
