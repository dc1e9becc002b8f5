/* SPDX-License-Identifier: MIT */
/* The names in /dev: a table, fixed at the start. */
#pragma once

#include "device.h"

struct dev_node {
	struct node node;
	struct dev_node *parent; /* the root's is the root */
	const char *name;
	enum device device;
	const char *target; /* of a link */
};

static inline struct dev_node *dev_node(struct node *node)
{
	return container_of(node, struct dev_node, node);
}

/* Fill `fs` in; `gate` (rt_cap) finds what is attached, by the name that the manifest grants it
 * under. Then fs_init. */
void tree_start(struct fs *fs, cap_t (*gate)(const char *name));
