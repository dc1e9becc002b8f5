/* SPDX-License-Identifier: MIT */
/* The processors, and the one lock of the kernel. */
#pragma once

#include "abi/syscalls.h"
#include "arch/arch.h"
#include "lib/list.h"

enum { CPU_MAX = 64 };

struct cpu {
	struct arch_cpu arch;   /* first: arch/ finds it behind its CPU-local register */
	struct thread *current; /* whose registers are live or saved; NULL when idle */
	u32 index;
	bool online, idle;
	/* Who runs here, or until when, may have changed: the ways into the kernel and out of it
	 * look closer (sched/run.c). */
	bool look;
	struct list queue[PRIORITY_MAX + 1]; /* runnable threads, by priority */
	u32 ready;                           /* bit p: queue[p] is not empty */
	u64 slice_end; /* ns: when the current thread must let its equals run */
	u64 run_since; /* arch_ticks: since when current's time is not yet booked */
	u64 idle_ticks;
};

extern struct cpu *cpus[CPU_MAX];
extern u32 cpu_count;

/* One lock for all of the kernel's data, taken at entry and released by arch_resume and arch_idle.
 * Not recursive. What each part of it would become is said at the definition (sched/lock.c). */
extern bool kernel_locked;
void kernel_lock_wait(void);
/* Take it again, but not before those who wait for it now. */
void kernel_lock_after_others(void);

static INLINE void kernel_lock(void)
{
	if (__atomic_exchange_n(&kernel_locked, true, __ATOMIC_ACQUIRE))
		kernel_lock_wait();
}

static inline void kernel_unlock(void)
{
	__atomic_store_n(&kernel_locked, false, __ATOMIC_RELEASE);
}
