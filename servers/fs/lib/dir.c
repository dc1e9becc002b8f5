/* SPDX-License-Identifier: MIT */
/* The handlers of dir.h that find a node and ask or change it, and the table of all. */
#include "fs/lib/internal.h"

#include <stdlib.h>

/* Walk the request's one path. E_HELD: it went elsewhere. walk_end in any case. */
static err_t walk_request(struct request *rq, struct walk *w, u32 flags)
{
	char *path;
	err_t error = walk_fetch(rq, DIR_PATH_MAX, &path);

	*w = (struct walk){ 0 };
	if (error)
		return error;
	error = walk(w, rq->object, flags, path, rq->in_size);
	free(path);
	return walk_error(rq, w, 0, error);
}

static u32 follow(u32 flags) { return flags & DIR_NOFOLLOW ? 0 : WALK_FOLLOW; }

static err_t fs_dir_stat(struct request *rq, u32 flags)
{
	static struct file_stat st; /* stays until the answer has gone */
	struct walk w;

	if (flags & ~(u32)DIR_NOFOLLOW)
		return E_INVAL;
	err_t error = walk_request(rq, &w, follow(flags));
	if (!error) {
		node_stat(w.node, &st);
		request_reply_data(rq, &st, u64_min(sizeof(st), rq->out_size));
	}
	walk_end(&w);
	return error;
}

static err_t fs_dir_readlink(struct request *rq, u64 *length)
{
	struct walk w;
	size_t size = 0;
	err_t error = walk_request(rq, &w, 0);

	char *target = error ? NULL : malloc(DIR_PATH_MAX);
	if (!error && !target)
		error = E_FUNDS;
	if (!error && !node_is(w.node, MODE_LINK))
		error = E_INVAL;
	if (!error) {
		fiber_lock_take(&w.node->lock);
		error = w.fs->ops->readlink
		                ? w.fs->ops->readlink(w.node, target, DIR_PATH_MAX, &size)
		                : E_NOTSUP;
		fiber_lock_give(&w.node->lock);
	}
	size = u64_min(size, rq->out_size);
	if (!error && size)
		error = request_write(rq, 0, target, size);
	if (!error)
		*length = size;
	free(target);
	walk_end(&w);
	return error;
}

static err_t fs_dir_set(struct request *rq, const struct file_attributes *attributes)
{
	struct open_file *open = rq->object;
	struct walk w;
	err_t error = walk_request(rq, &w, attributes->mask & FILE_SET_NOFOLLOW ? 0 : WALK_FOLLOW);

	if (!error && (attributes->mask & FILE_SET_SIZE))
		error = node_check(w.node, open->identity, MAY_WRITE);
	if (!error) {
		fiber_lock_take(&w.node->lock);
		error = node_set(w.node, open->identity, attributes);
		fiber_lock_give(&w.node->lock);
	}
	walk_end(&w);
	return error;
}

static err_t fs_dir_access(struct request *rq, u32 flags, u32 mode)
{
	struct open_file *open = rq->object;
	struct walk w;

	if (flags & ~(u32)DIR_NOFOLLOW || mode > 7)
		return E_INVAL;
	err_t error = walk_request(rq, &w, follow(flags));
	bool stored = !error && (node_is(w.node, MODE_FILE) || node_is(w.node, MODE_DIR));
	if (!error && (mode & MAY_WRITE) && w.fs->readonly && stored)
		error = E_READONLY;
	if (!error)
		error = node_check(w.node, open->identity, mode);
	walk_end(&w);
	return error;
}

static err_t fs_dir_statfs(struct request *rq)
{
	struct walk w;
	err_t error = walk_request(rq, &w, WALK_FOLLOW);

	walk_end(&w);
	return error ? error : fs_file_ops.file_statfs(rq);
}

static err_t fs_dir_attach(struct request *rq, cap_t target)
{
	struct walk w;
	err_t error = walk_request(rq, &w, WALK_FOLLOW | WALK_STAY);

	if (!error && (!target || w.node == w.fs->root))
		error = E_INVAL;
	else if (!error && w.node->attached)
		error = E_BUSY;
	if (!error) {
		w.node->attached = target;
		node_get(w.node);
		rq->msg.cap[0] = 0; /* ours now */
	}
	walk_end(&w);
	return error;
}

static err_t fs_dir_detach(struct request *rq)
{
	struct walk w;
	err_t error = walk_request(rq, &w, WALK_FOLLOW | WALK_STAY);

	if (!error && !w.node->attached)
		error = E_INVAL;
	if (!error) {
		error = cap_close(w.node->attached);
		w.node->attached = 0;
		node_put(w.node);
	}
	walk_end(&w);
	return error;
}

static err_t fs_dir_sync(struct request *rq)
{
	struct open_file *open = rq->object;

	return fs_sync(open->fs);
}

const struct dir_ops fs_dir_ops = {
	.dir_open = fs_dir_open,
	.dir_stat = fs_dir_stat,
	.dir_make = fs_dir_make,
	.dir_remove = fs_dir_remove,
	.dir_symlink = fs_dir_symlink,
	.dir_readlink = fs_dir_readlink,
	.dir_link = fs_dir_link,
	.dir_rename = fs_dir_rename,
	.dir_set = fs_dir_set,
	.dir_access = fs_dir_access,
	.dir_statfs = fs_dir_statfs,
	.dir_attach = fs_dir_attach,
	.dir_detach = fs_dir_detach,
	.dir_sync = fs_dir_sync,
};
