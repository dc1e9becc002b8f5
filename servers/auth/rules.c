/* SPDX-License-Identifier: MIT */
/* Who may become whom (POSIX setuid and the like, credentials(7)). The calls' own rules, which are
 * stricter, are the personality's; what is refused here nobody can have. */
#include "auth.h"

static bool id_among(u32 id, u32 real, u32 effective, u32 saved)
{
	return id == real || id == effective || id == saved;
}

static bool ids_valid(const struct auth_ids *ids)
{
	return ids->uid != UINT32_MAX && ids->euid != UINT32_MAX && ids->suid != UINT32_MAX &&
	       ids->fsuid != UINT32_MAX && ids->gid != UINT32_MAX && ids->egid != UINT32_MAX &&
	       ids->sgid != UINT32_MAX && ids->fsgid != UINT32_MAX;
}

static bool users_allowed(const struct auth_ids *o, const struct auth_ids *n)
{
	return id_among(n->uid, o->uid, o->euid, o->suid) &&
	       id_among(n->euid, o->uid, o->euid, o->suid) &&
	       id_among(n->suid, o->uid, o->euid, o->suid) &&
	       (n->fsuid == o->fsuid || id_among(n->fsuid, o->uid, o->euid, o->suid));
}

static bool groups_allowed(const struct auth_ids *o, const struct auth_ids *n)
{
	return id_among(n->gid, o->gid, o->egid, o->sgid) &&
	       id_among(n->egid, o->gid, o->egid, o->sgid) &&
	       id_among(n->sgid, o->gid, o->egid, o->sgid) &&
	       (n->fsgid == o->fsgid || id_among(n->fsgid, o->gid, o->egid, o->sgid));
}

bool rules_groups(const struct auth_ids *old) { return old->euid == 0; }

err_t rules_change(const struct auth_ids *old, const struct auth_ids *new)
{
	if (!ids_valid(new))
		return E_INVAL;
	if (old->euid == 0)
		return OK;
	return users_allowed(old, new) && groups_allowed(old, new) ? OK : E_PERM;
}
