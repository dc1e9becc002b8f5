/* SPDX-License-Identifier: MIT */
#include "object/object.h"

#include "object/bank.h"
#include "object/device.h"
#include "object/schedule.h"
#include "object/event.h"
#include "object/port.h"
#include "object/segment.h"
#include "object/task.h"
#include "object/thread.h"

static struct list abandoned = { &abandoned, &abandoned };
static u32 abandoned_priority; /* the greatest of those who did */

/* The last serial number given out; 2^64 are never used up. */
static u64 last_serial;

/* Everything is a multiple of 64 bytes, and at most 64 fit a page. */
size_t slab_size(unsigned kind)
{
	static const u16 sizes[SLAB_COUNT] = {
		[KIND_BANK] = sizeof(struct bank),
		[KIND_SEGMENT] = sizeof(struct segment),
		[KIND_TASK] = sizeof(struct task),
		[KIND_PORT] = sizeof(struct port),
		[KIND_GATE] = sizeof(struct gate),
		[KIND_REPLY] = sizeof(struct reply),
		[KIND_EVENT] = sizeof(struct event),
		[KIND_INTERRUPT] = sizeof(struct interrupt),
		[KIND_IO_PORTS] = sizeof(struct device_range),
		[KIND_PHYSICAL] = sizeof(struct device_range),
		[KIND_SCHEDULE] = sizeof(struct schedule),
		[SLAB_REGION] = sizeof(struct region),
		[SLAB_NOTE] = sizeof(struct note),
	};
	size_t size = kind == KIND_THREAD ? thread_size() : sizes[kind];
	return size < 64 ? 64 : (size + 63) & ~(size_t)63;
}

static unsigned slab_count(unsigned kind) { return (unsigned)(PAGE_SIZE / slab_size(kind)); }

/* Where in its slot an object keeps its header: all but threads begin with it (their registers come
 * first, for the processor). */
static size_t slab_header(unsigned kind)
{
	return kind == KIND_THREAD ? offsetof(struct thread, object) : 0;
}

struct object *object_header(void *whole, unsigned kind)
{
	return (struct object *)(void *)((char *)whole + slab_header(kind));
}

static bool kind_lasts(unsigned kind)
{
	return kind == KIND_BANK || kind == KIND_TASK || kind == KIND_SEGMENT;
}

static struct frame *slab_grow(struct bank *bank, unsigned kind)
{
	struct frame *frame = bank_take_frame(bank, FRAME_SLAB);
	if (!frame)
		return NULL;
	arch_page_clear(frame_ptr(frame));
	frame->bank = bank;
	frame->kind = (u8)kind;
	list_add_head(&bank->slabs[kind], &frame->link);
	return frame;
}

void *object_take(struct bank *bank, unsigned kind)
{
	unsigned count = slab_count(kind);
	u64 full = count == 64 ? UINT64_MAX : (1ull << count) - 1;

	if (bank->object.dying)
		return NULL;
	struct frame *frame = list_first(&bank->slabs[kind], struct frame, link);
	if (!frame || frame->used == full)
		frame = slab_grow(bank, kind);
	if (!frame)
		return NULL;

	unsigned i = (unsigned)__builtin_ctzll(~frame->used);
	frame->used |= 1ull << i;
	if (frame->used == full) {
		list_remove(&frame->link);
		list_add_tail(&bank->slabs[kind], &frame->link);
	}
	char *whole = (char *)frame_ptr(frame) + i * slab_size(kind);
	memset(whole, 0, slab_size(kind));
	*object_header(whole, kind) =
	        (struct object){ .serial = ++last_serial, .bank = bank, .kind = (u8)kind };
	if (kind_lasts(kind))
		list_init(&((struct lasting *)(void *)whole)->abandoned);
	return whole;
}

