/* SPDX-License-Identifier: MIT */
/* Apart from the kernel's headers, whose names clash with those of <sys/mman.h>. */
#include "world.h"

#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096 };
#define MEMORY_SIZE (8ull << 30)
#define PLACE_START (2ull << 30) /* world_place puts things from here on, a page apart */

/* What kernel.ld and boot.S define. */
__asm__(".data; .balign 4096; .globl kernel_start, kernel_rodata, kernel_data, kernel_end;"
        "kernel_start: .skip 8192; kernel_rodata: .skip 4096; kernel_data: .skip 4096;"
        "kernel_end: .text");
uint64_t kernel_root[512];

uint64_t test_memory;
jmp_buf world_refused;
static uint64_t place, seed = 88172645463325252ull;

void world_begin(void)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

	if (!test_memory)
		test_memory = (uint64_t)mmap(NULL, MEMORY_SIZE, PROT_NONE, flags, -1, 0);
	mmap((void *)test_memory, MEMORY_SIZE, PROT_NONE, flags | MAP_FIXED, -1, 0);
	place = PLACE_START;
}

void world_memory(uint64_t start, uint64_t end)
{
	mprotect((void *)(test_memory + start), end - start, PROT_READ | PROT_WRITE);
}

uint64_t world_place(const void *data, size_t size, size_t alignment)
{
	uint64_t room = (size + alignment + PAGE - 1) / PAGE * PAGE;
	uint64_t addr = (place + room - size) & ~(uint64_t)(alignment - 1);

	world_memory(place, place + room);
	memcpy((void *)(test_memory + addr), data, size);
	place += room + PAGE;
	return addr;
}

uint64_t world_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

_Noreturn void boot_fail(const char *text)
{
	(void)text;
	longjmp(world_refused, 1);
}
