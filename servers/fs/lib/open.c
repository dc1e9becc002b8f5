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
	if (open->told)
		tell_open(open, open_writes(open) ? NOTIFY_CLOSE_WRITE : NOTIFY_CLOSE_NOWRITE);
	list_remove(&open->link);
	open->fs->open_count--;
	open->node->opens--;
	tell_end(open->node);
	credentials_put(open->credentials);
	node_put(open->node);
	if (open->parent)
		node_put(open->parent);
	free(open->name);
	free(open);
}

static bool open_named(const struct open_file *open, const struct node *dir, struct name name)
{
	return open->parent == dir && !open->unlinked && strlen(open->name) == name.size &&
	       !memcmp(open->name, name.text, name.size);
}

/* Without memory the old name stays. */
static void open_move(struct open_file *open, struct node *dir, struct name name)
{
	char *text = malloc(name.size + 1);

	if (!text)
		return;
	memcpy(text, name.text, name.size);
	text[name.size] = 0;
	free(open->name);
	open->name = text;
	node_get(dir);
	node_put(open->parent);
	open->parent = dir;
}

void opens_move(struct node *node, struct node *dir, struct name name, struct node *new_dir,
                struct name new_name)
{
	if (!node->opens)
		return;
	list_each (open, &node->fs->opens, struct open_file, link) {
		if (open->node != node || !open_named(open, dir, name))
			continue;
		if (new_dir)
			open_move(open, new_dir, new_name);
		else
			open->unlinked = true;
	}
}
