/* SPDX-License-Identifier: MIT */
/* A lock between the threads of one process. Never held across a call to a server. */
#pragma once

#include "abi/types.h"

struct lock {
	u32 state; /* 0 free, 1 taken, 2 taken and somebody waits */
};

void lock_wait(struct lock *lock);
void lock_wake(struct lock *lock);

static inline void lock_take(struct lock *lock)
{
	u32 expected = 0;

	if (!__atomic_compare_exchange_n(&lock->state, &expected, 1, false, __ATOMIC_ACQUIRE,
	                                 __ATOMIC_RELAXED))
		lock_wait(lock);
}

static inline void lock_give(struct lock *lock)
{
	if (__atomic_exchange_n(&lock->state, 0, __ATOMIC_RELEASE) == 2)
		lock_wake(lock);
}

/* The one lock around the process's tables: descriptors, regions, actions, threads. */
extern struct lock process_lock;
