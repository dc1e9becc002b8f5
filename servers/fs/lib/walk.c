/* SPDX-License-Identifier: MIT */
/* Walking paths. The text of a symbolic link is put in place of the link's name, so that there is
 * only one loop; how much of the caller's own path is used up is told from the end of the text,
 * which stays the caller's. */
#include "fs/lib/internal.h"

#include <stdlib.h>
#include <string.h>

err_t path_fetch(struct request *rq, size_t limit, struct path *path)
{
	path->text = path->store;
	if (rq->in_size > limit)
		return E_NAMETOOLONG;
	if (rq->in_size >= sizeof(path->store)) {
		char *text = malloc(rq->in_size + 1);
		if (!text)
			return E_FUNDS;
		path->text = text;
	}
	path->text[rq->in_size] = 0;
	err_t error = request_read(rq, 0, path->text, rq->in_size);
	if (error) {
		path_free(path);
		path->text = path->store;
	}
	return error;
}

void path_free(struct path *path)
{
	if (path->text != path->store)
		free(path->text);
}

static size_t walk_used(const struct walk *w)
{
	return w->original - u64_min(w->size - w->at, w->original_left);
}

static void walk_skip_slashes(struct walk *w)
{
	while (w->at < w->size && w->text[w->at] == '/')
		w->at++;
}

/* Put `target` before what is left of the text. */
static err_t walk_insert(struct walk *w, const char *target, size_t target_size)
{
	size_t left = w->size - w->at;

	if (target_size + left > 2 * DIR_PATH_MAX)
		return E_NAMETOOLONG;
	char *text = malloc(target_size + left);
	if (!text)
		return E_FUNDS;
	memcpy(text, target, target_size);
	memcpy(text + target_size, w->text + w->at, left);
	w->original_left = u64_min(left, w->original_left);
	free(w->inserted);
	w->text = w->inserted = text;
	w->size = target_size + left;
	w->at = 0;
	return OK;
}

static err_t walk_cross_to(struct walk *w, u32 kind, cap_t gate)
{
	w->cross_kind = kind;
	w->cross_gate = gate;
	return E_CROSS;
}

/* `link` was met: go on with its text. */
static err_t walk_link(struct walk *w, struct node *link)
{
	const struct fs_ops *ops = w->fs->ops;
	size_t size = 0;

	if (++w->links > DIR_LINKS_MAX)
		return E_LOOP;
	if (!ops->readlink)
		return E_NOTSUP;
	char *target = malloc(DIR_PATH_MAX);
	if (!target)
		return E_FUNDS;
	fiber_lock_take(&link->lock);
	err_t error = ops->readlink(link, target, DIR_PATH_MAX, &size);
	fiber_lock_give(&link->lock);
	if (!error && size == 0)
		error = E_NOENT;
	if (!error)
		error = walk_insert(w, target, size);
	if (!error && target[0] == '/')
		error = walk_cross_to(w, CROSS_ROOT, 0);
	free(target);
	return error;
}

err_t walk_up(struct node *dir, struct node **parent)
{
	fiber_lock_take(&dir->lock);
	err_t error = dir->fs->ops->lookup(dir, "..", 2, parent);
	fiber_lock_give(&dir->lock);
	if (!error && !node_is(*parent, MODE_DIR)) {
		node_put(*parent);
		error = E_CORRUPT;
	}
	return error;
}

static void walk_move(struct walk *w, struct node *node)
{
	node_put(w->node);
	w->node = node;
}

static err_t walk_dots(struct walk *w)
{
	struct node *above;

	if (w->node == w->fs->root) {
		if (w->fs->top)
			return OK;
		walk_skip_slashes(w);
		return walk_cross_to(w, CROSS_UP, 0);
	}
	err_t error = walk_up(w->node, &above);
	if (!error)
		walk_move(w, above);
	return error;
}

