/* SPDX-License-Identifier: MIT */
/* sigma0's first instruction: the kernel gives it no stack and no start block. */

	.section .text._start, "ax", @progbits
	.globl _start
	.type _start, @function
_start:
	lea sigma0_stack_top(%rip), %rsp
	xor %ebp, %ebp
	call sigma0_begin
	ud2

	.bss
	.balign 16
	.skip 32768
sigma0_stack_top:

	.section .note.GNU-stack, "", @progbits
