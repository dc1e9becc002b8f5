/* SPDX-License-Identifier: MIT */
#include "lib/tree.h"

/* Fibonacci hashing of the address: no two nodes share one, and users do not choose them. */
static u64 tree_priority(const struct tree_node *node)
{
	return (u64)(uintptr_t)node * 0x9e3779b97f4a7c15ull;
}

/* Keys are ordered by (key, address), so that a node can be found again among equals. */
static bool tree_less(const struct tree_node *a, const struct tree_node *b)
{
	return a->key != b->key ? a->key < b->key : (uintptr_t)a < (uintptr_t)b;
}

void tree_add(struct tree *tree, struct tree_node *node, u64 key)
{
	node->key = key;
	node->priority = tree_priority(node);
	struct tree_node **at = &tree->root;
	while (*at && (*at)->priority >= node->priority)
		at = tree_less(node, *at) ? &(*at)->left : &(*at)->right;

	/* Split what is below into less and greater halves. */
	struct tree_node *rest = *at, **less = &node->left, **greater = &node->right;
	*at = node;
	while (rest) {
		if (tree_less(rest, node)) {
			*less = rest;
			less = &rest->right;
			rest = rest->right;
		} else {
			*greater = rest;
			greater = &rest->left;
			rest = rest->left;
		}
	}
	*less = *greater = NULL;
}

void tree_remove(struct tree *tree, struct tree_node *node)
{
	struct tree_node **at = &tree->root;
	while (*at != node)
		at = tree_less(node, *at) ? &(*at)->left : &(*at)->right;

	struct tree_node *left = node->left, *right = node->right;
	while (left && right) {
		if (left->priority >= right->priority) {
			*at = left;
			at = &left->right;
			left = left->right;
		} else {
			*at = right;
			at = &right->left;
			right = right->left;
		}
	}
	*at = left ? left : right;
	node->left = node->right = NULL;
}

struct tree_node *tree_find_below(const struct tree *tree, u64 key)
{
	struct tree_node *best = NULL;
	for (struct tree_node *n = tree->root; n;) {
		if (n->key <= key) {
			best = n;
			n = n->right;
		} else {
			n = n->left;
		}
	}
	return best;
}

struct tree_node *tree_find_above(const struct tree *tree, u64 key)
{
	struct tree_node *best = NULL;
	for (struct tree_node *n = tree->root; n;) {
		if (n->key >= key) {
			best = n;
			n = n->left;
		} else {
			n = n->right;
		}
	}
	return best;
}

struct tree_node *tree_first(const struct tree *tree) { return tree_find_above(tree, 0); }
