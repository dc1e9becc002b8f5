/* SPDX-License-Identifier: MIT */
/* System V's message queues. Queues have no gates of their own: any process may name any of them
 * by its number, which is what System V means by it. Who the caller is, is what it says. */
#pragma once

#include "proto/proto.h"

INTERFACE(ipc, 25)

enum ipc_get_flag { IPC_GET_CREATE = 01000, IPC_GET_EXCLUSIVE = 02000 }; /* Linux's IPC_* */

/* Linux's IPC_NOWAIT and MSG_*. */
enum ipc_queue_flag {
	IPC_QUEUE_NO_WAIT = 04000,
	IPC_QUEUE_TRUNCATE = 010000,
	IPC_QUEUE_EXCEPT = 020000,
	IPC_QUEUE_COPY = 040000,
};

enum {
	IPC_MESSAGE_MAX = 8192,  /* bytes of a message's text */
	IPC_QUEUE_LIMIT = 16384, /* bytes of text, and messages, that a new queue may hold */
};

/* A message as it is lent: its type, above 0, then its text. */
struct ipc_message {
	i64 type;
	u8 text[];
};

struct ipc_queue_stat {
	u32 id, key, uid, gid, creator_uid, creator_gid, mode, sequence;
	u64 sent, received, changed; /* seconds since 1970 */
	u64 bytes, count, limit;     /* of text there is; messages; bytes there may be */
	u32 last_sender, last_receiver;
};
_Static_assert(sizeof(struct ipc_queue_stat) == 88, "ipc_queue_stat");

/* Of calls on a queue: E_INVAL: there is none with this number; E_SRCH: there was one, or it was
 * removed while the call waited. */

/* The queue of `key` (0: one of its own); mode and flags as msgget's. E_NOENT, E_EXISTS, E_NOSPACE:
 * there are too many. */
RPC(1) err_t ipc_queue_get(cap_t ipc, u32 key, u32 flags, u32 uid, u32 gid, u32 *id);

/* Send what is lent, a struct ipc_message. Held while there is no room; E_AGAIN instead. */
RPC(2)
err_t ipc_queue_send(cap_t ipc, u32 id, u32 flags, u32 pid, const void *message, size_t size);

/* The first message of `type` (0: of any, below 0: of the lowest type up to -type; with
 * IPC_QUEUE_COPY the message at that index, which stays) into what is lent, as a struct
 * ipc_message; `count` is the size of its text. Held while there is none; E_NODATA instead. E_2BIG:
 * it does not fit, and stays. */
RPC(3)
err_t ipc_queue_receive(cap_t ipc, u32 id, u32 flags, u32 pid, i64 type, void *message, size_t size,
                        u64 *count);

/* A struct ipc_queue_stat of the queue with this number, or, if by_index, of the one at this place
 * in the table. */
RPC(4) err_t ipc_queue_stat(cap_t ipc, u32 id, u32 by_index, void *stat, size_t size);
RPC(5) err_t ipc_queue_set(cap_t ipc, u32 id, u64 limit, u32 uid, u32 gid, u32 mode);

/* The queue ends; whoever waits on it is answered E_SRCH. */
RPC(6) err_t ipc_queue_remove(cap_t ipc, u32 id);

/* How many queues may be and are, the highest place that is used, and all that is in them. */
RPC(7)
err_t ipc_queue_info(cap_t ipc, u32 *most, u32 *queues, u32 *highest, u64 *messages, u64 *bytes);
