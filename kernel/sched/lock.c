/* SPDX-License-Identifier: MIT */
/* The kernel lock covers everything but per-CPU scratch data. Where measurement asks for it, it is
 * to be divided in this order: run queues and timers (a lock a CPU), ports (a lock each, taken with
 * both threads' states), banks with their objects (a lock a bank, parents after children), segments
 * (a lock each). */
#include "kernel.h"

/* Not first come, first served: in a virtual machine the processor whose turn it is may not be
 * running, and then all would wait for it. */
static bool locked;

void kernel_lock(void)
{
	while (__atomic_exchange_n(&locked, true, __ATOMIC_ACQUIRE)) {
		while (__atomic_load_n(&locked, __ATOMIC_RELAXED))
			arch_relax();
	}
}

void kernel_unlock(void) { __atomic_store_n(&locked, false, __ATOMIC_RELEASE); }
