/* SPDX-License-Identifier: MIT */
/* Calls that are held: in the list of what they wait for, until somebody answers them, their caller
 * leaves, or their time is up. */
#pragma once

#include "object.h"

enum {
	IPC_REQUESTS = 256,      /* calls we can keep waiting */
	IPC_REQUESTS_SPARE = 16, /* of them, never held: for the calls that end the waiting */
};

struct operations;

/* A request that waits; its `cookie`. */
struct waiter {
	struct client *client;
	void (*end)(struct request *rq, err_t error); /* calls waiter_end and answers */
	u64 due;                                      /* rt_now(); DEADLINE_NEVER */
	/* --- queues: how a message is chosen --- */
	i64 type;
	u32 flags;
	/* --- semaphores --- */
	struct operations *operations; /* freed with this */
	/* --- its own --- */
	struct request *rq;
	struct list of_client, timed;
};

static inline struct waiter *waiter_of(const struct request *rq) { return rq->cookie; }

/* Hold `rq` in `list`: E_HELD. E_FUNDS: too many wait (a user who is not root may have half of the
 * places); then `how` is still the caller's. */
MUST_CHECK err_t waiter_hold(struct request *rq, struct list *list, const struct waiter *how);
/* It waits no more, and is to be answered at once. */
void waiter_end(struct request *rq);

/* The client is gone: none of its calls waits any more. */
void waiters_end(struct client *client);

/* Wake up once more before long: there is something to be looked after. `look` says whether there
 * still is. */
void wait_look_after(bool (*look)(void));
MUST_CHECK err_t wait_start(struct server *server);
