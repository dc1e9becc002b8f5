/* SPDX-License-Identifier: MIT */
#include "queue.h"

#include <stdlib.h>

#include "proto/ipc_server.h"

enum { TYPE_SIZE = sizeof(struct ipc_message) };
#define NS_PER_SECOND 1000000000ull
/* Of all queues together. */
#define QUEUES_BYTES_MAX (2ull << 20)

struct message {
	struct list link;
	u64 size;                /* of its text */
	struct ipc_message lent; /* as it came, and goes */
};

static u64 now_seconds(void) { return rt_realtime() / NS_PER_SECOND; }

static struct queue *queue_of(struct object *object)
{
	return container_of(object, struct queue, object);
}

/* --- queues --- */

err_t queue_make(const struct client *client, u32 key, u32 mode, struct object **out)
{
	struct queue *queue = calloc(1, sizeof(*queue));

	if (!queue)
		return E_FUNDS;
	queue->object.perm = &queue->stat.perm;
	queue->stat.changed = now_seconds();
	queue->stat.limit = IPC_QUEUE_LIMIT;
	list_init(&queue->messages);
	list_init(&queue->senders);
	list_init(&queue->receivers);
	err_t error = object_add(IPC_QUEUE, &queue->object, client, key, mode);
	if (!error) {
		error = object_afford(IPC_QUEUE, &queue->object, sizeof(*queue), QUEUES_BYTES_MAX);
		if (error)
			object_remove(IPC_QUEUE, &queue->object);
	}
	if (error)
		free(queue);
	else
		*out = &queue->object;
	return error;
}

static void sender_end(struct request *rq, err_t error)
{
	waiter_end(rq);
	ipc_queue_send_reply(rq, error);
}

static void receiver_answer(struct request *rq, err_t error, u64 count)
{
	waiter_end(rq);
	ipc_queue_receive_reply(rq, error, count);
}

static void receiver_end(struct request *rq, err_t error) { receiver_answer(rq, error, 0); }

void queue_free(struct object *object)
{
	struct queue *queue = queue_of(object);
	struct message *message;
	struct request *rq;

	while ((rq = list_first(&queue->senders, struct request, link)))
		sender_end(rq, E_SRCH);
	while ((rq = list_first(&queue->receivers, struct request, link)))
		receiver_end(rq, E_SRCH);
	while ((message = list_first(&queue->messages, struct message, link))) {
		list_remove(&message->link);
		free(message);
	}
	object_remove(IPC_QUEUE, object);
	free(queue);
}

const void *queue_stat(struct object *object, u64 *size)
{
	*size = sizeof(struct ipc_queue_stat);
	return &queue_of(object)->stat;
}

/* --- messages in and out --- */

/* A message without text takes room too. */
static bool queue_room(const struct queue *queue, u64 size)
{
	const struct ipc_queue_stat *stat = &queue->stat;

	return stat->count < stat->limit && stat->bytes <= stat->limit &&
	       size <= stat->limit - stat->bytes;
}

/* Take what the sender lends. */
static err_t message_put(struct queue *queue, struct request *rq, u32 pid)
{
	u64 bytes = sizeof(struct message) + rq->in_size - TYPE_SIZE;
	struct message *message = malloc(bytes);

	if (!message)
		return E_FUNDS;
	err_t error = request_read(rq, 0, &message->lent, rq->in_size);
	if (!error && message->lent.type < 1)
		error = E_INVAL; /* the sender has changed it meanwhile */
	if (!error)
		error = object_afford(IPC_QUEUE, &queue->object, bytes, QUEUES_BYTES_MAX);
	if (error) {
		free(message);
		return error;
	}
	message->size = rq->in_size - TYPE_SIZE;
	list_add_tail(&queue->messages, &message->link);
	queue->stat.count++;
	queue->stat.bytes += message->size;
	queue->stat.sent = now_seconds();
	queue->stat.last_sender = pid;
	return OK;
}

static struct message *message_find(struct queue *queue, const struct waiter *wanted)
{
	struct message *lowest = NULL;
	i64 type = wanted->type, index = 0;
	i64 most = type == INT64_MIN ? INT64_MAX : -type;

	list_each (message, &queue->messages, struct message, link) {
		i64 has = message->lent.type;
		if (wanted->flags & IPC_QUEUE_COPY) {
			if (index++ == type)
				return message;
		} else if (type >= 0) {
			if (!type || (has == type) == !(wanted->flags & IPC_QUEUE_EXCEPT))
				return message;
		} else if (has <= most && (!lowest || has < lowest->lent.type)) {
			lowest = message;
		}
	}
	return lowest;
}

/* Give the receiver its message, if there is one (E_NODATA). Nothing is taken if it cannot be
 * given. */
