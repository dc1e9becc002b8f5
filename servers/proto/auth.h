/* SPDX-License-Identifier: MIT */
/* Who somebody is. The auth server alone makes identities; a gate to it stands for one, and whoever
 * holds the gate may act with it. Servers learn of it by a handshake that binds the identity to one
 * gate of one server:
 *
 *	client -> auth     auth_ticket(identity, target): "I want to be known behind this gate"
 *	client -> server   through `target`, with the ticket (dir_authenticate, process_identify)
 *	server -> auth     auth_redeem(ticket): who it is, and the target named by the client
 *
 * The server goes on only if the target is its own gate, the one that the ticket came through: a
 * ticket that another server was given is of no use anywhere else. A ticket is good for one
 * redemption. See docs/decisions/0006-identities.md. */
#pragma once

#include "proto/proto.h"

INTERFACE(auth, 20)

enum { AUTH_GROUPS_MAX = 256 };

/* Linux's four user and group ids of a process. */
struct auth_ids {
	u32 uid, euid, suid, fsuid;
	u32 gid, egid, sgid, fsgid;
};
_Static_assert(sizeof(struct auth_ids) == 32, "auth_ids");

/* What auth_get and auth_redeem put into the caller's buffer, without the groups that are not
 * there. */
struct auth_identity {
	struct auth_ids ids;
	u32 group_count;
	u32 groups[AUTH_GROUPS_MAX];
};

/* A struct auth_identity into `out`; `count` bytes. */
RPC(1) err_t auth_get(cap_t identity, void *out, size_t size, u64 *count);

/* An identity with other ids, and, if set_groups, with the u32s of `groups` as supplementary
 * groups. Effective user 0 may have any; others only what is among their real, effective and saved
 * ids (and for the file system's ids: that one too), and no other groups: E_PERM. The gate is
 * charged to the caller. E_INVAL: too many groups, or an id that is none. */
RPC(2)
err_t auth_change(cap_t identity, const struct auth_ids *ids, bool set_groups, const void *groups,
                  size_t size, cap_t *changed);

/* A ticket that tells the server behind `target` (a gate; it is kept until then) who the caller is.
 * Charged to the caller; closing the ticket forgets it. E_LIMIT: too many are on their way. */
RPC(3) err_t auth_ticket(cap_t identity, cap_t target, cap_t *ticket);

/* Who made the ticket (as auth_get), and for which gate. Through any gate of this server's. The
 * ticket is used up. E_PERM: it is none, or was used. */
RPC(4)
err_t auth_redeem(cap_t auth, cap_t ticket, void *out, size_t size, u64 *count, cap_t *target);

/* --- through a gate that says so --- */

/* An identity made from nothing: for the first process. */
RPC(5)
err_t auth_create(cap_t auth, const struct auth_ids *ids, const void *groups, size_t size,
                  cap_t *identity);
