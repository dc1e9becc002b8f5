/* SPDX-License-Identifier: MIT */
/* What clients ask, and who they are. */
#include "serve.h"

#include "memory.h"
#include "proto/ipc_server.h"
#include "queue.h"
#include "semaphore.h"

enum { PERMISSION_BITS = 0777 };

err_t (*ipc_accept)(struct request *rq, cap_t ticket, struct auth_identity *identity);

/* --- label 0 --- */

static struct auth_identity identity;

static err_t call_client(struct request *rq, cap_t ticket, u32 pid, cap_t *gate)
{
	struct client *client;

	if (rq->label)
		return E_NOSYS;
	err_t error = ipc_accept(rq, ticket, &identity);
	if (!error)
		error = client_make(pid, &identity, &client);
	if (error)
		return error;
	error = request_gate(rq, client->index + 1, gate);
	if (error)
		client_free(client);
	else
		*gate |= CAP_MOVE;
	return error;
}

/* --- clients --- */

/* The client whose request it is: E_ACCESS. */
static err_t caller(const struct request *rq, struct client **client)
{
	*client = client_find(rq->label);
	memory_look_now();
	return *client ? OK : E_ACCESS;
}

static err_t call_identify(struct request *rq, cap_t ticket)
{
	struct client *client = client_find(rq->label);

	if (!client)
		return E_NOSYS;
	err_t error = ipc_accept(rq, ticket, &identity);
	return error ? error : client_identify(client, &identity);
}

/* --- every kind --- */

static err_t object_make(const struct client *client, u32 kind, u32 key, u32 mode, u64 size,
                         struct object **object)
{
	switch (kind) {
	case IPC_QUEUE:
		return queue_make(client, key, mode, object);
	case IPC_SEMAPHORES:
		return set_make(client, key, mode, size, object);
	default:
		return memory_make(client, key, mode, size, object);
	}
}

static err_t object_has(u32 kind, struct object *object, u64 size)
{
	return kind == IPC_SEMAPHORES ? set_has(object, size)
	       : kind == IPC_MEMORY   ? memory_has(object, size)
	                              : OK;
}

static err_t call_get(struct request *rq, u32 kind, u32 key, u32 flags, u64 size, u32 *id)
{
	struct client *client;
	struct object *object;
	err_t error = caller(rq, &client);

	if (error)
		return error;
	if (kind >= IPC_KINDS)
		return E_INVAL;
	object = key ? object_of_key(kind, key) : NULL;
	if (!object && key && !(flags & IPC_CREATE))
		return E_NOENT;
	if (!object)
		error = object_make(client, kind, key, flags & PERMISSION_BITS, size, &object);
	else if (flags & IPC_CREATE && flags & IPC_EXCLUSIVE)
		error = E_EXISTS;
	else if (!(error = object_has(kind, object, size)))
		error = object_permits(object, client, flags & PERMISSION_BITS);
	if (!error)
		*id = object->perm->id;
	return error;
}

static const void *object_stat(u32 kind, struct object *object, u64 *size)
{
	return kind == IPC_QUEUE        ? queue_stat(object, size)
	       : kind == IPC_SEMAPHORES ? set_stat(object, size)
	                                : memory_stat(object, size);
}

static err_t call_stat(struct request *rq, u32 kind, u32 id, u32 flags)
{
	struct client *client;
	struct object *object;
	u64 size;
	err_t error = caller(rq, &client);

	if (error)
		return error;
	if (kind >= IPC_KINDS)
		return E_INVAL;
	if (flags & IPC_STAT_INDEX)
		error = (object = object_at(kind, id)) ? OK : E_INVAL;
	else
		error = object_find(kind, id, &object);
	if (!error && !(flags & IPC_STAT_ANY))
		error = object_permits(object, client, MAY_READ);
	if (error)
		return error;
	const void *stat = object_stat(kind, object, &size);
	return rq->out_size < size ? E_INVAL : request_write(rq, 0, stat, size);
}

static err_t call_set(struct request *rq, u32 kind, u32 id, const struct ipc_change *change)
{
	struct client *client;
	struct object *object;
	err_t error = caller(rq, &client);

	if (error)
		return error;
	if (kind >= IPC_KINDS || change->uid == UINT32_MAX || change->gid == UINT32_MAX)
		return E_INVAL;
	error = object_own(kind, id, client, &object);
	if (!error && kind == IPC_QUEUE)
		error = queue_change(object, client, change);
	if (error)
		return error;
	struct ipc_perm *perm = object->perm;
	perm->uid = change->uid;
	perm->gid = change->gid;
	perm->mode = (perm->mode & ~(u32)PERMISSION_BITS) | (change->mode & PERMISSION_BITS);
	if (kind == IPC_SEMAPHORES)
		set_changed(object);
	else if (kind == IPC_MEMORY)
		memory_changed(object);
	return OK;
}

