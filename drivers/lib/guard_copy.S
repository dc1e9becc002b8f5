/* SPDX-License-Identifier: MIT */
/* bool guard_copy_words(void *to, const void *from, size_t words, u64 *recover_ip): a fault in between goes on at 2 (abi/thread.h). */
	.text
	.globl guard_copy_words
	.type guard_copy_words, @function
guard_copy_words:
	lea 2f(%rip), %rax
	mov %rax, (%rcx)
	xor %eax, %eax
1:	cmp %rdx, %rax
	je 3f
	mov (%rsi,%rax,4), %r8d
	mov %r8d, (%rdi,%rax,4)
	inc %rax
	jmp 1b
2:	movq $0, (%rcx)
	xor %eax, %eax
	ret
3:	movq $0, (%rcx)
	mov $1, %eax
	ret
	.size guard_copy_words, . - guard_copy_words
	.section .note.GNU-stack, "", @progbits
