/* SPDX-License-Identifier: MIT */
/* What System V's queues, semaphores and shared memory have in common. */
#pragma once

#include "core/call.h"
#include "proto/ipc.h"

enum { IPC_RMID, IPC_SET, IPC_STAT, IPC_INFO };

struct linux_ipc_perm {
	u32 key, uid, gid, cuid, cgid, mode;
	u16 seq, pad[3];
	u64 unused[2];
};
_Static_assert(sizeof(struct linux_ipc_perm) == 48, "ipc64_perm");

/* This process's client of the ipc server (0: none yet), and whether it is known by our present
 * identity. An exec keeps both, with what is to be undone at the end of the process. */
extern cap_t ipc_gate;
extern u64 ipc_known;

/* The client; the first call of a process makes it, and the first after a change of identity tells
 * of that. */
MUST_CHECK err_t ipc_open(cap_t *client);
/* In a new child: it has promised nothing. */
void ipc_forked(void);
/* Our identity is another. */
void ipc_changed(void);

i64 ipc_result(err_t error);
void ipc_perm_show(struct linux_ipc_perm *out, const struct ipc_perm *perm);

/* The calls that are the same for all kinds: what they answer. */
i64 ipc_get_id(u32 kind, u64 key, u64 size, u64 flags);
i64 ipc_remove_id(u32 kind, u32 id);
i64 ipc_set_id(u32 kind, u32 id, const struct linux_ipc_perm *perm, u64 limit);
i64 ipc_stat_id(u32 kind, u32 id, u32 flags, void *stat, size_t size);
