/* SPDX-License-Identifier: MIT */
/* Which object a request is for, and the calls that are not reading and writing. */
#include "serve.h"

#include <fcntl.h>
#include <string.h>

#include "counter.h"
#include "lib/anonymous/anonymous.h"
#include "notify.h"
#include "proto/counter_server.h"
#include "proto/notify_server.h"

enum {
	COUNTER_DEV = 0x0e, /* st_dev */
	COUNTER_FS_TYPE = 0x09041934,
	MODE_ANONYMOUS = 0600,
	INTERFACE_FILE = 1,
	INTERFACE_NOTIFY = 26,
	CONTROL_SIZE = 0x541b, /* FIONREAD */
};

/* --- label 0 --- */

static err_t root_gate(struct request *rq, struct counter *counter, cap_t *gate)
{
	err_t error = request_gate(rq, (u64)counter, gate);

	if (error)
		counter_free(counter);
	else
		*gate |= CAP_MOVE;
	return error;
}

static err_t root_event(struct request *rq, u64 initial, u32 flags, cap_t *file)
{
	struct counter *counter;

	if (flags & ~(u32)(COUNTER_SEMAPHORE | O_NONBLOCK) || initial > COUNTER_FULL)
		return E_INVAL;
	err_t error = counter_make(flags & COUNTER_SEMAPHORE ? COUNT_SEMAPHORE : COUNT_PLAIN, flags,
	                           &counter);
	if (error)
		return error;
	counter->value = initial;
	return root_gate(rq, counter, file);
}

static err_t root_timer(struct request *rq, u32 clock, u32 flags, cap_t *file)
{
	struct counter *counter;

	if (flags & ~(u32)O_NONBLOCK || !timer_clock(clock))
		return E_INVAL;
	err_t error = counter_make(COUNT_TIMER, flags, &counter);
	if (error)
		return error;
	counter->clock = clock;
	return root_gate(rq, counter, file);
}

static err_t root_mark(struct request *rq, u32 kind, u64 value, u32 flags, cap_t *file)
{
	struct counter *counter;

	if (flags & ~(u32)O_NONBLOCK || kind > COUNTER_SIGNAL)
		return E_INVAL;
	err_t error = counter_make(COUNT_MARK, flags, &counter);
	if (error)
		return error;
	counter->mark = kind;
	counter->value = value;
	return root_gate(rq, counter, file);
}

static err_t root_clock_set(struct request *rq)
{
	(void)rq;
	timers_clock_set();
	return OK;
}

static const struct counter_ops root_ops = {
	.counter_clock_set = root_clock_set,
	.counter_event = root_event,
	.counter_timer = root_timer,
	.counter_mark = root_mark,
};

static err_t root_notify(struct request *rq, u32 flags, cap_t *file)
{
	struct counter *counter;

	if (flags & ~(u32)O_NONBLOCK)
		return E_INVAL;
	err_t error = notify_make(flags, &counter);
	return error ? error : root_gate(rq, counter, file);
}

static const struct notify_ops root_notify_ops = { .notify_create = root_notify };

/* --- file systems --- */

/* The instance behind the first capability that came along. */
static err_t instance_find(const struct request *rq, cap_t gate, struct counter **counter)
{
	u64 label;

	if (gate_identify(rq->server->port, gate, &label) || label <= COUNTER_LABEL_FILES)
		return E_INVAL;
	*counter = (struct counter *)label;
	return (*counter)->kind == COUNT_NOTIFY ? OK : E_INVAL;
}

static err_t files_ring(struct request *rq, cap_t instance, cap_t sync, u64 *id, cap_t *segment,
                        cap_t *news)
{
	struct counter *counter;
	struct ring *ring;
	err_t error = instance_find(rq, instance, &counter);

	(void)sync; /* it may be taken out of the message */
	if (!error)
		error = notify_give_ring(counter, &rq->msg.cap[1], &ring, news);
	if (error)
		return error;
	*id = ring->id;
	*segment = ring->segment;
	return OK;
}

static err_t files_watch(struct request *rq, cap_t instance, u64 ring, cap_t gate, u32 *watch)
{
	struct counter *counter;
	err_t error = instance_find(rq, instance, &counter);

	(void)gate; /* it may be taken out of the message */
	return error ? error : notify_add_watch(counter, ring, &rq->msg.cap[1], watch);
}

static const struct notify_ops files_ops = {
	.notify_ring = files_ring,
	.notify_watch = files_watch,
};

/* --- open counters --- */

static err_t one_notify_remove(struct request *rq, u32 watch)
{
	struct counter *counter = rq->object;

	return counter->kind == COUNT_NOTIFY ? notify_end_watch(counter, watch) : E_INVAL;
}

static const struct notify_ops one_notify_ops = { .notify_remove = one_notify_remove };

static err_t one_timer_set(struct request *rq, u32 flags, const struct counter_time *time,
                           struct counter_time *old)
{
	struct counter *counter = rq->object;
	struct counter_time to = *time;

	if (counter->kind != COUNT_TIMER ||
	    flags & ~(u32)(COUNTER_ABSOLUTE | COUNTER_CANCEL_ON_SET))
		return E_INVAL;
	timer_get(counter, old);
	timer_set(counter, flags, &to);
	return OK;
}

