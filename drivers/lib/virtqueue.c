/* SPDX-License-Identifier: MIT */
#include "lib/virtqueue.h"

#include <string.h>

enum { RING_FLAGS, RING_INDEX, RING_ENTRIES }; /* u16s of the available ring */
enum { USED_NO_NOTIFY = 1 };

struct virtqueue_used_entry {
	u32 id, written;
};

static size_t available_offset(u16 size) { return size * sizeof(struct virtqueue_descriptor); }

static size_t used_offset(u16 size)
{
	/* flags, index, ring, used_event; the used ring is 4-byte aligned (virtio 1.2, 2.7). */
	size_t end = available_offset(size) + sizeof(u16) * (3u + size);
	return (end + 3) & ~(size_t)3;
}

static size_t used_end(u16 size)
{
	return used_offset(size) + 3 * sizeof(u16) + size * sizeof(struct virtqueue_used_entry);
}

paddr_t virtqueue_available_addr(const struct virtqueue *queue)
{
	return queue->memory.addr + available_offset(queue->size);
}

paddr_t virtqueue_used_addr(const struct virtqueue *queue)
{
	return queue->memory.addr + used_offset(queue->size);
}

void virtqueue_clear(struct virtqueue *queue)
{
	memset(queue->memory.ptr, 0, PAGE_SIZE);
	memset(queue->slot, 0, sizeof(queue->slot));
	for (u16 i = 0; i < queue->size; i++)
		queue->slot[i].next = (u16)(i + 1);
	queue->free_first = 0;
	queue->free_count = queue->size;
	queue->available_index = queue->used_index = queue->in_flight = 0;
}

err_t virtqueue_create(struct virtqueue *queue, cap_t dma_right, u16 size)
{
	*queue = (struct virtqueue){ .size = size };
	if (!size || size > VIRTQUEUE_SIZE_MAX || used_end(size) > PAGE_SIZE)
		return E_RANGE;

	err_t error = dma_create(&queue->memory, dma_right, PAGE_SIZE);
	if (error)
		return error;
	u8 *page = queue->memory.ptr;
	queue->descriptors = (void *)page;
	queue->available = (void *)(page + available_offset(size));
	queue->used = (void *)(page + used_offset(size));
	virtqueue_clear(queue);
	return OK;
}

void virtqueue_destroy(struct virtqueue *queue)
{
	dma_destroy(&queue->memory);
	queue->in_flight = 0;
}

static u16 slot_take(struct virtqueue *queue)
{
	u16 index = queue->free_first;

	queue->free_first = queue->slot[index].next;
	queue->free_count--;
	return index;
}

static void slot_give(struct virtqueue *queue, u16 index)
{
	queue->slot[index].next = queue->free_first;
	queue->free_first = index;
	queue->free_count++;
}

static struct virtqueue_descriptor part_descriptor(const struct virtqueue_part *part)
{
	return (struct virtqueue_descriptor){
		.addr = part->addr,
		.size = part->size,
		.flags = part->device_writes ? VIRTQUEUE_WRITE : 0,
	};
}

static void descriptor_set(struct virtqueue *queue, u16 index, struct virtqueue_descriptor value)
{
	volatile struct virtqueue_descriptor *descriptor = &queue->descriptors[index];

	descriptor->addr = value.addr;
	descriptor->size = value.size;
	descriptor->flags = value.flags;
	descriptor->next = value.next;
}

/* A chain of `count` descriptors for `parts`; its first. The queue has as many. */
static u16 chain_direct(struct virtqueue *queue, const struct virtqueue_part *parts, u16 count)
{
	u16 first = 0, previous = 0;

	for (u16 i = count; i-- > 0;) {
		struct virtqueue_descriptor value = part_descriptor(&parts[i]);
		first = slot_take(queue);
		if (i + 1 < count) {
			value.flags |= VIRTQUEUE_NEXT;
			value.next = previous;
		}
		descriptor_set(queue, first, value);
		queue->slot[first].next = previous;
		previous = first;
	}
	return first;
}

static u16 chain_indirect(struct virtqueue *queue, const struct virtqueue_part *parts, u16 count,
                          const struct virtqueue_table *table)
{
	for (u16 i = 0; i < count; i++) {
		struct virtqueue_descriptor value = part_descriptor(&parts[i]);
		if (i + 1 < count) {
			value.flags |= VIRTQUEUE_NEXT;
			value.next = (u16)(i + 1);
		}
		table->descriptors[i] = value;
	}
	u16 index = slot_take(queue);
	descriptor_set(
	        queue, index,
	        (struct virtqueue_descriptor){ .addr = table->addr,
	                                       .size = count * (u32)sizeof(*table->descriptors),
	                                       .flags = VIRTQUEUE_INDIRECT });
	return index;
}

err_t virtqueue_add(struct virtqueue *queue, const struct virtqueue_part *parts, u16 count,
                    const struct virtqueue_table *table, void *cookie)
{
	u16 length = table ? 1 : count;

	if (!count || length > queue->size)
		return E_RANGE;
	if (length > queue->free_count)
		return E_BUSY;

	u16 first = table ? chain_indirect(queue, parts, count, table)
	                  : chain_direct(queue, parts, count);
	u32 writable = 0;
	for (u16 i = 0; i < count; i++)
		writable += parts[i].device_writes ? parts[i].size : 0;
	queue->slot[first].cookie = cookie;
	queue->slot[first].writable = writable;
	queue->slot[first].length = length;
	queue->in_flight++;
	queue->available[RING_ENTRIES + queue->available_index % queue->size] = first;
	queue->available_index++;
	return OK;
}

bool virtqueue_publish(struct virtqueue *queue)
{
	/* The device sees descriptors and ring before the index, and we see its flags after (virtio
	 * 1.2, 2.7.13.3-4). */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	queue->available[RING_INDEX] = queue->available_index;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return !(queue->used[RING_FLAGS] & USED_NO_NOTIFY);
}

static void chain_give(struct virtqueue *queue, u16 first)
{
	u16 index = first;

	queue->slot[first].cookie = NULL;
	for (u16 left = queue->slot[first].length; left > 0; left--) {
		u16 next = queue->slot[index].next;
		slot_give(queue, index);
		index = next;
	}
}

enum virtqueue_state virtqueue_take(struct virtqueue *queue, struct virtqueue_done *done)
{
	u16 waiting = (u16)(queue->used[RING_INDEX] - queue->used_index);

	if (!waiting)
		return VIRTQUEUE_EMPTY;
	if (waiting > queue->in_flight)
		return VIRTQUEUE_BROKEN;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);

	const volatile struct virtqueue_used_entry *ring =
	        (const volatile void *)&queue->used[RING_ENTRIES];
	u32 id = ring[queue->used_index % queue->size].id;
	u32 written = ring[queue->used_index % queue->size].written;
	queue->used_index++;
	if (id >= queue->size || !queue->slot[id].cookie) {
		queue->bad++;
		return VIRTQUEUE_BAD;
	}

	u32 writable = queue->slot[id].writable;
	*done = (struct virtqueue_done){
		.cookie = queue->slot[id].cookie,
		.written = written > writable ? writable : written,
		.wild = written > writable,
	};
	queue->bad += done->wild;
	queue->in_flight--;
	chain_give(queue, (u16)id);
	return VIRTQUEUE_DONE;
}
