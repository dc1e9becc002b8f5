/* SPDX-License-Identifier: MIT */
#include "queue.h"

#include <stdlib.h>

#include "proto/ipc_server.h"

enum {
	TYPE_SIZE = sizeof(struct ipc_message),
	SEQUENCES = 1 << 15, /* a number is sequence * QUEUES_MAX + index, and fits an int */
};
#define NS_PER_SECOND 1000000000ull

struct message {
	struct list link;
	u64 size;                /* of its text */
	struct ipc_message lent; /* as it came, and goes */
};

/* A request that waits; its `object` is the queue, its `cookie` this. */
struct waiter {
	struct wanted wanted;
	u32 pid;
};

static struct queue *queues[QUEUES_MAX];
static u32 sequence, held_count;

static u64 now_seconds(void) { return rt_realtime() / NS_PER_SECOND; }

/* --- queues --- */

struct queue *queue_at(u32 index) { return index < QUEUES_MAX ? queues[index] : NULL; }

err_t queue_find(u32 id, struct queue **out)
{
	struct queue *queue = queues[id % QUEUES_MAX];

	*out = queue;
	return !queue ? E_INVAL : queue->stat.id != id ? E_SRCH : OK;
}

struct queue *queue_of_key(u32 key)
{
	for (u32 i = 0; i < QUEUES_MAX; i++) {
		if (queues[i] && queues[i]->stat.key == key)
			return queues[i];
	}
	return NULL;
}

err_t queue_make(u32 key, u32 mode, u32 uid, u32 gid, struct queue **out)
{
	u32 index = 0;

	while (index < QUEUES_MAX && queues[index])
		index++;
	if (index == QUEUES_MAX)
		return E_NOSPACE;
	struct queue *queue = calloc(1, sizeof(*queue));
	if (!queue)
		return E_FUNDS;
	queue->stat = (struct ipc_queue_stat){ .id = sequence * QUEUES_MAX + index,
		                               .key = key,
		                               .uid = uid,
		                               .gid = gid,
		                               .creator_uid = uid,
		                               .creator_gid = gid,
		                               .mode = mode,
		                               .sequence = sequence,
		                               .changed = now_seconds(),
		                               .limit = IPC_QUEUE_LIMIT };
	list_init(&queue->messages);
	list_init(&queue->senders);
	list_init(&queue->receivers);
	sequence = (sequence + 1) % SEQUENCES;
	queues[index] = queue;
	*out = queue;
	return OK;
}

/* --- waiting --- */

static void waiter_end(struct request *rq)
{
	list_remove(&rq->link);
	free(rq->cookie);
	held_count--;
}

static void sender_answer(struct request *rq, err_t error)
{
	waiter_end(rq);
	ipc_queue_send_reply(rq, error);
}

static void receiver_answer(struct request *rq, err_t error, u64 count)
{
	waiter_end(rq);
	ipc_queue_receive_reply(rq, error, count);
}

static void sender_cancel(struct request *rq) { sender_answer(rq, E_INTR); }
static void receiver_cancel(struct request *rq) { receiver_answer(rq, E_INTR, 0); }

static err_t waiter_hold(struct request *rq, struct list *list, const struct waiter *how,
                         void (*cancel)(struct request *rq))
{
	if (held_count >= IPC_REQUESTS - IPC_REQUESTS_SPARE)
		return E_FUNDS;
	struct waiter *waiter = malloc(sizeof(*waiter));
	if (!waiter)
		return E_FUNDS;
	*waiter = *how;
	err_t error = request_hold(rq, cancel);
	if (error != E_HELD) {
		free(waiter);
		return error;
	}
	held_count++;
	rq->cookie = waiter;
	list_add_tail(list, &rq->link);
	return E_HELD;
}

void queue_free(struct queue *queue)
{
	struct message *message;
	struct request *rq;

	while ((rq = list_first(&queue->senders, struct request, link)))
		sender_answer(rq, E_SRCH);
	while ((rq = list_first(&queue->receivers, struct request, link)))
		receiver_answer(rq, E_SRCH, 0);
	while ((message = list_first(&queue->messages, struct message, link))) {
		list_remove(&message->link);
		free(message);
	}
	queues[queue->stat.id % QUEUES_MAX] = NULL;
	free(queue);
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
	struct message *message = malloc(sizeof(*message) + rq->in_size - TYPE_SIZE);

	if (!message)
		return E_FUNDS;
	err_t error = request_read(rq, 0, &message->lent, rq->in_size);
	if (!error && message->lent.type < 1)
		error = E_INVAL; /* the sender has changed it meanwhile */
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

static struct message *message_find(struct queue *queue, const struct wanted *wanted)
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
static err_t message_take(struct queue *queue, struct request *rq, const struct wanted *wanted,
                          u32 pid, u64 *count)
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
	queue->stat.last_receiver = pid;
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
		const struct waiter *waiter = rq->cookie;
		if (message_find(queue, &waiter->wanted))
			return rq;
	}
	return NULL;
}

void queue_settle(struct queue *queue)
{
	struct request *rq;

	while ((rq = receiver_ready(queue)) || (rq = sender_ready(queue))) {
		const struct waiter *waiter = rq->cookie;
		u64 count = 0;
		if (rq->cancel == sender_cancel) {
			sender_answer(rq, message_put(queue, rq, waiter->pid));
			continue;
		}
		err_t error = message_take(queue, rq, &waiter->wanted, waiter->pid, &count);
		receiver_answer(rq, error, count);
	}
}

/* --- calls --- */

err_t queue_send(struct queue *queue, struct request *rq, u32 flags, u32 pid)
{
	struct waiter waiter = { .pid = pid };
	err_t error = OK;

	if (!queue_room(queue, rq->in_size - TYPE_SIZE))
		return flags & IPC_QUEUE_NO_WAIT
		               ? E_AGAIN
		               : waiter_hold(rq, &queue->senders, &waiter, sender_cancel);
	error = message_put(queue, rq, pid);
	if (!error)
		queue_settle(queue);
	return error;
}

err_t queue_receive(struct queue *queue, struct request *rq, const struct wanted *wanted, u32 pid,
                    u64 *count)
{
	struct waiter waiter = { *wanted, pid };
	err_t error = message_take(queue, rq, wanted, pid, count);

	if (error == E_NODATA && !(wanted->flags & IPC_QUEUE_NO_WAIT))
		return waiter_hold(rq, &queue->receivers, &waiter, receiver_cancel);
	if (!error)
		queue_settle(queue);
	return error;
}
