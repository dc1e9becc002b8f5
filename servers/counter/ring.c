/* SPDX-License-Identifier: MIT */
/* Reading what a file system writes. Nothing that lies there is trusted: a position or a size that
 * makes no sense empties the ring. The memory is charged to an account that outlives us, so that it
 * stays while the file system has it mapped. */
#include <stdlib.h>
#include <string.h>

#include "notify.h"

static u64 last_id;

err_t ring_create(cap_t sync, struct ring **out)
{
	struct ring *ring = calloc(1, sizeof(*ring));

	if (!ring)
		return E_FUNDS;
	err_t error =
	        segment_create(rt_cap("rings"), NOTIFY_SIZE, SEGMENT_COMMITTED, &ring->segment);
	if (!error) {
		ring->shared = rt_map(ring->segment, 0, NOTIFY_SIZE, ACCESS_READ | ACCESS_WRITE);
		if (!ring->shared) {
			error = cap_close(ring->segment);
			error = E_FUNDS;
		}
	}
	if (error) {
		free(ring);
		return error == E_CAP ? E_FUNDS : error;
	}
	list_init(&ring->link);
	ring->id = ++last_id;
	ring->sync = sync;
	*out = ring;
	return OK;
}

void ring_destroy(struct ring *ring)
{
	err_t ignored = cap_close(ring->sync);

	ignored = cap_close(ring->segment);
	(void)ignored;
	rt_unmap(ring->shared, NOTIFY_SIZE);
	list_remove(&ring->link);
	free(ring);
}

static void ring_copy(const struct ring *ring, u32 position, void *to, size_t size)
{
	const u8 *data = (const u8 *)ring->shared + PAGE_SIZE;
	size_t at = position % NOTIFY_DATA_SIZE, first = NOTIFY_DATA_SIZE - at;

	if (first > size)
		first = size;
	memcpy(to, data + at, first);
	memcpy((u8 *)to + first, data, size - first);
}

bool ring_at(struct ring *ring, u32 position, struct ring_record *to)
{
	u32 tail = __atomic_load_n(&ring->shared->tail, __ATOMIC_ACQUIRE);
	u32 left = tail - position;

	if (!left)
		return false;
	if (left >= sizeof(to->record) && left <= NOTIFY_DATA_SIZE) {
		ring_copy(ring, position, &to->record, sizeof(to->record));
		u32 name_size = to->record.name_size;
		u32 size = (u32)sizeof(to->record) + ((name_size + 7) & ~7u);
		if (name_size <= NOTIFY_NAME_MAX && size <= left) {
			memset(to->name, 0, sizeof(to->name));
			ring_copy(ring, position + (u32)sizeof(to->record), to->name, name_size);
			to->next = position + size;
			return true;
		}
	}
	__atomic_store_n(&ring->shared->head, tail, __ATOMIC_RELEASE);
	__atomic_store_n(&ring->shared->taken, ring->shared->written, __ATOMIC_RELEASE);
	return false;
}

void ring_pop(struct ring *ring, const struct ring_record *first)
{
	__atomic_store_n(&ring->shared->taken, ring->shared->taken + 1, __ATOMIC_RELEASE);
	__atomic_store_n(&ring->shared->head, first->next, __ATOMIC_RELEASE);
}

bool ring_sync_begin(struct ring *ring)
{
	__atomic_add_fetch(&ring->shared->sync, 1, __ATOMIC_SEQ_CST);
	return event_signal(ring->sync, 1) == OK;
}

bool ring_synced(const struct ring *ring)
{
	return ring->dead || __atomic_load_n(&ring->shared->synced, __ATOMIC_ACQUIRE) ==
	                             __atomic_load_n(&ring->shared->sync, __ATOMIC_RELAXED);
}
