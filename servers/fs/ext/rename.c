/* SPDX-License-Identifier: MIT */
/* Renaming. The new name is there before the old one goes, so that a crash between the two loses no
 * file. */
#include "ext.h"

/* Let the directory's ".." lead to its new parent. */
static err_t set_parent(struct ext_node *x, const struct ext_node *parent)
{
	struct ext_slot slot;
	err_t error = dir_find(x, "..", 2, &slot);

	if (!error)
		dir_change(x, &slot, parent);
	return error == E_NOENT
	               ? ext_corrupt(ext_of(&x->node), x->node.ino, "a directory without \"..\"")
	               : error;
}

static void count_child(struct ext_node *dir, i32 change)
{
	if (dir->node.nlink != 1) /* 1: more than can be counted */
		dir->node.nlink += (u32)change;
}

static err_t check(const struct rename *r)
{
	const struct ext_node *x = ext_node_of(r->node), *from = ext_node_of(r->old_dir);
	u32 flags = x->flags | from->flags;

	if (r->replaced)
		flags |= ext_node_of(r->replaced)->flags;
	if (flags & (INODE_IMMUTABLE | INODE_APPEND))
		return E_PERM;
	if (r->replaced && !r->exchange && node_is(r->replaced, MODE_DIR))
		return dir_check_empty(ext_node_of(r->replaced));
	return OK;
}

/* The new name: in place of another node's, or added. */
static err_t enter(const struct rename *r)
{
	struct ext_node *to = ext_node_of(r->new_dir);
	struct ext_slot slot;

	if (!r->replaced)
		return dir_add(to, r->new_name, r->new_size, ext_node_of(r->node));
	err_t error = dir_find(to, r->new_name, r->new_size, &slot);
	if (!error)
		dir_change(to, &slot, ext_node_of(r->node));
	return error;
}

/* The old name: goes, or leads to what had the new one. */
static err_t leave(const struct rename *r)
{
	struct ext_node *from = ext_node_of(r->old_dir);
	struct ext_slot slot;
	err_t error = dir_find(from, r->old_name, r->old_size, &slot);

	if (error)
		return error;
	if (r->exchange)
		dir_change(from, &slot, ext_node_of(r->replaced));
	else
		dir_take(from, &slot);
	return OK;
}

/* ".." and the parents' counts. */
static err_t adopt(const struct rename *r)
{
	struct ext_node *from = ext_node_of(r->old_dir), *to = ext_node_of(r->new_dir);
	bool moves = from != to;
	err_t error = OK;

	if (node_is(r->node, MODE_DIR) && moves) {
		error = set_parent(ext_node_of(r->node), to);
		count_child(from, -1);
		count_child(to, 1);
	}
	if (!error && r->replaced && node_is(r->replaced, MODE_DIR)) {
		if (!r->exchange)
			count_child(to, -1);
		else if (moves) {
			error = set_parent(ext_node_of(r->replaced), from);
			count_child(to, -1);
			count_child(from, 1);
		}
	}
	return error;
}

static err_t store(const struct rename *r)
{
	struct node *all[] = { r->old_dir, r->new_dir, r->node, r->exchange ? r->replaced : NULL };
	err_t first_error = OK;

	for (size_t i = 0; i < COUNT_OF(all); i++) {
		if (!all[i])
			continue;
		node_touch(all[i], i < 2 ? TIME_MODIFY | TIME_CHANGE : TIME_CHANGE);
		err_t error = ext_node_write(ext_node_of(all[i]), false);
		if (!first_error)
			first_error = error;
	}
	return first_error;
}

err_t ext_rename(const struct rename *r)
{
	struct ext *ext = ext_of(r->node);
	err_t error = check(r);

	if (!error)
		error = ext_begin(ext);
	if (error)
		return error;
	error = enter(r);
	if (!error)
		error = leave(r);
	if (!error)
		error = adopt(r);
	if (!error && r->replaced && !r->exchange)
		error = ext_drop_link(ext_node_of(r->replaced));
	if (!error)
		error = store(r);
	ext_end(ext);
	return error;
}
