/* SPDX-License-Identifier: MIT */
/* Against the host's printf. */
#include "fake_kernel.h"

#include <stdarg.h>
#include <stdlib.h>

static char ours[256], theirs[256];

static __attribute__((format(printf, 2, 3))) bool same(size_t size, const char *format, ...)
{
	va_list args;

	memset(ours, 'x', sizeof(ours));
	memset(theirs, 'x', sizeof(theirs));
	va_start(args, format);
	size_t a = rt_format(ours, size, format, args);
	va_end(args);
	va_start(args, format);
	int b = vsnprintf(theirs, size, format, args);
	va_end(args);
	return a == (size_t)b && memcmp(ours, theirs, size ? size : 1) == 0;
}

TEST(numbers_look_like_printf)
{
	static const long values[] = { 0,
		                       1,
		                       -1,
		                       42,
		                       -42,
		                       0x7fffffff,
		                       -0x7fffffff - 1,
		                       0x7fffffffffffffff,
		                       -0x7fffffffffffffff - 1 };
	for (size_t i = 0; i < COUNT_OF(values); i++) {
		CHECK(same(200, "%d|%5d|%-5d|%05d", (int)values[i], (int)values[i], (int)values[i],
		           (int)values[i]));
		CHECK(same(200, "%ld|%24ld|%-24ld|%024ld", values[i], values[i], values[i],
		           values[i]));
		CHECK(same(200, "%u|%x|%08x", (unsigned)values[i], (unsigned)values[i],
		           (unsigned)values[i]));
		CHECK(same(200, "%lu|%lx|%016lx|%llu|%zu", (u64)values[i], (u64)values[i],
		           (u64)values[i], (unsigned long long)values[i], (size_t)values[i]));
	}
	CHECK(same(200, "%p", (void *)ours));
}

TEST(texts_look_like_printf)
{
	CHECK(same(200, "%s and %10s and %-10s|%.3s|%.*s|%c%%", "a", "b", "c", "defgh", 2, "ijk",
	           'l'));
	CHECK(same(5, "%s", "longer than it fits"));
	CHECK(same(1, "%s", "x"));
	CHECK(same(0, "%s", "x"));
}
