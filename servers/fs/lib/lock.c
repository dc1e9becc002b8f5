/* SPDX-License-Identifier: MIT */
/* File locks: flock (owner 0: the open file) and record locks (owner: a process, or the open
 * file). The two kinds do not see each other. A request that waits is held in the table and tried
 * again whenever a lock goes. */
#include "fs/lib/internal.h"

#include <stdlib.h>

/* fcntl.h's values in protocols. */
#define LOCK_OPEN ((u64)FILE_LOCK_OPEN)
enum { LOCK_READ = 0, LOCK_WRITE = 1, LOCK_NONE = 2 };

struct lock_range {
	struct list link;
	const struct open_file *open; /* through which it was set: it ends with that */
	u64 owner;                    /* 0, LOCK_OPEN: `open` */
	u32 type;
	u64 start, end; /* end is one past; UINT64_MAX: all there will be */
};

/* A request that waits. */
struct lock_waiter {
	struct list link;
	struct request *rq;
	struct node *node; /* with a reference */
	struct lock_range range;
};

struct lock_table {
	struct list held, waiters;
};

static bool lock_same_owner(const struct lock_range *a, const struct lock_range *b)
{
	bool by_open = a->owner == 0 || a->owner == LOCK_OPEN;

	return a->owner == b->owner && (!by_open || a->open == b->open);
}

static bool lock_meets(const struct lock_range *a, const struct lock_range *b)
{
	return a->start < b->end && b->start < a->end;
}

static bool lock_conflicts(const struct lock_range *held, const struct lock_range *wanted)
{
	bool same_kind = (held->owner == 0) == (wanted->owner == 0);

	return same_kind && !lock_same_owner(held, wanted) && lock_meets(held, wanted) &&
	       (held->type == LOCK_WRITE || wanted->type == LOCK_WRITE);
}

static const struct lock_range *lock_find_conflict(const struct lock_table *table,
                                                   const struct lock_range *wanted)
{
	list_each (held, &table->held, struct lock_range, link)
		if (lock_conflicts(held, wanted))
			return held;
	return NULL;
}

/* Would waiting for `holder` wait for ourselves? Follows who waits for whom on this file, at most
 * so many steps. */
static bool lock_is_deadly(const struct lock_table *table, const struct lock_range *wanted)
{
	const struct lock_range *holder = lock_find_conflict(table, wanted);

	if (wanted->owner == 0 || wanted->owner == LOCK_OPEN)
		return false; /* these are not looked for (fcntl(2)) */
	for (int steps = 0; holder && steps < 64; steps++) {
		const struct lock_range *next = NULL;
		list_each (waiter, &table->waiters, struct lock_waiter, link) {
			if (!lock_same_owner(&waiter->range, holder))
				continue;
			next = lock_find_conflict(table, &waiter->range);
			break;
		}
		if (next && lock_same_owner(next, wanted))
			return true;
		holder = next;
	}
	return false;
}

/* Take `range` out of what its owner holds. `spare` is used if one lock is cut in two. */
static void lock_carve(struct lock_table *table, const struct lock_range *range,
                       struct lock_range **spare)
{
	struct list *at = table->held.next;

	while (at != &table->held) {
		struct lock_range *held = container_of(at, struct lock_range, link);
		at = at->next;
		if (!lock_same_owner(held, range) || !lock_meets(held, range))
			continue;
		if (held->start < range->start && held->end > range->end) {
			struct lock_range *tail = *spare;
			*spare = NULL;
			*tail = *held;
			tail->start = range->end;
			held->end = range->start;
			list_add_tail(&table->held, &tail->link);
		} else if (held->start < range->start) {
			held->end = range->start;
		} else if (held->end > range->end) {
			held->start = range->end;
		} else {
			list_remove(&held->link);
			free(held);
		}
	}
}

/* Set the lock, which conflicts with none. */
static err_t lock_apply(struct lock_table *table, const struct lock_range *range)
{
	struct lock_range *spare = malloc(sizeof(*spare)), *set = malloc(sizeof(*set));

	if (!spare || !set) {
		free(spare);
		free(set);
		return E_FUNDS;
	}
	lock_carve(table, range, &spare);
	free(spare);
	if (range->type == LOCK_NONE) {
		free(set);
		return OK;
	}
	*set = *range;
	list_add_tail(&table->held, &set->link);
	return OK;
}

static void waiter_answer(struct lock_waiter *waiter, err_t error)
{
	struct request *rq = waiter->rq;
	struct node *node = waiter->node;

	list_remove(&waiter->link);
	free(waiter);
	file_lock_reply(rq, error);
	node_put(node);
}

