/* SPDX-License-Identifier: MIT */
/* System V's message queues, semaphores and shared memory. They have no gates of their own: any
 * process may name any of them by its number, and what it may do with it goes by its identity,
 * which is what System V means by it. A process has one gate, its client, which it makes known to
 * the server by the handshake of auth.h; what SEM_UNDO promises is done when that gate is gone. */
#pragma once

#include "proto/proto.h"

INTERFACE(ipc, 25)

enum ipc_kind { IPC_QUEUE, IPC_SEMAPHORES, IPC_MEMORY, IPC_KINDS };

/* Linux's IPC_* and SHM_*. */
enum ipc_flag {
	IPC_CREATE = 01000,
	IPC_EXCLUSIVE = 02000,
	IPC_NO_WAIT = 04000,
	IPC_UNDO = 010000,
	IPC_QUEUE_TRUNCATE = 010000,
	IPC_QUEUE_EXCEPT = 020000,
	IPC_QUEUE_COPY = 040000,
};

/* In `mode` of memory: it ends with its last mapping; its pages are not to be evicted. */
enum { IPC_MEMORY_ENDS = 01000, IPC_MEMORY_LOCKED = 02000 };

enum {
	IPC_OBJECTS_MAX = 256,   /* of each kind */
	IPC_MESSAGE_MAX = 8192,  /* bytes of a message's text */
	IPC_QUEUE_LIMIT = 16384, /* bytes of text, and messages, that a new queue may hold */
	IPC_OPERATIONS_MAX = 500,
	IPC_SEMAPHORES_MAX = 32000, /* of a set */
	IPC_VALUE_MAX = 32767,
};
/* All shared memory together: bytes. A user who is not root may have half of it. */
#define IPC_MEMORY_MAX 0x3000000ull

/* A message as it is lent: its type, above 0, then its text. */
struct ipc_message {
	i64 type;
	u8 text[];
};

/* Linux's struct sembuf: flags are IPC_NO_WAIT and IPC_UNDO. */
struct ipc_operation {
	u16 index;
	short change;
	short flags;
};
_Static_assert(sizeof(struct ipc_operation) == 6, "ipc_operation");

struct ipc_perm {
	u32 id, key, uid, gid, creator_uid, creator_gid, mode, sequence;
};
_Static_assert(sizeof(struct ipc_perm) == 32, "ipc_perm");

/* What ipc_stat gives. Times: seconds since 1970. */
struct ipc_queue_stat {
	struct ipc_perm perm;
	u64 sent, received, changed;
	u64 bytes, count, limit; /* of text there is; messages; bytes there may be */
	u32 last_sender, last_receiver;
};
_Static_assert(sizeof(struct ipc_queue_stat) == 88, "ipc_queue_stat");

struct ipc_set_stat {
	struct ipc_perm perm;
	u64 operated, changed, count;
};
_Static_assert(sizeof(struct ipc_set_stat) == 56, "ipc_set_stat");

struct ipc_memory_stat {
	struct ipc_perm perm;
	u64 size, resident, mappings; /* bytes, pages, mappings */
	u64 attached, detached, changed;
	u32 creator, last; /* processes */
};
_Static_assert(sizeof(struct ipc_memory_stat) == 88, "ipc_memory_stat");

struct ipc_change {
	u32 uid, gid, mode, pad;
	u64 limit; /* of a queue */
};
_Static_assert(sizeof(struct ipc_change) == 24, "ipc_change");

/* --- through PROCESS_IPC --- */

/* A client for the process that says that it has this number, and may do what the ticket says,
 * which was made for this very gate (E_PERM: it is none of auth's). The gate is charged to the
 * caller. E_LIMIT: too many; a user who is not root may have half of them. */
RPC(1) err_t ipc_client(cap_t ipc, cap_t ticket, u32 pid, cap_t *client);

/* --- through a client --- */

/* Act as this ticket says from now on, which was made for this very gate. E_PERM. */
RPC(2) err_t ipc_identify(cap_t client, cap_t ticket);

