/* SPDX-License-Identifier: MIT */
/* The ways into the kernel and out of it. %gs leads to struct cpu while in the kernel; interrupts
 * are off from the first instruction on. A thread's registers go straight into its struct thread:
 * `syscall` stores them there, and for exceptions and interrupts TSS.rsp0 is the end of the
 * thread's struct arch_frame. Then the CPU's stack starts afresh. */

#include "offsets.h"

CALL_FIRST = 0xd000 /* abi/message.h; trap.c asserts it */
CALL_COUNT = 256
CALL_IPC_CALL = 240

	.text

/* SYSCALL (SDM vol. 2B): rcx = return address, r11 = flags, rsp is still the user's. There is no
 * register to spare, so rsp is one: no exception can happen here, and NMI and machine check have
 * stacks of their own (IST). */
	.globl entry_syscall
	.balign 64
entry_syscall:
	swapgs
	mov %rsp, %gs:CPU_USER_RSP
	lea -CALL_FIRST(%rax), %esp
	cmp $CALL_COUNT, %esp
	jb 1f
	cmpq $0, %gs:CPU_REFLECT_RIP
	je 1f
	/* To the personality: r11 = return address, rcx = flags, everything else as it was. SYSRET
	 * would need both. */
	xchg %rcx, %r11
	mov %gs:CPU_REFLECT_FRAME, %rsp
	swapgs
	iretq

1:	mov %gs:CPU_FRAME, %rsp
	mov %rdi, FRAME_RDI(%rsp)
	mov %rsi, FRAME_RSI(%rsp)
	mov %rdx, FRAME_RDX(%rsp)
	mov %r10, FRAME_R10(%rsp)
	mov %r8, FRAME_R8(%rsp)
	mov %r9, FRAME_R9(%rsp)
	mov %rbx, FRAME_RBX(%rsp)
	mov %rax, FRAME_RAX(%rsp)
	mov %r12, FRAME_R12(%rsp)
	mov %r13, FRAME_R13(%rsp)
	mov %r14, FRAME_R14(%rsp)
	mov %r15, FRAME_R15(%rsp)
	mov %rbp, FRAME_RBP(%rsp)
	movq $ENTRY_SYSCALL, FRAME_VECTOR(%rsp)
	mov %rcx, FRAME_RIP(%rsp)
	mov %r11, FRAME_RFLAGS(%rsp)
	mov %gs:CPU_USER_RSP, %rcx
	mov %rcx, FRAME_RSP(%rsp)
	xor %ebp, %ebp
	cmp $(CALL_FIRST + CALL_IPC_CALL), %eax
	jb 2f
	mov %gs:CPU_STACK_TOP, %rsp
	call trap_message
2:	mov %rax, THREAD_CALL(%rsp)
	mov %gs:CPU_STACK_TOP, %rsp
	call trap_syscall
	ud2

/* 256 entries of 16 bytes. Vectors 8, 10-14, 17, 21, 29 and 30 come with an error code (SDM vol.
 * 3A, table 6-1, and AMD APM vol. 2, 8.2), 2, 8 and 18 on the IST stack. */
WITH_ERROR_CODE = 0x60227d00

	.globl entry_vectors
	.balign 16
entry_vectors:
	.set vector, 0
	.rept 256
	.balign 16
	.if vector >= 32 || !(WITH_ERROR_CODE >> (vector & 31) & 1)
	push $0
	.endif
	push $vector
	.if vector == 2 || vector == 8 || vector == 18
	jmp entry_ist
	.else
	jmp entry_common
	.endif
	.set vector, vector + 1
	.endr

	.macro PUSH_REGISTERS
	push %r11
	push %rcx
	push %rbp
	push %r15
	push %r14
	push %r13
	push %r12
	push %rax
	push %rbx
	push %r9
	push %r8
	push %r10
	push %rdx
	push %rsi
	push %rdi
	.endm

	/* The words of a message; base may be rsi. */
	.macro LOAD_WORDS base
	mov FRAME_RDI(\base), %rdi
	mov FRAME_RDX(\base), %rdx
	mov FRAME_R10(\base), %r10
	mov FRAME_R8(\base), %r8
	mov FRAME_R9(\base), %r9
	mov FRAME_RBX(\base), %rbx
	mov FRAME_RSI(\base), %rsi
	.endm

	/* All others but rcx and r11. */
	.macro LOAD_OTHERS
	mov FRAME_RAX(%rsp), %rax
	mov FRAME_R12(%rsp), %r12
	mov FRAME_R13(%rsp), %r13
	mov FRAME_R14(%rsp), %r14
	mov FRAME_R15(%rsp), %r15
	mov FRAME_RBP(%rsp), %rbp
	.endm

	/* To user mode, when all but rcx, r11 and what leads there is loaded. */
	.macro LEAVE
	cmpq $ENTRY_SYSCALL, FRAME_VECTOR(%rsp)
	jne leave_interrupt
	mov FRAME_RIP(%rsp), %rcx
	mov FRAME_RFLAGS(%rsp), %r11
	mov FRAME_RSP(%rsp), %rsp
	swapgs
	sysretq
	.endm

entry_common:
	testb $3, (FRAME_CS - FRAME_VECTOR)(%rsp)
	jz entry_kernel
	swapgs
	PUSH_REGISTERS
	cld
	/* User mode can set AC, which would switch SMAP off. cpu.c replaces this where there is no
	 * SMAP. */
	.globl entry_clac
entry_clac:
	clac
	mov %rsp, %rdi
	mov %gs:CPU_STACK_TOP, %rsp
	xor %ebp, %ebp
	call trap_user
	/* Served without the generic kernel. */
	mov %gs:CPU_FRAME, %rdi

/* arch_restore(frame): to user mode. */
	.globl arch_restore
arch_restore:
	mov %rdi, %rsp
	LOAD_WORDS %rsp
	LOAD_OTHERS
	LEAVE
leave_interrupt:
	mov FRAME_RCX(%rsp), %rcx
	mov FRAME_R11(%rsp), %r11
	add $FRAME_RIP, %rsp
	swapgs
	iretq

/* arch_restore_message(frame, words): arch_restore, but rdi rsi rdx r10 r8 r9 rbx come from `words`,
 * the registers of another thread; so the kernel lock is released here, when they have been read
 * (stores are not seen before earlier loads are done: SDM vol. 3A, 8.2.2). */
	.globl arch_restore_message
arch_restore_message:
	mov %rdi, %rsp
	LOAD_WORDS %rsi
	movb $0, kernel_locked(%rip)
	LOAD_OTHERS
	LEAVE

/* From the kernel: an interrupt of the idle loop, or a fatal fault. */
entry_kernel:
	PUSH_REGISTERS
	cld
	mov %rsp, %rdi
	call trap_kernel
	LOAD_WORDS %rsp
	LOAD_OTHERS
	mov FRAME_RCX(%rsp), %rcx
	mov FRAME_R11(%rsp), %r11
	add $FRAME_RIP, %rsp
	iretq

/* Never returns. May have come between `syscall` and `swapgs`: the CPU is known from the top of its
 * stack. */
entry_ist:
	PUSH_REGISTERS
	cld
	mov FRAME_SIZE(%rsp), %rax
	wrgsbase %rax
	mov %rsp, %rdi
	xor %ebp, %ebp
	call trap_ist
	ud2

/* stack_start(top, function): continue in `function`, which does not return, on the stack that ends
 * at `top`. */
	.globl stack_start
stack_start:
	mov %rdi, %rsp
	xor %ebp, %ebp
	call *%rsi
	ud2

	.section .note.GNU-stack, "", @progbits
