/* SPDX-License-Identifier: MIT */
/* inotify instances: what file systems have written into rings, in the order of time. */
#pragma once

#include "counter.h"
#include "proto/notify.h"

enum {
	NOTIFY_INSTANCES_MAX = 128,
	NOTIFY_WATCHES_MAX = 4096, /* of one instance */
};

/* The reader's side of a ring. */
struct ring {
	struct list link;
	u64 id;
	cap_t segment, sync;
	u32 watches;
	bool dead; /* the file system has ended */
	struct notify_ring *shared;
};

/* One record, copied out of the shared memory. */
struct ring_record {
	struct notify_record record;
	char name[NOTIFY_NAME_MAX + 1]; /* padded with zeros */
	u32 next;                       /* the position behind it */
};

/* A ring that nobody uses yet; E_FUNDS. `sync` is its own then. */
MUST_CHECK err_t ring_create(cap_t sync, struct ring **ring);
void ring_destroy(struct ring *ring);
/* The record at `position`; false: there is none. What makes no sense empties the ring. */
bool ring_at(struct ring *ring, u32 position, struct ring_record *to);
/* The reader is done with the first one. */
void ring_pop(struct ring *ring, const struct ring_record *first);
/* Have the file system bring the ring up to date; false: it is gone. */
bool ring_sync_begin(struct ring *ring);
bool ring_synced(const struct ring *ring);

MUST_CHECK err_t notify_start(struct server *server);
MUST_CHECK err_t notify_make(u32 flags, struct counter **counter);
/* The instance's part of counter_free. */
void notify_free(struct counter *counter);

/* Handlers. */
err_t notify_read(struct counter *counter, struct request *rq, bool may_wait, u64 *count);
err_t notify_poll(struct counter *counter, struct request *rq, u32 mask, u64 bits, u32 *ready);
err_t notify_size(struct counter *counter, struct request *rq, u64 *size);
err_t notify_end_watch(struct counter *counter, u32 watch);
err_t notify_give_ring(struct counter *counter, cap_t *sync, struct ring **ring, cap_t *news);
/* Takes `gate` over if it succeeds. */
err_t notify_add_watch(struct counter *counter, u64 ring, cap_t *gate, u32 *watch);
