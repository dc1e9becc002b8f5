/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { PAGE = 4096, PAGES = 8 };

static uint64_t state;
static char *memory; /* PAGES that may be written, one that may not be touched, one read-only */

void random_seed(uint64_t seed) { state = seed * 0x9e3779b97f4a7c15ull + 1; }

uint64_t random_below(uint64_t end)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 11) % end;
}

uint64_t random_edge(void)
{
	uint64_t bit = 1ull << random_below(64);

	switch (random_below(5)) {
	case 0:
		return bit;
	case 1:
		return bit - 1;
	case 2:
		return -bit;
	case 3:
		return bit + random_below(3 * PAGE);
	default:
		return random_below(2) ? 0 : UINT64_MAX - random_below(2 * PAGE);
	}
}

void random_memory(void)
{
	size_t size = (PAGES + 2) * PAGE;

	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED || mprotect(memory + PAGES * PAGE, PAGE, PROT_NONE) ||
	    mprotect(memory + (PAGES + 1) * PAGE, PAGE, PROT_READ))
		abort();
}

uint64_t random_addr(void)
{
	uint64_t base = (uint64_t)memory, end = base + PAGES * PAGE;

	switch (random_below(8)) {
	case 0:
		return end - random_below(64);
	case 1:
		return end + PAGE + random_below(PAGE);
	case 2:
		return random_edge();
	case 3:
		return base + random_below(PAGES * PAGE);
	default:
		return base + random_below(PAGES) * PAGE + random_below(8) * 8;
	}
}
