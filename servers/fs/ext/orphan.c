/* SPDX-License-Identifier: MIT */
/* Files without a name that are still open. They are listed on disk (superblock -> newest -> ... by
 * dtime), so that e2fsck, or the next mount, ends them if we cannot. Under state_lock. */
#include "ext.h"

static void super_point(struct ext *ext, const struct ext_node *x)
{
	ext->super->last_orphan = x ? (u32)x->node.ino : 0;
	cache_dirty(&ext->cache, ext->super_buffer, BUFFER_METADATA);
}

err_t orphan_add(struct ext_node *x)
{
	struct ext *ext = ext_of(&x->node);

	if (list_linked(&x->orphan))
		return OK;
	fiber_lock_take(&ext->state_lock);
	x->dtime = ext->super->last_orphan;
	err_t error = ext_node_write(x, false);
	if (!error) {
		list_add_head(&ext->orphans, &x->orphan);
		super_point(ext, x);
	} else {
		x->dtime = 0;
	}
	fiber_lock_give(&ext->state_lock);
	return error;
}

err_t orphan_remove(struct ext_node *x)
{
	struct ext *ext = ext_of(&x->node);
	err_t error = OK;

	if (!list_linked(&x->orphan))
		return OK;
	fiber_lock_take(&ext->state_lock);
	struct list *newer = x->orphan.prev, *older = x->orphan.next;
	list_remove(&x->orphan);
	if (newer == &ext->orphans) {
		super_point(ext, older == &ext->orphans
		                         ? NULL
		                         : container_of(older, struct ext_node, orphan));
	} else {
		struct ext_node *before = container_of(newer, struct ext_node, orphan);
		before->dtime = x->dtime;
		error = ext_node_write(before, false);
	}
	x->dtime = 0;
	fiber_lock_give(&ext->state_lock);
	return error;
}

/* One orphan that was left: without links it ends; with links its truncation was cut short. */
static err_t orphan_end(struct ext *ext, u32 ino, u32 *next)
{
	struct node *node;
	err_t error = ext_node_get(ext, ino, true, &node);

	if (error)
		return error;
	struct ext_node *x = ext_node_of(node);
	*next = x->dtime;
	x->dtime = 0;
	list_add_tail(&ext->orphans, &x->orphan);
	if (node->nlink > 0) {
		if (node_is(node, MODE_FILE))
			error = ext_map_cut(x,
			                    (node->size + ext->block_size - 1) >> ext->block_shift);
		if (!error)
			error = orphan_remove(x);
		if (!error)
			error = ext_node_write(x, false);
	}
	node_put(node); /* without links: released */
	return error;
}

void orphans_end(struct ext *ext)
{
	u32 ino = ext->super->last_orphan, next = 0, count = 0;
	err_t error = ext_begin(ext);

	if (error)
		return;
	while (ino && !error && count++ < ext->inodes) {
		error = orphan_end(ext, ino, &next);
		ino = next;
		next = 0;
	}
	ext->super->last_orphan = 0;
	cache_dirty(&ext->cache, ext->super_buffer, BUFFER_METADATA);
	ext_end(ext);
	if (count)
		rt_log("ended %u files that were open when the system stopped", count);
}
