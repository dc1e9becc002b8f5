/* SPDX-License-Identifier: MIT */
/* The slow half of the lock. */
#include "core/lock.h"
#include "proto/proto.h"

struct lock process_lock;

void lock_wait(struct lock *lock)
{
	while (__atomic_exchange_n(&lock->state, 2, __ATOMIC_ACQUIRE)) {
		/* With an interrupt pending the wait ends at once: let the owner run. */
		if (futex_wait((u64)&lock->state, 2, UINT32_MAX, DEADLINE_NEVER) == E_INTR)
			(void)thread_yield();
	}
}

void lock_wake(struct lock *lock)
{
	u64 woken;

	(void)futex_wake((u64)&lock->state, 1, UINT32_MAX, &woken);
}
