/* SPDX-License-Identifier: MIT */
/* The ways into the personality and out of it. %gs leads to struct thread. A thread's stack here is empty whenever its program
 * runs, so that every way in starts at its top; the program's registers lie in thread->user.
 *
 * While control->masked is 1 no upcall comes. It is set in the first instruction of a call and cleared before the last ones: an
 * upcall that comes in between is recognised by its rip (upcall.c), and either the call has not begun
 * (window_enter) or thread->user holds the program's state already (window_leave). */

#include "core/offsets.h"

	.section .header, "a"
	.globl personality_header
personality_header:
	.quad 0x31534f5045564f52 /* PERSONALITY_MAGIC */
	.quad entry_start
	.quad entry_syscall
	.quad entry_upcall
	.quad entry_gate
	.quad main_thread + THREAD_CONTROL
	.quad view, vdso_image

	.text

/* First entry: rdi = struct personality_start *, on the stack that it names. */
	.globl entry_start
entry_start:
	cld
	xor %ebp, %ebp
	lea main_thread(%rip), %rax
	mov %rax, THREAD_SELF(%rax)
	wrgsbase %rax
	mov %rsp, THREAD_STACK_TOP(%rax)
	and $-16, %rsp
	call start_main
	jmp leave_all

/* `syscall` of the program, reflected by the kernel: r11 = return address, rcx is free. */
	.globl entry_syscall
	.balign 64
entry_syscall:
	movl $1, %gs:THREAD_MASKED
	.globl window_enter_syscall_end
window_enter_syscall_end:
	movl $ENTRY_SYSCALL_SIZE, %gs:THREAD_ENTRY
	.macro SAVE_CALL
	mov %rsp, %gs:THREAD_USER + REG_RSP
	mov %gs:THREAD_STACK_TOP, %rsp
	mov %r11, %gs:THREAD_USER + REG_RIP
	mov %rax, %gs:THREAD_USER + REG_RAX
	mov %rdi, %gs:THREAD_USER + REG_RDI
	mov %rsi, %gs:THREAD_USER + REG_RSI
	mov %rdx, %gs:THREAD_USER + REG_RDX
	mov %r10, %gs:THREAD_USER + REG_R10
	mov %r8, %gs:THREAD_USER + REG_R8
	mov %r9, %gs:THREAD_USER + REG_R9
	mov %rbx, %gs:THREAD_USER + REG_RBX
	mov %rbp, %gs:THREAD_USER + REG_RBP
	mov %r12, %gs:THREAD_USER + REG_R12
	mov %r13, %gs:THREAD_USER + REG_R13
	mov %r14, %gs:THREAD_USER + REG_R14
	mov %r15, %gs:THREAD_USER + REG_R15
	movq $0x202, %gs:THREAD_USER + REG_RFLAGS
	cld
	mov %gs:THREAD_SELF, %rdi
	call call_main
	.endm
	SAVE_CALL

/* Back from a call: what C preserves is as it was, the flags do not count. eax != 0: thread->user was changed. */
leave_call:
	test %eax, %eax
	jnz leave_all
	mov %gs:THREAD_USER + REG_RAX, %rax
	mov %gs:THREAD_USER + REG_RDI, %rdi
	mov %gs:THREAD_USER + REG_RSI, %rsi
	mov %gs:THREAD_USER + REG_RDX, %rdx
	mov %gs:THREAD_USER + REG_R10, %r10
	mov %gs:THREAD_USER + REG_R8, %r8
	mov %gs:THREAD_USER + REG_R9, %r9
	movl $0, %gs:THREAD_MASKED
	.globl window_leave_start
window_leave_start:
	cmpl $0, %gs:THREAD_PENDING
	jne leave_pending
	mov %gs:THREAD_USER + REG_RSP, %rsp
	jmp *%gs:THREAD_USER + REG_RIP

/* Back with all registers as thread->user has them. */
	.globl leave_all
leave_all:
	mov %gs:THREAD_USER + REG_RAX, %rax
	mov %gs:THREAD_USER + REG_RCX, %rcx
	mov %gs:THREAD_USER + REG_RDX, %rdx
	mov %gs:THREAD_USER + REG_RSI, %rsi
	mov %gs:THREAD_USER + REG_RDI, %rdi
	mov %gs:THREAD_USER + REG_RBX, %rbx
	mov %gs:THREAD_USER + REG_RBP, %rbp
	mov %gs:THREAD_USER + REG_R8, %r8
	mov %gs:THREAD_USER + REG_R9, %r9
	mov %gs:THREAD_USER + REG_R10, %r10
	mov %gs:THREAD_USER + REG_R11, %r11
	mov %gs:THREAD_USER + REG_R12, %r12
	mov %gs:THREAD_USER + REG_R13, %r13
	mov %gs:THREAD_USER + REG_R14, %r14
	mov %gs:THREAD_USER + REG_R15, %r15
	mov %gs:THREAD_STACK_TOP, %rsp
	movl $0, %gs:THREAD_MASKED
	cmpl $0, %gs:THREAD_PENDING
	jne leave_pending
	push %gs:THREAD_USER + REG_RFLAGS
	popf
	mov %gs:THREAD_USER + REG_RSP, %rsp
	jmp *%gs:THREAD_USER + REG_RIP

/* Something came while upcalls were masked. */
leave_pending:
	movl $1, %gs:THREAD_MASKED
	.globl window_leave_end
window_leave_end:
	mov %gs:THREAD_STACK_TOP, %rsp
	mov %gs:THREAD_SELF, %rdi
	call pending_main
	jmp leave_all

/* The same by a jump from our libc. */
	.globl entry_gate
	.balign 64
entry_gate:
	movl $1, %gs:THREAD_MASKED
	.globl window_enter_gate_end
window_enter_gate_end:
	movl $ENTRY_GATE_SIZE, %gs:THREAD_ENTRY
	SAVE_CALL
	jmp leave_call

/* An upcall: the program's registers are in control->saved, and masked is 1. */
	.globl entry_upcall
	.balign 16
entry_upcall:
	mov %gs:THREAD_STACK_TOP, %rsp
	cld
	xor %ebp, %ebp
	mov %gs:THREAD_SELF, %rdi
	call upcall_main
	jmp leave_all

/* A child after fork, on the stack of the thread that forked. */
	.globl entry_fork
entry_fork:
	cld
	mov %gs:THREAD_SELF, %rdi
	ldmxcsr THREAD_MXCSR(%rdi)
	fldcw THREAD_FPU_CONTROL(%rdi)
	call fork_child
	jmp leave_all

/* A new thread: rdi = its struct thread, complete. */
	.globl entry_thread
entry_thread:
	ldmxcsr THREAD_MXCSR(%rdi)
	fldcw THREAD_FPU_CONTROL(%rdi)
	jmp leave_all

/* thread_run_on(stack_top, function, argument): continue on another stack; does not return. */
	.globl stack_switch
stack_switch:
	mov %rdi, %rsp
	mov %rdx, %rdi
	xor %ebp, %ebp
	call *%rsi
	ud2

	.section .note.GNU-stack, "", @progbits
