/* SPDX-License-Identifier: MIT */
/* Calls with two paths: link and rename. */
#include "fs/lib/internal.h"

#include <stdlib.h>
#include <string.h>

/* The two walks of a call, from two open directories of this server. */
struct pair {
	struct open_file *from, *to;
	struct identity identity;
	struct walk old, new;
	struct path paths;
	const char *second; /* the second one in `paths` */
	size_t first_size, second_size;
};

/* Find the directory behind `gate` (0: the request's own), and cut the text in two. */
static err_t pair_begin(struct pair *pair, struct request *rq, cap_t gate)
{
	pair->from = request_base(rq);
	pair->to = rq->object;
	pair->identity = open_identity(rq->object);
	pair->old = pair->new = (struct walk){ 0 };
	if (gate) {
		err_t foreign = open_of_gate(pair->from->fs, rq, gate, &pair->to);
		if (foreign)
			return foreign;
	}
	err_t error = path_fetch(rq, 2 * DIR_PATH_MAX + 1, &pair->paths);
	if (error)
		return error;
	const char *zero = memchr(pair->paths.text, 0, rq->in_size);
	if (!zero) {
		path_free(&pair->paths);
		return E_MSG;
	}
	pair->first_size = (size_t)(zero - pair->paths.text);
	pair->second = zero + 1;
	pair->second_size = rq->in_size - pair->first_size - 1;
	pair->to->users++; /* the gate is in the message, but its holder may go */
	fiber_lock_take(&pair->from->fs->change);
	return OK;
}

static void pair_end(struct pair *pair)
{
	fiber_lock_give(&pair->from->fs->change);
	walk_end(&pair->old);
	walk_end(&pair->new);
	open_put(pair->to);
	path_free(&pair->paths);
}

/* Walk both. An error of either is the call's answer. */
static err_t pair_walk(struct pair *pair, struct request *rq, u32 old_flags, u32 new_flags)
{
	err_t error = walk(&pair->old, pair->from, pair->identity, old_flags, pair->paths.text,
	                   pair->first_size);

	if (error)
		return walk_error(rq, &pair->old, 0, error);
	error = walk(&pair->new, pair->to, pair->identity, new_flags, pair->second,
	             pair->second_size);
	return error ? walk_error(rq, &pair->new, 1, error) : OK;
}

static err_t link_check(const struct pair *pair)
{
	const struct node *node = pair->old.node;

	if (pair->new.node)
		return E_EXISTS;
	if (pair->new.slash)
		return E_NOENT;
	err_t error = dir_check_add(pair->new.parent, pair->new.identity);
	if (error)
		return error;
	if (node_is(node, MODE_DIR))
		return E_PERM;
	if (node->nlink == 0 && !node->linkable)
		return E_NOENT;
	if (node->nlink >= node->fs->links_max)
		return E_MLINK;
	return node->fs->ops->link ? OK : E_READONLY;
}

err_t fs_dir_link(struct request *rq, cap_t new_dir, u32 flags)
{
	struct pair pair;
	err_t error = pair_begin(&pair, rq, new_dir);

	if (error)
		return error;
	error = pair_walk(&pair, rq, flags & DIR_NOFOLLOW ? 0 : WALK_FOLLOW,
	                  WALK_ABSENT | WALK_STAY);
	if (!error)
		error = link_check(&pair);
	if (!error) {
		struct node *dir = pair.new.parent, *node = pair.old.node;
		fiber_lock_take(&dir->lock);
		fiber_lock_take(&node->lock);
		error = dir->fs->ops->link(dir, pair.new.name, pair.new.name_size, node);
		fiber_lock_give(&node->lock);
		fiber_lock_give(&dir->lock);
		if (!error) {
			tell_node(node, NOTIFY_ATTRIB);
			tell_entry(dir, node, (struct name){ pair.new.name, pair.new.name_size },
			           NOTIFY_CREATE, 0);
		}
	}
	pair_end(&pair);
	return error;
}

/* Is `node` an ancestor of `dir`, or `dir` itself? */
static err_t node_holds(struct node *node, struct node *dir, bool *holds)
{
	u32 steps = 0;
	struct node *at = node_get(dir);

	*holds = false;
	while (at != node && at != dir->fs->root) {
		struct node *above;
		err_t error = ++steps > DIR_PATH_MAX ? E_CORRUPT : walk_up(at, &above);
		node_put(at);
		if (error)
			return error;
		at = above;
	}
	*holds = at == node;
	node_put(at);
	return OK;
}

/* In the order in which Linux finds fault. */
static err_t rename_check_names(const struct pair *pair, u32 flags)
{
	const struct walk *old = &pair->old, *new = &pair->new;

	if (old->last != LAST_NAME || new->last != LAST_NAME)
		return E_BUSY;
	if (!old->node)
		return E_NOENT;
	if ((flags & DIR_NOREPLACE) && new->node)
		return E_EXISTS;
	if ((flags & DIR_EXCHANGE) && !new->node)
		return E_NOENT;
	return !node_is(old->node, MODE_DIR) && (old->slash || new->slash) ? E_NOTDIR : OK;
}

/* No directory may come to lie in itself. */
static err_t rename_check_tree(const struct pair *pair, u32 flags)
{
	struct node *node = pair->old.node, *replaced = pair->new.node;
	bool holds = false;
	err_t error = OK;

	if (node_is(node, MODE_DIR))
		error = node_holds(node, pair->new.parent, &holds);
	if (error || holds)
		return error ? error : E_INVAL;
	if (replaced && node_is(replaced, MODE_DIR))
		error = node_holds(replaced, pair->old.parent, &holds);
	if (error || holds)
		return error ? error : (flags & DIR_EXCHANGE ? E_INVAL : E_NOTEMPTY);
	return OK;
}

