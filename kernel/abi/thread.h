/* SPDX-License-Identifier: MIT */
/* The control block that a thread shares with the kernel: masking of upcalls, deadlines, and the
 * registers that an upcall saves. It lies in the task's own memory (named in thread_create), does
 * not cross a page, and its page stays resident while the thread lives. The kernel trusts nothing
 * in it. */
#pragma once

#include "abi/types.h"

/* All that `upcall_return` restores. The order is fixed (kernel/arch/x86_64 uses the offsets). */
struct thread_regs {
	u64 r15, r14, r13, r12, rbp, rbx;
	u64 r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	u64 rip, rflags, rsp;
	u64 fs_base, gs_base;
};

enum upcall_kind {
	UPCALL_INTERRUPT = 1, /* thread_interrupt was called */
	UPCALL_FAULT = 2, /* address and access say what was touched; code is an error of errors.h:
	                   * E_FAULT nothing is mapped, E_ACCESS not with this access,
	                   * E_FUNDS the page could not be paid for, E_IO or other: the keeper's */
	UPCALL_EXCEPTION =
	        3, /* code = the processor's exception vector, address = its error code */
};

enum access { ACCESS_READ = 1, ACCESS_WRITE = 2, ACCESS_EXEC = 4 };

struct thread_control {
	/* Written by the thread: while nonzero, interrupts do not lead to an upcall. */
	u32 masked;
	/* Set to 1 by the kernel with thread_interrupt, cleared by the thread. While it is 1 an
	 * interruptible call or wait answers E_INTR at once. */
	u32 pending;
	/* Deadline of the thread's next IPC calls; 0 is none. */
	u64 deadline;
	/* If nonzero, a fault while masked continues here with all registers but rip unchanged
	 * (fault_* below are set); if zero, such a fault ends the task. */
	u64 recover_ip;
	u64 upcall_kind, upcall_code, upcall_address, upcall_access;
	struct thread_regs saved;
	u64 reserved[8];
};
_Static_assert(sizeof(struct thread_regs) == 160, "thread_regs");
_Static_assert(sizeof(struct thread_control) == 280, "thread_control");
