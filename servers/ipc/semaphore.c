/* SPDX-License-Identifier: MIT */
#include "semaphore.h"

#include <stdlib.h>

#include "proto/ipc_server.h"

#define NS_PER_SECOND 1000000000ull
/* Of all sets together, with what is to be undone. */
#define SETS_BYTES_MAX (2ull << 20)

struct semaphore {
	u16 value;
	u32 pid; /* who changed it last */
};

struct set {
	struct object object;
	struct ipc_set_stat stat;
	struct list waiting; /* oldest first */
	struct list undos;
	struct semaphore semaphores[];
};

/* What a process would give back to a set if it ended now. */
struct undo {
	struct list of_client, of_set;
	struct set *set;
	short change[]; /* of each semaphore */
};

/* What a call asks for; `blocked` is the first that cannot be done, while it waits. */
struct operations {
	u32 count, blocked;
	bool undo, alters;
	struct undo *undo_list; /* of this client and set, if `undo` */
	struct ipc_operation list[];
};

static u64 now_seconds(void) { return rt_realtime() / NS_PER_SECOND; }

static struct set *set_of(struct object *object)
{
	return container_of(object, struct set, object);
}

static u64 undo_size(const struct set *set)
{
	return sizeof(struct undo) + set->stat.count * sizeof(short);
}

/* --- sets --- */

err_t set_make(const struct client *client, u32 key, u32 mode, u64 count, struct object **out)
{
	if (!count || count > IPC_SEMAPHORES_MAX)
		return E_INVAL;
	u64 size = sizeof(struct set) + count * sizeof(struct semaphore);
	struct set *set = calloc(1, size);
	if (!set)
		return E_FUNDS;
	set->object.perm = &set->stat.perm;
	set->stat.count = count;
	set->stat.changed = now_seconds();
	list_init(&set->waiting);
	list_init(&set->undos);
	err_t error = object_add(IPC_SEMAPHORES, &set->object, client, key, mode);
	if (!error) {
		error = object_afford(IPC_SEMAPHORES, &set->object, size, SETS_BYTES_MAX);
		if (error)
			object_remove(IPC_SEMAPHORES, &set->object);
	}
	if (error)
		free(set);
	else
		*out = &set->object;
	return error;
}

static void undo_free(struct undo *undo)
{
	list_remove(&undo->of_client);
	list_remove(&undo->of_set);
	object_return(IPC_SEMAPHORES, &undo->set->object, undo_size(undo->set));
	free(undo);
}

static void operate_end(struct request *rq, err_t error)
{
	waiter_end(rq);
	ipc_operate_reply(rq, error);
}

void set_free(struct object *object)
{
	struct set *set = set_of(object);
	struct request *rq;
	struct undo *undo;

	while ((rq = list_first(&set->waiting, struct request, link)))
		operate_end(rq, E_SRCH);
	while ((undo = list_first(&set->undos, struct undo, of_set)))
		undo_free(undo);
	object_remove(IPC_SEMAPHORES, object);
	free(set);
}

const void *set_stat(struct object *object, u64 *size)
{
	*size = sizeof(struct ipc_set_stat);
	return &set_of(object)->stat;
}

err_t set_has(struct object *object, u64 count)
{
	return count > set_of(object)->stat.count ? E_INVAL : OK;
}

void set_changed(struct object *object) { set_of(object)->stat.changed = now_seconds(); }

void sets_count(u64 *count)
{
	for (u32 i = 0; i < IPC_OBJECTS_MAX; i++) {
		struct object *object = object_at(IPC_SEMAPHORES, i);
		*count += object ? set_of(object)->stat.count : 0;
	}
}

/* --- operations --- */

/* The client's list for the set; a new one if it has none. */
static err_t undo_find(struct client *client, struct set *set, struct undo **out)
{
	list_each (undo, &client->undos, struct undo, of_client) {
		if (undo->set == set) {
			*out = undo;
			return OK;
		}
	}
	err_t error = object_afford(IPC_SEMAPHORES, &set->object, undo_size(set), SETS_BYTES_MAX);
	if (error)
		return error;
	struct undo *undo = calloc(1, undo_size(set));
	if (!undo) {
		object_return(IPC_SEMAPHORES, &set->object, undo_size(set));
		return E_FUNDS;
	}
	undo->set = set;
	list_add_tail(&client->undos, &undo->of_client);
	list_add_tail(&set->undos, &undo->of_set);
	*out = undo;
	return OK;
}

/* The value after the operation, if it can be done now: E_AGAIN, E_OVERFLOW. */
static err_t operation_check(const struct set *set, const struct ipc_operation *op, i32 *value)
{
	*value = set->semaphores[op->index].value;
	if (!op->change)
		return *value ? E_AGAIN : OK;
	*value += op->change;
	return *value < 0 ? E_AGAIN : *value > IPC_VALUE_MAX ? E_OVERFLOW : OK;
}

