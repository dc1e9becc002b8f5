/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <x86intrin.h>

enum { PAGE = 4096 };

static void *memory_map(size_t size, int flags)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | flags, -1, 0);

	if (memory != MAP_FAILED)
		return memory;
	printf("# no memory\n");
	exit(1);
}

char *memory_take(uint32_t pages) { return memory_map((size_t)pages * PAGE, MAP_PRIVATE); }

void memory_give(char *memory, uint32_t pages) { munmap(memory, (size_t)pages * PAGE); }

void *memory_take_shared(void) { return memory_map(PAGE, MAP_SHARED); }

void memory_give_shared(void *memory) { munmap(memory, PAGE); }

uint64_t memory_touch(char *memory, uint32_t pages)
{
	uint64_t start = __rdtsc();

	for (uint32_t i = 0; i < pages; i++)
		*(volatile char *)(memory + (size_t)i * PAGE) = 1;
	return __rdtsc() - start;
}
