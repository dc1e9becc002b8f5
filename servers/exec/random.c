/* SPDX-License-Identifier: MIT */
/* Where things are put in a new address space must not be guessed: RDRAND where the processor has
 * it, stirred with the clock in any case. */
#include "exec.h"

#include <cpuid.h>

static u64 state;

static u64 random_hardware(void)
{
	u32 a, b, c = 0, d;
	u64 value = 0;
	unsigned char done = 0;

	/* Intel SDM vol. 1, 7.3.17: CPUID.1:ECX bit 30; a failed RDRAND is tried again a few
	 * times. */
	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & 1u << 30))
		return 0;
	for (int i = 0; i < 10 && !done; i++)
		__asm__ volatile("rdrand %0; setc %1" : "=r"(value), "=qm"(done));
	return value;
}

/* splitmix64 over everything that we have. */
u64 random_bits(void)
{
	state += random_hardware() ^ __builtin_ia32_rdtsc() ^ 0x9e3779b97f4a7c15ull;
	u64 z = state;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}
