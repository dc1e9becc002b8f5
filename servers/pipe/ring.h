/* SPDX-License-Identifier: MIT */
/* A queue of bytes that has no memory while it is empty, one page while little is in it, and up to
 * its capacity otherwise. */
#pragma once

#include "abi/types.h"

struct ring {
	u8 *data;       /* NULL: no memory */
	size_t size;    /* of data, a power of two */
	u64 head, tail; /* bytes ever put in and taken out; the byte n lies at data[n % size] */
};

/* A contiguous part of a ring. */
struct span {
	u8 *data;
	size_t size;
};

static inline size_t ring_used(const struct ring *ring)
{
	return (size_t)(ring->head - ring->tail);
}
static inline size_t ring_free(const struct ring *ring) { return ring->size - ring_used(ring); }

/* Make room for `wanted` more bytes, with at most `capacity` in all. False: there is not so much
 * (the ring may still have grown). */
bool ring_reserve(struct ring *ring, size_t wanted, size_t capacity);

/* The first `size` bytes of the free / used part, in one or two spans. `size` fits. */
void ring_free_spans(const struct ring *ring, size_t size, struct span span[2]);
void ring_used_spans(const struct ring *ring, size_t size, struct span span[2]);

/* They have been filled / taken. An empty ring gives its memory back. */
void ring_put(struct ring *ring, size_t size);
void ring_take(struct ring *ring, size_t size);

void ring_clear(struct ring *ring);
