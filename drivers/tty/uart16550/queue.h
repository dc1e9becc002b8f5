/* SPDX-License-Identifier: MIT */
/* Bytes on their way in or out. */
#pragma once

#include "abi/types.h"

enum { QUEUE_SIZE = 4096 };

struct queue {
	u64 head, tail; /* bytes ever put in and taken out */
	u8 data[QUEUE_SIZE];
};

static inline size_t queue_used(const struct queue *queue)
{
	return (size_t)(queue->head - queue->tail);
}
static inline size_t queue_free(const struct queue *queue)
{
	return QUEUE_SIZE - queue_used(queue);
}

static inline void queue_put(struct queue *queue, u8 byte)
{
	queue->data[queue->head % QUEUE_SIZE] = byte;
	queue->head++;
}

static inline u8 queue_take(struct queue *queue) { return queue->data[queue->tail++ % QUEUE_SIZE]; }

/* The first contiguous part of what is in it. */
static inline size_t queue_span(const struct queue *queue, const u8 **data)
{
	size_t start = queue->tail % QUEUE_SIZE, used = queue_used(queue);

	*data = &queue->data[start];
	return used < QUEUE_SIZE - start ? used : QUEUE_SIZE - start;
}
