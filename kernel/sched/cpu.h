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
	bool reschedule; /* somebody put a better thread on our queue, or the slice is over */
	struct list queue[PRIORITY_MAX + 1]; /* runnable threads, by priority */
	u32 ready;                           /* bit p: queue[p] is not empty */
	u64 slice_end; /* ns: when the current thread must let its equals run */
	u64 run_since; /* ns: since when current's time is not yet booked */
	u64 idle_ns;
};

extern struct cpu *cpus[CPU_MAX];
extern u32 cpu_count;

/* One lock for all of the kernel's data, taken at entry and released by arch_resume and arch_idle.
 * Not recursive. What each part of it would become is said at the definition (sched/lock.c). */
void kernel_lock(void);
void kernel_unlock(void);
