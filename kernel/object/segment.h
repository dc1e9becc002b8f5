/* SPDX-License-Identifier: MIT */
/* Segments: memory objects. A segment is a radix tree of slots; a slot is empty, resident (a
 * frame), or evicted (a token).
 *
 * Each segment has paid for every slot that holds a frame, shared or not: breaking a copy-on-write
 * sharing never needs new funds. A copy of a segment with a keeper takes its pages from the source
 * as they are touched, without holding them in slots of its own until it writes. */
#pragma once

#include "mm/frame.h"
#include "object/object.h"

enum { SEGMENT_INLINE = 4, NODE_SLOTS = PAGE_SIZE / 8, SEGMENT_DEPTH_MAX = 4 };

/* Slots. */
#define SLOT_RESIDENT 1ull
#define SLOT_EVICTED  2ull
/* A slot's value: */
static inline bool slot_resident(u64 slot) { return slot & SLOT_RESIDENT; }
static inline bool slot_evicted(u64 slot) { return slot & SLOT_EVICTED; }
static inline paddr_t slot_paddr(u64 slot) { return slot & ~PAGE_MASK; }
static inline u64 slot_token(u64 slot) { return slot >> 2; }
static inline u64 slot_make(paddr_t page) { return page | SLOT_RESIDENT; }

struct segment {
	struct object object;
	struct list abandoned; /* as struct lasting has it */
	u64 pages;             /* size */
	u64 paid;              /* pages that our bank has been charged for contents and nodes */
	u64 resident;
	bool committed;
	bool physical; /* device memory from `base` on: no slots */
	bool dma;      /* a device may reach pages of it */
	bool window;   /* a view of `source` from `source_index` on: no slots */
	u8 depth;      /* levels of nodes; 0: the inline slots */
	union {
		u64 root;
		u64 inline_slots[SEGMENT_INLINE];
		paddr_t base;
	};
	struct list regions;    /* where it is mapped */
	struct segment *source; /* empty slots show its pages, from `source_index` on; counted in
	                           its refs */
	u64 source_index;
	u64 copying; /* a copy that is not complete: 1 + the index of the next page; or 0 */
	struct list copies, copy_link; /* segments whose source we are */
	bool has_keeper;
	struct port *keeper;     /* NULL with has_keeper: it is gone */
	struct list keeper_link; /* in keeper->kept */
	u64 label;
	struct list waiters;  /* threads that wait for a page of ours */
	struct list controls; /* threads whose control block lies in one of our pages */
};

/* --- slots (mm/slots.c) --- */

/* Levels that `pages` need, and the most nodes a tree for them can have. */
u8 segment_depth(u64 pages);
u64 segment_nodes_max(u64 pages);
/* The slot, or NULL if its node does not exist (then it is empty). */
u64 *segment_slot(struct segment *segment, u64 index);
/* Nodes that are missing for the slot. */
unsigned segment_slot_needs(struct segment *segment, u64 index);
/* The slot, using up to SEGMENT_DEPTH_MAX zeroed node pages that segment_slot_needs asked for. */
u64 *segment_slot_make(struct segment *segment, u64 index, void *const *nodes);
/* The first slot at or above *index, below `end`, that is not empty; *index is set to its place.
 * NULL: none. */
u64 *segment_slot_next(struct segment *segment, u64 *index, u64 end);
/* Give back the node of the slots around `index`, which are all empty. */
void segment_leaf_free(struct segment *segment, u64 index);
/* Empty all slots and give back the nodes, as far as sched_spend allows: else E_RESTART. */
MUST_CHECK err_t segment_drain(struct segment *segment);

/* --- paying --- */

/* A frame or node page for the segment, paid for if the segment has not promised it; NULL: no
 * funds. Contents zero. */
void *segment_take_page(struct segment *segment, enum frame_use use);
void segment_give_page(struct segment *segment, void *page);
/* The charge of one slot with a frame, without the frame. */
MUST_CHECK bool segment_pay(struct segment *segment, u64 pages);
void segment_unpay(struct segment *segment, u64 pages);
/* The slot and all nodes for it, allocated now; NULL: no funds, nothing changed (but nodes may have
 * been added and paid for). */
u64 *segment_slot_get(struct segment *segment, u64 index);

/* --- contents --- */

/* Empty the slot: its frame is freed unless others share it, its charge given back. Translations
 * must be gone. */
void segment_slot_clear(struct segment *segment, u64 *slot);
/* Take [index, index + count) out of every address space that shows it, copies' included; or only
 * write access. What was referenced and dirty. */
enum unmap { UNMAP_ALL, UNMAP_WRITE };
u32 segment_unmap(struct segment *segment, u64 index, u64 count, enum unmap how);
/* Make the page resident and our own, as if it were written. E_FUNDS; E_AGAIN: it must be paged in.
 * (mm/fault.c) */
MUST_CHECK err_t segment_touch(struct segment *segment, u64 index, paddr_t *page);
/* Wake the threads that wait for the page; `error` OK: they try again, else their fault is
 * reported. */
void segment_wake(struct segment *segment, u64 index, err_t error);

/* New objects, not yet in any table; NULL: no funds. */
struct segment *segment_new(struct bank *bank, u64 pages, bool committed);
/* What a segment's page `*index` really belongs to: itself, or what it is a window of (NULL: gone).
 */
struct segment *segment_behind(struct segment *segment, u64 *index);
/* Device memory, seen directly or through a window. */
static inline bool segment_is_physical(const struct segment *segment)
{
	return segment->physical ||
	       (segment->window && segment->source && segment->source->physical);
}
struct segment *segment_new_window(struct bank *bank, struct segment *segment, u64 index,
                                   u64 pages);
/* For a private copy of a range; NULL: no funds. */
struct segment *segment_copy_new(struct bank *bank, struct segment *from, u64 index, u64 pages,
                                 bool committed);
/* Give it its contents, from `index` on. E_FUNDS; E_RESTART: as far as sched_spend allows. */
MUST_CHECK err_t segment_copy(struct segment *to, struct segment *from, u64 index);
struct segment *segment_new_physical(struct bank *bank, paddr_t base, u64 pages);

/* The keeper's port is destroyed: who waits for pages gets E_DEAD. */
void segment_keeper_gone(struct segment *segment);

err_t segment_destroy(struct segment *segment);
