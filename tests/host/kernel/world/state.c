/* SPDX-License-Identifier: MIT */
#include "state.h"

#include <stdio.h>
#include <stdlib.h>

#include "arch/host/host.h"
#include "object/bank.h"
#include "object/cap.h"
#include "object/event.h"
#include "object/task.h"
#include "object/thread.h"

enum { MEMORY_START = 1 << 20 };

struct state {
	u64 count;
	struct bank root;
	struct page {
		u8 use, kind;
		const struct bank *bank;
		u64 used; /* of slabs: which; of data: shares and pins */
		u8 bytes[PAGE_SIZE];
	} pages[];
};

static void bank_plain(struct bank *bank) { memset(bank->slabs, 0, sizeof(bank->slabs)); }

static void timer_plain(struct timer *timer)
{
	timer->node = (struct tree_node){ .key = timer->armed ? timer->node.key : 0 };
}

static void thread_plain(struct thread *thread)
{
	memset(&thread->arch, 0, sizeof(thread->arch));
	memset(&thread->run_link, 0, sizeof(thread->run_link));
	timer_plain(&thread->timer);
	thread->ticks = 0;
	thread->cpu = NULL;
	thread->page_addr = 0;
}

/* What may differ is made equal, in a copy of a slab's object. */
static void object_plain(struct object *object)
{
	switch (object->kind) {
	case KIND_BANK:
		bank_plain(container_of(object, struct bank, object));
		break;
	case KIND_TASK: {
		struct task *task = container_of(object, struct task, object);
		task->caps.first_free = 0;
		task->ticks = 0;
		break;
	}
	case KIND_THREAD:
		thread_plain(container_of(object, struct thread, object));
		break;
	case KIND_EVENT:
		timer_plain(&container_of(object, struct event, object)->timer);
		break;
	default:
		break;
	}
}

static void slab_plain(struct page *page, const struct frame *frame)
{
	size_t size = slab_size(frame->kind);

	for (size_t i = 0; i < PAGE_SIZE / size; i++) {
		u8 *whole = page->bytes + i * size;
		if (frame->used >> i & 1)
			object_plain(object_header(whole, frame->kind));
		else
			memset(whole, 0, size);
	}
}

static void page_take(struct page *page, const struct frame *frame)
{
	page->use = frame->use;
	/* Page tables are a cache: what is in them, but not their number, may change at any
	 * time. */
	if (frame->use == FRAME_FREE || frame->use == FRAME_SPACE)
		return;
	memcpy(page->bytes, frame_ptr(frame), PAGE_SIZE);
	page->used = frame->used;
	if (frame->use == FRAME_SLAB) {
		page->kind = frame->kind;
		page->bank = frame->bank;
		slab_plain(page, frame);
	}
}

struct state *state_take(void)
{
	struct state *state = calloc(1, sizeof(*state) + frames_total * sizeof(state->pages[0]));
	const struct frame *frame;

	state->root = *root_bank;
	bank_plain(&state->root);
	state->root.limit = 0; /* the sweep's own means */
	for (paddr_t addr = MEMORY_START; state->count < frames_total; addr += PAGE_SIZE)
		if ((frame = frame_of(addr)))
			page_take(&state->pages[state->count++], frame);
	return state;
}

void state_free(struct state *state) { free(state); }

static bool page_same(u64 i, const struct page *a, const struct page *b)
{
	if (memcmp(a, b, sizeof(*a)) == 0)
		return true;
	if (a->use != b->use || a->kind != b->kind || a->bank != b->bank || a->used != b->used) {
		printf("# page %lu: use %u kind %u bank %p used %lx, then use %u kind %u bank %p "
		       "used %lx\n",
		       i, a->use, a->kind, (const void *)a->bank, a->used, b->use, b->kind,
		       (const void *)b->bank, b->used);
		return false;
	}
	unsigned at = 0;
	while (a->bytes[at] == b->bytes[at])
		at++;
	printf("# page %lu (use %u, kind %u) differs at byte %u of %zu of object %zu\n", i, a->use,
	       a->kind, a->use == FRAME_SLAB ? (unsigned)(at % slab_size(a->kind)) : at,
	       a->use == FRAME_SLAB ? slab_size(a->kind) : PAGE_SIZE,
	       a->use == FRAME_SLAB ? at / slab_size(a->kind) : 0);
	return false;
}

bool state_same(const struct state *a, const struct state *b)
{
	bool same = memcmp(&a->root, &b->root, sizeof(a->root)) == 0;

	if (!same)
		printf("# root bank: charged %lu, own %lu; then %lu, %lu\n", a->root.charged,
		       a->root.own, b->root.charged, b->root.own);
	for (u64 i = 0; i < a->count; i++)
		same &= page_same(i, &a->pages[i], &b->pages[i]);
	return same;
}
