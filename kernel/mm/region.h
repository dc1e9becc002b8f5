/* SPDX-License-Identifier: MIT */
/* Regions: the mappings of a task, in a tree by address. They never overlap. */
#pragma once

#include "lib/tree.h"
#include "object/object.h"

struct segment;
struct task;

struct region {
	struct object object;
	struct tree_node node; /* key: start */
	struct task *task;
	u64 size;                /* bytes */
	struct segment *segment; /* NULL: it was destroyed; counted in its refs */
	struct list link;        /* in segment->regions */
	u64 offset;              /* bytes into the segment */
	vaddr_t stale;           /* if not 0: translations from here on are to go, since the segment
	                            is being destroyed or access has been taken away */
	u8 access, access_max;   /* enum access */
	bool shared;
};

static inline vaddr_t region_start(const struct region *region) { return region->node.key; }
static inline vaddr_t region_end(const struct region *region)
{
	return region->node.key + region->size;
}
/* Index of the segment's page that is at `addr`. */
static inline u64 region_index(const struct region *region, vaddr_t addr)
{
	return (region->offset + (addr - region_start(region))) / PAGE_SIZE;
}

/* The region at `addr`, or NULL. */
struct region *region_find(struct task *task, vaddr_t addr);
/* The first region that ends above `addr`, or NULL. */
struct region *region_first(struct task *task, vaddr_t addr);
/* The uppermost, or NULL. */
struct region *region_last(struct task *task);
/* Link a region that was taken from the task's bank; takes a reference on the segment. */
void region_link(struct region *region, struct task *task, struct segment *segment, vaddr_t start);
/* Unmap and free all of the region, from its end. E_RESTART: enough for now (sched_spend). */
err_t region_destroy(struct region *region);
/* Unmap what is stale; false: enough for now. */
bool region_refresh(struct region *region);

/* The physical page at `addr` for `access`, translation installed. E_ACCESS; E_FUNDS; E_DEAD: the
 * segment is gone; E_AGAIN: the page must be paged in: *segment and *index say what to wait for. */
struct segment;
err_t region_resolve(struct region *region, vaddr_t addr, u32 access, paddr_t *page,
                     struct segment **segment, u64 *index);
/* The kernel's address of a task's memory at `addr`, up to the page's end, as if the task accessed
 * it there. E_FAULT, E_ACCESS, E_FUNDS; E_TOUCH: would have to wait. */
err_t task_memory(struct task *task, vaddr_t addr, u32 access, void **memory);
/* The same, ignoring the region's access (but not the segment's own state): for loaders. */
err_t task_memory_any(struct task *task, vaddr_t addr, u32 access, void **memory);
