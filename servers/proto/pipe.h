/* SPDX-License-Identifier: MIT */
/* Pipes: two gates that answer file.h. */
#pragma once

#include "proto/proto.h"

INTERFACE(pipe, 6)

/* A pipe; both gates are charged to the caller. flags: O_NONBLOCK. */
RPC(1) err_t pipe_create(cap_t pipe, u32 flags, cap_t *reader, cap_t *writer);

/* A FIFO that a file system keeps as a node: open it by the number (device and inode as the file
 * system likes) with O_* flags. Held until the other side is open. */
RPC(2) err_t pipe_open(cap_t pipe, u64 number, u32 flags, cap_t *file);

/* The same as a gate that stands for the FIFO itself: it answers dir_open with an empty path (and
 * dir_stat), so that a file system can send its clients there by E_CROSS and need not wait for the
 * other side itself. The FIFO's stat has these values. The gate is charged to the caller; a file
 * system keeps one for each FIFO node that it has in memory, or makes one for each look-up. */
RPC(3) err_t pipe_node(cap_t pipe, u64 dev, u64 ino, u32 mode, u32 uid, u32 gid, cap_t *node);

/* At a reader's gate: up to `size` bytes of its pipe into the pipe of `writer`, at once; they stay
 * in the first, too, if `keep`. Never held: 0 bytes at the end of the first, E_AGAIN if it is
 * empty, E_BUSY if the other has no room. E_PIPE; E_INVAL: both are one, or `writer` is no writer's
 * gate; E_CAP: not a reader's. */
RPC(4) err_t pipe_move(cap_t reader, cap_t writer, u64 size, bool keep, u64 *count);
