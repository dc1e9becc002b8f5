/* SPDX-License-Identifier: MIT */
/* Memory for the contents of pipes: whole pages of the server's bank, taken when a pipe has
 * something to keep and given back when it is empty. A few are kept at hand, since most pipes fill
 * and empty all the time. */
#pragma once

#include "abi/types.h"

enum { BUFFER_SMALL = PAGE_SIZE, BUFFER_LARGE = 65536 };

/* NULL if the bank cannot pay. `size` is a multiple of PAGE_SIZE. */
u8 *buffer_take(size_t size);
void buffer_give(u8 *buffer, size_t size);
