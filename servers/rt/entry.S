/* SPDX-License-Identifier: MIT */
/* A server's first instruction. By itself in an object, because sigma0, whom no loader starts, has
 * its own. */

	.section .text._start, "ax", @progbits
	.globl _start
	.type _start, @function
_start:	/* rdi: struct rt_start; rsp: its stack_high */
	xor %ebp, %ebp
	and $-16, %rsp
	call rt_start_main
	ud2

	.section .note.GNU-stack, "", @progbits