/* The object of `key` (0: one of its own); flags as msgget's; `size`: semaphores of a set, bytes of
 * memory. E_NOENT, E_EXISTS, E_ACCESS, E_NOSPACE: there are too many; E_INVAL: the size is none, or
 * more than it has; E_FUNDS. */
RPC(3) err_t ipc_get(cap_t client, u32 kind, u32 key, u32 flags, u64 size, u32 *id);

enum ipc_stat_flag {
	IPC_STAT_INDEX = 1, /* `id` is a place in the table */
	IPC_STAT_ANY = 2,   /* who may not read it may ask too */
};

/* Of calls on an object: E_INVAL: there is none with this number; E_SRCH: it was removed while the
 * call waited; E_ACCESS: its mode; E_PERM: only its owner, its maker or root. */

/* Its struct ipc_*_stat. */
RPC(4) err_t ipc_stat(cap_t client, u32 kind, u32 id, u32 flags, void *stat, size_t size);

/* Owner and permission bits, and a queue's limit (only root may raise it above IPC_QUEUE_LIMIT). */
RPC(5) err_t ipc_set(cap_t client, u32 kind, u32 id, const struct ipc_change *change);

/* It ends; whoever waits on it is answered E_SRCH. Memory that is mapped ends with its last
 * mapping, and loses its key now. */
RPC(6) err_t ipc_remove(cap_t client, u32 kind, u32 id);

/* How many there are, the highest place in the table that is used, and all that is in them:
 * messages and bytes; semaphores; pages, and how many of them are resident. */
RPC(7)
err_t ipc_info(cap_t client, u32 kind, u32 *used, u32 *highest, u64 *first, u64 *second);

/* Send what is lent, a struct ipc_message. Held while there is no room; E_AGAIN instead. */
RPC(8) err_t ipc_queue_send(cap_t client, u32 id, u32 flags, const void *message, size_t size);

/* The first message of `type` (0: of any, below 0: of the lowest type up to -type; with
 * IPC_QUEUE_COPY the message at that index, which stays) into what is lent, as a struct
 * ipc_message; `count` is the size of its text. Held while there is none; E_NODATA instead. E_2BIG:
 * it does not fit, and stays. */
RPC(9)
err_t ipc_queue_receive(cap_t client, u32 id, u32 flags, i64 type, void *message, size_t size,
                        u64 *count);

/* All of these struct ipc_operation, or none. Held until that can be done; E_AGAIN if an operation
 * that cannot be done says so, E_TIMEOUT after `timeout` ns (UINT64_MAX: never). E_FBIG: no such
 * semaphore; E_OVERFLOW: a value or what is to be undone would leave its range. */
RPC(10)
err_t ipc_operate(cap_t client, u32 id, u64 timeout, const void *operations, size_t size);

enum ipc_semaphore_figure {
	IPC_SEMAPHORE_VALUE,
	IPC_SEMAPHORE_PROCESS, /* who changed it last */
	IPC_SEMAPHORE_MORE,    /* calls that wait for it to be more */
	IPC_SEMAPHORE_ZERO,    /* calls that wait for it to be 0 */
};
RPC(11) err_t ipc_semaphore_get(cap_t client, u32 id, u32 index, u32 figure, u32 *value);
RPC(12) err_t ipc_semaphore_set(cap_t client, u32 id, u32 index, u32 value);

/* The values of a whole set: u16s. E_INVAL: not as many as it has. */
RPC(13) err_t ipc_semaphores_get(cap_t client, u32 id, void *values, size_t size);
RPC(14) err_t ipc_semaphores_set(cap_t client, u32 id, const void *values, size_t size);

/* The segment, with the rights that `access` asks for. */
RPC(15)
err_t ipc_memory_attach(cap_t client, u32 id, u32 access, cap_t *segment, u64 *size);
/* The caller has unmapped it: for the time in its stat. */
RPC(16) err_t ipc_memory_detached(cap_t client, u32 id);
RPC(17) err_t ipc_memory_lock(cap_t client, u32 id, bool locked);
