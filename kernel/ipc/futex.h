/* SPDX-License-Identifier: MIT */
/* Futexes: threads that wait for a word of memory, found by segment and offset in a table of
 * buckets. Waiting takes no memory. */
#pragma once

#include "kernel.h"

void futex_init(void);
err_t sys_futex_wake(u64 addr, u32 count, u32 bitset, u64 *woken);
