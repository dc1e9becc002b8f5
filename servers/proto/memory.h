/* SPDX-License-Identifier: MIT */
/* The memory manager: who gets an account, and how the machine's memory stands. */
#pragma once

#include "proto/proto.h"

INTERFACE(memory, 5)

/* An account for a new process: a child of the manager's bank with `limit` pages (0: the default).
 * Whoever holds the capability destroys it. E_FUNDS. */
RPC(1) err_t memory_bank(cap_t memory, u64 limit, cap_t *bank);

struct memory_figures {
	u64 total, free, kernel, processes; /* pages */
	u64 swap_total, swap_free;
};
_Static_assert(sizeof(struct memory_figures) == 48, "memory_figures");
RPC(2) err_t memory_figures(cap_t memory, struct memory_figures *figures);

/* Text: one line a bank, as the `banks` command shows it; from byte `start` of the text. */
RPC(3) err_t memory_report(cap_t memory, u64 start, void *text, size_t size, u64 *count);

/* Let the manager know a bank under a name, for the report (supervisor). */
RPC(4) err_t memory_name(cap_t memory, cap_t bank, const void *name, size_t size);

/* Hooks of the swap manager's own issue: it offers `pages` of swap behind `swap`; promises may then
 * grow by as much. E_NOSYS until then. */
RPC(5) err_t memory_swap(cap_t memory, cap_t swap, u64 pages);

/* As memory_bank, for process `pid`: the report calls it so. */
RPC(6) err_t memory_bank_process(cap_t memory, u64 limit, u32 pid, cap_t *bank);
