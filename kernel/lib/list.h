/* SPDX-License-Identifier: MIT */
/* Doubly linked intrusive lists with a head of the same type. */
#pragma once

#include "abi/types.h"

struct list {
	struct list *next, *prev;
};

#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

static inline void list_init(struct list *head) { head->next = head->prev = head; }
static inline bool list_empty(const struct list *head) { return head->next == head; }

static inline void list_insert(struct list *node, struct list *before)
{
	struct list *after = before->prev;

	node->prev = after;
	node->next = before;
	after->next = node;
	before->prev = node;
}

static inline void list_add_tail(struct list *head, struct list *node) { list_insert(node, head); }
static inline void list_add_head(struct list *head, struct list *node)
{
	list_insert(node, head->next);
}

/* Leaves the node as an empty list, so that removing it again does no harm. */
static inline void list_remove(struct list *node)
{
	struct list *prev = node->prev, *next = node->next;

	prev->next = next;
	next->prev = prev;
	list_init(node);
}

static inline bool list_linked(const struct list *node) { return node->next != node; }

/* The first node's container, or NULL. */
#define list_first(head, type, member)                                                             \
	(list_empty(head) ? NULL : container_of((head)->next, type, member))

#define list_each(p, head, type, member)                                                           \
	for (type *p = container_of((head)->next, type, member); &p->member != (head);             \
	     p = container_of(p->member.next, type, member))
