/* SPDX-License-Identifier: MIT */
/* The kernel lock covers everything but per-CPU scratch data. Where measurement asks for it, it is
 * to be divided in this order: run queues and timers (a lock a CPU), ports (a lock each, taken with
 * both threads' states), banks with their objects (a lock a bank, parents after children), segments
 * (a lock each). */
#include "kernel.h"

/* Not first come, first served: in a virtual machine the processor whose turn it is may not be
 * running, and then all would wait for it. */
bool kernel_locked;
static u32 waiting; /* CPUs that want it */

void kernel_lock_wait(void)
{
	__atomic_fetch_add(&waiting, 1, __ATOMIC_RELAXED);
	do {
		while (__atomic_load_n(&kernel_locked, __ATOMIC_RELAXED))
			arch_relax();
	} while (__atomic_exchange_n(&kernel_locked, true, __ATOMIC_ACQUIRE));
	__atomic_fetch_sub(&waiting, 1, __ATOMIC_RELAXED);
}

void kernel_lock_after_others(void)
{
	enum { PATIENCE = 1000 };

	for (u32 i = 0; i < PATIENCE && __atomic_load_n(&waiting, __ATOMIC_RELAXED) &&
	                !__atomic_load_n(&kernel_locked, __ATOMIC_RELAXED);
	     i++)
		arch_relax();
	kernel_lock();
}
