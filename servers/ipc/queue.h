/* SPDX-License-Identifier: MIT */
/* Queues of messages, and who waits on them. At rest nobody waits to receive a message that is
 * there, and nobody to send one for which there is room. */
#pragma once

#include "proto/ipc.h"
#include "rt/rt.h"

enum {
	QUEUES_MAX = 256,
	IPC_REQUESTS = 192,      /* calls we can keep waiting */
	IPC_REQUESTS_SPARE = 16, /* of them, never held: for the calls that end the waiting */
};

struct queue {
	struct ipc_queue_stat stat;
	struct list messages, senders, receivers; /* oldest first */
};

/* How a message is chosen. */
struct wanted {
	i64 type;
	u32 flags;
};

/* E_INVAL, E_SRCH. */
MUST_CHECK err_t queue_find(u32 id, struct queue **queue);
/* The queue at this place in the table, or NULL. */
struct queue *queue_at(u32 index);
/* The queue with this key, which is not 0, or NULL. */
struct queue *queue_of_key(u32 key);
/* A new one; E_NOSPACE, E_FUNDS. */
MUST_CHECK err_t queue_make(u32 key, u32 mode, u32 uid, u32 gid, struct queue **queue);
/* Whoever waits is answered E_SRCH, and the queue is no more. */
void queue_free(struct queue *queue);
/* `limit`, or what is in the queue, has changed: answer those who can go on. */
void queue_settle(struct queue *queue);

/* Handlers. */
err_t queue_send(struct queue *queue, struct request *rq, u32 flags, u32 pid);
err_t queue_receive(struct queue *queue, struct request *rq, const struct wanted *wanted, u32 pid,
                    u64 *count);
