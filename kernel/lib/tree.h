/* SPDX-License-Identifier: MIT */
/* A treap: an intrusive search tree by a u64 key, balanced by pseudo-random priorities. Equal keys
 * are allowed; all loops are iterative, with expected logarithmic length. */
#pragma once

#include "abi/types.h"

struct tree_node {
	struct tree_node *left, *right;
	u64 key;
	u64 priority;
};

struct tree {
	struct tree_node *root;
};

void tree_add(struct tree *tree, struct tree_node *node, u64 key);
void tree_remove(struct tree *tree, struct tree_node *node);
/* The node with the greatest key <= `key`, or NULL. */
struct tree_node *tree_find_below(const struct tree *tree, u64 key);
/* The node with the least key >= `key`, or NULL. */
struct tree_node *tree_find_above(const struct tree *tree, u64 key);
struct tree_node *tree_first(const struct tree *tree);
