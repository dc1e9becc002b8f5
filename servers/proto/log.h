/* SPDX-License-Identifier: MIT */
/* The log of kernel and servers. */
#pragma once

#include "proto/proto.h"

INTERFACE(log, 12)

/* Append a line of text (the label of the gate says whose it is). */
RPC(1) err_t log_write(cap_t log, const void *text, size_t size);
/* Read from byte `start` of everything ever logged; what has been overwritten is skipped:
 * `start_out` says where the text begins. */
RPC(2) err_t log_read(cap_t log, u64 start, void *text, size_t size, u64 *start_out, u64 *count);
/* Signal `bits` of `event` each time something is written from now on. One watcher; a new one
 * replaces the old. */
RPC(3) err_t log_watch(cap_t log, u64 bits, cap_t event);

/* Two places in the log for syslog(2): what has been cleared from view, and what has been taken. */
enum log_mark { LOG_CLEARED, LOG_TAKEN };
/* Where the log ends, where the marks are, and how many bytes are kept. */
RPC(4) err_t log_state(cap_t log, u64 *end, u64 *cleared, u64 *taken, u64 *size);
/* Move a mark. E_PERM: not through a process's gate (process_log_mark). */
RPC(5) err_t log_mark(cap_t log, u32 which, u64 position);
/* Held until there is something behind `position`. E_BUSY: too many wait. */
RPC(6) err_t log_await(cap_t log, u64 position);
