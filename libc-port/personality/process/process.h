/* SPDX-License-Identifier: MIT */
/* What the process knows of itself, and how it begins, multiplies and ends. */
#pragma once

#include "core/thread.h"
#include "proto/exec.h"
#include "proto/process.h"

/* Addresses in the personality's part of the address space, from PERSONALITY_BASE. */
enum {
	/* In the image's own 2 MiB, so that they need no page table of their own. */
	AT_PAGE = 0x1c0000,         /* the page shared with the process server */
	AT_CLOCK = 0x1c1000,        /* the clock page */
	AT_EXEC_BUFFER = 0x7000000, /* execve's request, while it is put together */
	AT_DESCRIPTORS = 0x8000000, /* tables that grew */
	AT_FILES = 0x8100000,
	AT_REGIONS = 0x8200000,
	AT_EPOLL = 0x8800000,
};
#define PERSONALITY_AT(offset) (PERSONALITY_BASE + (u64)(offset))
#define THREAD_SLOTS           (PERSONALITY_BASE + PERSONALITY_SIZE)

#define process_page ((const volatile struct process_page *)PERSONALITY_AT(AT_PAGE))

/* What holds for RLIMIT_`resource`. */
static inline u64 limit_soft(u32 resource) { return process_page->limit[resource].soft; }

extern u32 process_umask;
/* The absolute path of the program; empty if it is not known. */
extern char process_path[512];

/* Map the page that the process server shares with this process: at the start, and in a child. */
void process_map_page(void);

/* Fresh memory for the personality itself at one of the places above, charged as it is touched;
 * NULL if there is none. */
void *process_memory(u32 offset, u64 size);

_Noreturn void process_end(u32 status);

/* --- threads (thread.c) --- */

extern u32 thread_count;
extern struct thread *thread_list;

/* The thread with this id, or NULL. With process_lock held. */
struct thread *thread_find(u32 id);

/* After fork: `survivor` is all there is. */
void thread_forked(struct thread *survivor);

/* A new kernel thread of `thread` runs where it may. */
void thread_keep_affinity(struct thread *thread);

i64 thread_new(struct thread *parent, u64 flags, u64 stack, u64 parent_id, u64 child_id, u64 tls);

/* Save what a child or thread inherits of the floating-point unit. */
static inline void thread_save_fpu(struct thread *thread)
{
	__asm__ volatile("stmxcsr %0" : "=m"(thread->mxcsr));
	__asm__ volatile("fnstcw %0" : "=m"(thread->fpu_control));
}

static inline u64 fs_base_read(void)
{
	u64 base;

	__asm__ volatile("rdfsbase %0" : "=r"(base));
	return base;
}

static inline void fs_base_write(u64 base) { __asm__ volatile("wrfsbase %0" : : "r"(base)); }

/* Wait until `deadline` or a signal: E_TIMEOUT, E_INTR. */
err_t thread_sleep(u64 deadline);

/* --- who we are (identity.c) --- */

/* At the start of the first program: be known to the root file system. */
void identity_start(void);
/* In a new child: no other thread is in the midst of a change. */
void identity_forked(void);

/* --- exec (exec.c, inherit.c) --- */

/* The bytes that a new program's personality finds: descriptors, working directory, masks. Their
 * size; with `to` they are written there. */
u64 inherit_save(u8 *to);
void inherit_load(const u8 *from, u64 size);
/* The capabilities that must survive, in ascending order: how many; with `to` they are written
 * there. */
u32 inherit_caps(cap_t *to);

/* --- time (time.c) --- */

u64 time_monotonic(void);
u64 time_real(void);
/* What a clock of clock_gettime shows: 0, or -EINVAL if there is none with this number. */
i64 time_of_clock(u64 clock, u64 *ns);
/* The number of the clock that counts a thread's processor time. */
i32 time_thread_clock(u32 id);
/* Deadline for a timeout in the program's memory (0: never); relative or absolute on `clock`. 0
 * or a negative number. */
i64 time_deadline(u64 address, bool absolute, u64 clock, u64 *deadline);
/* A timespec in ns: what is further away than 290 years is DEADLINE_NEVER. */
bool timespec_valid(const struct linux_timespec *time);
u64 timespec_ns(const struct linux_timespec *time);
/* The same from a timespec. */
i64 time_after(const struct linux_timespec *time, bool absolute, u64 clock, u64 *deadline);
