/* SPDX-License-Identifier: MIT */
/* Changing attributes, and when a read changes the access time. */
#include "fs/lib/internal.h"

static err_t set_check(const struct node *node, struct identity identity,
                       const struct file_attributes *set)
{
	enum {
		OWNERS = FILE_SET_MODE | FILE_SET_ATIME | FILE_SET_MTIME,
		WRITERS = FILE_SET_ATIME_NOW | FILE_SET_MTIME_NOW,
		KNOWN = 511
	};
	bool owner = identity.uid == 0 || identity.uid == node->uid;

	if (set->mask & ~(u32)KNOWN)
		return E_INVAL;
	if (node->fs->readonly)
		return E_READONLY;
	if ((set->mask & OWNERS) && !owner)
		return E_PERM;
	if ((set->mask & FILE_SET_UID) && identity.uid != 0 && !(owner && set->uid == node->uid))
		return E_PERM;
	if ((set->mask & FILE_SET_GID) && identity.uid != 0 && !(owner && set->gid == identity.gid))
		return E_PERM;
	if ((set->mask & WRITERS) && !owner)
		return node_check(node, identity, MAY_WRITE);
	return OK;
}

static void set_owner(struct node *node, const struct file_attributes *set)
{
	if (set->mask & FILE_SET_UID)
		node->uid = set->uid;
	if (set->mask & FILE_SET_GID)
		node->gid = set->gid;
	/* What was set-id for the old owner is not for the new one. */
	if ((set->mask & (FILE_SET_UID | FILE_SET_GID)) && !node_is(node, MODE_DIR)) {
		node->mode &= ~(u32)MODE_SETUID;
		if (node->mode & 010)
			node->mode &= ~(u32)MODE_SETGID;
	}
}

err_t node_set(struct node *node, struct identity identity, const struct file_attributes *set)
{
	err_t error = set_check(node, identity, set);

	if (!error && (set->mask & FILE_SET_SIZE)) {
		if (node_is(node, MODE_DIR))
			error = E_ISDIR;
		else
			error = node_is(node, MODE_FILE) ? node_resize(node, set->size) : E_INVAL;
	}
	if (error || !(set->mask & ~(u32)(FILE_SET_SIZE | FILE_SET_NOFOLLOW)))
		return error;
	if (!node->fs->ops->store)
		return E_READONLY;
	if ((set->mask & FILE_SET_MODE) && !node_is(node, MODE_LINK))
		node->mode = (node->mode & MODE_TYPE) | (set->mode & MODE_PERMISSIONS);
	set_owner(node, set);
	node_touch(node, TIME_CHANGE);
	if (set->mask & FILE_SET_ATIME)
		node->atime_ns = set->atime_ns;
	if (set->mask & FILE_SET_MTIME)
		node->mtime_ns = set->mtime_ns;
	if (set->mask & FILE_SET_ATIME_NOW)
		node->atime_ns = node->ctime_ns;
	if (set->mask & FILE_SET_MTIME_NOW)
		node->mtime_ns = node->ctime_ns;
	return node->fs->ops->store(node);
}

/* Once after each change, and once a day (Linux: relatime). */
void node_accessed(struct node *node, u32 open_flags)
{
	const i64 day_ns = 24 * 3600 * 1000000000ll;

	if (node->fs->readonly || (open_flags & OPEN_NOATIME) || !node->fs->ops->store)
		return;
	i64 now = (i64)rt_realtime();
	bool old = node->atime_ns <= node->mtime_ns || node->atime_ns <= node->ctime_ns;
	if (!old && now - node->atime_ns < day_ns)
		return;
	node->atime_ns = now;
	err_t ignored = node->fs->ops->store(node); /* the read itself has gone well */
	(void)ignored;
}
