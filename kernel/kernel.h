/* SPDX-License-Identifier: MIT */
/* What every file of the generic kernel needs: assertions, the commit point, the calling thread. */
#pragma once

#include "abi/errors.h"
#include "abi/syscalls.h"
#include "abi/types.h"
#include "arch/arch.h"
#include "lib/list.h"
#include "sched/cpu.h"
#include "sys.h"

/* Returned by handlers to the dispatcher (boot/dispatch.c) only, never to user space. */
enum {
	E_RESTART = 1000, /* stopped at a preemption point: the thread issues the call again */
	E_BLOCKED = 1001, /* the thread waits; whoever wakes it sets the result */
};

_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define ASSERT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition))                                                                  \
			panic("%s:%d: %s: not so: %s", __FILE__, __LINE__, __func__, #condition);  \
	} while (0)

/* The commit point of a kernel call: everything has been found, checked and reserved; from here on
 * nothing fails and nothing is taken from a bank. I:charge-first */
#ifdef DEBUG
extern bool kernel_committed;
#define COMMIT()             (kernel_committed = true)
#define ASSERT_UNCOMMITTED() ASSERT(!kernel_committed)
#define UNCOMMIT()           (kernel_committed = false)
#else
#define COMMIT()             ((void)0)
#define ASSERT_UNCOMMITTED() ((void)0)
#define UNCOMMIT()           ((void)0)
#endif

static inline struct thread *current(void) { return arch_cpu()->current; }

static inline u64 min_u64(u64 a, u64 b) { return a < b ? a : b; }
static inline u64 max_u64(u64 a, u64 b) { return a > b ? a : b; }

void *memset(void *to, int byte, size_t size);
void *memcpy(void *restrict to, const void *restrict from, size_t size);
int memcmp(const void *a, const void *b, size_t size);
