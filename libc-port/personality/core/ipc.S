/* SPDX-License-Identifier: MIT */
/* The kernel's calls, and copying to and from addresses that the program gave. */

#include "core/offsets.h"

	.text

/* err_t ipc_call(u64 number_and_gate, struct msg *m): the registers of abi/message.h. The reply replaces words and capabilities; *m is left
 * as it was if the call failed or the server answered E_TOUCH. */
	.globl ipc_call
	.balign 16
ipc_call:
	push %rbx
	push %rbp
	push %r12
	push %r13
	push %r14
	push %r15
	push %rsi
	mov %rdi, %rax
	mov %rsi, %rcx
	mov MSG_IN(%rcx), %r12
	mov MSG_OUT(%rcx), %r13
	mov MSG_OUT_SIZE(%rcx), %r14
	shl $32, %r14
	or MSG_IN_SIZE(%rcx), %r14
	mov MSG_CAP(%rcx), %r15
	mov MSG_CAP + 8(%rcx), %rbp
	mov MSG_WORD(%rcx), %rdi
	mov MSG_WORD + 8(%rcx), %rsi
	mov MSG_WORD + 16(%rcx), %rdx
	mov MSG_WORD + 24(%rcx), %r10
	mov MSG_WORD + 32(%rcx), %r8
	mov MSG_WORD + 40(%rcx), %r9
	mov MSG_WORD + 48(%rcx), %rbx
	syscall
	pop %rcx
	test %eax, %eax
	jnz 1f
	mov %edi, %eax
	cmp $ERROR_TOUCH, %edi
	je 1f
	mov %rdi, MSG_WORD(%rcx)
	mov %rsi, MSG_WORD + 8(%rcx)
	mov %rdx, MSG_WORD + 16(%rcx)
	mov %r10, MSG_WORD + 24(%rcx)
	mov %r8, MSG_WORD + 32(%rcx)
	mov %r9, MSG_WORD + 40(%rcx)
	mov %rbx, MSG_WORD + 48(%rcx)
	mov %r15, MSG_CAP(%rcx)
	mov %rbp, MSG_CAP + 8(%rcx)
1:	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbp
	pop %rbx
	ret

/* err_t rt_syscall(u64 number, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f, u64 *out) */
	.globl rt_syscall
	.balign 16
rt_syscall:
	lea CALL_FIRST_NUMBER(%rdi), %eax
	mov %rsi, %rdi
	mov %rdx, %rsi
	mov %rcx, %rdx
	mov %r8, %r10
	mov %r9, %r8
	mov 8(%rsp), %r9
	syscall
	mov 16(%rsp), %rcx
	mov %rdx, (%rcx)
	ret

/* u64 user_copy(void *to, const void *from, u64 size): 0, or not 0 if an address was bad. */
	.globl user_copy
	.balign 16
user_copy:
	lea 1f(%rip), %rax
	mov %rax, %gs:THREAD_RECOVER
	mov %rdx, %rcx
	shr $3, %rcx
	rep movsq
	mov %edx, %ecx
	and $7, %ecx
	rep movsb
1:	movq $0, %gs:THREAD_RECOVER
	mov %rcx, %rax
	ret

/* u64 user_clear(void *to, u64 size): likewise. */
	.globl user_clear
user_clear:
	lea 1f(%rip), %rax
	mov %rax, %gs:THREAD_RECOVER
	xor %eax, %eax
	mov %rsi, %rcx
	rep stosb
1:	movq $0, %gs:THREAD_RECOVER
	mov %rcx, %rax
	ret

/* i64 user_copy_string(char *to, const char *from, u64 size): length, size if there is no zero in the first
 * `size` bytes, -1 if an address was bad. */
	.globl user_copy_string
	.balign 16
user_copy_string:
	lea 3f(%rip), %rax
	mov %rax, %gs:THREAD_RECOVER
	xor %eax, %eax
1:	cmp %rdx, %rax
	je 2f
	movb (%rsi, %rax), %cl
	movb %cl, (%rdi, %rax)
	test %cl, %cl
	jz 2f
	inc %rax
	jmp 1b
2:	movq $0, %gs:THREAD_RECOVER
	ret
3:	mov $-1, %rax
	jmp 2b

/* u64 user_probe(u64 address, u64 write): touch the byte; 0, or not 0 if it cannot be. */
	.globl user_probe
user_probe:
	lea 2f(%rip), %rax
	mov %rax, %gs:THREAD_RECOVER
	xor %eax, %eax
	test %esi, %esi
	jnz 1f
	movb (%rdi), %cl
	jmp 3f
1:	lock orb $0, (%rdi)
	jmp 3f
2:	mov $1, %eax
3:	movq $0, %gs:THREAD_RECOVER
	ret

/* i64 user_exchange(u32 *address, u32 expected, u32 desired): the value that was there, replaced by `desired` if it was
 * `expected`; -1 if the address is bad. */
	.globl user_exchange
user_exchange:
	lea 1f(%rip), %rax
	mov %rax, %gs:THREAD_RECOVER
	mov %esi, %eax
	lock cmpxchg %edx, (%rdi)
	mov %eax, %eax
	jmp 2f
1:	mov $-1, %rax
2:	movq $0, %gs:THREAD_RECOVER
	ret

/* u64 fpu_save(void *area, u64 mask, u64 extended), fpu_load(...): XSAVE or FXSAVE of the program's state; 0 on success. */
	.globl fpu_save
fpu_save:
	lea 2f(%rip), %rax
	mov %rax, %gs:THREAD_RECOVER
	test %edx, %edx
	mov %esi, %eax
	mov %rsi, %rdx
	jz 1f
	shr $32, %rdx
	xsave64 (%rdi)
	jmp 3f
1:	fxsave64 (%rdi)
	jmp 3f

	.globl fpu_load
fpu_load:
	lea 2f(%rip), %rax
	mov %rax, %gs:THREAD_RECOVER
	test %edx, %edx
	mov %esi, %eax
	mov %rsi, %rdx
	jz 1f
	shr $32, %rdx
	xrstor64 (%rdi)
	jmp 3f
1:	fxrstor64 (%rdi)
	jmp 3f
2:	movq $0, %gs:THREAD_RECOVER
	mov $1, %eax
	ret
3:	movq $0, %gs:THREAD_RECOVER
	xor %eax, %eax
	ret

	.globl memcpy
	.balign 16
memcpy:
	mov %rdi, %rax
	mov %rdx, %rcx
	shr $3, %rcx
	rep movsq
	mov %edx, %ecx
	and $7, %ecx
	rep movsb
	ret

	.globl memset
	.balign 16
memset:
	mov %rdi, %r8
	mov %esi, %eax
	mov %rdx, %rcx
	rep stosb
	mov %r8, %rax
	ret

	.globl memmove
memmove:
	mov %rdi, %rax
	sub %rsi, %rax
	cmp %rdx, %rax
	jae memcpy
	mov %rdi, %rax
	mov %rdx, %rcx
	lea -1(%rdi, %rdx), %rdi
	lea -1(%rsi, %rdx), %rsi
	std
	rep movsb
	cld
	ret

	.section .note.GNU-stack, "", @progbits
