/* SPDX-License-Identifier: MIT */
/* Strings, and a line of text that is put together piece by piece and cut off when full. */
#pragma once

#include "abi/types.h"

void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
void *memmove(void *to, const void *from, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *text);
bool text_equal(const char *a, const char *b);

struct text {
	char *at, *end;
};
void text_put(struct text *text, const char *string);
void text_put_bytes(struct text *text, const char *bytes, size_t size);
void text_put_hex(struct text *text, u64 value);
void text_put_decimal(struct text *text, i64 value);

/* The number that `string` begins with; -1 if it begins with none. */
i64 text_number(const char *string, size_t size);
