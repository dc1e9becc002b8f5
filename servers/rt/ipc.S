/* SPDX-License-Identifier: MIT */
/* Kernel entries. Each stub only moves between C's calling convention and the registers of
 * abi/message.h; the offsets into struct msg and struct ipc_received are checked in call.c. */

#define CALL_FIRST 0xd000
#define IPC_RECEIVE (CALL_FIRST + 242)
#define IPC_REPLY_RECEIVE (CALL_FIRST + 243)
#define IPC_REPLY (CALL_FIRST + 244)

#define MSG_CAP 56
#define MSG_IN 72
#define MSG_IN_SIZE 80
#define MSG_OUT 88
#define MSG_OUT_SIZE 96

#define RECEIVED_LABEL 56
#define RECEIVED_IN_COUNT 64
#define RECEIVED_SIZES 72
#define RECEIVED_CAP 80
#define RECEIVED_KIND 96

.macro FUNCTION name
	.section .text.\name, "ax", @progbits
	.globl \name
	.type \name, @function
	.balign 16
\name:
.endm

.macro SAVE
	push %rbx
	push %rbp
	push %r12
	push %r13
	push %r14
	push %r15
.endm

.macro RESTORE
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbp
	pop %rbx
	ret
.endm

/* Words and capabilities of the message at %rdx; %rdx last. */
.macro LOAD_MESSAGE
	mov 0(%rdx), %rdi
	mov 8(%rdx), %rsi
	mov 24(%rdx), %r10
	mov 32(%rdx), %r8
	mov 40(%rdx), %r9
	mov 48(%rdx), %rbx
	mov MSG_CAP(%rdx), %r15
	mov MSG_CAP+8(%rdx), %rbp
	mov 16(%rdx), %rdx
.endm

/* All that `receive` gives, to the struct ipc_received at %rcx. */
.macro STORE_RECEIVED
	mov %rdi, 0(%rcx)
	mov %rsi, 8(%rcx)
	mov %rdx, 16(%rcx)
	mov %r10, 24(%rcx)
	mov %r8, 32(%rcx)
	mov %r9, 40(%rcx)
	mov %rbx, 48(%rcx)
	mov %r12, RECEIVED_LABEL(%rcx)
	mov %r13, RECEIVED_IN_COUNT(%rcx)
	mov %r14, RECEIVED_SIZES(%rcx)
	mov %r15, RECEIVED_CAP(%rcx)
	mov %rbp, RECEIVED_CAP+8(%rcx)
	mov %rax, RECEIVED_KIND(%rcx)	/* kind and reply are neighbours */
.endm

/* err_t rt_syscall(u64 number, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f, u64 *out) */
FUNCTION rt_syscall
	lea CALL_FIRST(%rdi), %eax
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

/* err_t ipc_call(u32 number, cap_t gate, struct msg *m) */
FUNCTION ipc_call
	SAVE
	push %rdx
	lea CALL_FIRST(%rdi), %eax
	shl $32, %rsi
	or %rsi, %rax
	mov MSG_IN(%rdx), %r12
	mov MSG_OUT(%rdx), %r13
	mov MSG_OUT_SIZE(%rdx), %r14
	mov MSG_IN_SIZE(%rdx), %ecx
	shl $32, %r14
	or %rcx, %r14
	LOAD_MESSAGE
	syscall
	pop %rcx
	mov %rdi, 0(%rcx)
	mov %rsi, 8(%rcx)
	mov %rdx, 16(%rcx)
	mov %r10, 24(%rcx)
	mov %r8, 32(%rcx)
	mov %r9, 40(%rcx)
	mov %rbx, 48(%rcx)
	mov %r15, MSG_CAP(%rcx)
	mov %rbp, MSG_CAP+8(%rcx)
	RESTORE

/* void ipc_receive(cap_t port, void *in, u64 in_size, struct ipc_received *received) */
FUNCTION ipc_receive
	SAVE
	push %rcx
	mov %rsi, %r12
	mov %edx, %r14d
	mov %edi, %edi
	shl $32, %rdi
	lea IPC_RECEIVE(%rdi), %rax
	syscall
	pop %rcx
	STORE_RECEIVED
	RESTORE

/* void ipc_reply_receive(cap_t reply, const struct msg *answer, const void *out, u64 out_size, void
 * *in, u64 in_size,
 *			  struct ipc_received *received) */
FUNCTION ipc_reply_receive
	SAVE
	shl $32, %rdi
	lea IPC_REPLY_RECEIVE(%rdi), %rax
	mov %rdx, %r13
	mov %rcx, %r14
	shl $32, %r14
	mov %r9d, %r9d
	or %r9, %r14
	mov %r8, %r12
	mov %rsi, %rdx
	LOAD_MESSAGE
	syscall
	mov 56(%rsp), %rcx
	STORE_RECEIVED
	RESTORE

/* err_t ipc_reply(cap_t reply, const struct msg *answer, const void *out, u64 out_size) */
FUNCTION ipc_reply
	SAVE
	shl $32, %rdi
	lea IPC_REPLY(%rdi), %rax
	mov %rdx, %r13
	mov %rcx, %r14
	shl $32, %r14
	xor %r12d, %r12d
	mov %rsi, %rdx
	LOAD_MESSAGE
	syscall
	RESTORE

	.section .note.GNU-stack, "", @progbits
