/* SPDX-License-Identifier: MIT */
/* Tasks: an address space and a capability table. */
#pragma once

#include "mm/region.h"
#include "object/cap.h"
#include "object/object.h"

struct task {
	struct object object;  /* object.bank pays for tables, regions and page tables */
	struct list abandoned; /* as struct lasting has it */
	struct arch_space space;
	struct tree regions;
	struct cap_table caps;
	struct list threads;
	u32 thread_count;
	bool resetting; /* task_reset is at work */
	u32 suspended;  /* > 0: its threads do not run */
	vaddr_t syscall_entry, upcall_entry;
	struct weak watcher; /* event */
	u64 watch_bits;
	u64 fault_kind, fault_code, fault_address, fault_ip, fault_sp; /* where it stopped */
	u64 ticks;                                                     /* of ended threads */
};

static inline struct arch_space *task_space(struct task *task) { return &task->space; }
static inline vaddr_t task_syscall_entry(const struct task *task) { return task->syscall_entry; }

/* The calling thread's task. */
struct task *current_task(void);

struct task *task_new(struct bank *bank);
err_t task_destroy(struct task *task);
/* A thread of the task has stopped at a fault that nobody handles. */
void task_stop_at_fault(struct thread *thread, u64 kind, u64 code, u64 address);
/* The last thread has ended. */
void task_thread_ended(struct task *task);

err_t task_fetch_u32(struct task *task, vaddr_t addr, u32 *value);
/* Copy between a task's memory and a kernel buffer. */
err_t task_copy_out(struct task *task, vaddr_t to, const void *from, u64 size);
