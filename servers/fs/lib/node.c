/* SPDX-License-Identifier: MIT */
/* Nodes: references, times, and who may do what. */
#include "fs/lib/internal.h"

void node_init(struct node *node, struct fs *fs)
{
	node->fs = fs;
	node->file_ops = NULL;
	fiber_lock_init(&node->lock);
	node->users = 1;
	node->opens = 0;
	node->linkable = false;
	node->attached = 0;
	node->locks = NULL;
	node->map = NULL;
	node->watches = NULL;
}

void node_put(struct node *node)
{
	if (--node->users == 0 && node->fs->ops->release)
		node->fs->ops->release(node);
}

void node_touch(struct node *node, u32 fields)
{
	i64 now = (i64)rt_realtime();

	if (fields & TIME_ACCESS)
		node->atime_ns = now;
	if (fields & TIME_MODIFY)
		node->mtime_ns = now;
	if (fields & TIME_CHANGE)
		node->ctime_ns = now;
	if (fields & TIME_BIRTH)
		node->btime_ns = now;
}

bool identity_has_group(struct identity identity, u32 gid)
{
	if (identity.gid == gid)
		return true;
	for (u32 i = 0; i < identity.group_count; i++) {
		if (identity.groups[i] == gid)
			return true;
	}
	return false;
}

err_t node_check(const struct node *node, struct identity identity, u32 wanted)
{
	u32 allowed = node->mode & 7;

	if (identity_is_root(identity)) {
		bool runs = node_is(node, MODE_DIR) || (node->mode & 0111);
		return (wanted & MAY_EXECUTE) && !runs ? E_ACCESS : OK;
	}
	if (identity.uid == node->uid)
		allowed = node->mode >> 6 & 7;
	else if (identity_has_group(identity, node->gid))
		allowed = node->mode >> 3 & 7;
	return wanted & ~allowed ? E_ACCESS : OK;
}

void node_stat(const struct node *node, struct file_stat *st)
{
	*st = (struct file_stat){
		.dev = node->fs->dev,
		.ino = node->ino,
		.mode = node->mode & (MODE_TYPE | MODE_PERMISSIONS),
		.nlink = node->nlink,
		.uid = node->uid,
		.gid = node->gid,
		.rdev = node->rdev,
		.size = node->size,
		.blocks = node->blocks,
		.block_size = node->fs->block_size,
		.atime_ns = node->atime_ns,
		.mtime_ns = node->mtime_ns,
		.ctime_ns = node->ctime_ns,
		.btime_ns = node->btime_ns,
	};
}

err_t dir_check_add(const struct node *dir, struct identity identity)
{
	if (dir->fs->readonly)
		return E_READONLY;
	if (dir->nlink == 0)
		return E_NOENT; /* removed while somebody stands in it */
	return node_check(dir, identity, MAY_WRITE | MAY_EXECUTE);
}

err_t dir_check_remove(const struct node *dir, const struct node *node, struct identity identity)
{
	err_t error = dir_check_add(dir, identity);

	if (error)
		return error;
	if (node->attached)
		return E_BUSY;
	bool owner =
	        identity_is_root(identity) || identity.uid == node->uid || identity.uid == dir->uid;
	return (dir->mode & MODE_STICKY) && !owner ? E_PERM : OK;
}
