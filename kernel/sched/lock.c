/* SPDX-License-Identifier: MIT */
/* The kernel lock covers everything but per-CPU scratch data. Where measurement asks for it, it is
 * to be divided in this order: run queues and timers (a lock a CPU), ports (a lock each, taken with
 * both threads' states), banks with their objects (a lock a bank, parents after children), segments
 * (a lock each). */
#include "kernel.h"

/* Not first come, first served: in a virtual machine the processor whose turn it is may not be
 * running, and then all would wait for it. */
bool kernel_locked;

void kernel_lock_wait(void)
{
	do {
		while (__atomic_load_n(&kernel_locked, __ATOMIC_RELAXED))
			arch_relax();
	} while (__atomic_exchange_n(&kernel_locked, true, __ATOMIC_ACQUIRE));
}