static void operation_undo(struct set *set, const struct operations *ops, u32 i)
{
	const struct ipc_operation *op = &ops->list[i];
	struct semaphore *semaphore = &set->semaphores[op->index];

	semaphore->value = (u16)(semaphore->value - op->change);
	if (op->flags & IPC_UNDO)
		ops->undo_list->change[op->index] =
		        (short)(ops->undo_list->change[op->index] + op->change);
}

static err_t operation_do(struct set *set, const struct operations *ops, u32 i)
{
	const struct ipc_operation *op = &ops->list[i];
	i32 value;
	err_t error = operation_check(set, op, &value);

	if (error)
		return error;
	if (op->flags & IPC_UNDO) {
		i32 change = ops->undo_list->change[op->index] - op->change;
		if (change > IPC_VALUE_MAX || change < -IPC_VALUE_MAX)
			return E_OVERFLOW;
		ops->undo_list->change[op->index] = (short)change;
	}
	set->semaphores[op->index].value = (u16)value;
	return OK;
}

/* All of them, one after the other, or nothing: E_AGAIN (then `blocked` says which), E_OVERFLOW. */
static err_t operations_do(struct set *set, struct operations *ops, u32 pid)
{
	for (u32 i = 0; i < ops->count; i++) {
		err_t error = operation_do(set, ops, i);
		if (!error)
			continue;
		ops->blocked = i;
		while (i-- > 0)
			operation_undo(set, ops, i);
		return error;
	}
	for (u32 i = 0; i < ops->count; i++)
		set->semaphores[ops->list[i].index].pid = pid;
	set->stat.operated = now_seconds();
	return OK;
}

/* May they wait for the one that cannot be done? */
static bool operations_wait(const struct operations *ops)
{
	return !(ops->list[ops->blocked].flags & IPC_NO_WAIT);
}

/* Values have changed: whoever can go on does, the oldest first. */
static void set_settle(struct set *set)
{
	struct list *at = set->waiting.next;

	while (at != &set->waiting) {
		struct request *rq = container_of(at, struct request, link);
		const struct waiter *waiter = waiter_of(rq);
		bool alters = waiter->operations->alters;
		err_t error = operations_do(set, waiter->operations, waiter->client->pid);

		at = at->next;
		if (error == E_AGAIN && operations_wait(waiter->operations))
			continue;
		operate_end(rq, error);
		if (!error && alters)
			at = set->waiting.next;
	}
}

/* --- handlers --- */

static err_t operations_read(struct request *rq, struct operations **out)
{
	u64 count = rq->in_size / sizeof(struct ipc_operation);

	if (!count || count > IPC_OPERATIONS_MAX || rq->in_size % sizeof(struct ipc_operation))
		return count > IPC_OPERATIONS_MAX ? E_2BIG : E_INVAL;
	struct operations *ops = calloc(1, sizeof(*ops) + rq->in_size);
	if (!ops)
		return E_FUNDS;
	err_t error = request_read(rq, 0, ops->list, rq->in_size);
	if (error) {
		free(ops);
		return error;
	}
	ops->count = (u32)count;
	for (u32 i = 0; i < count; i++) {
		ops->alters |= ops->list[i].change != 0;
		if (!ops->list[i].change)
			ops->list[i].flags &= (short)~IPC_UNDO;
		ops->undo |= ops->list[i].flags & IPC_UNDO;
	}
	*out = ops;
	return OK;
}

static err_t operations_find(struct client *client, struct operations *ops, u32 id,
                             struct set **out)
{
	struct object *object;
	err_t error = object_find(IPC_SEMAPHORES, id, &object);

	if (error)
		return error;
	struct set *set = set_of(object);
	for (u32 i = 0; i < ops->count; i++) {
		if (ops->list[i].index >= set->stat.count)
			return E_FBIG;
	}
	error = object_permits(object, client, ops->alters ? MAY_WRITE : MAY_READ);
	if (!error && ops->undo)
		error = undo_find(client, set, &ops->undo_list);
	*out = set;
	return error;
}

static u64 due_in(u64 timeout)
{
	u64 now = rt_now();

	return timeout > UINT64_MAX - 1 - now ? DEADLINE_NEVER : now + timeout;
}

err_t set_operate(struct client *client, struct request *rq, u32 id, u64 timeout)
{
	struct operations *ops;
	struct set *set = NULL;
	err_t error = operations_read(rq, &ops);

	if (error)
		return error;
	error = operations_find(client, ops, id, &set);
	if (!error)
		error = operations_do(set, ops, client->pid);
	if (error == E_AGAIN && operations_wait(ops)) {
		struct waiter waiter = { .client = client,
			                 .end = operate_end,
			                 .due = due_in(timeout),
			                 .operations = ops };
		error = waiter_hold(rq, &set->waiting, &waiter);
		if (error == E_HELD)
			return error;
	}
	bool altered = !error && ops->alters;
	free(ops);
	if (altered)
		set_settle(set);
	return error;
}

