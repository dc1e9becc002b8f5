/* SPDX-License-Identifier: MIT */
/* A machine's memory for tests of start-up code and page tables: 8 GiB of address space of which
 * only what a test asks for can be touched, so that reading past the end of a table is a fault. */
#pragma once

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

extern uint64_t test_memory; /* where physical address 0 is */
extern jmp_buf world_refused;

/* All memory is gone. */
void world_begin(void);
/* [start, end) can be touched and is zero. Page-aligned. */
void world_memory(uint64_t start, uint64_t end);
/* Copy `size` bytes so that they end where a page that cannot be touched begins; their physical
 * address, a multiple of `alignment`. */
uint64_t world_place(const void *data, size_t size, size_t alignment);
uint64_t world_random(void);
_Noreturn void boot_fail(const char *text);
extern uint64_t kernel_root[512];

/* True if the statement ended in boot_fail. */
#define REFUSED(statement) (setjmp(world_refused) ? true : ((statement), false))
