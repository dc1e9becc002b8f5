/* SPDX-License-Identifier: MIT */
/* The kernel lock covers everything but per-CPU scratch data. Where measurement asks for it, it is to be divided in this order: run queues and timers
 * (a lock a CPU), ports (a lock each, taken with both threads' states), banks with their objects (a lock a bank, parents after
 * children), segments (a lock each). */
#include "kernel.h"

static u32 lock_next, lock_now; /* a ticket lock: first come, first served */

void kernel_lock(void)
{
	u32 ticket = __atomic_fetch_add(&lock_next, 1, __ATOMIC_RELAXED);
	while (__atomic_load_n(&lock_now, __ATOMIC_ACQUIRE) != ticket)
		arch_relax();
}

void kernel_unlock(void)
{
	__atomic_store_n(&lock_now, lock_now + 1, __ATOMIC_RELEASE);
}
