/* SPDX-License-Identifier: MIT */
/* Changing attributes, and when a read changes the access time. */
#include "fs/lib/internal.h"

static err_t set_check(const struct node *node, struct identity identity,
                       const struct file_attributes *set)
{
	enum {
		BOTH_NOW = FILE_SET_ATIME_NOW | FILE_SET_MTIME_NOW,
		TIMES = FILE_SET_ATIME | FILE_SET_MTIME | BOTH_NOW,
		KNOWN = 511
	};
	bool root = identity_is_root(identity), owner = root || identity.uid == node->uid;
	u32 times = set->mask & TIMES;

	if (set->mask & ~(u32)KNOWN)
		return E_INVAL;
	if (node->fs->readonly)
		return E_READONLY;
	if ((set->mask & FILE_SET_MODE) && !owner)
		return E_PERM;
	if ((set->mask & FILE_SET_UID) && !root && !(owner && set->uid == node->uid))
		return E_PERM;
	bool member = set->gid == node->gid || identity_has_group(identity, set->gid);
	if ((set->mask & FILE_SET_GID) && !root && !(owner && member))
		return E_PERM;
	if (!times || owner)
		return OK;
	/* Who may write may say that it is now; no more (utimensat(2)). */
	return times == BOTH_NOW ? node_check(node, identity, MAY_WRITE) : E_PERM;
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

void node_drop_setid(struct node *node, bool privileged)
{
	if (privileged || !node_is(node, MODE_FILE))
		return;
	node->mode &= ~(u32)MODE_SETUID;
	if (node->mode & 010)
		node->mode &= ~(u32)MODE_SETGID;
}

static err_t set_size(struct node *node, struct identity identity, u64 size)
{
	node_drop_setid(node, identity_is_root(identity));
	return node_resize(node, size);
}

/* Nobody makes a file set-group-id to a group that is not one's own. */
static u32 set_mode(const struct node *node, struct identity identity, u32 mode)
{
	mode &= MODE_PERMISSIONS;
	if (!identity_is_root(identity) && !identity_has_group(identity, node->gid))
		mode &= ~(u32)MODE_SETGID;
	return (node->mode & MODE_TYPE) | mode;
}

err_t node_set(struct node *node, struct identity identity, const struct file_attributes *set)
{
	err_t error = set_check(node, identity, set);

	if (!error && (set->mask & FILE_SET_SIZE)) {
		if (node_is(node, MODE_DIR))
			error = E_ISDIR;
		else if (!node_is(node, MODE_FILE))
			error = E_INVAL;
		else
			error = set_size(node, identity, set->size);
	}
	if (error || !(set->mask & ~(u32)(FILE_SET_SIZE | FILE_SET_NOFOLLOW)))
		return error;
	if (!node->fs->ops->store)
		return E_READONLY;
	if ((set->mask & FILE_SET_MODE) && !node_is(node, MODE_LINK))
		node->mode = set_mode(node, identity, set->mode);
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

u32 attributes_event(u32 mask)
{
	const u32 atime = FILE_SET_ATIME | FILE_SET_ATIME_NOW;
	const u32 mtime = FILE_SET_MTIME | FILE_SET_MTIME_NOW;
	u32 event = mask & FILE_SET_SIZE ? NOTIFY_MODIFY : 0;

	if (mask & (FILE_SET_MODE | FILE_SET_UID | FILE_SET_GID))
		event |= NOTIFY_ATTRIB;
	/* One time alone is what reading or writing would have set. */
	if (mask & atime && mask & mtime)
		event |= NOTIFY_ATTRIB;
	else if (mask & (atime | mtime))
		event |= mask & atime ? NOTIFY_ACCESS : NOTIFY_MODIFY;
	return event;
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
