/* SPDX-License-Identifier: MIT */
/* User and group ids. What may be is for the auth server to judge (proto/auth.h); here are the
 * calls' own rules, and everybody who knows us by the old identity is told of the new one. Fails
 * before anything has changed. */
#include "core/call.h"
#include "core/lock.h"
#include "core/text.h"
#include "core/user.h"
#include "file/walk.h"
#include "process/ipc.h"
#include "process/process.h"
#include "proto/auth.h"

static struct lock identity_lock;

void identity_start(void)
{
	cap_t handle, slot;

	if (handle_make(PROCESS_IDENTITY, PROCESS_ROOT, &handle))
		return;
	(void)cap_copy(0, handle, RIGHT_ALL, PROCESS_ROOT, &slot);
	(void)cap_close(handle);
}

void identity_forked(void) { identity_lock.state = 0; }

/* The process server is told last: it cannot be asked to forget. */
static err_t identity_introduce(cap_t identity, cap_t *root)
{
	cap_t ticket;
	err_t error = handle_make(identity, PROCESS_ROOT, root);

	if (!error)
		error = auth_ticket(identity, PROCESS_PROCESS, &ticket);
	if (error)
		return error;
	error = process_identify(PROCESS_PROCESS, ticket);
	(void)cap_close(ticket);
	return error;
}

static void slot_replace(u32 slot, cap_t cap)
{
	cap_t copy;

	(void)cap_copy(0, cap, RIGHT_ALL, slot, &copy);
	(void)cap_close(cap);
}

struct change {
	struct auth_ids ids;
	bool set_groups;
	const u32 *groups;
	u32 group_count;
};

static err_t identity_change(const struct change *change)
{
	cap_t changed, root = 0;
	err_t error = auth_change(PROCESS_IDENTITY, &change->ids, change->set_groups,
	                          change->groups, change->group_count * sizeof(u32), &changed);

	if (error)
		return error;
	error = identity_introduce(changed, &root);
	if (error) {
		if (root)
			(void)cap_close(root);
		(void)cap_close(changed);
		return error;
	}
	slot_replace(PROCESS_IDENTITY, changed);
	slot_replace(PROCESS_ROOT, root);
	handles_drop();
	ipc_changed();
	cwd_rebind();
	return OK;
}

static struct auth_ids ids_now(void)
{
	const volatile struct auth_ids *ids = &process_page->ids;

	return (struct auth_ids){ ids->uid, ids->euid, ids->suid, ids->fsuid,
		                  ids->gid, ids->egid, ids->sgid, ids->fsgid };
}

/* The ids that a call is about: of users or of groups. */
struct ids {
	u32 real, effective, saved, fs;
};
enum which { USERS, GROUPS };

static struct ids ids_get(enum which which)
{
	struct auth_ids now = ids_now();

	return which == USERS ? (struct ids){ now.uid, now.euid, now.suid, now.fsuid }
	                      : (struct ids){ now.gid, now.egid, now.sgid, now.fsgid };
}

static i64 ids_set(enum which which, const struct ids *ids)
{
	struct auth_ids now = ids_now();
	struct change change = { .ids = now };

	if (which == USERS)
		change.ids.uid = ids->real, change.ids.euid = ids->effective,
		change.ids.suid = ids->saved, change.ids.fsuid = ids->fs;
	else
		change.ids.gid = ids->real, change.ids.egid = ids->effective,
		change.ids.sgid = ids->saved, change.ids.fsgid = ids->fs;
	if (!memcmp(&change.ids, &now, sizeof(now)))
		return 0;
	lock_take(&identity_lock);
	err_t error = identity_change(&change);
	lock_give(&identity_lock);
	return error == E_LIMIT || error == E_FUNDS ? -EAGAIN : error_result(error);
}

static bool privileged(void) { return process_page->ids.euid == 0; }

/* --- setuid, setgid --- */

static i64 set_one(enum which which, u32 id)
{
	struct ids ids = ids_get(which);

	if (id == UINT32_MAX)
		return -EINVAL;
	if (privileged())
		ids = (struct ids){ id, id, id, id };
	else if (id == ids.real || id == ids.saved)
		ids.effective = ids.fs = id;
	else
		return -EPERM;
	return ids_set(which, &ids);
}

i64 posix_setuid(const struct thread_regs *a) { return set_one(USERS, (u32)a->rdi); }
i64 posix_setgid(const struct thread_regs *a) { return set_one(GROUPS, (u32)a->rdi); }

