/* SPDX-License-Identifier: MIT */
/* Queues of messages, and who waits on them. At rest nobody waits to receive a message that is
 * there, and nobody to send one for which there is room. */
#pragma once

#include "wait.h"

struct queue {
	struct object object;
	struct ipc_queue_stat stat;
	struct list messages, senders, receivers; /* oldest first */
};

MUST_CHECK err_t queue_make(const struct client *client, u32 key, u32 mode, struct object **object);
/* Whoever waits is answered E_SRCH, and the queue is no more. */
void queue_free(struct object *object);
const void *queue_stat(struct object *object, u64 *size);
MUST_CHECK err_t queue_change(struct object *object, const struct client *client,
                              const struct ipc_change *change);
/* Add what all of them hold. */
void queues_count(u64 *messages, u64 *bytes);

/* Handlers. */
err_t queue_send(struct client *client, struct request *rq, u32 id, u32 flags);
err_t queue_receive(struct client *client, struct request *rq, u32 id, u32 flags, i64 type,
                    u64 *count);