static err_t message_take(struct queue *queue, struct request *rq, const struct waiter *wanted,
                          u64 *count)
{
	struct message *message = message_find(queue, wanted);
	u64 room = rq->out_size - TYPE_SIZE;

	if (!message)
		return E_NODATA;
	if (message->size > room && !(wanted->flags & IPC_QUEUE_TRUNCATE))
		return E_2BIG;
	*count = message->size < room ? message->size : room;
	err_t error = request_write(rq, 0, &message->lent, TYPE_SIZE + *count);
	if (error || wanted->flags & IPC_QUEUE_COPY)
		return error;
	list_remove(&message->link);
	queue->stat.count--;
	queue->stat.bytes -= message->size;
	queue->stat.received = now_seconds();
	queue->stat.last_receiver = wanted->client->pid;
	object_return(IPC_QUEUE, &queue->object, sizeof(*message) + message->size);
	free(message);
	return OK;
}

/* The first who can go on, or NULL. */
static struct request *sender_ready(struct queue *queue)
{
	list_each (rq, &queue->senders, struct request, link) {
		if (queue_room(queue, rq->in_size - TYPE_SIZE))
			return rq;
	}
	return NULL;
}

static struct request *receiver_ready(struct queue *queue)
{
	list_each (rq, &queue->receivers, struct request, link) {
		if (message_find(queue, waiter_of(rq)))
			return rq;
	}
	return NULL;
}

/* Answer those who can go on. */
static void queue_settle(struct queue *queue)
{
	struct request *rq;

	while ((rq = receiver_ready(queue)) || (rq = sender_ready(queue))) {
		const struct waiter *waiter = waiter_of(rq);
		u64 count = 0;
		if (waiter->end == sender_end) {
			sender_end(rq, message_put(queue, rq, waiter->client->pid));
			continue;
		}
		err_t error = message_take(queue, rq, waiter, &count);
		receiver_answer(rq, error, count);
	}
}

/* --- calls --- */

err_t queue_change(struct object *object, const struct client *client,
                   const struct ipc_change *change)
{
	struct queue *queue = queue_of(object);

	if (change->limit > IPC_QUEUE_LIMIT && !client_root(client))
		return E_PERM;
	queue->stat.limit = change->limit;
	queue->stat.changed = now_seconds();
	queue_settle(queue);
	return OK;
}

err_t queue_send(struct client *client, struct request *rq, u32 id, u32 flags)
{
	struct waiter waiter = { .client = client, .end = sender_end, .due = DEADLINE_NEVER };
	struct object *object;
	i64 type;

	if (rq->in_size < TYPE_SIZE || rq->in_size > TYPE_SIZE + IPC_MESSAGE_MAX)
		return E_INVAL;
	err_t error = request_read(rq, 0, &type, sizeof(type));
	if (error)
		return error;
	if (type < 1)
		return E_INVAL;
	error = object_use(IPC_QUEUE, id, client, MAY_WRITE, &object);
	if (error)
		return error;
	struct queue *queue = queue_of(object);
	if (!queue_room(queue, rq->in_size - TYPE_SIZE))
		return flags & IPC_NO_WAIT ? E_AGAIN : waiter_hold(rq, &queue->senders, &waiter);
	error = message_put(queue, rq, client->pid);
	if (!error)
		queue_settle(queue);
	return error;
}

err_t queue_receive(struct client *client, struct request *rq, u32 id, u32 flags, i64 type,
                    u64 *count)
{
	struct waiter waiter = { .client = client,
		                 .end = receiver_end,
		                 .due = DEADLINE_NEVER,
		                 .type = type,
		                 .flags = flags };
	struct object *object;

	if (rq->out_size < TYPE_SIZE)
		return E_INVAL;
	if (flags & IPC_QUEUE_COPY && (flags & IPC_QUEUE_EXCEPT || !(flags & IPC_NO_WAIT)))
		return E_INVAL;
	err_t error = object_use(IPC_QUEUE, id, client, MAY_READ, &object);
	if (error)
		return error;
	struct queue *queue = queue_of(object);
	error = message_take(queue, rq, &waiter, count);
	if (error == E_NODATA && !(flags & IPC_NO_WAIT))
		return waiter_hold(rq, &queue->receivers, &waiter);
	if (!error)
		queue_settle(queue);
	return error;
}

void queues_count(u64 *messages, u64 *bytes)
{
	for (u32 i = 0; i < IPC_OBJECTS_MAX; i++) {
		struct object *object = object_at(IPC_QUEUE, i);
		*messages += object ? queue_of(object)->stat.count : 0;
		*bytes += object ? queue_of(object)->stat.bytes : 0;
	}
}
