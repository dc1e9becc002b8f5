/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

#include "arch/host/host.h"
#include "object/bank.h"
#include "object/event.h"
#include "object/port.h"
#include "object/segment.h"
#include "object/task.h"
#include "object/thread.h"
#include "walk.h"

#define MUST(condition, ...)                                                                       \
	((condition) ? (void)0                                                                     \
	             : (printf("# invariant: %s (line %d): ", #condition, __LINE__),               \
	                printf(__VA_ARGS__), printf("\n"), abort()))

/* --- banks --- */

static void bank_check(const struct found *found)
{
	const struct bank *bank = container_of(found->object, const struct bank, object);
	u64 children = 0, own = 0, pages[FRAME_USES];

	memcpy(pages, found->pages, sizeof(pages));
	list_each (child, &bank->children, struct bank, sibling) {
		MUST(child->object.bank == bank, "a child's parent");
		children += max_u64(child->charged, child->reserve);
	}
	own = pages[FRAME_SLAB] + pages[FRAME_CAPS] + pages[FRAME_SPACE] + found->paid;
	MUST(bank->own == own, "own is %lu, found %lu", bank->own, own);
	MUST(bank->charged == bank->own + children, "charged is %lu, own %lu, children %lu",
	     bank->charged, bank->own, children);
	MUST(bank->charged <= bank->limit, "charged %lu, limit %lu", bank->charged, bank->limit);
	for (unsigned use = FRAME_SLAB; use < FRAME_USES; use++)
		MUST(bank->uses[use] == pages[use], "use %u: counted %lu, found %lu", use,
		     bank->uses[use], pages[use]);
	MUST(bank->promised == found->promised, "promised %lu, found %lu", bank->promised,
	     found->promised);
}

/* --- segments --- */

static void segment_check(const struct found *found)
{
	struct segment *segment = container_of(found->object, struct segment, object);
	u64 resident = 0;

	if (segment->physical || segment->window) {
		MUST(segment->resident == 0 && segment->paid == 0, "a view has pages");
		return;
	}
	for (u64 index = 0;; index++) {
		const u64 *slot = segment_slot_next(segment, &index, segment->pages);
		if (!slot)
			break;
		resident += slot_resident(*slot);
		MUST(!slot_resident(*slot) || frame_of(slot_paddr(*slot))->use == FRAME_DATA,
		     "slot %lu holds no data frame", index);
	}
	MUST(segment->resident == resident, "resident %lu, found %lu", segment->resident, resident);
	u64 needs = resident + found->nodes;
	MUST(segment->committed ? segment->paid >= needs : segment->paid == needs,
	     "paid %lu, holds %lu", segment->paid, needs);
	list_each (region, &segment->regions, struct region, link)
		MUST(region->segment == segment, "a region of another segment");
	list_each (copy, &segment->copies, struct segment, copy_link)
		MUST(copy->source == segment, "a copy of another segment");
}

/* --- address spaces --- */

/* The frame that the region shows at an index, and whether it may be written; 0: none. */
static paddr_t shown(const struct region *region, vaddr_t addr, bool *writable)
{
	u64 index = region_index(region, addr);
	struct segment *segment = segment_behind(region->segment, &index);

	if (!segment || index >= segment->pages)
		return 0;
	*writable = true;
	if (segment->physical)
		return segment->base + index * PAGE_SIZE;
	const u64 *slot = segment_slot(segment, index);
	if (slot && slot_resident(*slot)) {
		*writable = frame_of(slot_paddr(*slot))->shares == 1;
		return slot_paddr(*slot);
	}
	*writable = false;
	if (!segment->source || index + segment->source_index >= segment->source->pages ||
	    (slot && *slot))
		return 0;
	slot = segment_slot(segment->source, index + segment->source_index);
	return slot && slot_resident(*slot) ? slot_paddr(*slot) : 0;
}

static void mapping_check(void *cookie, vaddr_t addr, paddr_t page, u32 access)
{
	struct task *task = cookie;
	const struct region *region = region_find(task, addr);
	bool writable = false;

	MUST(region && region->segment, "%#lx is mapped, but in no region", addr);
	MUST(shown(region, addr, &writable) == page, "%#lx shows %#lx, not the segment's page",
	     addr, page);
	u32 allowed = region->access | ACCESS_READ | ARCH_UNCACHED;
	if (region->stale && addr >= region->stale)
		allowed |= region->access_max;
	MUST(!(access & ~allowed), "%#lx: access %u, region %u", addr, access, region->access);
	MUST(writable || !(access & ACCESS_WRITE), "%#lx: a shared page can be written", addr);
}

static void task_check(const struct found *found)
{
	struct task *task = container_of(found->object, struct task, object);
	u32 threads = 0;
	vaddr_t end = USER_START;

	for (struct region *region = region_first(task, 0); region;
	     region = region_first(task, region_end(region))) {
		MUST(region->task == task && region->size && region_start(region) >= end,
		     "regions");
		end = region_end(region);
	}
	MUST(end <= USER_END, "a region beyond user space");
	list_each (thread, &task->threads, struct thread, task_link) {
		MUST(thread->task == task, "a thread of another task");
		threads++;
	}
	MUST(threads == task->thread_count, "%u threads, counted %u", threads, task->thread_count);
	if (task->space.root)
		(void)host_space_walk(&task->space, mapping_check, task);
}

/* --- threads, ports --- */

static bool list_holds(const struct list *head, const struct list *node)
{
	for (const struct list *l = head->next; l != head; l = l->next)
		if (l == node)
			return true;
	return false;
}

static void thread_waits_check(const struct thread *thread)
{
	switch (thread->state) {
	case THREAD_CALLING:
		MUST(thread->gate && thread->gate->note, "a caller without its gate");
		MUST(list_holds(&thread->gate->note->port->callers, &thread->wait_link),
		     "a caller nobody knows");
		break;
	case THREAD_RECEIVING:
	case THREAD_EVENT:
		MUST(list_linked(&thread->wait_link), "a waiter nobody knows");
		break;
	case THREAD_SERVED:
		MUST(thread->reply && thread->reply->caller == thread && reply_taken(thread->reply),
		     "a served caller");
		break;
	case THREAD_PAGE:
		MUST(list_holds(&thread->page_segment->waiters, &thread->page_link),
		     "a page's waiter");
		break;
	default:
		break;
	}
}

static void thread_check(const struct found *found)
{
	const struct thread *thread = container_of(found->object, const struct thread, object);
	const struct cpu *cpu = thread->cpu;

	MUST(list_holds(&thread->task->threads, &thread->task_link), "its task does not know it");
	MUST(!(thread->queued && thread_on_cpu(thread)), "queued and running");
	if (thread->queued)
		MUST(list_holds(&cpu->queue[thread->priority], &thread->run_link) &&
		             cpu->ready >> thread->priority & 1,
		     "queued nowhere");
	if (thread->state == THREAD_RUNNABLE)
		MUST(thread->queued || thread_on_cpu(thread) || thread->task->suspended ||
		             thread->object.dying,
		     "runnable, but nobody will run it");
	else
		MUST(!thread->queued && !thread_on_cpu(thread), "state %d, but it runs",
		     thread->state);
	MUST(!thread->control ||
	             (thread->control_segment &&
	              list_holds(&thread->control_segment->controls, &thread->control_link)),
	     "control block");
	thread_waits_check(thread);
}

static void reply_check(const struct found *found)
{
	const struct reply *reply = container_of(found->object, const struct reply, object);

	MUST(list_holds(&reply->port->replies, &reply->all_link), "its port does not know it");
	MUST(list_holds(&reply->port->idle, &reply->link) == !reply_taken(reply), "idle and taken");
	MUST(!reply->caller || reply->caller->reply == reply, "its caller waits for another");
	MUST(reply_taken(reply) || !reply->caller, "a caller of an idle reply");
}

static void port_check(const struct found *found)
{
	const struct port *port = container_of(found->object, const struct port, object);

	list_each (event, &port->bound, struct event, port_link)
		MUST(event->port == port && (!event->pending || list_linked(&event->ready_link)),
		     "a bound event with bits is not ready");
	list_each (segment, &port->kept, struct segment, keeper_link)
		MUST(segment->keeper == port, "kept by another");
	/* Nobody waits who could be served. */
	MUST(list_empty(&port->receivers) ||
	             (list_empty(&port->ready) && list_empty(&port->gone) &&
	              list_empty(&port->cancels) && list_empty(&port->faults)),
	     "a receiver waits, and there is something to receive");
	MUST(list_empty(&port->receivers) || list_empty(&port->callers) || list_empty(&port->idle),
	     "a receiver waits, and a caller, too");
}

static void gate_check(const struct found *found)
{
	const struct gate *gate = container_of(found->object, const struct gate, object);

	MUST(!gate->note || (gate->note->gate == gate &&
	                     list_holds(&gate->note->port->notes, &gate->note->link)),
	     "its note is another's");
}

/* --- everything --- */

static void object_check(const struct found *found)
{
	static void (*const checks[SLAB_COUNT])(const struct found *) = {
		[KIND_BANK] = bank_check,   [KIND_SEGMENT] = segment_check,
		[KIND_TASK] = task_check,   [KIND_THREAD] = thread_check,
		[KIND_PORT] = port_check,   [KIND_GATE] = gate_check,
		[KIND_REPLY] = reply_check,
	};
	const struct object *object = found->object;

	if (checks[object->kind])
		checks[object->kind](found);
	if (!object->dying && object->kind != SLAB_REGION && object->kind != SLAB_NOTE)
		MUST(object->refs == found->refs, "kind %u: %u references, found %u", object->kind,
		     object->refs, found->refs);
}

static void frame_check(const struct walk *walk, u64 i)
{
	const struct frame *frame = walk->frames[i].frame;

	if (frame->use != FRAME_DATA)
		return;
	MUST(frame->shares == walk->frames[i].shares, "frame %lu: %u sharers, found %u", i,
	     frame->shares, walk->frames[i].shares);
	MUST((frame->pins & ~PIN_DMA) == walk->frames[i].controls, "frame %lu: pins", i);
}

void check_all(void)
{
	struct walk *walk = walk_make();

	MUST(walk->free == frames_free, "%lu frames are free, counted %lu", walk->free,
	     frames_free);
	for (u64 i = 0; i < walk->frame_count; i++)
		frame_check(walk, i);
	for (u32 i = 0; i < walk->object_count; i++)
		object_check(&walk->objects[i]);
	walk_free(walk);
}
