/* SPDX-License-Identifier: MIT */
#include "mm/region.h"

#include "object/bank.h"
#include "object/segment.h"
#include "object/task.h"
#include "sched/run.h"

static struct region *region_of(struct tree_node *node)
{
	return node ? container_of(node, struct region, node) : NULL;
}

struct region *region_find(struct task *task, vaddr_t addr)
{
	struct region *region = region_of(tree_find_below(&task->regions, addr));
	return region && addr < region_end(region) ? region : NULL;
}

struct region *region_first(struct task *task, vaddr_t addr)
{
	struct region *region = region_find(task, addr);
	return region ? region : region_of(tree_find_above(&task->regions, addr));
}

struct region *region_last(struct task *task)
{
	return region_of(tree_find_below(&task->regions, USER_END));
}

void region_link(struct region *region, struct task *task, struct segment *segment, vaddr_t start)
{
	region->task = task;
	region->segment = segment;
	list_init(&region->link);
	if (segment) {
		object_get(&segment->object);
		list_add_tail(&segment->regions, &region->link);
	}
	tree_add(&task->regions, &region->node, start);
}

/* Longer ranges are unmapped a table at a time, until it is enough for this entry. */
enum { TABLE_REACH = 512 * PAGE_SIZE };

/* The size of the aligned piece around `addr` that is unmapped at once: a table's, or a hole. */
static u64 space_reach(const struct arch_space *space, vaddr_t addr)
{
	u64 hole = arch_hole(space, addr);
	return hole ? hole : TABLE_REACH;
}

/* Unmap a piece, and count it; true: enough for now. */
static bool space_unmap_piece(struct arch_space *space, vaddr_t addr, u64 size)
{
	if (arch_hole(space, addr))
		return sched_spend(1);
	arch_unmap(space, addr, size / PAGE_SIZE);
	return sched_spend(size / PAGE_SIZE);
}

/* Unmap [addr, end) from its beginning; how far it went. */
static vaddr_t space_unmap(struct arch_space *space, vaddr_t addr, vaddr_t end)
{
	vaddr_t at = addr;
	for (bool enough = false; at < end && !enough;) {
		u64 reach = space_reach(space, at), size = min_u64(end - at, reach - at % reach);
		enough = space_unmap_piece(space, at, size);
		at += size;
	}
	arch_flush(space, addr, (at - addr) / PAGE_SIZE);
	return at;
}

bool region_refresh(struct region *region)
{
	if (!region->stale)
		return true;
	region->stale =
	        space_unmap(&region->task->space, max_u64(region->stale, region_start(region)),
	                    region_end(region));
	if (region->stale < region_end(region))
		return false;
	region->stale = 0;
	return true;
}

/* Let the region end at `addr` instead, unmapping from its end; false: not there yet. */
static bool region_trim_tail(struct region *region, vaddr_t addr)
{
	struct arch_space *space = &region->task->space;
	vaddr_t end = region_end(region), at = end;
	for (bool enough = false; at > addr && !enough;) {
		u64 size = min_u64(at - addr, (at - 1) % space_reach(space, at - 1) + 1);
		at -= size;
		enough = space_unmap_piece(space, at, size);
	}
	arch_flush(space, at, (end - at) / PAGE_SIZE);
	region->size = at - region_start(region);
	return at == addr;
}

/* Let the region begin at `addr` instead, further up. */
static bool region_trim_head(struct region *region, vaddr_t addr)
{
	vaddr_t at = space_unmap(&region->task->space, region_start(region), addr);
	u64 cut = at - region_start(region);
	tree_remove(&region->task->regions, &region->node);
	region->size -= cut;
	region->offset += cut;
	tree_add(&region->task->regions, &region->node, at);
	return at == addr;
}

err_t region_destroy(struct region *region)
{
	struct segment *segment = region->segment;

	if (!region_trim_tail(region, region_start(region)))
		return E_RESTART;
	tree_remove(&region->task->regions, &region->node);
	if (segment) {
		list_remove(&region->link);
		object_put(&segment->object);
	}
	object_give(&region->object);
	return OK;
}

/* --- changing ranges --- */

/* Does a region begin below `addr` and end above it? */
static struct region *region_across(struct task *task, vaddr_t addr)
{
	struct region *region = region_find(task, addr);
	return region && region_start(region) < addr ? region : NULL;
}

/* Cut the region at `addr`, strictly inside it: `tail` becomes a region of its own. */
static void region_cut(struct region *region, vaddr_t addr, struct region *tail)
{
	tail->size = region_end(region) - addr;
	tail->offset = region->offset + (addr - region_start(region));
	tail->access = region->access;
	tail->access_max = region->access_max;
	tail->shared = region->shared;
	tail->stale = region->stale ? addr : 0;
	region->size -= tail->size;
	region_link(tail, region->task, region->segment, addr);
}

/* Is a new region needed to make a hole of this range? Only if it lies inside one. */
static bool hole_needs_region(struct task *task, vaddr_t addr, u64 size)
{
	const struct region *region = region_across(task, addr);
	return region && region_end(region) > addr + size;
}

/* E_RESTART: enough for now; `spare` has been used then. */
static err_t hole_make(struct task *task, vaddr_t addr, u64 size, struct region *spare)
{
	vaddr_t end = addr + size;
	struct region *region = region_across(task, addr);

	if (region && region_end(region) > end)
		region_cut(region, end, spare);
	if (region && !region_trim_tail(region, addr))
		return E_RESTART;
	while ((region = region_first(task, addr)) && region_start(region) < end) {
		bool done = region_end(region) > end ? region_trim_head(region, end)
		                                     : region_destroy(region) == OK;
		if (!done)
			return E_RESTART;
	}
	return OK;
}