static err_t call_remove(struct request *rq, u32 kind, u32 id)
{
	struct client *client;
	struct object *object;
	err_t error = caller(rq, &client);

	if (error)
		return error;
	if (kind >= IPC_KINDS)
		return E_INVAL;
	error = object_own(kind, id, client, &object);
	if (error)
		return error;
	if (kind == IPC_QUEUE)
		queue_free(object);
	else if (kind == IPC_SEMAPHORES)
		set_free(object);
	else
		memory_end(object);
	return OK;
}

static err_t call_info(struct request *rq, u32 kind, u32 *used, u32 *highest, u64 *first,
                       u64 *second)
{
	(void)rq;
	if (kind >= IPC_KINDS)
		return E_INVAL;
	*used = *highest = 0;
	*first = *second = 0;
	for (u32 i = 0; i < IPC_OBJECTS_MAX; i++) {
		if (!object_at(kind, i))
			continue;
		*highest = i;
		(*used)++;
	}
	if (kind == IPC_QUEUE)
		queues_count(first, second);
	else if (kind == IPC_SEMAPHORES)
		sets_count(first);
	else
		memories_count(first, second);
	return OK;
}

/* --- each kind's own --- */

/* A call on behalf of the client that sends it. */
#define FOR_CLIENT(rq, call)                                                                       \
	({                                                                                         \
		struct client *client;                                                             \
		err_t error_ = caller(rq, &client);                                                \
		error_ ? error_ : (call);                                                          \
	})

static err_t call_send(struct request *rq, u32 id, u32 flags)
{
	return FOR_CLIENT(rq, queue_send(client, rq, id, flags));
}

static err_t call_receive(struct request *rq, u32 id, u32 flags, i64 type, u64 *count)
{
	return FOR_CLIENT(rq, queue_receive(client, rq, id, flags, type, count));
}

static err_t call_operate(struct request *rq, u32 id, u64 timeout)
{
	return FOR_CLIENT(rq, set_operate(client, rq, id, timeout));
}

static err_t call_semaphore_get(struct request *rq, u32 id, u32 index, u32 figure, u32 *value)
{
	return FOR_CLIENT(rq, set_get(client, id, index, figure, value));
}

static err_t call_semaphore_set(struct request *rq, u32 id, u32 index, u32 value)
{
	return FOR_CLIENT(rq, set_put(client, id, index, value));
}

static err_t call_semaphores_get(struct request *rq, u32 id)
{
	return FOR_CLIENT(rq, set_get_all(client, rq, id));
}

static err_t call_semaphores_set(struct request *rq, u32 id)
{
	return FOR_CLIENT(rq, set_put_all(client, rq, id));
}

static err_t call_attach(struct request *rq, u32 id, u32 access, cap_t *segment, u64 *size)
{
	return FOR_CLIENT(rq, memory_attach(client, id, access, segment, size));
}

static err_t call_detached(struct request *rq, u32 id)
{
	return FOR_CLIENT(rq, memory_detached(client, id));
}

static err_t call_lock(struct request *rq, u32 id, bool locked)
{
	return FOR_CLIENT(rq, memory_lock(client, id, locked));
}

static const struct ipc_ops ops = {
	.ipc_client = call_client,
	.ipc_identify = call_identify,
	.ipc_get = call_get,
	.ipc_stat = call_stat,
	.ipc_set = call_set,
	.ipc_remove = call_remove,
	.ipc_info = call_info,
	.ipc_queue_send = call_send,
	.ipc_queue_receive = call_receive,
	.ipc_operate = call_operate,
	.ipc_semaphore_get = call_semaphore_get,
	.ipc_semaphore_set = call_semaphore_set,
	.ipc_semaphores_get = call_semaphores_get,
	.ipc_semaphores_set = call_semaphores_set,
	.ipc_memory_attach = call_attach,
	.ipc_memory_detached = call_detached,
	.ipc_memory_lock = call_lock,
};

void ipc_dispatch(struct server *server, struct request *rq)
{
	(void)server;
	ipc_serve(&ops, rq);
}

void ipc_no_clients(struct server *server, u64 label)
{
	struct client *client = client_find(label);

	(void)server;
	if (!client)
		return;
	waiters_end(client);
	client_undo(client);
	client_free(client);
}
