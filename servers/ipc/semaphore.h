/* SPDX-License-Identifier: MIT */
/* Sets of semaphores. At rest no call waits whose operations can all be done. */
#pragma once

#include "wait.h"

MUST_CHECK err_t set_make(const struct client *client, u32 key, u32 mode, u64 count,
                          struct object **object);
/* Whoever waits is answered E_SRCH, and the set is no more. */
void set_free(struct object *object);
const void *set_stat(struct object *object, u64 *size);
/* E_INVAL: it has fewer semaphores. */
MUST_CHECK err_t set_has(struct object *object, u64 count);
void set_changed(struct object *object);
/* Add the semaphores of all sets. */
void sets_count(u64 *count);
/* Do what the client's SEM_UNDO has promised. */
void client_undo(struct client *client);

/* Handlers. */
err_t set_operate(struct client *client, struct request *rq, u32 id, u64 timeout);
err_t set_get(struct client *client, u32 id, u32 index, u32 figure, u32 *value);
err_t set_put(struct client *client, u32 id, u32 index, u32 value);
err_t set_get_all(struct client *client, struct request *rq, u32 id);
err_t set_put_all(struct client *client, struct request *rq, u32 id);