static err_t rename_check_types(const struct pair *pair, u32 flags)
{
	bool directory = node_is(pair->old.node, MODE_DIR);

	if (!pair->new.node || (flags & DIR_EXCHANGE) ||
	    directory == node_is(pair->new.node, MODE_DIR))
		return OK;
	return directory ? E_NOTDIR : E_ISDIR;
}

/* A directory that gets another parent is written to: its ".." changes. */
static err_t rename_check_moved(const struct pair *pair, u32 flags)
{
	const struct walk *old = &pair->old, *new = &pair->new;
	err_t error = OK;

	if (node_is(old->node, MODE_DIR))
		error = node_check(old->node, pair->identity, MAY_WRITE);
	if (!error && (flags & DIR_EXCHANGE) && node_is(new->node, MODE_DIR))
		error = node_check(new->node, pair->identity, MAY_WRITE);
	return error;
}

static err_t rename_check(const struct pair *pair, u32 flags)
{
	const struct walk *old = &pair->old, *new = &pair->new;
	err_t error = rename_check_names(pair, flags);

	if (!error)
		error = rename_check_tree(pair, flags);
	if (!error)
		error = dir_check_remove(old->parent, old->node, old->identity);
	if (!error)
		error = dir_check_add(new->parent, new->identity);
	if (!error && new->node)
		error = dir_check_remove(new->parent, new->node, new->identity);
	if (!error)
		error = rename_check_types(pair, flags);
	if (!error && old->parent != new->parent)
		error = rename_check_moved(pair, flags);
	if (error)
		return error;
	bool another_child =
	        node_is(old->node, MODE_DIR) && old->parent != new->parent && !new->node;
	if (another_child && new->parent->nlink >= new->fs->links_max)
		return E_MLINK;
	return old->fs->ops->rename ? OK : E_READONLY;
}

/* Under the locks of all that is concerned, each once. */
static err_t rename_locked(const struct rename *rename)
{
	struct node *nodes[4] = { rename->old_dir, rename->new_dir, rename->node,
		                  rename->replaced };
	u32 taken = 0;

	for (u32 i = 0; i < COUNT_OF(nodes); i++) {
		bool again = !nodes[i];
		for (u32 k = 0; k < i; k++)
			again |= nodes[k] == nodes[i];
		if (again)
			continue;
		fiber_lock_take(&nodes[i]->lock);
		taken |= 1u << i;
	}
	err_t error = rename->node->fs->ops->rename(rename);
	for (u32 i = 0; i < COUNT_OF(nodes); i++) {
		if (taken & 1u << i)
			fiber_lock_give(&nodes[i]->lock);
	}
	return error;
}

/* `node` has moved; what it took the place of has lost a name. */
static void rename_tell(struct node *node, struct node *old_dir, struct name old_name,
                        struct node *new_dir, struct name new_name)
{
	u32 cookie = old_dir->watches || new_dir->watches ? watch_cookie(node->fs) : 0;

	opens_move(node, old_dir, old_name, new_dir, new_name);
	tell_entry(old_dir, node, old_name, NOTIFY_MOVED_FROM, cookie);
	tell_entry(new_dir, node, new_name, NOTIFY_MOVED_TO, cookie);
}

static void rename_done(const struct rename *r)
{
	struct name old_name = { r->old_name, r->old_size },
	            new_name = { r->new_name, r->new_size };

	if (r->replaced && !r->exchange)
		opens_move(r->replaced, r->new_dir, new_name, NULL, new_name);
	rename_tell(r->node, r->old_dir, old_name, r->new_dir, new_name);
	if (r->replaced && !r->exchange) {
		if (!node_is(r->replaced, MODE_DIR))
			tell_node(r->replaced, NOTIFY_ATTRIB);
		tell_end(r->replaced);
	}
	tell_node(r->node, NOTIFY_MOVE_SELF);
	if (r->exchange) {
		rename_tell(r->replaced, r->new_dir, new_name, r->old_dir, old_name);
		tell_node(r->replaced, NOTIFY_MOVE_SELF);
	}
}

err_t fs_dir_rename(struct request *rq, cap_t new_dir, u32 flags)
{
	struct pair pair;

	if (flags & ~(u32)(DIR_NOREPLACE | DIR_EXCHANGE) || flags == (DIR_NOREPLACE | DIR_EXCHANGE))
		return E_INVAL;
	err_t error = pair_begin(&pair, rq, new_dir);
	if (error)
		return error;
	error = pair_walk(&pair, rq, WALK_ABSENT | WALK_STAY, WALK_ABSENT | WALK_STAY);
	if (!error)
		error = rename_check(&pair, flags);
	/* Two names of one file: nothing happens (POSIX). */
	if (!error && pair.old.node != pair.new.node) {
		struct rename rename = {
			.old_dir = pair.old.parent,
			.new_dir = pair.new.parent,
			.node = pair.old.node,
			.replaced = pair.new.node,
			.old_name = pair.old.name,
			.new_name = pair.new.name,
			.old_size = pair.old.name_size,
			.new_size = pair.new.name_size,
			.exchange = flags &DIR_EXCHANGE,
		};
		error = rename_locked(&rename);
		if (!error)
			rename_done(&rename);
	}
	pair_end(&pair);
	return error;
}