static struct region *spare_take(struct task *task)
{
	return object_take(task->object.bank, SLAB_REGION);
}

static void spare_give(struct region *spare)
{
	if (spare)
		object_give(&spare->object);
}

/* --- calls --- */

static bool user_range(vaddr_t addr, u64 size)
{
	return !((addr | size) & PAGE_MASK) && size > 0 && addr >= USER_START &&
	       range_fits(addr, size, USER_END);
}

static struct task *task_argument(cap_t cap)
{
	return cap ? CAP_FIND(cap, TASK, task, RIGHT_CONTROL) : current_task();
}

err_t sys_task_map(cap_t task_cap, cap_t cap, u64 offset, u64 addr, u64 size, u32 flags)
{
	enum { ACCESS_ALL = ACCESS_READ | ACCESS_WRITE | ACCESS_EXEC };
	struct task *task = task_argument(task_cap);
	struct segment *segment = CAP_FIND(cap, SEGMENT, segment, flags & ACCESS_ALL);
	if (!task || !segment)
		return E_CAP;
	if (!user_range(addr, size) || offset & PAGE_MASK ||
	    !range_fits(offset, size, segment->pages * PAGE_SIZE) ||
	    flags & ~(u32)(ACCESS_ALL | MAP_SHARED | MAP_REPLACE))
		return E_RANGE;
	const struct region *there = region_first(task, addr);
	bool taken = there && region_start(there) < addr + size;
	if (taken && !(flags & MAP_REPLACE))
		return E_EXISTS;

	struct region *spare = NULL;
	struct region *region = spare_take(task);
	if (!region)
		return E_FUNDS;
	if (taken && hole_needs_region(task, addr, size) && !(spare = spare_take(task))) {
		spare_give(region);
		return E_FUNDS;
	}

	COMMIT();
	object_get(&segment->object); /* the hole may have been the last to show it */
	if (taken && hole_make(task, addr, size, spare) == E_RESTART) {
		object_put(&segment->object);
		spare_give(region);
		return E_RESTART;
	}
	region->size = size;
	region->offset = offset;
	region->access = flags & ACCESS_ALL;
	region->access_max = (u8)(cap_rights(current_task(), cap) & ACCESS_ALL);
	region->shared = flags & MAP_SHARED;
	region_link(region, task, segment, addr);
	object_put(&segment->object);
	return OK;
}

err_t sys_task_unmap(cap_t task_cap, u64 addr, u64 size)
{
	struct task *task = task_argument(task_cap);
	if (!task)
		return E_CAP;
	if (!user_range(addr, size))
		return E_RANGE;
	struct region *spare = NULL;
	if (hole_needs_region(task, addr, size) && !(spare = spare_take(task)))
		return E_FUNDS;

	COMMIT();
	return hole_make(task, addr, size, spare);
}

/* Make region boundaries at both ends of the range. */
static err_t range_cut(struct task *task, vaddr_t addr, vaddr_t end)
{
	struct region *low = NULL, *high = NULL;
	if (region_across(task, addr) && !(low = spare_take(task)))
		return E_FUNDS;
	if (region_across(task, end) && !(high = spare_take(task))) {
		spare_give(low);
		return E_FUNDS;
	}
	COMMIT();
	if (low)
		region_cut(region_across(task, addr), addr, low);
	if (high)
		region_cut(region_across(task, end), end, high);
	return OK;
}

err_t sys_task_protect(cap_t task_cap, u64 addr, u64 size, u32 access)
{
	struct task *task = task_argument(task_cap);
	if (!task)
		return E_CAP;
	if (!user_range(addr, size) || access & ~(u32)(ACCESS_READ | ACCESS_WRITE | ACCESS_EXEC))
		return E_RANGE;
	vaddr_t end = addr + size;
	for (vaddr_t at = addr; at < end;) {
		const struct region *region = region_find(task, at);
		if (!region)
			return E_FAULT;
		if (access & ~(u32)region->access_max)
			return E_ACCESS;
		at = region_end(region);
	}
	err_t error = range_cut(task, addr, end);
	if (error)
		return error;
	for (vaddr_t at = addr; at < end;) {
		struct region *region = region_find(task, at);
		if (region->access & ~access)
			region->stale = region_start(region);
		region->access = (u8)access;
		if (!region_refresh(region))
			return E_RESTART;
		at = region_end(region);
	}
	return OK;
}

err_t sys_task_move(cap_t task_cap, u64 from, u64 size, u64 to)
{
	struct task *task = task_argument(task_cap);
	if (!task)
		return E_CAP;
	if (!user_range(from, size) || !user_range(to, size))
		return E_RANGE;
	const struct region *there = region_first(task, to);
	if (there && region_start(there) < to + size)
		return E_EXISTS;
	err_t error = range_cut(task, from, from + size);
	if (error)
		return error;
	struct region *region;
	while ((region = region_first(task, from)) && region_start(region) < from + size) {
		vaddr_t start = region_start(region);
		arch_unmap(&task->space, start, region->size / PAGE_SIZE);
		arch_flush(&task->space, start, region->size / PAGE_SIZE);
		region->stale = 0;
		tree_remove(&task->regions, &region->node);
		tree_add(&task->regions, &region->node, to + (start - from));
	}
	return OK;
}
