/* SPDX-License-Identifier: MIT */
/* The short functions of arch.h. Included at its end; struct thread begins with struct
 * arch_thread. */
#pragma once

#include "abi/message.h"
#include "offsets.h"

static inline void *arch_ptr(paddr_t addr) { return (void *)(addr + DIRECT_MAP); }
static inline paddr_t arch_paddr(const void *ptr) { return (paddr_t)ptr - DIRECT_MAP; }

static inline struct cpu *arch_cpu(void)
{
	struct cpu *cpu;

	__asm__("mov %%gs:%c1, %0" : "=r"(cpu) : "i"(CPU_SELF));
	return cpu;
}

static inline struct arch_thread *arch_thread_of(struct thread *thread)
{
	return (struct arch_thread *)(void *)thread;
}

static inline const struct arch_frame *arch_frame_of(const struct thread *thread)
{
	return (const struct arch_frame *)(const void *)thread;
}

static inline u64 *arch_regs(struct thread *thread) { return arch_thread_of(thread)->frame.regs; }

static inline u64 arch_call_number(const struct thread *thread)
{
	return arch_frame_of(thread)->regs[ARCH_REG_CALL];
}

/* The arguments' registers are the first message words: rdi rsi rdx r10 r8 r9. */
static inline u64 arch_call_argument(const struct thread *thread, unsigned i)
{
	return arch_frame_of(thread)->regs[ARCH_REG_WORD + i];
}

static inline void arch_call_result(struct thread *thread, err_t error, u64 result)
{
	u64 *regs = arch_regs(thread);

	regs[ARCH_REG_CALL] = error;
	regs[ARCH_REG_WORD + 2] = result;
}

/* The time-stamp counter: SDM vol. 2B, RDTSC. */
static inline u64 arch_ticks(void)
{
	u32 low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
	return low | (u64)high << 32;
}

static inline vaddr_t arch_ip(const struct thread *thread) { return arch_frame_of(thread)->rip; }
