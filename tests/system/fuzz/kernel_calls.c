/* SPDX-License-Identifier: MIT */
/* The kernel's own calls, with capabilities, addresses and numbers that do not fit, from a process
 * that knows no more than its own table. Its gates get messages that mean nothing. */
#include "abi/message.h"
#include "fuzz.h"
#include "proto/process.h"

/* In the order of the structure; returns rax. */
struct registers {
	uint64_t rax, rdi, rsi, rdx, r10, r8, r9, rbx, r12, r13, r14, r15, rbp;
};
uint64_t registers_enter(const struct registers *registers);

__asm__(".text\n"
        "registers_enter:\n"
        "push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n"
        "mov %rdi, %rax\n"
        "mov 8(%rax), %rdi\n mov 16(%rax), %rsi\n mov 24(%rax), %rdx\n mov 32(%rax), %r10\n"
        "mov 40(%rax), %r8\n mov 48(%rax), %r9\n mov 56(%rax), %rbx\n mov 64(%rax), %r12\n"
        "mov 72(%rax), %r13\n mov 80(%rax), %r14\n mov 88(%rax), %r15\n mov 96(%rax), %rbp\n"
        "mov (%rax), %rax\n"
        "syscall\n"
        "pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n"
        "ret\n");

enum { CALLS_LAST = 165 };

/* What ends the process most of the time, whatever the arguments: cap_close, cap_destroy,
 * task_unmap, task_entries, task_suspend, thread_exit, upcall_return. */
static const unsigned char deadly[] = { 1, 3, 43, 45, 46, 63, 64 };

static uint64_t random_cap(void) { return random_below(10) ? random_below(64) : random_edge(); }

static uint64_t random_argument(void)
{
	switch (random_below(6)) {
	case 0:
		return random_edge();
	case 1:
		return random_addr();
	case 2:
		return random_below(16) * 4096;
	case 3:
		return random_below(40);
	default:
		return random_cap();
	}
}

/* What would end the machine, or another process, is not a wrong call. */
static uint64_t random_gate(void)
{
	uint64_t cap = random_cap();

	return cap == PROCESS_PROCESS || cap == PROCESS_POWER ? 0 : cap & UINT32_MAX;
}

static void random_message(struct registers *r)
{
	uint64_t sizes[] = { random_below(9000), random_below(9000) };

	r->rax = CALL_FIRST + CALL_IPC_CALL + random_below(5);
	r->rax |= random_gate() << 32;
	r->rdi = random_below(2) ? random_below(32) : r->rdi;
	r->r12 = random_addr();
	r->r13 = random_addr();
	r->r14 = random_below(8) ? sizes[0] | sizes[1] << 32 : random_edge();
	r->r15 = random_below(4) ? 0 : random_cap() | random_cap() << 32;
	r->rbp = random_below(4) ? 0 : random_cap() | (uint64_t)CAP_MOVE;
}

static void kernel_call(void)
{
	struct registers r = { .rax = CALL_FIRST + random_below(CALLS_LAST) };
	uint64_t *words[] = { &r.rdi, &r.rsi, &r.rdx, &r.r10, &r.r8, &r.r9, &r.rbx };

	for (unsigned i = 0; i < sizeof(deadly); i++)
		if (r.rax == (uint64_t)CALL_FIRST + deadly[i] && random_below(12))
			return;
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		*words[i] = random_argument();
	if (random_below(4) == 0)
		random_message(&r);
	++*calls_made;
	(void)registers_enter(&r);
}

void kernel_calls(unsigned count)
{
	random_memory();
	while (count-- > 0)
		kernel_call();
}
