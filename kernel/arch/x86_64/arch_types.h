/* SPDX-License-Identifier: MIT */
/* x86_64's parts of the generic structures: what is saved of a thread, what a CPU keeps at hand
 * behind %gs, and what is known of an address space. Everything here belongs to arch/; generic code
 * uses arch.h. */
#pragma once

#include "abi/types.h"

struct cpu;

/* The general registers as they lie in struct arch_frame, named by their role in messages
 * (abi/message.h). */
enum arch_reg {
	ARCH_REG_WORD,       /* word[0]; the others follow: rdi rsi rdx r10 r8 r9 rbx */
	ARCH_REG_RBX = 6,    /* word[6] */
	ARCH_REG_CALL = 7,   /* rax: number and capability; error, or kind and reply */
	ARCH_REG_IN = 8,     /* r12: address of the lent `in`; label */
	ARCH_REG_OUT = 9,    /* r13: address of the lent `out`; bytes copied */
	ARCH_REG_SIZES = 10, /* r14: size of in, size of out << 32 */
	ARCH_REG_CAPS = 11,  /* r15: cap[0], cap[1] << 32; then rbp: cap[2], cap[3] << 32 */
	ARCH_REG_CAPS2 = 12, /* rbp */
	ARCH_REG_RCX = 13,
	ARCH_REG_R11 = 14,
	ARCH_REG_COUNT = 15,
};

/* Registers of interrupted code: the processor pushes from ss down to rip (SDM vol. 3A, 6.14.2),
 * entry.S the rest. */
struct arch_frame {
	u64 regs[ARCH_REG_COUNT];
	u64 vector; /* or ENTRY_SYSCALL */
	u64 error;
	u64 rip, cs, rflags, rsp, ss;
};

/* First member of struct thread. An exception or interrupt in user mode pushes its frame right here
 * (TSS.rsp0 is the frame's end), so that nothing is copied to make the thread wait. */
struct arch_thread {
	struct arch_frame frame;
	u64 call;                 /* rax at the last syscall, for arch_call_restart */
	u64 fs_base, gs_base;     /* valid while the thread is not live on a CPU */
	struct arch_cpu *live_on; /* loaded the bases last; NULL: memory is newer than any CPU */
	struct arch_cpu *fpu_on;  /* has the newest floating-point registers; NULL: none */
	bool fpu_used;            /* they are no more as in the beginning */
} __attribute__((aligned(16)));

struct arch_space {
	paddr_t root;
	u64 cursor; /* arch_space_take_table: there are no tables below this number of 2 MiB */
};

/* SDM vol. 3A, 8.7: 64-bit task state segment. */
struct tss {
	u32 reserved0;
	u64 rsp[3];
	u64 reserved1;
	u64 ist[7];
	u64 reserved2;
	u16 reserved3;
	u16 io_map; /* past the limit: no port is open to user mode */
} __attribute__((packed));

enum { GDT_COUNT = 10 };

struct arch_cpu {
	struct cpu *self;
	u64 stack_top;
	/* Of the thread that runs here or ran last; `syscall` saves to it. If the thread's live_on
	 * agrees, the segment bases in the registers are its own. */
	struct arch_frame *frame;
	u64 *reflect_frame; /* = reflect */
	/* What iretq takes to enter the personality: rip (0: the task has none), cs, rflags, rsp,
	 * ss. rsp is at the same time the place where `syscall` keeps the user's stack pointer. */
	u64 reflect[5];

	/* Loaded in CR3; NULL: the kernel's own. Changed under the kernel lock, or while the
	 * initiator of a flush, who holds it, waits for this CPU. */
	struct arch_space *space;
	struct arch_thread *fpu_owner; /* whose floating-point registers, if its fpu_on agrees */
	bool fpu_off;                  /* CR0.TS is set */
	bool flush_pending;            /* another CPU waits in flush.c for this one; atomic */
	u32 apic_id;
	u64 timer_deadline;             /* ns; DEADLINE_NEVER: not armed */
	struct arch_frame *fault_frame; /* of the kernel fault that trap_fatal was told of */
	struct tss tss;
	u64 gdt[GDT_COUNT];
};
