/* SPDX-License-Identifier: MIT */
/* Where the machine enters generic code. All are called with interrupts disabled, without the
 * kernel lock, on the CPU's own stack; the user registers are saved in the current thread. */
#pragma once

#include "abi/types.h"

struct boot_info;
struct cpu;

/* Once, on the first CPU. Must call arch_start_cpus in the end and become that CPU's scheduler
 * loop. */
_Noreturn void kernel_main(const struct boot_info *info);
/* On each other CPU, when arch/ has set it up. */
_Noreturn void kernel_cpu_main(void);

/* `syscall` with a number of the kernel's range, or with any number by a task without a
 * personality. */
_Noreturn void trap_syscall(void);
/* The same for the numbers from CALL_IPC_CALL on: a message (ipc/call.c). */
_Noreturn void trap_message(void);
/* A page fault of user code. */
_Noreturn void trap_page_fault(vaddr_t addr, u32 access);
/* Any other exception of user code. */
_Noreturn void trap_exception(unsigned vector, u64 code);
/* An interrupt while user code ran. */
_Noreturn void trap_interrupt(unsigned vector);
/* An interrupt while this CPU was idle; returns, and arch_idle goes on to sched_run. */
void trap_interrupt_idle(unsigned vector);
/* The vectors that arch/ keeps for itself it reports as these. */
enum { VECTOR_TIMER = 0xf0, VECTOR_KICK = 0xf1, VECTOR_FLUSH = 0xf2, VECTOR_SPURIOUS = 0xff };
/* A fault of the kernel itself, NMI, machine check. */
_Noreturn void trap_fatal(const char *what, u64 ip, u64 sp, u64 address);
