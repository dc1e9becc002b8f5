/* SPDX-License-Identifier: MIT */
/* dir_open: finding, making and opening files. */
#include "fs/lib/internal.h"

#include <stdlib.h>
#include <string.h>

#include "proto/pipe.h"
#include "proto/socket.h"

enum {
	OPEN_KEPT = OPEN_ACCESS | OPEN_APPEND | OPEN_NONBLOCK | OPEN_DIRECT | OPEN_DIRECTORY |
	            OPEN_NOFOLLOW | OPEN_NOATIME | OPEN_PATH,
	OPEN_WITH_PATH = OPEN_PATH | OPEN_DIRECTORY | OPEN_NOFOLLOW |
	                 DIR_OPEN_BOUND, /* the others mean nothing then */
};

err_t dir_create(struct walk *w, struct node_make *make, struct node **node)
{
	struct node *dir = w->parent;
	err_t error = dir_check_add(dir, w->identity);

	if (error)
		return error;
	make->uid = w->identity.uid;
	make->gid = dir->mode & MODE_SETGID ? dir->gid : w->identity.gid;
	if ((dir->mode & MODE_SETGID) && (make->mode & MODE_TYPE) == MODE_DIR)
		make->mode |= MODE_SETGID;
	else if (!identity_is_root(w->identity) && !identity_has_group(w->identity, make->gid) &&
	         (make->mode & 010))
		make->mode &= ~(u32)MODE_SETGID;
	if (!w->fs->ops->create)
		return E_READONLY;
	if ((make->mode & MODE_TYPE) == MODE_DIR && dir->nlink >= w->fs->links_max)
		return E_MLINK;
	fiber_lock_take(&dir->lock);
	error = w->fs->ops->create(dir, w->name, w->name_size, make, node);
	fiber_lock_give(&dir->lock);
	if (!error && w->name_size)
		tell_entry(dir, *node, (struct name){ w->name, w->name_size }, NOTIFY_CREATE, 0);
	return error;
}

/* Is what the walk found what the caller wants to open? */
static err_t open_check(const struct walk *w, u32 flags, bool made)
{
	const struct node *node = w->node;
	bool writes = (flags & OPEN_ACCESS) != OPEN_READ || (flags & OPEN_TRUNCATE);
	u32 wanted = 0;

	if ((flags & OPEN_DIRECTORY) && !node_is(node, MODE_DIR))
		return E_NOTDIR;
	if (flags & OPEN_PATH)
		return flags & DIR_OPEN_BOUND ? node_check(node, w->identity, MAY_EXECUTE) : OK;
	if (node_is(node, MODE_LINK))
		return E_LOOP;
	if (flags & DIR_OPEN_SOCKET && !node_is(node, MODE_SOCKET))
		return E_CONNREFUSED;
	if (node_is(node, MODE_DIR) && (writes || (flags & OPEN_CREATE)))
		return E_ISDIR;
	if (node_is(node, MODE_SOCKET) && !(flags & DIR_OPEN_SOCKET))
		return E_NXIO;
	if (writes && w->fs->readonly && (node_is(node, MODE_FILE) || node_is(node, MODE_DIR)))
		return E_READONLY;
	if ((flags & DIR_OPEN_EXECUTE) && !node_is(node, MODE_FILE))
		return E_ACCESS;
	if (made)
		return OK;
	if (flags & DIR_OPEN_EXECUTE)
		wanted |= MAY_EXECUTE;
	if ((flags & OPEN_ACCESS) != OPEN_WRITE)
		wanted |= MAY_READ;
	if (writes)
		wanted |= MAY_WRITE;
	err_t error = node_check(node, w->identity, wanted);
	if (error)
		return error;
	bool owner = identity_is_root(w->identity) || w->identity.uid == node->uid;
	return (flags & OPEN_NOATIME) && !owner ? E_PERM : OK;
}

static err_t open_truncate(const struct walk *w)
{
	struct node *node = w->node;

	fiber_lock_take(&node->lock);
	node_drop_setid(node, identity_is_root(w->identity));
	err_t error = node_resize(node, 0);
	fiber_lock_give(&node->lock);
	if (!error)
		tell_walk(w, NOTIFY_MODIFY);
	return error;
}