static err_t one_timer_get(struct request *rq, struct counter_time *left)
{
	struct counter *counter = rq->object;

	if (counter->kind != COUNT_TIMER)
		return E_INVAL;
	timer_get(counter, left);
	return OK;
}

static err_t one_mark_get(struct request *rq, u64 *value)
{
	const struct counter *counter = rq->object;

	if (counter->kind != COUNT_MARK)
		return E_INVAL;
	*value = counter->value;
	return OK;
}

static err_t one_mark_set(struct request *rq, u64 value)
{
	struct counter *counter = rq->object;

	if (counter->kind != COUNT_MARK)
		return E_INVAL;
	counter->value = value;
	return OK;
}

static const struct counter_ops one_ops = {
	.counter_timer_set = one_timer_set,
	.counter_timer_get = one_timer_get,
	.counter_mark_get = one_mark_get,
	.counter_mark_set = one_mark_set,
};

static bool may_wait(const struct counter *counter, u32 flags)
{
	return !(counter->flags & O_NONBLOCK) && !(flags & FILE_IO_NONBLOCK);
}

static err_t one_read(struct request *rq, i64 offset, u32 flags, u64 *count)
{
	struct counter *counter = rq->object;

	if (offset != FILE_POSITION)
		return E_SPIPE;
	return counter_read(counter, rq, may_wait(counter, flags), count);
}

static err_t one_write(struct request *rq, i64 offset, u32 flags, u64 *count)
{
	struct counter *counter = rq->object;

	if (offset != FILE_POSITION)
		return E_SPIPE;
	return counter_write(counter, rq, may_wait(counter, flags), count);
}

static err_t one_stat(struct request *rq)
{
	const struct counter *counter = rq->object;
	struct file_stat st = { .dev = COUNTER_DEV,
		                .ino = counter->ino,
		                .mode = MODE_ANONYMOUS,
		                .nlink = 1,
		                .block_size = PAGE_SIZE };

	return anonymous_stat(rq, &st);
}

static err_t one_poll(struct request *rq, u32 mask, u64 bits, cap_t event, u32 *ready)
{
	struct counter *counter = rq->object;

	(void)event;
	if (counter->kind == COUNT_NOTIFY)
		return notify_poll(counter, rq, mask, bits, ready);
	return poll_ask(&counter->poll, counter_ready(counter), mask, bits, &rq->msg.cap[0], ready);
}

static err_t one_flags(struct request *rq, u32 mask, u32 value, u32 *flags)
{
	struct counter *counter = rq->object;

	return anonymous_flags(&counter->flags, mask, value, flags);
}

static err_t one_statfs(struct request *rq) { return anonymous_statfs(rq, COUNTER_FS_TYPE); }

static err_t path_plain(struct request *rq, const char *path, u64 *length)
{
	*length = strlen(path);
	return *length > rq->out_size ? E_RANGE : request_write(rq, 0, path, *length);
}

static err_t one_control(struct request *rq, u64 request, u64 argument, u64 *result)
{
	struct counter *counter = rq->object;

	(void)argument;
	return counter->kind == COUNT_NOTIFY && request == CONTROL_SIZE
	               ? notify_size(counter, rq, result)
	               : E_NOTTY;
}

static err_t one_path(struct request *rq, u64 *length)
{
	static const char *const marks[] = { "eventpoll", "signalfd" };
	const struct counter *counter = rq->object;
	if (counter->kind == COUNT_NOTIFY)
		return path_plain(rq, "anon_inode:inotify", length);
	const char *kind = counter->kind == COUNT_TIMER  ? "timerfd"
	                   : counter->kind == COUNT_MARK ? marks[counter->mark]
	                                                 : "eventfd";

	return anonymous_path(rq, kind, 0, length);
}

static const struct file_ops file_ops = {
	.file_read = one_read,
	.file_write = one_write,
	.file_seek = anonymous_seek,
	.file_stat = one_stat,
	.file_sync = anonymous_sync,
	.file_poll = one_poll,
	.file_flags = one_flags,
	.file_statfs = one_statfs,
	.file_path = one_path,
	.file_control = one_control,
};

/* --- the server --- */

/* Labels are addresses of our own objects: only the kernel and we ever name them. */
void counter_dispatch(struct server *server, struct request *rq)
{
	u64 interface = rq->msg.word[0] >> 16;
	bool one = rq->label > COUNTER_LABEL_FILES;

	(void)server;
	rq->object = (struct counter *)rq->label;
	if (interface == INTERFACE_NOTIFY)
		notify_serve(one ? &one_notify_ops : rq->label ? &files_ops : &root_notify_ops, rq);
	else if (!one)
		counter_serve(&root_ops, rq);
	else if (interface == INTERFACE_FILE)
		file_serve(&file_ops, rq);
	else
		counter_serve(&one_ops, rq);
}

void counter_no_clients(struct server *server, u64 label)
{
	(void)server;
	if (label > COUNTER_LABEL_FILES)
		counter_free((struct counter *)label);
}
