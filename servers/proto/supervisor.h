/* SPDX-License-Identifier: MIT */
/* What a server asks of the supervisor, through its own gate (rt_cap("supervisor")). */
#pragma once

#include "proto/proto.h"

INTERFACE(supervisor, 13)

/* The server is ready to answer; who depends on it is started now. */
RPC(1) err_t supervisor_ready(cap_t supervisor);
/* It cannot do its work: text for the log and the console; said before it is ready, it
 * is soon left down. */
RPC(2) err_t supervisor_fail(cap_t supervisor, const void *text, size_t size);
/* Keep up to 4096 bytes and one capability for the server's next life; an empty one forgets. */
RPC(3) err_t supervisor_stash(cap_t supervisor, const void *data, size_t size, cap_t cap);
RPC(4) err_t supervisor_unstash(cap_t supervisor, void *data, size_t size, u64 *count, cap_t *cap);
/* Text for people: one line a server ("name state pages restarts"). */
RPC(5) err_t supervisor_list(cap_t supervisor, u64 start, void *text, size_t size, u64 *count);
/* Kill a server (it is started again), for tests and people with the right gate. */
RPC(6) err_t supervisor_restart(cap_t supervisor, const void *name, size_t size);
/* Text: one line for the root and each server that is attached ("image path"). */
RPC(7) err_t supervisor_mounts(cap_t supervisor, u64 start, void *text, size_t size, u64 *count);
