/* SPDX-License-Identifier: MIT */
/* Copying between two tasks. Neither side is ever waited for. */
#pragma once

#include "kernel.h"

/* Whose page was not at hand when a copy stopped short. */
enum lend_stop { LEND_DONE, LEND_FROM, LEND_TO };

/* Copy up to `size` bytes; *done is how many were, *error why it stopped short. */
enum lend_stop lend_copy(struct task *from, vaddr_t from_addr, struct task *to, vaddr_t to_addr,
                         u64 size, u64 *done, err_t *error);
