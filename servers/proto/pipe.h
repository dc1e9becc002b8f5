/* SPDX-License-Identifier: MIT */
/* Pipes: two gates that answer file.h. */
#pragma once

#include "proto/proto.h"

INTERFACE(pipe, 6)

/* A pipe; both gates are charged to the caller. flags: O_NONBLOCK. */
RPC(1) err_t pipe_create(cap_t pipe, u32 flags, cap_t *reader, cap_t *writer);

/* A FIFO that a file system keeps as a node: open it by the number (device and inode as the file system likes) with O_* flags. Held until
 * the other side is open. */
RPC(2) err_t pipe_open(cap_t pipe, u64 number, u32 flags, cap_t *file);
