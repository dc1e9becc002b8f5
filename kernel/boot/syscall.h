/* SPDX-License-Identifier: MIT */
/* The table of kernel calls, made by mk/abigen from abi/syscalls.h. */
#pragma once

#include "abi/types.h"

struct syscall {
	err_t (*call)(const u64 *words, u64 *result);
	const char *name;
};

extern const struct syscall syscalls[];
extern const u32 syscall_count;
