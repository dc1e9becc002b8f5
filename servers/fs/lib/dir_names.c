/* SPDX-License-Identifier: MIT */
/* Making and removing names: mkdir, mknod, symlink, unlink, rmdir. */
#include "fs/lib/internal.h"

#include <stdlib.h>
#include <string.h>

/* Can the walk's end become a new node of this sort? */
static err_t make_check(const struct walk *w, u32 mode)
{
	u32 type = mode & MODE_TYPE;

	if (w->node)
		return E_EXISTS;
	if (w->slash && type != MODE_DIR)
		return E_NOENT;
	err_t error = dir_check_add(w->parent, w->identity);
	if (error)
		return error;
	bool device = type == MODE_CHAR || type == MODE_BLOCK;
	return device && !identity_is_root(w->identity) ? E_PERM : OK;
}

static err_t make_at(struct request *rq, const char *path, size_t size, struct node_make *make)
{
	struct open_file *start = request_base(rq);
	struct walk w = { 0 };
	struct node *made;

	fiber_lock_take(&start->fs->change);
	err_t error =
	        walk(&w, start, open_identity(rq->object), WALK_ABSENT | WALK_STAY, path, size);
	if (error)
		error = walk_error(rq, &w, 0, error);
	else
		error = make_check(&w, make->mode);
	if (!error)
		error = dir_create(&w, make, &made);
	if (!error)
		node_put(made);
	fiber_lock_give(&start->fs->change);
	walk_end(&w);
	return error;
}

err_t fs_dir_make(struct request *rq, u32 mode, u64 rdev)
{
	struct path path;
	struct node_make make = { .mode = mode & (MODE_TYPE | MODE_PERMISSIONS), .rdev = rdev };

	switch (mode & MODE_TYPE) {
	case 0:
		make.mode |= MODE_FILE;
		break;
	case MODE_DIR:
	case MODE_FILE:
	case MODE_FIFO:
	case MODE_SOCKET:
	case MODE_CHAR:
	case MODE_BLOCK:
		break;
	default:
		return E_INVAL;
	}
	bool device = node_is(&(struct node){ .mode = make.mode }, MODE_CHAR) ||
	              node_is(&(struct node){ .mode = make.mode }, MODE_BLOCK);
	if (!device)
		make.rdev = 0;
	err_t error = path_fetch(rq, DIR_PATH_MAX, &path);
	if (error)
		return error;
	error = make_at(rq, path.text, rq->in_size, &make);
	path_free(&path);
	return error;
}

err_t fs_dir_symlink(struct request *rq)
{
	struct path paths;
	err_t error = path_fetch(rq, 2 * DIR_PATH_MAX + 1, &paths);

	if (error)
		return error;
	char *zero = memchr(paths.text, 0, rq->in_size);
	size_t target_size = zero ? (size_t)(zero - paths.text) : 0;
	struct node_make make = { .mode = MODE_LINK | 0777,
		                  .target = paths.text,
		                  .target_size = target_size };

	if (!zero)
		error = E_MSG;
	else if (target_size == 0)
		error = E_NOENT;
	else if (target_size >= DIR_PATH_MAX)
		error = E_NAMETOOLONG;
	else
		error = make_at(rq, zero + 1, rq->in_size - target_size - 1, &make);
	path_free(&paths);
	return error;
}

static err_t remove_check(const struct walk *w, bool directory)
{
	switch (w->last) {
	case LAST_NAME:
		break;
	case LAST_DOT:
		return directory ? E_INVAL : E_ISDIR;
	case LAST_DOTDOT:
		return directory ? E_NOTEMPTY : E_ISDIR;
	case LAST_NONE:
		return directory ? E_BUSY : E_ISDIR;
	}
	err_t error = dir_check_remove(w->parent, w->node, w->identity);
	if (error)
		return error;
	if (directory && !node_is(w->node, MODE_DIR))
		return E_NOTDIR;
	if (!directory && node_is(w->node, MODE_DIR))
		return E_ISDIR;
	return w->fs->ops->remove ? OK : E_READONLY;
}

static err_t remove_walked(struct walk *w)
{
	fiber_lock_take(&w->parent->lock);
	fiber_lock_take(&w->node->lock);
	err_t error = w->fs->ops->remove(w->parent, w->name, w->name_size, w->node);
	fiber_lock_give(&w->node->lock);
	fiber_lock_give(&w->parent->lock);
	if (error)
		return error;
	struct name name = { w->name, w->name_size };
	opens_move(w->node, w->parent, name, NULL, name);
	if (!node_is(w->node, MODE_DIR))
		tell_node(w->node, NOTIFY_ATTRIB);
	tell_entry(w->parent, w->node, name, NOTIFY_DELETE, 0);
	tell_end(w->node);
	return OK;
}

err_t fs_dir_remove(struct request *rq, u32 flags)
{
	struct open_file *start = request_base(rq);
	struct walk w = { 0 };
	struct path path;

	if (flags & ~(u32)DIR_DIRECTORY)
		return E_INVAL;
	err_t error = path_fetch(rq, DIR_PATH_MAX, &path);
	if (error)
		return error;
	fiber_lock_take(&start->fs->change);
	error = walk(&w, start, open_identity(rq->object), WALK_STAY, path.text, rq->in_size);
	if (error)
		error = walk_error(rq, &w, 0, error);
	else
		error = remove_check(&w, flags & DIR_DIRECTORY);
	if (!error)
		error = remove_walked(&w);
	fiber_lock_give(&start->fs->change);
	walk_end(&w);
	path_free(&path);
	return error;
}
