/* SPDX-License-Identifier: MIT */
/* Changing stacks. */

	/* void fiber_switch(void **save_sp, void *sp): keep the callee-saved registers on this
	 * stack, go on with those of another. */
	.text
	.globl fiber_switch
	.type fiber_switch, @function
fiber_switch:
	push %rbx
	push %rbp
	push %r12
	push %r13
	push %r14
	push %r15
	mov %rsp, (%rdi)
	mov %rsi, %rsp
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbp
	pop %rbx
	ret

	/* The first return address of a fresh fiber. */
	.globl fiber_entry
	.type fiber_entry, @function
fiber_entry:
	xor %ebp, %ebp
	and $-16, %rsp
	call fiber_main
	ud2

	.section .note.GNU-stack, "", @progbits
