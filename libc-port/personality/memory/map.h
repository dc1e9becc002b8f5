/* SPDX-License-Identifier: MIT */
/* The program's memory: the map of it, and the kernel calls that change it. All with
 * process_lock held. */
#pragma once

#include "core/call.h"
#include "memory/region.h"
#include "proto/exec.h"

extern struct region_map memory;

/* Where the program's break is: [start, now), of which [start, end) is mapped. */
struct memory_break {
	u64 start, now, end;
};
extern struct memory_break memory_break;

/* Take over what exec mapped for the program. */
void memory_start(const struct personality_start *start);

/* ACCESS_* for PROT_*: write implies read. */
u32 memory_access(u32 protection);

/* Map fresh zero pages at `start` (nothing lies there, in the kernel's map at least) and note
 * the region. */
MUST_CHECK err_t memory_add(u64 start, u64 size, u32 access, u32 flags);

/* --- limits (limit.c) --- */

/* Do RLIMIT_AS and RLIMIT_DATA allow `more` bytes instead of what lies in [start, end)? */
bool memory_allowed(u64 more, u64 start, u64 end, u32 access, u32 flags);
/* Does RLIMIT_DATA allow it to become this? */
bool memory_protect_allowed(const struct region *region, u32 access);
/* RLIMIT_STACK has changed, or a program begins: see that the stack can grow as far. Without
 * process_lock. */
void memory_limit_stack(void);
/* The flags of a region that is locked, because that is wanted or after mlockall. -EPERM,
 * -EAGAIN. */
MUST_CHECK i64 memory_lock_new(u64 size, bool wanted, u32 *flags);
/* Nothing is locked any more: in a new child. */
void memory_forked(void);

/* --- */

/* Unmap and forget [start, end). */
MUST_CHECK err_t memory_remove(u64 start, u64 end);

/* A free range of `size` bytes, at `hint` if possible; 0 if there is none. */
u64 memory_search(u64 hint, u64 size);

/* What an access fault at `address` means: SIGBUS beyond the end of a mapped file, else SIGSEGV. */
i32 memory_fault_signal(u64 address);
