/* SPDX-License-Identifier: MIT */
/* Memory shared with a client that may vanish at any moment: accesses that answer false instead of
 * ending the server. */
#pragma once

#include "abi/types.h"

/* Copy `size` bytes (a multiple of 4; both sides 4-byte aligned) between own memory and mapped
 * shared memory, each 4 bytes in one access. False: the shared memory is gone. The page must be
 * pinned, else a keeper could make us wait. */
MUST_CHECK bool guard_copy(void *to, const void *from, size_t size);
