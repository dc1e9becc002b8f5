/* SPDX-License-Identifier: MIT */
/* The program's arrays of buffers (struct iovec). */
#pragma once

#include "core/linux.h"

struct vector {
	u64 address, count,
	        total; /* of the array; its entries; the bytes of all, by vector_check */
};

/* 0 or a negative number. */
i64 vector_check(struct vector *vector);
i64 vector_entry(const struct vector *vector, u64 i, struct linux_iovec *entry);

/* Copy `size` bytes between `buffer` and the program's buffers (`out`: to those). */
i64 vector_copy(const struct vector *vector, char *buffer, u64 size, bool out);
