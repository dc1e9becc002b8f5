/* SPDX-License-Identifier: MIT */
/* The table of operations that fs/lib works with. */
#include "ext.h"

const struct fs_ops ext_ops = {
	.lookup = ext_lookup,
	.create = ext_create,
	.link = ext_link,
	.remove = ext_remove,
	.rename = ext_rename,
	.write = ext_write,
	.resize = ext_resize,
	.allocate = ext_allocate,
	.read = ext_read,
	.seek = ext_seek,
	.readlink = ext_readlink,
	.list = ext_list,
	.store = ext_node_store,
	.sync = ext_sync_node,
	.sync_all = ext_sync_all,
	.spare = ext_spare,
	.statfs = ext_statfs,
	.release = ext_node_release,
};
