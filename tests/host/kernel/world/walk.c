/* SPDX-License-Identifier: MIT */
#include "walk.h"

#include <stdio.h>
#include <stdlib.h>

#include "arch/host/host.h"
#include "object/bank.h"
#include "object/cap.h"
#include "object/segment.h"
#include "object/task.h"
#include "object/thread.h"

#define MUST(condition, ...)                                                                       \
	((condition) ? (void)0                                                                     \
	             : (printf("# walk: %s (line %d): ", #condition, __LINE__),                    \
	                printf(__VA_ARGS__), printf("\n"), abort()))

enum { MEMORY_START = 1 << 20 };

/* --- objects --- */

static u32 hash(const struct walk *walk, const struct object *object)
{
	return (u32)((u64)(uintptr_t)object * 0x9e3779b97f4a7c15ull >> 32) % walk->index_size;
}

struct found *walk_find(const struct walk *walk, const struct object *object)
{
	for (u32 i = hash(walk, object);; i = (i + 1) % walk->index_size) {
		if (!walk->index[i])
			return NULL;
		if (walk->objects[walk->index[i] - 1].object == object)
			return &walk->objects[walk->index[i] - 1];
	}
}

static void object_add(struct walk *walk, struct object *object)
{
	if (walk->object_count == walk->object_room) {
		walk->object_room = walk->object_room ? 2 * walk->object_room : 256;
		walk->objects = realloc(walk->objects, walk->object_room * sizeof(*walk->objects));
	}
	walk->objects[walk->object_count++] = (struct found){ .object = object };
}

static void index_make(struct walk *walk)
{
	walk->index_size = 4 * walk->object_count + 16;
	walk->index = calloc(walk->index_size, sizeof(*walk->index));
	for (u32 i = 0; i < walk->object_count; i++) {
		u32 at = hash(walk, walk->objects[i].object);
		while (walk->index[at])
			at = (at + 1) % walk->index_size;
		walk->index[at] = i + 1;
	}
}

static struct found *bank_of(const struct walk *walk, const struct bank *bank)
{
	struct found *found = walk_find(walk, &bank->object);

	MUST(found && found->object->kind == KIND_BANK, "a bank that is none");
	return found;
}

static void ref_add(struct walk *walk, const struct object *object)
{
	struct found *found = walk_find(walk, object);

	if (found)
		found->refs++;
}

/* --- frames --- */

static void slab_read(struct walk *walk, struct frame *frame)
{
	unsigned count = (unsigned)(PAGE_SIZE / slab_size(frame->kind));

	MUST(frame->used, "a slab without objects is not free");
	for (unsigned i = 0; i < count; i++) {
		char *whole = (char *)frame_ptr(frame) + i * slab_size(frame->kind);
		struct object *object = object_header(whole, frame->kind);
		bool used = frame->used >> i & 1;
		MUST(used == (object->serial != 0), "slot %u of a slab of kind %u", i, frame->kind);
		if (!used)
			continue;
		MUST(object->kind == frame->kind && object->bank == frame->bank,
		     "an object in another's slab");
		object_add(walk, object);
	}
}

static u64 frame_number(const struct walk *walk, const struct frame *frame)
{
	return (frame_paddr(frame) - frame_paddr(walk->frames[0].frame)) / PAGE_SIZE;
}

static void frames_read(struct walk *walk)
{
	struct frame *frame;

	walk->frames = calloc(frames_total, sizeof(*walk->frames));
	for (paddr_t addr = MEMORY_START; walk->frame_count < frames_total; addr += PAGE_SIZE) {
		if (!(frame = frame_of(addr)))
			continue;
		walk->frames[walk->frame_count++].frame = frame;
		walk->free += frame->use == FRAME_FREE;
		if (frame->use == FRAME_SLAB)
			slab_read(walk, frame);
	}
}

static void page_count(struct walk *walk, const struct bank *bank, const void *page,
                       enum frame_use use)
{
	const struct frame *frame = frame_of(arch_paddr(page));

	MUST(frame && frame->use == use, "a page of use %u is not", use);
	bank_of(walk, bank)->pages[use]++;
}

/* --- tasks --- */

static void caps_read(struct walk *walk, struct task *task)
{
	const struct cap_table *table = &task->caps;
	u32 used = 0, pages = 0;

	if (!table->root) {
		MUST(!table->used && !table->pages, "an empty table counts");
		return;
	}
	page_count(walk, task->object.bank, table->root, FRAME_CAPS);
	for (u32 i = 0; i < CAP_PAGES; i++) {
		const struct cap_slot *slots =
		        (const struct cap_slot *)(table->root[i] & ~PAGE_MASK);
		u32 here = 0;
		if (!slots)
			continue;
		pages++;
		page_count(walk, task->object.bank, slots, FRAME_CAPS);
		for (u32 j = 0; j < CAP_PAGE_SLOTS; j++) {
			u32 cap = i * CAP_PAGE_SLOTS + j;
			MUST(slots[j].what != CAP_RESERVED, "slot %u is reserved for ever", cap);
			MUST(slots[j].what || cap >= table->first_free || !cap,
			     "slot %u is free, below %u", cap, table->first_free);
			struct object *object = slot_object(&slots[j]);
			here += slots[j].what != 0;
			if (slots[j].what && object_alive(object, slots[j].serial))
				ref_add(walk, object);
		}
		MUST(here && here == (table->root[i] & PAGE_MASK),
		     "slot page %u: %lu in use, found %u", i, table->root[i] & PAGE_MASK, here);
		used += here;
	}
	MUST(used == table->used && pages == table->pages, "%u slots, found %u", table->used, used);
}

static void nothing(void *cookie, vaddr_t addr, paddr_t page, u32 access)
{
	(void)cookie, (void)addr, (void)page, (void)access;
}

static void task_walk(struct walk *walk, struct task *task)
{
	caps_read(walk, task);
	if (task->space.root)
		bank_of(walk, task->object.bank)->pages[FRAME_SPACE] +=
		        host_space_walk(&task->space, nothing, NULL);
	for (struct region *region = region_first(task, 0); region;
	     region = region_first(task, region_end(region)))
		if (region->segment)
			ref_add(walk, &region->segment->object);
	list_each (thread, &task->threads, struct thread, task_link) {
		ref_add(walk, &thread->object);
		if (weak_get(&thread->making))
			ref_add(walk, thread->making.object);
		if (!thread->control)
			continue;
		ref_add(walk, &thread->control_segment->object);
		walk->frames[frame_number(walk, frame_of(arch_paddr(thread->control)))].controls++;
	}
}

/* --- segments --- */

static u64 nodes_read(struct walk *walk, const struct segment *segment, paddr_t node,
                      unsigned level)
{
	const u64 *slots = arch_ptr(node);
	u64 count = 1;

	page_count(walk, segment->object.bank, slots, FRAME_NODE);
	for (unsigned i = 0; level > 1 && i < NODE_SLOTS; i++)
		count += slots[i] ? nodes_read(walk, segment, slots[i], level - 1) : 0;
	return count;
}

static void segment_walk(struct walk *walk, struct found *found)
{
	struct segment *segment = container_of(found->object, struct segment, object);
	struct found *bank = bank_of(walk, segment->object.bank);

	bank->paid += segment->paid;
	bank->promised += segment->committed ? segment->paid : 0;
	if (segment->source)
		ref_add(walk, &segment->source->object);
	if (segment->physical || segment->window)
		return;
	if (segment->depth && segment->root)
		found->nodes = nodes_read(walk, segment, segment->root, segment->depth);
	for (u64 index = 0;; index++) {
		const u64 *slot = segment_slot_next(segment, &index, segment->pages);
		if (!slot)
			break;
		if (!slot_resident(*slot))
			continue;
		bank->pages[FRAME_DATA]++;
		walk->frames[frame_number(walk, frame_of(slot_paddr(*slot)))].shares++;
	}
}

/* --- everything --- */

static void object_walk(struct walk *walk, struct found *found)
{
	const struct object *object = found->object;

	if (object->bank)
		MUST(walk_find(walk, &object->bank->object), "an object of a bank that is gone");
	if (object->kind == KIND_TASK)
		task_walk(walk, container_of(found->object, struct task, object));
	if (object->kind == KIND_SEGMENT)
		segment_walk(walk, found);
}

struct walk *walk_make(void)
{
	struct walk *walk = calloc(1, sizeof(*walk));

	object_add(walk, &root_bank->object);
	frames_read(walk);
	index_make(walk);
	walk->objects[0].refs = 1; /* the kernel's own */
	for (u64 i = 0; i < walk->frame_count; i++)
		if (walk->frames[i].frame->use == FRAME_SLAB)
			bank_of(walk, walk->frames[i].frame->bank)->pages[FRAME_SLAB]++;
	for (u32 i = 0; i < walk->object_count; i++)
		object_walk(walk, &walk->objects[i]);
	return walk;
}

void walk_free(struct walk *walk)
{
	free(walk->frames);
	free(walk->objects);
	free(walk->index);
	free(walk);
}
