/* SPDX-License-Identifier: MIT */
/* Strings. memcpy, memmove and memset are in ipc.S. */
#include "core/text.h"

int memcmp(const void *a, const void *b, size_t size)
{
	const u8 *x = a, *y = b;

	for (size_t i = 0; i < size; i++) {
		if (x[i] != y[i])
			return x[i] - y[i];
	}
	return 0;
}

size_t strlen(const char *text)
{
	size_t size = 0;

	while (text[size])
		size++;
	return size;
}

bool text_equal(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

void text_put_bytes(struct text *text, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size && text->at < text->end; i++)
		*text->at++ = bytes[i];
}

void text_put(struct text *text, const char *string)
{
	text_put_bytes(text, string, strlen(string));
}

static void put_number(struct text *text, u64 value, u32 base)
{
	char digits[24];
	u32 i = sizeof(digits);

	do
		digits[--i] = "0123456789abcdef"[value % base];
	while (value /= base);
	text_put_bytes(text, digits + i, sizeof(digits) - i);
}

void text_put_hex(struct text *text, u64 value)
{
	text_put(text, "0x");
	put_number(text, value, 16);
}

void text_put_decimal(struct text *text, i64 value)
{
	if (value < 0)
		text_put(text, "-");
	put_number(text, value < 0 ? -(u64)value : (u64)value, 10);
}

i64 text_number(const char *string, size_t size)
{
	i64 value = 0;

	if (!size)
		return -1;
	for (size_t i = 0; i < size; i++) {
		if (string[i] < '0' || string[i] > '9' || value > INT32_MAX)
			return -1;
		value = value * 10 + string[i] - '0';
	}
	return value;
}