/* --- setreuid, setregid --- */

static i64 set_two(enum which which, u32 real, u32 effective)
{
	struct ids old = ids_get(which), ids = old;

	if (real != UINT32_MAX) {
		if (!privileged() && real != old.real && real != old.effective)
			return -EPERM;
		ids.real = real;
	}
	if (effective != UINT32_MAX) {
		if (!privileged() && effective != old.real && effective != old.effective &&
		    effective != old.saved)
			return -EPERM;
		ids.effective = effective;
	}
	if (real != UINT32_MAX || (effective != UINT32_MAX && effective != old.real))
		ids.saved = ids.effective;
	ids.fs = ids.effective;
	return ids_set(which, &ids);
}

i64 posix_setreuid(const struct thread_regs *a) { return set_two(USERS, (u32)a->rdi, (u32)a->rsi); }
i64 posix_setregid(const struct thread_regs *a)
{
	return set_two(GROUPS, (u32)a->rdi, (u32)a->rsi);
}

/* --- setresuid, setresgid --- */

static bool ids_has(const struct ids *ids, u32 id)
{
	return id == ids->real || id == ids->effective || id == ids->saved;
}

static i64 set_three(enum which which, const struct thread_regs *a)
{
	struct ids old = ids_get(which), ids = old;
	const u32 wanted[3] = { (u32)a->rdi, (u32)a->rsi, (u32)a->rdx };
	u32 *const to[3] = { &ids.real, &ids.effective, &ids.saved };

	for (u32 i = 0; i < 3; i++) {
		if (wanted[i] == UINT32_MAX)
			continue;
		if (!privileged() && !ids_has(&old, wanted[i]))
			return -EPERM;
		*to[i] = wanted[i];
	}
	ids.fs = ids.effective;
	return ids_set(which, &ids);
}

i64 posix_setresuid(const struct thread_regs *a) { return set_three(USERS, a); }
i64 posix_setresgid(const struct thread_regs *a) { return set_three(GROUPS, a); }

static i64 get_three(enum which which, const struct thread_regs *a)
{
	struct ids ids = ids_get(which);

	return user_write(a->rdi, &ids.real, 4) && user_write(a->rsi, &ids.effective, 4) &&
	                       user_write(a->rdx, &ids.saved, 4)
	               ? 0
	               : -EFAULT;
}

i64 posix_getresuid(const struct thread_regs *a) { return get_three(USERS, a); }
i64 posix_getresgid(const struct thread_regs *a) { return get_three(GROUPS, a); }

/* --- setfsuid, setfsgid: answer what it was, whatever happens --- */

static i64 set_fs(enum which which, u32 id)
{
	struct ids old = ids_get(which), ids = old;

	ids.fs = id;
	if (id != UINT32_MAX && (privileged() || ids_has(&old, id)))
		(void)ids_set(which, &ids);
	return old.fs;
}

i64 posix_setfsuid(const struct thread_regs *a) { return set_fs(USERS, (u32)a->rdi); }
i64 posix_setfsgid(const struct thread_regs *a) { return set_fs(GROUPS, (u32)a->rdi); }

/* --- supplementary groups --- */

RARE i64 posix_getgroups(const struct thread_regs *a)
{
	struct auth_identity identity;
	u64 count;
	i32 room = (i32)a->rdi;

	if (room < 0)
		return -EINVAL;
	err_t error = auth_get(PROCESS_IDENTITY, &identity, sizeof(identity), &count);
	if (error)
		return error_result(error);
	u32 groups = identity.group_count;
	if (groups > AUTH_GROUPS_MAX)
		return -EIO;
	if (room && (u32)room < groups)
		return -EINVAL;
	if (room && !user_write(a->rsi, identity.groups, groups * sizeof(u32)))
		return -EFAULT;
	return groups;
}

RARE i64 posix_setgroups(const struct thread_regs *a)
{
	u32 groups[AUTH_GROUPS_MAX], count = (u32)a->rdi;
	struct change change = { ids_now(), true, groups, count };

	if (!privileged())
		return -EPERM;
	if (count > AUTH_GROUPS_MAX)
		return -EINVAL;
	if (!user_read(groups, a->rsi, count * sizeof(u32)))
		return -EFAULT;
	lock_take(&identity_lock);
	err_t error = identity_change(&change);
	lock_give(&identity_lock);
	return error_result(error);
}
