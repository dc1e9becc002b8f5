/* SPDX-License-Identifier: MIT */
/* Making, linking and removing files. What may fail comes before what changes names, so that a full
 * disk leaves nothing behind. */
#include "ext.h"

/* --- making --- */

static void inode_set(struct ext_node *x, const struct node_make *make)
{
	struct node *node = &x->node;

	node->mode = make->mode;
	node->uid = make->uid;
	node->gid = make->gid;
	node->rdev = make->rdev;
	node->nlink = 1;
	node->size = 0;
	node_touch(node, TIME_ACCESS | TIME_MODIFY | TIME_CHANGE | TIME_BIRTH);
	if (node_is(node, MODE_FILE) || node_is(node, MODE_DIR))
		ext_map_init(x, ext_of(node)->extents);
}

/* Undo: the inode has been taken from the bitmap, and may have blocks. */
static void inode_undo(struct ext_node *x)
{
	struct ext *ext = ext_of(&x->node);
	bool mapped = node_is(&x->node, MODE_FILE) || node_is(&x->node, MODE_DIR) ||
	              (x->flags & INODE_EXTENTS) || x->node.blocks;
	err_t error = mapped ? ext_map_cut(x, 0) : OK;

	x->node.nlink = 0;
	x->node.size = 0;
	x->dtime = (u32)(rt_realtime() / 1000000000ull);
	if (!error)
		error = ext_node_write(x, true);
	if (!error)
		error = ext_inode_free(ext, (u32)x->node.ino, node_is(&x->node, MODE_DIR));
	if (error)
		ext->was_valid = false; /* e2fsck will find it */
	ext_node_discard(x);
}

/* A new inode with all that belongs to it, but without a name. */
static err_t inode_make(struct ext_node *dir, const struct node_make *make, struct ext_node **out)
{
	struct ext *ext = ext_of(&dir->node);
	bool directory = (make->mode & MODE_TYPE) == MODE_DIR;
	struct ext_node *x;
	u32 ino;
	err_t error = ext_inode_alloc(ext, (u32)dir->node.ino, directory, &ino);

	if (error)
		return error;
	error = ext_node_create(ext, ino, &x);
	if (error) {
		err_t freed = ext_inode_free(ext, ino, directory);
		(void)freed; /* the first error is the one that counts */
		return error;
	}
	inode_set(x, make);
	if (make->target)
		error = ext_link_write(x, make->target, make->target_size);
	else if (directory)
		error = dir_start(x, dir);
	if (!error && directory)
		x->node.nlink = 2;
	if (!error)
		error = ext_node_write(x, true);
	if (error)
		inode_undo(x);
	else
		*out = x;
	return error;
}

/* The directory has a new name, or one less. */
static err_t dir_store(struct ext_node *dir)
{
	node_touch(&dir->node, TIME_MODIFY | TIME_CHANGE);
	return ext_node_write(dir, false);
}

/* One more or one less directory below. A directory with more links than can be counted says 1. */
static void dir_count_child(struct ext_node *dir, i32 change)
{
	struct ext *ext = ext_of(&dir->node);

	if (dir->node.nlink == 1)
		return;
	dir->node.nlink += (u32)change;
	if (dir->node.nlink > ext->fs.links_max && (ext->super->ro_compat & RO_COMPAT_DIR_NLINK))
		dir->node.nlink = 1;
}

static err_t create_named(struct ext_node *dir, const char *name, size_t size, struct ext_node *x)
{
	err_t error = dir_add(dir, name, size, x);

	if (error) {
		inode_undo(x);
		return error;
	}
	if (node_is(&x->node, MODE_DIR))
		dir_count_child(dir, 1);
	return dir_store(dir);
}

err_t ext_create(struct node *node, const char *name, size_t size, const struct node_make *make,
                 struct node **out)
{
	struct ext *ext = ext_of(node);
	struct ext_node *dir = ext_node_of(node), *x = NULL;
	err_t error = ext_begin(ext);

	if (error)
		return error;
	error = inode_make(dir, make, &x);
	if (!error && size > 0)
		error = create_named(dir, name, size, x);
	else if (!error) {
		x->node.nlink = 0;
		error = orphan_add(x);
		if (error)
			inode_undo(x);
	}
	if (!error)
		*out = &x->node;
	ext_end(ext);
	return error;
}

/* --- links --- */

err_t ext_link(struct node *dir_node, const char *name, size_t size, struct node *node)
{
	struct ext *ext = ext_of(node);
	struct ext_node *dir = ext_node_of(dir_node), *x = ext_node_of(node);
	err_t error = x->flags & (INODE_IMMUTABLE | INODE_APPEND) ? E_PERM : ext_begin(ext);

	if (error)
		return error;
	error = dir_add(dir, name, size, x);
	if (!error) {
		node->nlink++;
		node_touch(node, TIME_CHANGE);
		if (node->nlink == 1)
			error = orphan_remove(x);
		err_t stored = ext_node_write(x, false);
		err_t dir_stored = dir_store(dir);
		if (!error)
			error = stored ? stored : dir_stored;
	}
	ext_end(ext);
	return error;
}

err_t ext_drop_link(struct ext_node *x)
{
	bool directory = node_is(&x->node, MODE_DIR);

	x->node.nlink = directory || x->node.nlink == 0 ? 0 : x->node.nlink - 1;
	node_touch(&x->node, TIME_CHANGE);
	return x->node.nlink ? ext_node_write(x, false) : orphan_add(x);
}

err_t ext_remove(struct node *dir_node, const char *name, size_t size, struct node *node)
{
	struct ext *ext = ext_of(node);
	struct ext_node *dir = ext_node_of(dir_node), *x = ext_node_of(node);
	bool directory = node_is(node, MODE_DIR);
	struct ext_slot slot;

	if ((x->flags | dir->flags) & (INODE_IMMUTABLE | INODE_APPEND))
		return E_PERM;
	err_t error = directory ? dir_check_empty(x) : OK;
	if (!error)
		error = ext_begin(ext);
	if (error)
		return error;
	error = dir_find(dir, name, size, &slot);
	if (!error && dir_entry_ino(&slot) != node->ino) {
		cache_put(&ext->cache, slot.buffer);
		error = ext_corrupt(ext, dir_node->ino, "a name leads somewhere else now");
	}
	if (!error) {
		dir_take(dir, &slot);
		if (directory)
			dir_count_child(dir, -1);
		error = dir_store(dir);
		err_t dropped = ext_drop_link(x);
		if (!error)
			error = dropped;
	}
	ext_end(ext);
	return error;
}