/* A lock has gone: whoever waits and conflicts with none any more gets its lock. */
static void lock_wake(struct node *node)
{
	struct lock_table *table = node->locks;
	struct list *at = table->waiters.next;

	node_get(node); /* the last waiter's reference may be the last */
	while (at != &table->waiters) {
		struct lock_waiter *waiter = container_of(at, struct lock_waiter, link);
		at = at->next;
		if (lock_find_conflict(table, &waiter->range))
			continue;
		waiter_answer(waiter, lock_apply(table, &waiter->range));
	}
	if (list_empty(&table->held) && list_empty(&table->waiters)) {
		free(table);
		node->locks = NULL;
	}
	node_put(node);
}

static void lock_cancel(struct request *rq) { waiter_answer(rq->cookie, E_INTR); }

static err_t lock_wait(struct request *rq, struct node *node, const struct lock_range *range)
{
	struct lock_waiter *waiter = malloc(sizeof(*waiter));

	if (!waiter)
		return E_FUNDS;
	*waiter = (struct lock_waiter){ .rq = rq, .node = node_get(node), .range = *range };
	list_add_tail(&node->locks->waiters, &waiter->link);
	rq->cookie = waiter;
	return request_hold(rq, lock_cancel);
}

static err_t lock_check(const struct open_file *open, u64 owner, u32 type, u64 start, u64 size)
{
	if (open->flags & OPEN_PATH)
		return E_CAP;
	if (type > LOCK_NONE || start > INT64_MAX || size > INT64_MAX)
		return E_INVAL;
	if (owner && type == LOCK_READ && !open_reads(open))
		return E_CAP;
	if (owner && type == LOCK_WRITE && !open_writes(open))
		return E_CAP;
	return OK;
}

err_t fs_file_lock(struct request *rq, u64 owner, u32 type, u64 start, u64 size, bool wait)
{
	struct open_file *open = rq->object;
	struct node *node = open->node;
	err_t error = lock_check(open, owner, type, start, size);

	if (error)
		return error;
	struct lock_range range = { .open = open,
		                    .owner = owner,
		                    .type = type,
		                    .start = start,
		                    .end = size ? start + size : UINT64_MAX };
	if (!node->locks) {
		if (type == LOCK_NONE)
			return OK;
		node->locks = malloc(sizeof(*node->locks));
		if (!node->locks)
			return E_FUNDS;
		list_init(&node->locks->held);
		list_init(&node->locks->waiters);
	}
	if (type == LOCK_NONE || !lock_find_conflict(node->locks, &range))
		error = lock_apply(node->locks, &range);
	else if (!wait)
		error = E_AGAIN;
	else
		error = lock_is_deadly(node->locks, &range) ? E_DEADLK
		                                            : lock_wait(rq, node, &range);
	if (error != E_HELD)
		lock_wake(node);
	return error;
}

err_t fs_file_lock_query(struct request *rq, u64 owner, u32 type, u64 start, u64 size,
                         struct file_lock_found *found)
{
	const struct open_file *open = rq->object;
	struct lock_range range = { .open = open,
		                    .owner = owner,
		                    .type = type,
		                    .start = start,
		                    .end = size ? start + size : UINT64_MAX };

	if (open->flags & OPEN_PATH)
		return E_CAP;
	if (!owner || type > LOCK_WRITE || start > INT64_MAX || size > INT64_MAX)
		return E_INVAL;
	const struct lock_range *held =
	        open->node->locks ? lock_find_conflict(open->node->locks, &range) : NULL;
	*found = (struct file_lock_found){ .type = LOCK_NONE };
	if (held)
		*found = (struct file_lock_found){ .owner = held->owner,
			                           .start = held->start,
			                           .size = held->end == UINT64_MAX
			                                           ? 0
			                                           : held->end - held->start,
			                           .type = held->type };
	return OK;
}

static void lock_drop(struct node *node, const struct open_file *open, u64 owner)
{
	struct list *at = node->locks->held.next;

	while (at != &node->locks->held) {
		struct lock_range *held = container_of(at, struct lock_range, link);
		at = at->next;
		if (open ? held->open != open : held->owner != owner)
			continue;
		list_remove(&held->link);
		free(held);
	}
	lock_wake(node);
}

err_t fs_file_unlock_all(struct request *rq, u64 owner)
{
	struct open_file *open = rq->object;

	if (owner == 0 || owner == LOCK_OPEN)
		return E_INVAL;
	if (open->node->locks)
		lock_drop(open->node, NULL, owner);
	return OK;
}

void lock_open_closed(struct open_file *open)
{
	if (open->node->locks)
		lock_drop(open->node, open, 0);
}