void object_give(struct object *object)
{
	struct frame *frame = frame_of(arch_paddr(object));
	unsigned i = (unsigned)(((uintptr_t)object & PAGE_MASK) / slab_size(frame->kind));

	ASSERT(frame->use == FRAME_SLAB && frame->used & 1ull << i && object->serial);
	if (kind_lasts(object->kind))
		list_remove(&container_of(object, struct lasting, object)->abandoned);
	object->serial = 0;
	frame->used &= ~(1ull << i);
	list_remove(&frame->link);
	if (frame->used)
		list_add_head(&frame->bank->slabs[frame->kind], &frame->link);
	else
		bank_give_frame(frame->bank, frame);
}

bool object_alive(const struct object *object, u64 serial)
{
	if (!object)
		return false;
	/* The memory may have become anything since: believe it only if it is a slab and this is
	 * the place of a header. */
	const struct frame *frame = frame_of(arch_paddr(object));
	if (!frame)
		return object->serial == serial; /* in the kernel's image: never freed */
	if (frame->use != FRAME_SLAB)
		return false;
	size_t offset = ((uintptr_t)object & PAGE_MASK) - slab_header(frame->kind);
	return offset % slab_size(frame->kind) == 0 && object->serial == serial;
}

void object_put(struct object *object)
{
	ASSERT(object->refs > 0);
	if (--object->refs > 0 || object->dying)
		return;
	/* Tasks and banks not in the middle of anything: what drops the reference may be the end of
	 * a task that the bank pays for, or of one in a long row of tasks that hold each other. */
	if (object->kind == KIND_BANK || object->kind == KIND_TASK ||
	    (object_destroy(object) == E_RESTART && object->kind == KIND_SEGMENT))
		object_abandon(object);
}

void object_abandon(struct object *object)
{
	const struct thread *thread = current();
	struct list *link = &container_of(object, struct lasting, object)->abandoned;
	u32 priority = thread ? thread->priority : list_empty(&abandoned) ? PRIORITY_MAX : 0;

	if (list_empty(&abandoned) || priority > abandoned_priority)
		abandoned_priority = priority;
	if (!list_linked(link))
		list_add_tail(&abandoned, link);
	arch_cpu()->look = true;
}

bool object_left(u32 priority) { return !list_empty(&abandoned) && priority <= abandoned_priority; }

void object_drain(void)
{
	struct lasting *lasting;
	while ((lasting = list_first(&abandoned, struct lasting, abandoned))) {
		if (object_destroy(&lasting->object) == E_RESTART)
			return;
	}
}

err_t object_destroy(struct object *object)
{
	if (!object->bank)
		return E_BUSY; /* the roots lie in the kernel's image, and stay */
	switch (object->kind) {
	case KIND_BANK:
		return bank_destroy(container_of(object, struct bank, object));
	case KIND_SEGMENT:
		return segment_destroy(container_of(object, struct segment, object));
	case KIND_TASK:
		return task_destroy(container_of(object, struct task, object));
	case KIND_THREAD:
		return thread_destroy(container_of(object, struct thread, object));
	case KIND_PORT:
		port_destroy(container_of(object, struct port, object));
		break;
	case KIND_GATE:
		gate_destroy(container_of(object, struct gate, object));
		break;
	case KIND_REPLY:
		reply_destroy(container_of(object, struct reply, object));
		break;
	case KIND_EVENT:
		event_destroy(container_of(object, struct event, object));
		break;
	case KIND_INTERRUPT:
		interrupt_destroy(container_of(object, struct interrupt, object));
		break;
	default:
		object_give(object);
		break;
	}
	return OK;
}

void weak_set(struct weak *weak, struct object *object)
{
	*weak = (struct weak){ .object = object, .serial = object ? object->serial : 0 };
}

struct object *weak_get(const struct weak *weak)
{
	return object_alive(weak->object, weak->serial) ? weak->object : NULL;
}

struct object *object_first(struct bank *bank, unsigned kind)
{
	struct frame *frame = list_first(&bank->slabs[kind], struct frame, link);
	if (!frame)
		return NULL;
	char *page = frame_ptr(frame);
	return object_header(page + (u64)__builtin_ctzll(frame->used) * slab_size(kind), kind);
}
