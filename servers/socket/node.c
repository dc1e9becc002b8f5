/* SPDX-License-Identifier: MIT */
/* Names, and the nodes that lead from them to sockets. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "socket.h"

enum { FAMILY_UNIX = 1, FAMILY_SIZE = 2, AUTOBIND_TRIES = 1000 };

static struct list nodes = { &nodes, &nodes };

struct name *name_make(const void *bytes, u32 size)
{
	struct name *name = malloc(sizeof(*name) + size);

	if (!name)
		return NULL;
	*name = (struct name){ .labelled.kind = LABEL_NAME, .refs = 1, .size = size };
	memcpy(name->bytes, bytes, size);
	return name;
}

struct name *name_get(struct name *name)
{
	if (name)
		name->refs++;
	return name;
}

void name_put(struct name *name)
{
	if (name && !--name->refs)
		free(name);
}

static struct node *node_make(void)
{
	struct node *node = calloc(1, sizeof(*node));

	if (!node)
		return NULL;
	node->labelled.kind = LABEL_NODE;
	list_add_tail(&nodes, &node->link);
	return node;
}

err_t node_find_file(u64 dev, u64 ino, struct node **out)
{
	list_each (known, &nodes, struct node, link) {
		if (!known->abstract && known->dev == dev && known->ino == ino) {
			*out = known;
			return OK;
		}
	}
	struct node *node = node_make();
	if (!node)
		return E_FUNDS;
	node->dev = dev;
	node->ino = ino;
	*out = node;
	return OK;
}

/* `bytes`: what follows the sockaddr's family and the zero. */
struct node *node_find_abstract(const void *bytes, u32 size)
{
	list_each (node, &nodes, struct node, link) {
		const struct name *name = node->abstract;
		if (name && node->socket && name->size == FAMILY_SIZE + 1 + size &&
		    !memcmp(name->bytes + FAMILY_SIZE + 1, bytes, size))
			return node;
	}
	return NULL;
}

void node_settle(struct node *node)
{
	if (node->gates || node->socket)
		return;
	list_remove(&node->link);
	name_put(node->abstract);
	free(node);
}

err_t socket_bind_to(struct socket *socket, struct node *node, const u8 *bytes, u32 size)
{
	struct name *name;

	if (socket->name)
		return E_INVAL;
	if (node && node->socket)
		return E_ADDRINUSE;
	if (!node && node_find_abstract(bytes + FAMILY_SIZE + 1, size - FAMILY_SIZE - 1))
		return E_ADDRINUSE;
	name = name_make(bytes, size);
	if (!name)
		return E_FUNDS;
	if (!node) {
		node = node_make();
		if (!node) {
			name_put(name);
			return E_FUNDS;
		}
		node->abstract = name_get(name);
	}
	node->socket = socket;
	socket->node = node;
	socket->name = name;
	return OK;
}

void socket_unbind(struct socket *socket)
{
	struct node *node = socket->node;

	socket->node = NULL;
	if (!node)
		return;
	node->socket = NULL;
	node_settle(node);
}

err_t socket_bind_any(struct socket *socket)
{
	static u32 next;
	u8 bytes[FAMILY_SIZE + 7] = { FAMILY_UNIX, 0, 0 };
	err_t error = E_ADDRINUSE;

	if (socket->name)
		return OK;
	for (u32 i = 0; i < AUTOBIND_TRIES && error == E_ADDRINUSE; i++) {
		next = (next + 1) & 0xfffff;
		snprintf((char *)bytes + FAMILY_SIZE + 1, 6, "%05x", next);
		error = socket_bind_to(socket, NULL, bytes, FAMILY_SIZE + 6);
	}
	return error;
}
