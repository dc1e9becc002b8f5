/* SPDX-License-Identifier: MIT */
#include "ring.h"

#include "buffer.h"

#include <string.h>

static void spans(const struct ring *ring, u64 position, size_t size, struct span span[2])
{
	size_t start = ring->size ? position % ring->size : 0;
	size_t first = size < ring->size - start ? size : ring->size - start;

	span[0] = (struct span){ ring->data ? ring->data + start : NULL, first };
	span[1] = (struct span){ ring->data, size - first };
}

void ring_free_spans(const struct ring *ring, size_t size, struct span span[2])
{
	spans(ring, ring->head, size, span);
}

void ring_used_spans(const struct ring *ring, size_t size, struct span span[2])
{
	spans(ring, ring->tail, size, span);
}

/* Move the contents to a larger buffer. */
static bool ring_grow(struct ring *ring, size_t size)
{
	size_t used = ring_used(ring);
	struct span span[2];
	u8 *data = buffer_take(size);

	if (!data)
		return false;
	if (used) {
		ring_used_spans(ring, used, span);
		memcpy(data, span[0].data, span[0].size);
		memcpy(data + span[0].size, span[1].data, span[1].size);
	}
	if (ring->data)
		buffer_give(ring->data, ring->size);
	*ring = (struct ring){ .data = data, .size = size, .head = used };
	return true;
}

bool ring_reserve(struct ring *ring, size_t wanted, size_t capacity)
{
	size_t used = ring_used(ring);

	if (wanted <= ring_free(ring))
		return true;
	if (used + wanted > BUFFER_SMALL && ring->size < capacity)
		(void)ring_grow(ring, capacity);
	/* Little is wanted, or much is not to be had: a page. */
	if (!ring->size)
		(void)ring_grow(ring, BUFFER_SMALL);
	return wanted <= ring_free(ring);
}

void ring_put(struct ring *ring, size_t size) { ring->head += size; }

void ring_take(struct ring *ring, size_t size)
{
	ring->tail += size;
	if (ring->tail == ring->head)
		ring_clear(ring);
}

void ring_clear(struct ring *ring)
{
	if (ring->data)
		buffer_give(ring->data, ring->size);
	*ring = (struct ring){ 0 };
}