/* A FIFO lives in the pipe server; the caller goes on there, and waits there for the other side. */
static err_t open_fifo(struct request *rq, const struct walk *w)
{
	const struct node *node = w->node;
	cap_t gate;

	if (!w->fs->pipe)
		return E_NXIO;
	err_t error = pipe_node(w->fs->pipe, w->fs->dev, node->ino, node->mode, node->uid,
	                        node->gid, &gate);
	if (error)
		return error;
	error = request_cross(rq, CROSS_NODE, 0, gate, "", 0, rq->in_size);
	err_t closed = cap_close(gate);
	(void)closed; /* the answer has its own copy */
	return error;
}

/* A socket is known by its node at the socket server. */
static err_t open_socket(const struct walk *w, cap_t *file)
{
	cap_t gate;

	if (!w->fs->socket)
		return E_CONNREFUSED;
	err_t error = socket_node(w->fs->socket, w->fs->dev, w->node->ino, &gate);
	if (!error)
		*file = gate | CAP_MOVE;
	return error;
}

/* What opening for more than the path asks for; *file is set if somebody else's gate is the
 * answer. */
static err_t open_prepare(struct request *rq, const struct walk *w, u32 flags, cap_t *file)
{
	struct node *node = w->node;

	if (w->fs->ops->open) {
		cap_t gate = 0;
		err_t error = w->fs->ops->open(node, flags, rq, &gate);
		if (gate)
			*file = gate | CAP_MOVE;
		if (error || gate)
			return error;
	}
	if (node_is(node, MODE_FIFO) && !node->file_ops)
		return open_fifo(rq, w);
	if (node_is(node, MODE_SOCKET))
		return open_socket(w, file);
	bool plain = node_is(node, MODE_FILE) || node_is(node, MODE_DIR);
	if (!plain && !node->file_ops)
		return E_NXIO;
	return (flags & OPEN_TRUNCATE) && node_is(node, MODE_FILE) ? open_truncate(w) : OK;
}

/* A gate to `open`, which is new, for the caller; or the end of it. */
static err_t open_give(struct request *rq, const struct walk *w, struct open_file *open, u32 flags,
                       cap_t *file)
{
	const struct open_file *handle = rq->object;

	open->privileged = identity_is_root(w->identity);
	if ((flags & DIR_OPEN_BOUND) || !w->fs->accept)
		open_bind(open, handle->credentials);
	err_t error = request_gate(rq, (u64)open, file);
	if (error) {
		open_put(open);
		return error;
	}
	*file |= CAP_MOVE;
	if (!(open->flags & OPEN_PATH)) {
		open->told = true;
		tell_open(open, NOTIFY_OPEN);
	}
	return OK;
}

/* The node is known and allowed: give the caller a gate. */
static err_t open_gate(struct request *rq, const struct walk *w, u32 flags, cap_t *file)
{
	struct node *node = w->node;

	*file = 0;
	if (!(flags & OPEN_PATH)) {
		err_t prepared = open_prepare(rq, w, flags, file);
		if (prepared || *file)
			return prepared;
	}
	bool named =
	        w->parent && node->nlink > 0 && (!node_is(node, MODE_DIR) || w->parent->watches);
	const struct open_file *start = request_base(rq);
	struct open_file *open;
	if (!w->parent && start->node == node && start->name) /* open already: by the same name */
		open = open_create(w->fs, node, flags & OPEN_KEPT, start->parent, start->name,
		                   strlen(start->name));
	else
		open = open_create(w->fs, node, flags & OPEN_KEPT, named ? w->parent : NULL,
		                   named ? w->name : NULL, w->name_size);
	return open ? open_give(rq, w, open, flags, file) : E_FUNDS;
}

/* A file without a name in the directory where the walk ended (O_TMPFILE). */
static err_t open_unnamed(struct request *rq, struct walk *w, u32 flags, u32 mode, cap_t *file)
{
	if ((flags & OPEN_ACCESS) == OPEN_READ)
		return E_INVAL;
	if (!w->node || !node_is(w->node, MODE_DIR))
		return E_NOTDIR;
	if (w->parent)
		node_put(w->parent);
	w->parent = w->node;
	w->node = NULL;
	w->name = "";
	w->name_size = 0;
	struct node_make make = { .mode = MODE_FILE | (mode & MODE_PERMISSIONS) };
	err_t error = dir_create(w, &make, &w->node);
	if (error)
		return error;
	w->node->linkable = !(flags & OPEN_EXCLUSIVE);
	return open_gate(rq, w, flags & ~(u32)(OPEN_DIRECTORY | OPEN_TRUNCATE), file);
}

