/* SPDX-License-Identifier: MIT */
/* What the three kinds have in common: a table of objects with numbers and keys, owners and modes;
 * and the processes that use them. */
#pragma once

#include "proto/auth.h"
#include "proto/ipc.h"
#include "rt/rt.h"

enum { CLIENTS_MAX = 2048 };

/* A process; its gate's label is its place in the table, + 1. */
struct client {
	u32 pid, index;
	struct auth_ids ids;
	u32 group_count, *groups;
	struct list waiters; /* calls of its that are held (wait.h) */
	u32 waiting;         /* how many */
	struct list undos;   /* of semaphores (semaphore.c) */
};

struct object {
	struct ipc_perm *perm; /* in the object's stat */
	u64 bytes;             /* of the memory that it takes, for `afford` */
};

enum { MAY_READ = 0444, MAY_WRITE = 0222 };

/* --- clients --- */

/* E_LIMIT, E_FUNDS. */
MUST_CHECK err_t client_make(u32 pid, const struct auth_identity *identity, struct client **client);
/* With this label, or NULL. */
struct client *client_find(u64 label);
/* Nothing of its waits, or is to be undone. */
void client_free(struct client *client);
MUST_CHECK err_t client_identify(struct client *client, const struct auth_identity *identity);
static inline bool client_root(const struct client *client) { return client->ids.euid == 0; }
/* Calls that clients of its user wait in. */
u32 client_user_waiting(const struct client *client);

/* --- objects --- */

/* The object with this number: E_INVAL. */
MUST_CHECK err_t object_find(enum ipc_kind kind, u32 id, struct object **object);
/* The same, if `client` may do `wanted` (MAY_*) with it: E_ACCESS. */
MUST_CHECK err_t object_use(enum ipc_kind kind, u32 id, const struct client *client, u32 wanted,
                            struct object **object);
/* The same, if the client is its owner, its maker or root: E_PERM. */
MUST_CHECK err_t object_own(enum ipc_kind kind, u32 id, const struct client *client,
                            struct object **object);
/* At this place in the table, or NULL. */
struct object *object_at(enum ipc_kind kind, u32 index);
/* With this key, which is not 0, or NULL. */
struct object *object_of_key(enum ipc_kind kind, u32 key);
/* A number for a new one, whose `perm` is filled in. E_NOSPACE. */
MUST_CHECK err_t object_add(enum ipc_kind kind, struct object *object, const struct client *client,
                            u32 key, u32 mode);
void object_remove(enum ipc_kind kind, struct object *object);
MUST_CHECK err_t object_permits(const struct object *object, const struct client *client,
                                u32 wanted);

/* `object` takes so many bytes more, or E_FUNDS: `limit` is for all of its kind, and a user who is
 * not root may have half of it. `object_return` gives back. */
MUST_CHECK err_t object_afford(enum ipc_kind kind, struct object *object, u64 bytes, u64 limit);
void object_return(enum ipc_kind kind, struct object *object, u64 bytes);
