/* SPDX-License-Identifier: MIT */
/* The gate through which musl's "system calls" come. musl's __set_thread_area is replaced here, in
 * an object that every server links, because its own issues a raw `syscall`. */

	/* int __set_thread_area(void *pointer) */
	.section .text.__set_thread_area, "ax", @progbits
	.globl __set_thread_area
	.type __set_thread_area, @function
__set_thread_area:
	wrfsbase %rdi
	xor %eax, %eax
	ret

	/* Registers as for `syscall`, return address in r11; only rax, rcx and r11 change. musl is
	 * built without red zone. */
	.section .text.rt_gate, "ax", @progbits
	.globl rt_gate
	.type rt_gate, @function
rt_gate:
	push %r11
	push %rbp
	mov %rsp, %rbp
	push %r9
	push %r8
	push %r10
	push %rdx
	push %rsi
	push %rdi
	mov %rsp, %rsi
	mov %rax, %rdi
	and $-16, %rsp
	call rt_gate_call
	lea -48(%rbp), %rsp
	pop %rdi
	pop %rsi
	pop %rdx
	pop %r10
	pop %r8
	pop %r9
	pop %rbp
	ret

	/* bool rt_touch_pages(u64 addr, u64 end, u64 *recover_ip): write to each page of [addr,
	 * end); false if one cannot be paid for (the kernel goes on at 2: then, abi/thread.h). */
	.section .text.rt_touch_pages, "ax", @progbits
	.globl rt_touch_pages
	.type rt_touch_pages, @function
rt_touch_pages:
	lea 2f(%rip), %rax
	mov %rax, (%rdx)
1:	lock orb $0, (%rdi)
	add $4096, %rdi
	cmp %rsi, %rdi
	jb 1b
	movq $0, (%rdx)
	mov $1, %eax
	ret
2:	movq $0, (%rdx)
	xor %eax, %eax
	ret

	.section .note.GNU-stack, "", @progbits
