/* SPDX-License-Identifier: MIT */
/* The radix tree of a segment's slots: NODE_SLOTS wide, as deep as the segment's size needs. */
#include "object/bank.h"
#include "object/segment.h"
#include "sched/run.h"

enum { NODE_SHIFT = 9 };

u8 segment_depth(u64 pages)
{
	u8 depth = 0;
	for (u64 reach = SEGMENT_INLINE; pages > reach; depth++)
		reach = 1ull << (NODE_SHIFT * (depth + 1));
	return depth;
}

u64 segment_nodes_max(u64 pages)
{
	u64 nodes = 0;
	for (u8 level = segment_depth(pages); level > 0; level--) {
		pages = (pages + NODE_SLOTS - 1) / NODE_SLOTS;
		nodes += pages;
	}
	return nodes;
}

/* Where in a node of `level` (1: its slots are the segment's) the way to `index` goes on. */
static unsigned node_place(u64 index, unsigned level)
{
	return (unsigned)(index >> (NODE_SHIFT * (level - 1))) % NODE_SLOTS;
}

u64 *segment_slot(struct segment *segment, u64 index)
{
	if (segment->depth == 0)
		return &segment->inline_slots[index];
	paddr_t node = segment->root;
	for (unsigned level = segment->depth; node; level--) {
		u64 *slots = arch_ptr(node);
		if (level == 1)
			return &slots[node_place(index, 1)];
		node = slots[node_place(index, level)];
	}
	return NULL;
}

unsigned segment_slot_needs(struct segment *segment, u64 index)
{
	paddr_t node = segment->root;
	unsigned level = segment->depth;
	while (level > 0 && node) {
		const u64 *slots = arch_ptr(node);
		if (--level > 0)
			node = slots[node_place(index, level + 1)];
	}
	return level;
}

u64 *segment_slot_make(struct segment *segment, u64 index, void *const *nodes)
{
	if (segment->depth == 0)
		return &segment->inline_slots[index];
	u64 *link = &segment->root;
	for (unsigned level = segment->depth; level > 0; level--) {
		if (!*link)
			*link = arch_paddr(*nodes++);
		u64 *slots = arch_ptr(*link);
		link = &slots[node_place(index, level)];
	}
	return link;
}

/* The slot of `index`, or how many slots from index's place on are covered by what is missing. */
static u64 *slot_or_gap(struct segment *segment, u64 index, u64 *gap)
{
	paddr_t node = segment->root;
	for (unsigned level = segment->depth;; level--) {
		if (!node) {
			u64 span = 1ull << (NODE_SHIFT * level);
			*gap = span - index % span;
			return NULL;
		}
		u64 *slots = arch_ptr(node);
		if (level == 1)
			return &slots[node_place(index, 1)];
		node = slots[node_place(index, level)];
	}
}

u64 *segment_slot_next(struct segment *segment, u64 *index, u64 end)
{
	while (*index < end) {
		u64 gap = 1;
		u64 *slot = segment->depth ? slot_or_gap(segment, *index, &gap)
		                           : &segment->inline_slots[*index];
		if (slot && *slot)
			return slot;
		*index += slot ? 1 : gap;
	}
	return NULL;
}

static void node_give(struct segment *segment, u64 *link)
{
	segment->object.bank->uses[FRAME_NODE]--;
	frame_give(frame_of(*link));
	*link = 0;
	segment_unpay(segment, 1);
}

void segment_leaf_free(struct segment *segment, u64 index)
{
	u64 *link = &segment->root;
	unsigned level = segment->depth;

	for (; level > 1 && *link; level--)
		link = (u64 *)arch_ptr(*link) + node_place(index, level);
	if (level == 1 && *link)
		node_give(segment, link);
}

/* Empty `count` slots; false: some are left. */
static bool slots_drain(struct segment *segment, u64 *slots, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (!slots[i])
			continue;
		segment_slot_clear(segment, &slots[i]);
		if (sched_spend(1))
			return false;
	}
	return true;
}

/* The first link in a node of tables that is not empty, or NULL. */
static u64 *node_first(u64 node)
{
	u64 *slots = arch_ptr(node);
	for (unsigned i = 0; i < NODE_SLOTS; i++) {
		if (slots[i])
			return &slots[i];
	}
	return NULL;
}

err_t segment_drain(struct segment *segment)
{
	if (segment->depth == 0)
		return slots_drain(segment, segment->inline_slots, SEGMENT_INLINE) ? OK : E_RESTART;
	while (segment->root) {
		u64 *link = &segment->root, *below = link;
		unsigned level = segment->depth;
		for (; level > 1 && (below = node_first(*link)); level--)
			link = below;
		if (level == 1 && !slots_drain(segment, arch_ptr(*link), NODE_SLOTS))
			return E_RESTART;
		node_give(segment, link);
		if (sched_spend(1))
			return E_RESTART;
	}
	return OK;
}

bool segment_pay(struct segment *segment, u64 pages)
{
	if (segment->committed)
		return true;
	if (!bank_charge(segment->object.bank, pages))
		return false;
	segment->paid += pages;
	return true;
}

void segment_unpay(struct segment *segment, u64 pages)
{
	if (segment->committed)
		return;
	segment->paid -= pages;
	bank_refund(segment->object.bank, pages);
}

void *segment_take_page(struct segment *segment, enum frame_use use)
{
	if (!segment_pay(segment, 1))
		return NULL;
	struct frame *frame = frame_take(use);
	if (!frame) {
		segment_unpay(segment, 1);
		return NULL;
	}
	segment->object.bank->uses[use]++;
	arch_page_clear(frame_ptr(frame));
	return frame_ptr(frame);
}

void segment_give_page(struct segment *segment, void *page)
{
	struct frame *frame = frame_of(arch_paddr(page));
	segment->object.bank->uses[frame->use]--;
	frame_give(frame);
	segment_unpay(segment, 1);
}

u64 *segment_slot_get(struct segment *segment, u64 index)
{
	void *nodes[SEGMENT_DEPTH_MAX];
	unsigned needs = segment_slot_needs(segment, index);
	for (unsigned i = 0; i < needs; i++) {
		nodes[i] = segment_take_page(segment, FRAME_NODE);
		if (!nodes[i]) {
			while (i-- > 0)
				segment_give_page(segment, nodes[i]);
			return NULL;
		}
	}
	return segment_slot_make(segment, index, nodes);
}
