/* SPDX-License-Identifier: MIT */
/* The kernel's whole state, to be compared: all frames that are not free, with what is in them.
 * Left out is what a failed call may change: registers and times of threads, the order of lists of
 * slabs, hints where to look for free slots, the contents of page tables. */
#pragma once

#include "abi/types.h"

struct state;

struct state *state_take(void);
void state_free(struct state *state);
/* True if they are the same; else the first difference is printed. */
bool state_same(const struct state *a, const struct state *b);
