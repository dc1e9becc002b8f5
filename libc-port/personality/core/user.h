/* SPDX-License-Identifier: MIT */
/* Memory that the program named. Nothing here faults: a bad address is `false` or an error. */
#pragma once

#include "abi/types.h"

MUST_CHECK bool user_read(void *to, u64 from, u64 size);
bool user_write(u64 to, const void *from, u64 size);
bool user_zero(u64 to, u64 size);

/* Copy a zero-terminated string of less than `size` bytes: its length, -EFAULT, or
 * -ENAMETOOLONG. */
i64 user_string(char *to, u64 from, u64 size);

/* Make every page of the range present, for writing if `write`. */
MUST_CHECK bool user_touch(u64 address, u64 size, bool write);

/* True if [address, address + size) can be addresses of user space at all. */
static inline bool user_range(u64 address, u64 size) { return range_fits(address, size, USER_END); }

/* Compare and exchange; the value found, or -1 if the address is bad. */
i64 user_exchange_u32(u64 address, u32 expected, u32 desired);
