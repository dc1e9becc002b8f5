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

/* Unmap and forget [start, end). */
MUST_CHECK err_t memory_remove(u64 start, u64 end);

/* A free range of `size` bytes, at `hint` if possible; 0 if there is none. */
u64 memory_search(u64 hint, u64 size);

/* What an access fault at `address` means: SIGBUS beyond the end of a mapped file, else SIGSEGV. */
i32 memory_fault_signal(u64 address);
