/* SPDX-License-Identifier: MIT */
/* The simulated machine's parts of the generic structures (host.h says what it is). */
#pragma once

#include "abi/types.h"

struct cpu;
struct arch_space;

/* The general registers, named by their role in messages (abi/message.h). */
enum arch_reg {
	ARCH_REG_WORD,       /* word[0]; the others follow: rdi rsi rdx r10 r8 r9 rbx */
	ARCH_REG_CALL = 7,   /* rax */
	ARCH_REG_IN = 8,     /* r12 */
	ARCH_REG_OUT = 9,    /* r13 */
	ARCH_REG_SIZES = 10, /* r14 */
	ARCH_REG_CAPS = 11,  /* r15, rbp */
	ARCH_REG_COUNT = 13,
};

struct arch_thread {
	u64 regs[ARCH_REG_COUNT];
	u64 call; /* rax at the last call, for arch_call_restart */
	bool restart;
	vaddr_t ip, sp;
	u64 fs_base, gs_base;
};

struct arch_space {
	paddr_t root; /* a tree of four levels, as x86_64 has it; 0: given back */
};

/* What a CPU remembers of a page table until it is told to forget. */
struct host_translation {
	const struct arch_space *space; /* NULL: free */
	vaddr_t addr;
	paddr_t page;
	u32 access; /* enum access */
};
enum { HOST_TRANSLATIONS = 64 };

struct arch_cpu {
	bool idle;   /* waits in arch_idle */
	bool paused; /* in arch_pause */
	bool kicked; /* arch_kick was called */
	u64 timer_deadline;
	struct host_translation translations[HOST_TRANSLATIONS];
	u32 next_translation;
};
