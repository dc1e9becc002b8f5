/* SPDX-License-Identifier: MIT */
/* Capabilities on their way (SCM_RIGHTS). A gate to a socket of ours is closed on arrival, and the
 * socket itself remembered: so that our own queues do not keep sockets alive which nobody else can
 * reach (socket_collect), and a socket's last gate is its last client's. */
#include <stdlib.h>
#include <string.h>

#include "socket.h"

static struct list client_parcels = { &client_parcels, &client_parcels };
static u32 rights_in_flight;

struct list *parcels(void) { return &client_parcels; }

static void cap_drop(cap_t cap)
{
	err_t error = cap_close(cap);

	(void)error; /* gone is gone */
}

struct labelled *gate_object(struct server *server, cap_t gate)
{
	u64 label;

	if (gate_identify(server->port, gate, &label) || label <= LABEL_NODES)
		return NULL;
	return (struct labelled *)label;
}

struct rights *rights_make(void)
{
	struct rights *rights = calloc(1, sizeof(*rights));

	if (!rights)
		return NULL;
	rights->labelled.kind = LABEL_PARCEL;
	list_init(&rights->link);
	return rights;
}

static bool rights_grow(struct rights *rights)
{
	u32 room = rights->room ? SOCKET_RIGHTS_MAX : 4;
	struct sent *right;

	if (rights->count < rights->room)
		return true;
	right = realloc(rights->right, room * sizeof(*right));
	if (!right)
		return false;
	rights->right = right;
	rights->room = room;
	return true;
}

err_t rights_add(struct rights *rights, struct server *server, cap_t cap)
{
	struct labelled *object;
	u64 info;

	if (rights->count >= SOCKET_RIGHTS_MAX || rights_in_flight >= RIGHTS_IN_FLIGHT_MAX)
		return E_TOOMANYREFS;
	if (cap_info(cap, &info) || (info & 0xff) != KIND_GATE)
		return E_CAP;
	if (!rights_grow(rights))
		return E_NOBUFS;
	object = gate_object(server, cap);
	struct sent right = { .cap = cap };
	if (object && object->kind == LABEL_SOCKET) {
		right.socket = container_of(object, struct socket, labelled);
		right.socket->refs++;
		right.cap = 0;
		cap_drop(cap);
	}
	rights->right[rights->count++] = right;
	rights_in_flight++;
	return OK;
}

static void right_end(struct sent *right)
{
	if (right->socket)
		socket_unref(right->socket);
	if (right->cap)
		cap_drop(right->cap);
	if (right->socket || right->cap)
		rights_in_flight--;
	*right = (struct sent){ 0 };
}

void rights_free(struct rights *rights)
{
	for (u32 i = rights->taken; i < rights->count; i++)
		right_end(&rights->right[i]);
	list_remove(&rights->link);
	free(rights->right);
	free(rights);
}

cap_t right_give(struct sent *right, struct request *rq, bool keep)
{
	cap_t gate = 0;

	if (right->socket) {
		if (request_gate(rq, (u64)&right->socket->labelled, &gate))
			return 0;
		right->socket->gates++;
		gate |= CAP_MOVE;
	} else {
		gate = right->cap | (keep ? 0 : CAP_MOVE);
		if (!keep) {
			right->cap = 0;
			rights_in_flight--;
		}
	}
	if (!keep)
		right_end(right);
	return gate;
}

err_t rights_gate(struct rights *rights, struct request *rq, cap_t *gate)
{
	err_t error = request_gate(rq, (u64)&rights->labelled, gate);

	if (error)
		return error;
	*gate |= CAP_MOVE;
	list_add_tail(&client_parcels, &rights->link);
	return OK;
}

void rights_drop_gate(struct rights *rights) { rights_free(rights); }