/* The last name leads to `found` (or NULL) in w->node, which becomes the parent. */
static void walk_finish(struct walk *w, struct node *found, const char *name, size_t size)
{
	w->last = LAST_NAME;
	w->parent = w->node;
	w->node = found;
	w->name = name;
	w->name_size = size;
}

/* Does the path go on at what is attached to `found`? A directory's server judges for itself who
 * may what. What stands at any other node knows no identities, and its gate allows all that it can:
 * only who may do as much as the node's owner is led there. Others meet the node itself. */
static bool walk_crosses(const struct walk *w, const struct node *found)
{
	u32 wanted = found->mode >> 6 & (MAY_READ | MAY_WRITE);

	return node_is(found, MODE_DIR) || !node_check(found, w->identity, wanted);
}

static err_t walk_name(struct walk *w, const char *name, size_t size, bool last)
{
	struct node *dir = w->node, *found = NULL;

	if (size > w->fs->name_max)
		return E_NAMETOOLONG;
	fiber_lock_take(&dir->lock);
	err_t error = w->fs->ops->lookup(dir, name, size, &found);
	fiber_lock_give(&dir->lock);
	if (error == E_NOENT && last && (w->flags & WALK_ABSENT)) {
		walk_finish(w, NULL, name, size);
		return OK;
	}
	if (error)
		return error;
	if (node_is(found, MODE_LINK) && (!last || w->slash || (w->flags & WALK_FOLLOW))) {
		error = walk_link(w, found);
		node_put(found);
		return error;
	}
	bool stays = last && (w->flags & WALK_STAY);
	if (found->attached && !stays && walk_crosses(w, found)) {
		walk_skip_slashes(w);
		error = walk_cross_to(w, node_is(found, MODE_DIR) ? CROSS_DOWN : CROSS_NODE,
		                      found->attached);
		node_put(found);
		return error;
	}
	if (!last)
		walk_move(w, found);
	else if (w->slash && !node_is(found, MODE_DIR))
		node_put(found), error = E_NOTDIR;
	else
		walk_finish(w, found, name, size);
	return error;
}

/* One component. What is behind it must be looked at first: "last" depends on it. */
static err_t walk_step(struct walk *w)
{
	size_t start = w->at, end = start;

	while (end < w->size && w->text[end] != '/')
		end++;
	size_t next = end;
	while (next < w->size && w->text[next] == '/')
		next++;
	bool last = next == w->size;
	w->slash = last && next > end;
	w->at = end;

	if (!node_is(w->node, MODE_DIR))
		return E_NOTDIR;
	err_t error = node_check(w->node, w->identity, MAY_EXECUTE);
	if (error)
		return error;
	const char *name = w->text + start;
	if (end - start == 1 && name[0] == '.') {
		w->last = LAST_DOT;
		return OK;
	}
	if (end - start == 2 && name[0] == '.' && name[1] == '.') {
		w->last = LAST_DOTDOT;
		return walk_dots(w);
	}
	return walk_name(w, name, end - start, last);
}

err_t walk(struct walk *w, struct open_file *start, struct identity identity, u32 flags,
           const char *path, size_t size)
{
	*w = (struct walk){
		.fs = start->fs, .identity = identity, .flags = flags, .last = LAST_NONE
	};
	if (size > DIR_PATH_MAX)
		return E_NAMETOOLONG;
	if (memchr(path, 0, size))
		return E_INVAL;
	w->text = path;
	w->size = w->original = w->original_left = size;
	w->node = node_get(start->node);
	while (!w->parent) {
		walk_skip_slashes(w);
		if (w->at == w->size)
			break;
		err_t error = walk_step(w);
		if (error)
			return error;
	}
	return OK;
}

void walk_end(struct walk *w)
{
	if (w->node)
		node_put(w->node);
	if (w->parent)
		node_put(w->parent);
	free(w->inserted);
	*w = (struct walk){ 0 };
}

err_t walk_cross(struct request *rq, const struct walk *w, u32 which)
{
	return request_cross(rq, w->cross_kind, which, w->cross_gate, w->text + w->at,
	                     w->size - w->at, walk_used(w));
}
