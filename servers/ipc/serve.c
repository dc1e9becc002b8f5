/* SPDX-License-Identifier: MIT */
/* What clients ask: checked, and the queue found. */
#include "serve.h"

#include "proto/ipc_server.h"
#include "queue.h"

enum { MODE_BITS = 0777, TYPE_SIZE = sizeof(struct ipc_message) };

static err_t call_get(struct request *rq, u32 key, u32 flags, u32 uid, u32 gid, u32 *id)
{
	struct queue *queue = key ? queue_of_key(key) : NULL;
	err_t error = OK;

	(void)rq;
	if (queue && flags & IPC_GET_CREATE && flags & IPC_GET_EXCLUSIVE)
		return E_EXISTS;
	if (!queue && key && !(flags & IPC_GET_CREATE))
		return E_NOENT;
	if (!queue)
		error = queue_make(key, flags & MODE_BITS, uid, gid, &queue);
	if (!error)
		*id = queue->stat.id;
	return error;
}

static err_t call_send(struct request *rq, u32 id, u32 flags, u32 pid)
{
	struct queue *queue;
	i64 type;

	if (rq->in_size < TYPE_SIZE || rq->in_size > TYPE_SIZE + IPC_MESSAGE_MAX)
		return E_INVAL;
	err_t error = request_read(rq, 0, &type, sizeof(type));
	if (error)
		return error;
	if (type < 1)
		return E_INVAL;
	error = queue_find(id, &queue);
	return error ? error : queue_send(queue, rq, flags, pid);
}

static err_t call_receive(struct request *rq, u32 id, u32 flags, u32 pid, i64 type, u64 *count)
{
	const struct wanted wanted = { type, flags };
	struct queue *queue;

	if (rq->out_size < TYPE_SIZE)
		return E_INVAL;
	if (flags & IPC_QUEUE_COPY && (flags & IPC_QUEUE_EXCEPT || !(flags & IPC_QUEUE_NO_WAIT)))
		return E_INVAL;
	err_t error = queue_find(id, &queue);
	return error ? error : queue_receive(queue, rq, &wanted, pid, count);
}

static err_t call_stat(struct request *rq, u32 id, u32 by_index)
{
	struct queue *queue = queue_at(id);
	err_t error = by_index ? (queue ? OK : E_INVAL) : queue_find(id, &queue);

	return error ? error : request_write(rq, 0, &queue->stat, sizeof(queue->stat));
}

static err_t call_set(struct request *rq, u32 id, u64 limit, u32 uid, u32 gid, u32 mode)
{
	struct queue *queue;
	err_t error = queue_find(id, &queue);

	(void)rq;
	if (error)
		return error;
	queue->stat.limit = limit;
	queue->stat.uid = uid;
	queue->stat.gid = gid;
	queue->stat.mode = mode & MODE_BITS;
	queue->stat.changed = rt_realtime() / 1000000000;
	queue_settle(queue);
	return OK;
}

static err_t call_remove(struct request *rq, u32 id)
{
	struct queue *queue;
	err_t error = queue_find(id, &queue);

	(void)rq;
	if (!error)
		queue_free(queue);
	return error;
}

static err_t call_info(struct request *rq, u32 *most, u32 *count, u32 *highest, u64 *messages,
                       u64 *bytes)
{
	(void)rq;
	*most = QUEUES_MAX;
	*count = *highest = 0;
	*messages = *bytes = 0;
	for (u32 i = 0; i < QUEUES_MAX; i++) {
		const struct queue *queue = queue_at(i);
		if (!queue)
			continue;
		*highest = i;
		*messages += queue->stat.count;
		*bytes += queue->stat.bytes;
		(*count)++;
	}
	return OK;
}

static const struct ipc_ops ops = {
	.ipc_queue_get = call_get,
	.ipc_queue_send = call_send,
	.ipc_queue_receive = call_receive,
	.ipc_queue_stat = call_stat,
	.ipc_queue_set = call_set,
	.ipc_queue_remove = call_remove,
	.ipc_queue_info = call_info,
};

void ipc_dispatch(struct server *server, struct request *rq)
{
	(void)server;
	ipc_serve(&ops, rq);
}
