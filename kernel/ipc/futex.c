/* SPDX-License-Identifier: MIT */
#include "ipc/futex.h"

#include "object/segment.h"
#include "object/task.h"
#include "object/thread.h"

enum { BUCKETS = 256 };
static struct list buckets[BUCKETS]; /* threads in state THREAD_FUTEX */

struct futex {
	struct segment *segment;
	u64 offset;
};

void futex_init(void)
{
	for (unsigned i = 0; i < BUCKETS; i++)
		list_init(&buckets[i]);
}

static struct list *futex_bucket(const struct futex *futex)
{
	u64 hash =
	        ((u64)(uintptr_t)futex->segment >> 6 ^ futex->offset >> 2) * 0x9e3779b97f4a7c15ull;
	return &buckets[hash >> 56];
}

/* The futex at `addr` of the calling task, and its word. */
static err_t futex_find(vaddr_t addr, struct futex *futex, const u32 **word)
{
	void *memory;
	const struct region *region = region_find(current_task(), addr);
	if (addr % 4)
		return E_RANGE;
	if (!region || !region->segment)
		return E_FAULT;
	/* A futex that is waited for is written sooner or later: break sharing first, so that it
	 * keeps its place. */
	u32 access = region->access & ACCESS_WRITE ? ACCESS_WRITE : ACCESS_READ;
	err_t error = task_memory(current_task(), addr, access, &memory);
	if (error)
		return error;
	u64 index = region_index(region, addr);
	futex->segment = segment_behind(region->segment, &index);
	futex->offset = index * PAGE_SIZE + (addr & PAGE_MASK);
	*word = memory;
	return OK;
}

static bool futex_is(const struct thread *thread, const struct futex *futex)
{
	return thread->futex_segment == futex->segment && thread->futex_offset == futex->offset;
}

err_t sys_futex_wait(u64 addr, u32 expected, u32 bitset, u64 deadline)
{
	struct thread *thread = current();
	struct futex futex;
	const u32 *word;
	err_t error = futex_find(addr, &futex, &word);
	if (error)
		return error;
	if (!bitset)
		return E_RANGE;
	if (__atomic_load_n(word, __ATOMIC_SEQ_CST) != expected)
		return E_AGAIN;
	if (deadline <= arch_now())
		return E_TIMEOUT;
	if (thread->control && thread->control->pending)
		return E_INTR;

	COMMIT();
	thread->state = THREAD_FUTEX;
	thread->futex_segment = futex.segment;
	thread->futex_offset = futex.offset;
	thread->mask = bitset;
	thread->interruptible = true;
	list_add_tail(futex_bucket(&futex), &thread->wait_link);
	timer_set(&thread->timer, deadline);
	return E_BLOCKED;
}

static u64 futex_wake_waiters(const struct futex *futex, u64 count, u32 bitset)
{
	struct list *bucket = futex_bucket(futex), *next;
	u64 woken = 0;
	for (struct list *l = bucket->next; l != bucket && woken < count; l = next) {
		struct thread *thread = container_of(l, struct thread, wait_link);
		next = l->next;
		if (!futex_is(thread, futex) || !(thread->mask & bitset))
			continue;
		thread_wake(thread, OK, 0);
		woken++;
	}
	return woken;
}

err_t sys_futex_wake(u64 addr, u32 count, u32 bitset, u64 *woken)
{
	struct futex futex;
	const u32 *word;
	err_t error = futex_find(addr, &futex, &word);
	if (error)
		return error;

	COMMIT();
	*woken = futex_wake_waiters(&futex, count, bitset);
	return OK;
}

err_t sys_futex_requeue(u64 addr, u32 wake, u64 target, u32 move, u64 expected_check, u64 *count)
{
	struct futex from, to;
	const u32 *word, *target_word;
	err_t error = futex_find(addr, &from, &word);
	if (!error)
		error = futex_find(target, &to, &target_word);
	if (error)
		return error;
	if (expected_check >> 32 && __atomic_load_n(word, __ATOMIC_SEQ_CST) != (u32)expected_check)
		return E_AGAIN;

	COMMIT();
	*count = futex_wake_waiters(&from, wake, UINT32_MAX);
	struct list *bucket = futex_bucket(&from), *next, moved;
	list_init(&moved);
	u64 n = 0;
	for (struct list *l = bucket->next; l != bucket && n < move; l = next) {
		struct thread *thread = container_of(l, struct thread, wait_link);
		next = l->next;
		if (!futex_is(thread, &from))
			continue;
		list_remove(&thread->wait_link);
		thread->futex_segment = to.segment;
		thread->futex_offset = to.offset;
		list_add_tail(&moved, &thread->wait_link);
		n++;
	}
	struct thread *thread;
	while ((thread = list_first(&moved, struct thread, wait_link))) {
		list_remove(&thread->wait_link);
		list_add_tail(futex_bucket(&to), &thread->wait_link);
	}
	*count += n;
	return OK;
}
