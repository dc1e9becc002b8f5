/* SPDX-License-Identifier: MIT */
/* The life of a request:
 *
 *	 FREE --receive--> OPEN --request_hold--> HELD
 *	  ^                 |                      |
 *	  +--request_reply--+----request_reply-----+
 *
 * The answer to the request that the loop is dispatching goes out with the next receive, in one
 * kernel entry; all others at once. */
#include <string.h>

#include "internal.h"

static void cap_drop(cap_t cap)
{
	err_t error = cap_close(cap);

	(void)error; /* gone is gone */
}

void request_caps_drop(struct request *rq)
{
	if (!(rq->msg.cap[0] | rq->msg.cap[1] | rq->msg.cap[2] | rq->msg.cap[3]))
		return;
	for (int i = 0; i < MSG_CAPS; i++) {
		if (rq->msg.cap[i])
			cap_drop(rq->msg.cap[i] & ~CAP_MOVE);
		rq->msg.cap[i] = 0;
	}
}

void request_buffer_give(struct request *rq)
{
	if (rq->buffer) {
		struct list *free = rq->buffer;
		list_add_head(&rq->server->free_buffers, free);
	}
	rq->buffer = NULL;
	rq->in = NULL;
	rq->in_count = 0;
}

err_t request_hold(struct request *rq, void (*cancel)(struct request *rq))
{
	if (rq->state != REQUEST_OPEN)
		rt_fail("request_hold: the request is not open");
	request_caps_drop(rq);
	request_buffer_give(rq);
	rq->cancel = cancel;
	rq->state = REQUEST_HELD;
	return E_HELD;
}

void request_send(struct request *rq)
{
	err_t error = ipc_reply(rq->reply, &rq->msg, rq->reply_data, rq->reply_size);

	if (error)
		request_send_failed(rq, error);
}

/* The kernel has done nothing. E_FAULT: our own data was not at hand; E_TOUCH: the caller's buffer
 * was not, so it has to touch it and call again. */
void request_send_failed(struct request *rq, err_t error)
{
	if (error == E_FAULT) {
		for (size_t i = 0; i < rq->reply_size; i += PAGE_SIZE)
			(void)((const volatile u8 *)rq->reply_data)[i];
		error = ipc_reply(rq->reply, &rq->msg, rq->reply_data, rq->reply_size);
	}
	if (error == OK)
		return;
	for (int i = 0; i < MSG_CAPS; i++)
		if (rq->msg.cap[i] & CAP_MOVE)
			cap_drop(rq->msg.cap[i] & ~CAP_MOVE);
	struct msg answer = { .word[0] = error == E_TOUCH ? E_TOUCH : E_FAULT };
	if (ipc_reply(rq->reply, &answer, NULL, 0))
		rt_fail("an answer cannot be sent: %s", rt_error_text(error));
}

/* Everything of request_reply but the sending. */
static void request_close(struct request *rq, err_t error)
{
	if (rq->state == REQUEST_FREE)
		rt_fail("request_reply: answered twice (call %lx)", rq->msg.word[0]);
	rq->msg.word[0] = error;
	rq->state = REQUEST_FREE;
	if (list_linked(&rq->link))
		list_remove(&rq->link);
}

void request_reply(struct request *rq, err_t error)
{
	struct server *server = rq->server;

	request_close(rq, error);
	bool apart = server->idle && server->idle_kind == IDLE_CALLS;
	if (rq == server->current && !server->answer && !apart) {
		server->answer = rq;
		return;
	}
	request_send(rq);
	request_buffer_give(rq);
}

void request_reply_data(struct request *rq, const void *data, size_t size)
{
	rq->reply_data = data;
	rq->reply_size = size;
}

err_t request_read(struct request *rq, u64 offset, void *buf, size_t size)
{
	u64 done;

	if (!range_fits(offset, size, rq->in_size))
		return E_RANGE;
	if (rq->in && range_fits(offset, size, rq->in_count)) {
		memcpy(buf, (const u8 *)rq->in + offset, size);
		return OK;
	}
	if (rq->abandoned)
		return E_DEAD;
	return lend_read(rq->reply, offset, (u64)buf, size, &done);
}

err_t request_write(struct request *rq, u64 offset, const void *buf, size_t size)
{
	u64 done;

	if (!range_fits(offset, size, rq->out_size))
		return E_RANGE;
	if (rq->abandoned)
		return E_DEAD;
	return size ? lend_write(rq->reply, offset, (u64)buf, size, &done) : OK;
}

err_t request_gate(struct request *rq, u64 label, cap_t *gate)
{
	return gate_create(rq->server->port, rq->reply, label, gate);
}

/* Sent at once, because `rest` may lie on the handler's stack. */
err_t request_cross(struct request *rq, u32 kind, u32 which, cap_t gate, const char *rest,
                    size_t rest_size, size_t used)
{
	request_caps_drop(rq);
	if (rest_size > rq->out_size)
		return E_NAMETOOLONG;
	rq->msg.word[1] = kind;
	rq->msg.word[2] = which;
	rq->msg.word[3] = rest_size;
	rq->msg.word[4] = used;
	rq->msg.cap[0] = gate;
	request_reply_data(rq, rest, rest_size);
	request_close(rq, E_CROSS);
	request_send(rq);
	request_buffer_give(rq);
	return E_HELD;
}
