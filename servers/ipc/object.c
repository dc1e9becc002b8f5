/* SPDX-License-Identifier: MIT */
#include "object.h"

#include <stdlib.h>
#include <string.h>

enum {
	SEQUENCES = 1 << 15, /* a number is sequence * IPC_OBJECTS_MAX + index, and fits an int */
	PERMISSION_BITS = 0777,
};

static struct table {
	struct object *objects[IPC_OBJECTS_MAX];
	u32 sequence;
	u64 bytes; /* of all */
} tables[IPC_KINDS];

static struct client *clients[CLIENTS_MAX];

/* --- clients --- */

/* A user who is not root may have half of the places. */
static bool client_allowed(u32 uid)
{
	u32 count = 0;

	for (u32 i = 0; i < CLIENTS_MAX; i++)
		count += clients[i] && clients[i]->ids.uid == uid;
	return !uid || count < CLIENTS_MAX / 2;
}

err_t client_identify(struct client *client, const struct auth_identity *identity)
{
	u32 *groups = malloc((identity->group_count + 1) * sizeof(u32));

	if (!groups)
		return E_FUNDS;
	memcpy(groups, identity->groups, identity->group_count * sizeof(u32));
	free(client->groups);
	client->groups = groups;
	client->group_count = identity->group_count;
	client->ids = identity->ids;
	return OK;
}

err_t client_make(u32 pid, const struct auth_identity *identity, struct client **out)
{
	u32 index = 0;

	while (index < CLIENTS_MAX && clients[index])
		index++;
	if (index == CLIENTS_MAX || !client_allowed(identity->ids.uid))
		return E_LIMIT;
	struct client *client = calloc(1, sizeof(*client));
	if (!client)
		return E_FUNDS;
	err_t error = client_identify(client, identity);
	if (error) {
		free(client);
		return error;
	}
	client->pid = pid;
	client->index = index;
	list_init(&client->undos);
	list_init(&client->waiters);
	clients[index] = client;
	*out = client;
	return OK;
}

struct client *client_find(u64 label)
{
	return label - 1 < CLIENTS_MAX ? clients[label - 1] : NULL;
}

void client_free(struct client *client)
{
	clients[client->index] = NULL;
	free(client->groups);
	free(client);
}

u32 client_user_waiting(const struct client *client)
{
	u32 count = 0;

	for (u32 i = 0; i < CLIENTS_MAX; i++)
		count += clients[i] && clients[i]->ids.uid == client->ids.uid ? clients[i]->waiting
		                                                              : 0;
	return count;
}

static bool client_has_group(const struct client *client, u32 gid)
{
	for (u32 i = 0; i < client->group_count; i++) {
		if (client->groups[i] == gid)
			return true;
	}
	return client->ids.egid == gid;
}

/* --- objects --- */

err_t object_find(enum ipc_kind kind, u32 id, struct object **out)
{
	struct object *object = tables[kind].objects[id % IPC_OBJECTS_MAX];

	*out = object;
	return !object || object->perm->id != id ? E_INVAL : OK;
}

err_t object_permits(const struct object *object, const struct client *client, u32 wanted)
{
	const struct ipc_perm *perm = object->perm;
	u32 granted = perm->mode;

	wanted = (wanted >> 6 | wanted >> 3 | wanted) & 7;
	if (client->ids.euid == perm->creator_uid || client->ids.euid == perm->uid)
		granted >>= 6;
	else if (client_has_group(client, perm->creator_gid) || client_has_group(client, perm->gid))
		granted >>= 3;
	return wanted & ~granted && !client_root(client) ? E_ACCESS : OK;
}

err_t object_use(enum ipc_kind kind, u32 id, const struct client *client, u32 wanted,
                 struct object **object)
{
	err_t error = object_find(kind, id, object);

	return error ? error : object_permits(*object, client, wanted);
}

err_t object_own(enum ipc_kind kind, u32 id, const struct client *client, struct object **object)
{
	err_t error = object_find(kind, id, object);

	if (error || client_root(client))
		return error;
	const struct ipc_perm *perm = (*object)->perm;
	return client->ids.euid == perm->uid || client->ids.euid == perm->creator_uid ? OK : E_PERM;
}

struct object *object_at(enum ipc_kind kind, u32 index)
{
	return tables[kind].objects[index % IPC_OBJECTS_MAX];
}

struct object *object_of_key(enum ipc_kind kind, u32 key)
{
	for (u32 i = 0; i < IPC_OBJECTS_MAX; i++) {
		struct object *object = tables[kind].objects[i];
		if (object && object->perm->key == key)
			return object;
	}
	return NULL;
}

err_t object_add(enum ipc_kind kind, struct object *object, const struct client *client, u32 key,
                 u32 mode)
{
	struct table *table = &tables[kind];
	u32 index = 0;

	while (index < IPC_OBJECTS_MAX && table->objects[index])
		index++;
	if (index == IPC_OBJECTS_MAX)
		return E_NOSPACE;
	*object->perm = (struct ipc_perm){ .id = table->sequence * IPC_OBJECTS_MAX + index,
		                           .key = key,
		                           .uid = client->ids.euid,
		                           .gid = client->ids.egid,
		                           .creator_uid = client->ids.euid,
		                           .creator_gid = client->ids.egid,
		                           .mode = mode & PERMISSION_BITS,
		                           .sequence = table->sequence };
	table->sequence = (table->sequence + 1) % SEQUENCES;
	table->objects[index] = object;
	return OK;
}

void object_remove(enum ipc_kind kind, struct object *object)
{
	object_return(kind, object, object->bytes);
	tables[kind].objects[object->perm->id % IPC_OBJECTS_MAX] = NULL;
}

/* What the user who made `object` has of this kind. */
static u64 user_bytes(const struct table *table, const struct object *object)
{
	u64 bytes = 0;

	for (u32 i = 0; i < IPC_OBJECTS_MAX; i++) {
		const struct object *other = table->objects[i];
		if (other && other->perm->creator_uid == object->perm->creator_uid)
			bytes += other->bytes;
	}
	return bytes;
}

err_t object_afford(enum ipc_kind kind, struct object *object, u64 bytes, u64 limit)
{
	struct table *table = &tables[kind];

	if (bytes > limit || table->bytes > limit - bytes)
		return E_FUNDS;
	/* Below half nobody can have more than half. */
	if (table->bytes + bytes > limit / 2 && object->perm->creator_uid &&
	    user_bytes(table, object) + bytes > limit / 2)
		return E_FUNDS;
	table->bytes += bytes;
	object->bytes += bytes;
	return OK;
}

void object_return(enum ipc_kind kind, struct object *object, u64 bytes)
{
	tables[kind].bytes -= bytes;
	object->bytes -= bytes;
}