/* Calls that wait for this semaphore to be 0, or more. */
static u32 set_waiting(const struct set *set, u32 index, bool zero)
{
	u32 count = 0;

	list_each (rq, &set->waiting, struct request, link) {
		const struct operations *ops = waiter_of(rq)->operations;
		const struct ipc_operation *op = &ops->list[ops->blocked];
		count += op->index == index && !op->change == zero;
	}
	return count;
}

static err_t set_use(const struct client *client, u32 id, u32 wanted, struct set **set)
{
	struct object *object;
	err_t error = object_use(IPC_SEMAPHORES, id, client, wanted, &object);

	if (!error)
		*set = set_of(object);
	return error;
}

err_t set_get(struct client *client, u32 id, u32 index, u32 figure, u32 *value)
{
	struct set *set;
	err_t error = set_use(client, id, MAY_READ, &set);

	if (error)
		return error;
	if (index >= set->stat.count)
		return E_INVAL;
	switch (figure) {
	case IPC_SEMAPHORE_VALUE:
		*value = set->semaphores[index].value;
		return OK;
	case IPC_SEMAPHORE_PROCESS:
		*value = set->semaphores[index].pid;
		return OK;
	case IPC_SEMAPHORE_MORE:
	case IPC_SEMAPHORE_ZERO:
		*value = set_waiting(set, index, figure == IPC_SEMAPHORE_ZERO);
		return OK;
	default:
		return E_INVAL;
	}
}

/* A value that is set outright: nobody has to undo what was before. */
static void semaphore_put(struct set *set, u32 index, u32 value, u32 pid)
{
	list_each (undo, &set->undos, struct undo, of_set)
		undo->change[index] = 0;
	set->semaphores[index] = (struct semaphore){ (u16)value, pid };
}

err_t set_put(struct client *client, u32 id, u32 index, u32 value)
{
	struct set *set;

	if (value > IPC_VALUE_MAX)
		return E_OVERFLOW;
	err_t error = set_use(client, id, MAY_WRITE, &set);
	if (error)
		return error;
	if (index >= set->stat.count)
		return E_INVAL;
	semaphore_put(set, index, value, client->pid);
	set->stat.changed = now_seconds();
	set_settle(set);
	return OK;
}

err_t set_get_all(struct client *client, struct request *rq, u32 id)
{
	struct set *set;
	err_t error = set_use(client, id, MAY_READ, &set);

	if (error)
		return error;
	if (rq->out_size != set->stat.count * sizeof(u16))
		return E_INVAL;
	u16 *values = malloc(rq->out_size);
	if (!values)
		return E_FUNDS;
	for (u32 i = 0; i < set->stat.count; i++)
		values[i] = set->semaphores[i].value;
	error = request_write(rq, 0, values, rq->out_size);
	free(values);
	return error;
}

err_t set_put_all(struct client *client, struct request *rq, u32 id)
{
	struct set *set;
	err_t error = set_use(client, id, MAY_WRITE, &set);

	if (error)
		return error;
	u64 count = set->stat.count;
	if (rq->in_size != count * sizeof(u16))
		return E_INVAL;
	u16 *values = malloc(rq->in_size);
	if (!values)
		return E_FUNDS;
	error = request_read(rq, 0, values, rq->in_size);
	for (u32 i = 0; i < count && !error; i++)
		error = values[i] > IPC_VALUE_MAX ? E_OVERFLOW : OK;
	for (u32 i = 0; i < count && !error; i++)
		semaphore_put(set, i, values[i], client->pid);
	free(values);
	if (error)
		return error;
	set->stat.changed = now_seconds();
	set_settle(set);
	return OK;
}

/* --- the end of a process --- */

static void undo_do(struct undo *undo, u32 pid)
{
	struct set *set = undo->set;

	for (u32 i = 0; i < set->stat.count; i++) {
		i32 value = set->semaphores[i].value + undo->change[i];
		if (!undo->change[i])
			continue;
		value = value < 0 ? 0 : value > IPC_VALUE_MAX ? IPC_VALUE_MAX : value;
		set->semaphores[i] = (struct semaphore){ (u16)value, pid };
	}
	set->stat.operated = now_seconds();
	undo_free(undo);
	set_settle(set);
}

void client_undo(struct client *client)
{
	struct undo *undo;

	while ((undo = list_first(&client->undos, struct undo, of_client)))
		undo_do(undo, client->pid);
}
