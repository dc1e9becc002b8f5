/* SPDX-License-Identifier: MIT */
/* What the compiler may call. Eight bytes at a time; the machine's own way if there are many. */
#include "kernel.h"

enum { MANY = 128 }; /* bytes that are worth the start of a repeated instruction */

void *memset(void *to, int byte, size_t size)
{
	char *t = to;
	u64 word = (u8)byte * 0x0101010101010101ull;
	if (size >= MANY) {
		arch_words_set(t, word, size / 8);
		t += size & ~(size_t)7;
		size &= 7;
	}
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
	if (size >= MANY) {
		arch_words_copy(t, f, size / 8);
		t += size & ~(size_t)7;
		f += size & ~(size_t)7;
		size &= 7;
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
