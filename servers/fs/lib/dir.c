/* SPDX-License-Identifier: MIT */
/* The handlers of dir.h that find a node and ask or change it, and the table of all. */
#include "fs/lib/internal.h"

#include <stdlib.h>

/* A request's one path, and where it leads. */
struct lookup {
	struct path path;
	struct walk walk;
};

/* Walk the request's path on behalf of `who`. E_HELD: it went elsewhere. lookup_end in any case. */
static err_t lookup_as(struct request *rq, struct lookup *l, u32 flags, struct identity who)
{
	err_t error = path_fetch(rq, DIR_PATH_MAX, &l->path);

	l->walk = (struct walk){ 0 };
	if (error)
		return error;
	error = walk(&l->walk, request_base(rq), who, flags, l->path.text, rq->in_size);
	return walk_error(rq, &l->walk, 0, error);
}

static err_t lookup(struct request *rq, struct lookup *l, u32 flags)
{
	return lookup_as(rq, l, flags, open_identity(rq->object));
}

static void lookup_end(struct lookup *l)
{
	walk_end(&l->walk);
	path_free(&l->path);
}

static u32 follow(u32 flags) { return flags & DIR_NOFOLLOW ? 0 : WALK_FOLLOW; }

static err_t fs_dir_stat(struct request *rq, u32 flags)
{
	static struct file_stat st; /* stays until the answer has gone */
	struct lookup l;

	if (flags & ~(u32)DIR_NOFOLLOW)
		return E_INVAL;
	err_t error = lookup(rq, &l, follow(flags));
	if (!error) {
		node_stat(l.walk.node, &st);
		request_reply_data(rq, &st, u64_min(sizeof(st), rq->out_size));
	}
	lookup_end(&l);
	return error;
}

static err_t fs_dir_readlink(struct request *rq, u64 *length)
{
	struct lookup l;
	size_t size = 0;
	err_t error = lookup(rq, &l, 0);

	char *target = error ? NULL : malloc(DIR_PATH_MAX);
	if (!error && !target)
		error = E_FUNDS;
	if (!error && !node_is(l.walk.node, MODE_LINK))
		error = E_INVAL;
	if (!error) {
		fiber_lock_take(&l.walk.node->lock);
		error = l.walk.fs->ops->readlink
		                ? l.walk.fs->ops->readlink(l.walk.node, target, DIR_PATH_MAX, &size)
		                : E_NOTSUP;
		fiber_lock_give(&l.walk.node->lock);
	}
	size = u64_min(size, rq->out_size);
	if (!error && size)
		error = request_write(rq, 0, target, size);
	if (!error)
		*length = size;
	free(target);
	lookup_end(&l);
	return error;
}

/* In the order in which Linux finds fault. */
static err_t truncate_check(const struct node *node, struct identity identity)
{
	if (node_is(node, MODE_DIR))
		return E_ISDIR;
	return node_is(node, MODE_FILE) ? node_check(node, identity, MAY_WRITE) : E_INVAL;
}

/* An open file that came along with an empty path knows its name. */
static void dir_set_tell(const struct request *rq, const struct walk *w, u32 event)
{
	const struct open_file *base = request_base(rq);

	if (w->last == LAST_NONE && base->node == w->node)
		tell_open(base, event);
	else
		tell_walk(w, event);
}

static err_t fs_dir_set(struct request *rq, const struct file_attributes *attributes)
{
	struct lookup l;
	err_t error = lookup(rq, &l, attributes->mask & FILE_SET_NOFOLLOW ? 0 : WALK_FOLLOW);

	if (!error && (attributes->mask & FILE_SET_SIZE))
		error = truncate_check(l.walk.node, l.walk.identity);
	if (!error) {
		fiber_lock_take(&l.walk.node->lock);
		error = node_set(l.walk.node, l.walk.identity, attributes);
		fiber_lock_give(&l.walk.node->lock);
		u32 event = error ? 0 : attributes_event(attributes->mask);
		if (event)
			dir_set_tell(rq, &l.walk, event);
	}
	lookup_end(&l);
	return error;
}

static err_t fs_dir_access(struct request *rq, u32 flags, u32 mode)
{
	const struct open_file *open = rq->object;
	struct identity who = open_identity(open);
	struct lookup l;

	if (flags & ~(u32)(DIR_NOFOLLOW | DIR_REAL) || mode > 7)
		return E_INVAL;
	if ((flags & DIR_REAL) && open->credentials)
		who = open->credentials->real;
	err_t error = lookup_as(rq, &l, follow(flags), who);
	bool stored = !error && (node_is(l.walk.node, MODE_FILE) || node_is(l.walk.node, MODE_DIR));
	if (!error && (mode & MAY_WRITE) && l.walk.fs->readonly && stored)
		error = E_READONLY;
	if (!error)
		error = node_check(l.walk.node, who, mode);
	lookup_end(&l);
	return error;
}

static err_t fs_dir_statfs(struct request *rq)
{
	struct lookup l;
	err_t error = lookup(rq, &l, WALK_FOLLOW);

	lookup_end(&l);
	return error ? error : fs_file_ops.file_statfs(rq);
}

/* Whoever attaches a server leads everybody there. */
static err_t attach_check(const struct request *rq)
{
	return identity_is_root(open_identity(rq->object)) ? OK : E_PERM;
}

static err_t fs_dir_attach(struct request *rq, cap_t target)
{
	struct lookup l;
	err_t error = attach_check(rq);

	if (error)
		return error;
	error = lookup(rq, &l, WALK_FOLLOW | WALK_STAY);
	if (!error && (!target || l.walk.node == l.walk.fs->root))
		error = E_INVAL;
	else if (!error && l.walk.node->attached)
		error = E_BUSY;
	if (!error) {
		l.walk.node->attached = target;
		node_get(l.walk.node);
		rq->msg.cap[0] = 0; /* ours now */
	}
	lookup_end(&l);
	return error;
}

static err_t fs_dir_detach(struct request *rq)
{
	struct lookup l;
	err_t error = attach_check(rq);

	if (error)
		return error;
	error = lookup(rq, &l, WALK_FOLLOW | WALK_STAY);
	if (!error && !l.walk.node->attached)
		error = E_INVAL;
	if (!error) {
		error = cap_close(l.walk.node->attached);
		l.walk.node->attached = 0;
		node_put(l.walk.node);
	}
	lookup_end(&l);
	return error;
}

static err_t fs_dir_sync(struct request *rq)
{
	struct open_file *open = rq->object;

	return fs_sync(open->fs);
}

static err_t fs_dir_watch(struct request *rq, u32 mask, cap_t instance, u32 *number)
{
	const struct open_file *open = rq->object;
	struct lookup l;

	if (!open->fs->counter)
		return E_NOTSUP;
	if (mask & ~(u32)NOTIFY_KNOWN || !mask || !instance)
		return E_INVAL;
	err_t error = lookup(rq, &l, mask & NOTIFY_DONT_FOLLOW ? 0 : WALK_FOLLOW);
	if (!error && (mask & NOTIFY_ONLY_DIR) && !node_is(l.walk.node, MODE_DIR))
		error = E_NOTDIR;
	if (!error)
		error = node_check(l.walk.node, l.walk.identity, MAY_READ);
	if (!error)
		error = watch_add(l.walk.node, instance, mask, number);
	lookup_end(&l);
	return error;
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
	.dir_memory = fs_dir_memory,
	.dir_authenticate = fs_dir_authenticate,
	.dir_watch = fs_dir_watch,
};
