/* SPDX-License-Identifier: MIT */
/* The short functions of arch.h for the simulated machine. Struct thread begins with struct
 * arch_thread. */
#pragma once

#include "abi/message.h"

/* Physical address 0, in the host's memory. The kernel's image lies above it: it has "physical"
 * addresses, too, which are no RAM. */
#define HOST_MEMORY 0x200000000000ull

struct cpu *host_current_cpu(void);

static inline void *arch_ptr(paddr_t addr) { return (void *)(addr + HOST_MEMORY); }
static inline paddr_t arch_paddr(const void *ptr) { return (paddr_t)ptr - HOST_MEMORY; }
static inline struct cpu *arch_cpu(void) { return host_current_cpu(); }

static inline struct arch_thread *arch_thread_of(struct thread *thread)
{
	return (struct arch_thread *)(void *)thread;
}

static inline u64 *arch_regs(struct thread *thread) { return arch_thread_of(thread)->regs; }

static inline u64 arch_call_number(const struct thread *thread)
{
	return ((const struct arch_thread *)(const void *)thread)->regs[ARCH_REG_CALL];
}

static inline u64 arch_call_argument(const struct thread *thread, unsigned i)
{
	return ((const struct arch_thread *)(const void *)thread)->regs[ARCH_REG_WORD + i];
}

static inline void arch_call_result(struct thread *thread, err_t error, u64 result)
{
	u64 *regs = arch_regs(thread);

	regs[ARCH_REG_CALL] = error;
	regs[ARCH_REG_WORD + 2] = result;
}

static inline vaddr_t arch_ip(const struct thread *thread)
{
	return ((const struct arch_thread *)(const void *)thread)->ip;
}

static inline u64 arch_ticks(void) { return arch_now(); }
