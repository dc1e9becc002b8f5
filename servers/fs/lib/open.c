/* SPDX-License-Identifier: MIT */
/* Open files: what a gate stands for. */
#include "fs/lib/internal.h"

#include <stdlib.h>
#include <string.h>

struct open_file *open_create(struct fs *fs, struct node *node, u32 flags, struct node *parent,
                              const char *name, size_t name_size)
{
	struct open_file *open = calloc(1, sizeof(*open));

	if (!open)
		return NULL;
	if (name) {
		open->name = malloc(name_size + 1);
		if (!open->name) {
			free(open);
			return NULL;
		}
		memcpy(open->name, name, name_size);
		open->name[name_size] = 0;
		open->parent = parent ? node_get(parent) : NULL;
	}
	open->fs = fs;
	open->node = node_get(node);
	open->flags = flags;
	open->users = 1;
	fiber_lock_init(&open->lock);
	list_add_tail(&fs->opens, &open->link);
	fs->open_count++;
	node->opens++;
	return open;
}

void open_put(struct open_file *open)
{
	if (--open->users > 0)
		return;
	lock_open_closed(open);
	list_remove(&open->link);
	open->fs->open_count--;
	open->node->opens--;
	credentials_put(open->credentials);
	node_put(open->node);
	if (open->parent)
		node_put(open->parent);
	free(open->name);
	free(open);
}
