/* SPDX-License-Identifier: MIT */
/* Fibers: cooperative stacks in one thread, for servers whose requests wait for a device half way
 * through (file systems). A fiber runs until it waits; nothing else of the server runs in between,
 * so data needs locks only across waits. */
#pragma once

#include "kernel_list.h"
#include "proto/proto.h"

struct fiber;

/* A place to wait. Zero-initialise with fiber_queue_init. */
struct fiber_queue {
	struct list waiting;
};
void fiber_queue_init(struct fiber_queue *queue);

/* Prepare `count` fibers with stacks of `stack_size` bytes from the own bank. */
MUST_CHECK err_t fiber_start(u32 count, size_t stack_size);
/* Run function(argument) on a free fiber until it ends or waits. False: no fiber is free. */
bool fiber_run(void (*function)(void *), void *argument);
u32 fiber_free_count(void);
/* From a fiber: wait until somebody wakes the queue. From the loop's own stack this is a bug
 * (panics): use fiber_active. */
void fiber_wait(struct fiber_queue *queue);
/* Let one / all waiting fibers run on: they run when the waker waits or returns to the loop. */
void fiber_wake_one(struct fiber_queue *queue);
void fiber_wake_all(struct fiber_queue *queue);
/* The loop calls this before it waits for messages: runs what is ready. */
void fiber_run_ready(void);
bool fiber_active(void);

/* A lock held across waits; first come, first served. */
struct fiber_lock {
	struct fiber *owner;
	struct fiber_queue queue;
};
void fiber_lock_init(struct fiber_lock *lock);
void fiber_lock_take(struct fiber_lock *lock);
void fiber_lock_give(struct fiber_lock *lock);
