/* SPDX-License-Identifier: MIT */
/* Memory for the fault figures, apart from kbench.c: <sys/mman.h> and abi/syscalls.h both name
 * MAP_SHARED. */
#pragma once

#include <stdint.h>

/* Fresh pages that nobody has touched. */
char *memory_take(uint32_t pages);
void memory_give(char *memory, uint32_t pages);
/* One page that children share. */
void *memory_take_shared(void);
void memory_give_shared(void *memory);

/* Write to each page; the ticks that took. */
uint64_t memory_touch(char *memory, uint32_t pages);
