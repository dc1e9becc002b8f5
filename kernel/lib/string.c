/* SPDX-License-Identifier: MIT */
/* What the compiler may call. Eight bytes at a time where both sides allow; the machine has better
 * for whole pages (arch_page_copy). */
#include "kernel.h"

void *memset(void *to, int byte, size_t size)
{
	char *t = to;
	u64 word = (u8)byte * 0x0101010101010101ull;
	for (; size >= 8; size -= 8, t += 8)
		__builtin_memcpy(t, &word, 8);
	while (size--)
		*t++ = (char)byte;
	return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	char *t = to;
	const char *f = from;
	if (size == PAGE_SIZE && !(((uintptr_t)to | (uintptr_t)from) & PAGE_MASK)) {
		arch_page_copy(to, from);
		return to;
	}
	for (; size >= 8; size -= 8, t += 8, f += 8)
		__builtin_memcpy(t, f, 8);
	while (size--)
		*t++ = *f++;
	return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const u8 *x = a, *y = b;
	for (; size--; x++, y++) {
		if (*x != *y)
			return *x - *y;
	}
	return 0;
}
