/* SPDX-License-Identifier: MIT */
/* sigma0's first instruction: the kernel gives it a stack, but no start block. */

	.section .text._start, "ax", @progbits
	.globl _start
	.type _start, @function
_start:
	xor %ebp, %ebp
	and $-16, %rsp
	call sigma0_begin
	ud2

	.section .note.GNU-stack, "", @progbits