/* A memory file in the file system where the walk ended. */
static err_t open_memory(struct request *rq, struct walk *w, const char *name, u32 seals,
                         cap_t *file)
{
	struct node_make make = { .mode = MODE_FILE | 0777,
		                  .uid = w->identity.uid,
		                  .gid = w->identity.gid };
	struct node *node;

	if (!w->node || !node_is(w->node, MODE_DIR))
		return E_NOTDIR;
	if (!w->fs->memory)
		return E_NOTSUP;
	fiber_lock_take(&w->node->lock);
	err_t error = w->fs->ops->create(w->node, "", 0, &make, &node);
	fiber_lock_give(&w->node->lock);
	if (error)
		return error;
	node->seals = seals;
	struct open_file *open = open_create(w->fs, node, OPEN_BOTH, NULL, name, strlen(name));
	node_put(node);
	return open ? open_give(rq, w, open, 0, file) : E_FUNDS;
}

err_t fs_dir_memory(struct request *rq, u32 seals, cap_t *file, u32 *mode_out)
{
	struct walk w = { 0 };
	struct path paths;

	if (seals & ~(u32)FILE_SEALS_ALL)
		return E_INVAL;
	err_t error = path_fetch(rq, 2 * DIR_PATH_MAX + 1, &paths);
	if (error)
		return error;
	size_t name_size = strnlen(paths.text, rq->in_size) + 1;
	if (name_size > rq->in_size)
		error = E_MSG;
	else if (name_size > DIR_PATH_MAX)
		error = E_NAMETOOLONG;
	if (!error) {
		error = walk(&w, request_base(rq), open_identity(rq->object), WALK_FOLLOW,
		             paths.text + name_size, rq->in_size - name_size);
		error = error ? walk_error(rq, &w, 0, error)
		              : open_memory(rq, &w, paths.text, seals, file);
		walk_end(&w);
	}
	if (!error)
		*mode_out = MODE_FILE | 0777;
	path_free(&paths);
	return error;
}

/* OPEN_CREATE: make the file if the name is free. */
static err_t open_or_make(struct request *rq, struct walk *w, u32 flags, u32 mode, cap_t *file)
{
	bool made = false;

	if (w->node && (flags & OPEN_EXCLUSIVE))
		return E_EXISTS;
	if (w->slash)
		return E_ISDIR;
	if (!w->node) {
		struct node_make make = { .mode = MODE_FILE | (mode & MODE_PERMISSIONS) };
		err_t error = dir_create(w, &make, &w->node);
		if (error)
			return error;
		made = true;
	}
	err_t error = open_check(w, flags, made);
	return error ? error : open_gate(rq, w, flags, file);
}

static err_t open_walked(struct request *rq, struct walk *w, u32 flags, u32 mode, cap_t *file)
{
	if (flags & OPEN_UNNAMED)
		return open_unnamed(rq, w, flags, mode, file);
	if (flags & OPEN_CREATE)
		return open_or_make(rq, w, flags, mode, file);
	err_t error = open_check(w, flags, false);
	return error ? error : open_gate(rq, w, flags, file);
}

err_t fs_dir_open(struct request *rq, u32 flags, u32 mode, cap_t *file, u32 *mode_out)
{
	struct open_file *start = request_base(rq);
	struct walk w = { 0 };
	struct path path;
	u32 how = 0;

	if (flags & OPEN_PATH)
		flags &= OPEN_WITH_PATH;
	if ((flags & OPEN_ACCESS) == OPEN_ACCESS)
		return E_INVAL;
	bool exclusive = (flags & OPEN_CREATE) && (flags & OPEN_EXCLUSIVE);
	if (!(flags & OPEN_NOFOLLOW) && !exclusive)
		how |= WALK_FOLLOW;
	if ((flags & OPEN_CREATE) && !(flags & OPEN_UNNAMED))
		how |= WALK_ABSENT;
	if (exclusive)
		how |= WALK_STAY;
	err_t error = path_fetch(rq, DIR_PATH_MAX, &path);
	if (error)
		return error;
	bool changes = flags & (OPEN_CREATE | OPEN_UNNAMED);
	if (changes)
		fiber_lock_take(&start->fs->change);
	error = walk(&w, start, open_identity(rq->object), how, path.text, rq->in_size);
	error = error ? walk_error(rq, &w, 0, error) : open_walked(rq, &w, flags, mode, file);
	if (changes)
		fiber_lock_give(&start->fs->change);
	if (!error)
		*mode_out = w.node->mode;
	walk_end(&w);
	path_free(&path);
	return error;
}
