/* SPDX-License-Identifier: MIT */
/* A kernel on a simulated machine (kernel/arch/host), for one test: each test has a process of its
 * own. A test acts as the threads that the kernel runs: on(cpu) chooses one, and the functions of
 * abi/syscalls.h, the very stubs that programs are linked with, are then its kernel calls. */
#pragma once

#define TEST_ISOLATED
#include "arch/host/host.h"
#include "test.h"

/* What a stub answers whose call blocks; the result comes later (result_of). */
enum { BLOCKED = 5000 };

enum {
	WORLD_MEMORY = 0x10000000, /* where a task made by actor_make has its memory */
	WORLD_MEMORY_PAGES = 16,
	WORLD_CONTROL = WORLD_MEMORY, /* of its thread */
	WORLD_BUFFER = WORLD_MEMORY + PAGE_SIZE,
};

/* Boot with so much memory, one CPU for each actor. CPU 0 runs sigma0's thread, with the
 * capabilities of enum sigma0_cap. */
void world_make(u64 pages, u32 count);
/* From now on the kernel's invariants are checked after each entry (world_check). */
void world_watch(void);

/* A task with memory, a control block and a thread, on a CPU of its own. Its standard capabilities
 * are at the numbers below. */
enum { ACTOR_TASK = 1, ACTOR_BANK, ACTOR_SCHEDULE, ACTOR_THREAD, ACTOR_FREE };
struct actor {
	u32 cpu;
	cap_t bank, task, thread, segment; /* sigma0's numbers for them */
};
/* Called as sigma0. Its own account of `limit` pages. */
struct actor actor_make(u32 cpu, u64 limit);
/* Act as the thread that runs there; there must be one. */
void on(u32 cpu);
/* As sigma0: give an actor a capability; its number there. */
cap_t actor_give(const struct actor *actor, cap_t cap, u32 rights);

/* The error of the call that the thread running on `cpu` was blocked in. */
err_t result_of(u32 cpu);
u64 value_of(u32 cpu);
/* Is the thread there running (and not waiting in the kernel)? */
bool runs(u32 cpu);

/* Messages; registers as abi/message.h. */
struct message {
	u64 word[MSG_WORDS];
	cap_t cap[MSG_CAPS];
	vaddr_t in, out;
	u32 in_size, out_size;
	/* What came back. */
	u32 kind; /* receive: enum receive_kind; call: the error */
	cap_t reply;
	u64 label;
	u64 count; /* bytes copied along */
};
/* The answer is in *m if it came at once, else BLOCKED: then take it by message_result. */
err_t message_call(cap_t gate, struct message *m);
err_t message_call_interruptible(cap_t gate, struct message *m);
/* Of `in` bytes go to `buffer`, `size` at most. */
err_t message_receive(cap_t port, vaddr_t buffer, u32 size, struct message *m);
err_t message_reply(cap_t reply, const struct message *m);
err_t message_reply_receive(cap_t reply, struct message *m, vaddr_t buffer, u32 size);
/* What the registers of the thread on `cpu` say now: after a call, or a receive. */
void message_result(u32 cpu, struct message *m);

/* A bank's figure, by the caller. */
u64 figure(cap_t bank, u32 which);
