/* SPDX-License-Identifier: MIT */
/* The server loop: one thread, one port, one kernel entry a request where it can be answered at
 * once.
 *
 * Without fibers a message is dispatched on the loop's own stack. With fibers each message is a
 * job: it runs on a free fiber, or waits in line. A waiting job keeps no data of its caller: what
 * the caller lends is fetched again when its turn comes. */
#include <stdlib.h>
#include <string.h>

#include "fiber.h"
#include "internal.h"

enum { REQUESTS_DEFAULT = 16, IN_SIZE_DEFAULT = 4096, JOBS_EXTRA = 32, FIBER_STACK = 32 << 10 };

struct job {
	struct list link;
	struct server *server;
	u32 kind;           /* enum receive_kind: MESSAGE, NO_CLIENTS or PAGE_IN */
	struct request *rq; /* of a message */
	u64 label, word[MSG_WORDS];
};

/* --- starting --- */

static err_t server_make_replies(struct server *server)
{
	u32 last = 0;

	for (u32 i = 0; i < server->requests; i++) {
		struct request *rq = &server->pool[i];
		err_t error = reply_create(RT_BANK, server->port, &rq->reply);
		if (error)
			return error;
		rq->server = server;
		list_init(&rq->link);
		if (i == 0 || rq->reply < server->reply_first)
			server->reply_first = rq->reply;
		if (rq->reply > last)
			last = rq->reply;
	}
	server->reply_count = last - server->reply_first + 1;
	server->pool_index = calloc(server->reply_count, sizeof(*server->pool_index));
	if (!server->pool_index)
		return E_FUNDS;
	for (u32 i = 0; i < server->requests; i++)
		server->pool_index[server->pool[i].reply - server->reply_first] = (u16)(i + 1);
	return OK;
}

static err_t server_make_jobs(struct server *server)
{
	u32 count = server->requests + server->fibers + JOBS_EXTRA;
	struct job *jobs = calloc(count, sizeof(*jobs));

	if (!jobs)
		return E_FUNDS;
	for (u32 i = 0; i < count; i++)
		list_add_tail(&server->free_jobs, &jobs[i].link);
	for (u32 i = 0; i < server->fibers; i++) {
		struct list *buffer = malloc(server->in_size);
		if (!buffer)
			return E_FUNDS;
		list_add_tail(&server->free_buffers, buffer);
	}
	return fiber_count() ? OK : fiber_start(server->fibers, FIBER_STACK);
}

err_t rt_server_start(struct server *server)
{
	if (!server->requests)
		server->requests = REQUESTS_DEFAULT;
	if (server->in_size < sizeof(struct list))
		server->in_size = IN_SIZE_DEFAULT;
	list_init(&server->free_buffers);
	list_init(&server->free_jobs);
	list_init(&server->waiting_jobs);
	server->port = rt_cap_need("port");
	server->in_buffer = malloc(server->in_size);
	server->pool = calloc(server->requests, sizeof(*server->pool));
	if (!server->in_buffer || !server->pool)
		return E_FUNDS;
	err_t error = server_make_replies(server);
	if (error || !server->fibers)
		return error;
	return server_make_jobs(server);
}

/* --- one message --- */

static struct request *server_request(struct server *server, cap_t reply)
{
	u32 at = reply - server->reply_first;
	u16 index = at < server->reply_count ? server->pool_index[at] : 0;

	if (!index)
		rt_fail("the kernel names reply %u, which is not ours", reply);
	return &server->pool[index - 1];
}

static void request_open(struct server *server, struct request *rq,
                         const struct ipc_received *received)
{
	if (rq->state != REQUEST_FREE)
		rt_fail("a request that is not free came again");
	rq->state = REQUEST_OPEN;
	rq->serial++;
	memcpy(rq->msg.word, received->word, sizeof(rq->msg.word));
	memcpy(rq->msg.cap, received->cap, sizeof(rq->msg.cap));
	rq->label = received->label;
	rq->object = NULL;
	rq->in_size = (u32)received->sizes;
	rq->out_size = received->sizes >> 32;
	rq->in = server->in_buffer;
	rq->in_count = received->in_count;
	rq->reply_data = NULL;
	rq->reply_size = 0;
	rq->cancel = NULL;
	rq->cookie = NULL;
	rq->abandoned = false;
}

static void request_dispatch(struct server *server, struct request *rq)
{
	u32 serial = rq->serial;

	server->dispatch(server, rq);
	if (rq->state == REQUEST_OPEN && rq->serial == serial)
		rt_fail("call %lx was neither answered nor held", rq->msg.word[0]);
}

/* --- jobs --- */

static void job_run(void *argument)
{
	struct job *job = argument;
	struct server *server = job->server;

	switch (job->kind) {
	case RECEIVE_MESSAGE:
		request_dispatch(server, job->rq);
		break;
	case RECEIVE_NO_CLIENTS:
		server->no_clients(server, job->label);
		break;
	case RECEIVE_PAGE_IN:
		server->page_in(server, job->label, job->word[0], (u32)job->word[1],
		                job->word[3] & 1, job->word[2]);
		break;
	}
	list_add_tail(&server->free_jobs, &job->link);
}

static struct job *job_make(struct server *server, const struct ipc_received *received,
                            struct request *rq)
{
	struct job *job = list_first(&server->free_jobs, struct job, link);

	if (job)
		list_remove(&job->link);
	else
		job = malloc(sizeof(*job));
	if (!job)
		rt_fail("no memory for the %u requests that wait for a fiber", server->requests);
	list_init(&job->link);
	job->server = server;
	job->kind = received->kind;
	job->label = received->label;
	job->rq = rq;
	for (int i = 0; i < MSG_WORDS; i++)
		job->word[i] = received->word[i];
	return job;
}

/* A fiber that waits with its request open keeps the buffer; the loop goes on with another. There
 * are as many as fibers, and one. */
static void server_keep_buffer(struct server *server, struct request *rq)
{
	rq->buffer = server->in_buffer;
	server->in_buffer = server->free_buffers.next;
	list_remove(server->in_buffer);
}

/* Run a job whose message, if it is one, has its data in in_buffer. A fiber is free. */
static void job_start(struct server *server, struct job *job)
{
	struct request *rq = job->rq;
	u32 serial = rq ? rq->serial : 0;

	server->current = rq;
	if (!fiber_run(job_run, job))
		rt_fail("a free fiber could not be had");
	server->current = NULL;
	if (rq && rq->state == REQUEST_OPEN && rq->serial == serial)
		server_keep_buffer(server, rq);
}

/* What the caller lends is fetched (again), for a message that had to wait. */
static void request_fetch(struct server *server, struct request *rq)
{
	u64 size = rq->in_size < server->in_size ? rq->in_size : server->in_size, done = 0;
	err_t error = size ? lend_read(rq->reply, 0, (u64)server->in_buffer, size, &done) : OK;

	rq->in = server->in_buffer;
	rq->in_count = error && error != E_TOUCH ? 0 : done;
}

static void server_put_off(struct server *server, struct job *job)
{
	if (job->rq) {
		job->rq->in = NULL;
		job->rq->in_count = 0;
	}
	list_add_tail(&server->waiting_jobs, &job->link);
}

/* The answer that waits for the next receive must be out before anything else can change what it
 * points to. */
static void server_flush_answer(struct server *server)
{
	struct request *rq = server->answer;

	server->answer = NULL;
	if (rq)
		request_send(rq);
}

static void server_run_fibers(struct server *server)
{
	struct job *job;

	if (!fiber_is_ready() && list_empty(&server->waiting_jobs))
		return;
	server_flush_answer(server);
	fiber_run_ready();
	while (fiber_free_count() && (job = list_first(&server->waiting_jobs, struct job, link))) {
		list_remove(&job->link);
		if (job->rq)
			request_fetch(server, job->rq);
		job_start(server, job);
		server_flush_answer(server);
		fiber_run_ready();
	}
}

/* --- what the kernel delivers --- */

static void server_work(struct server *server, const struct ipc_received *received,
                        struct request *rq)
{

	if (server->fibers) {
		struct job *made = job_make(server, received, rq);
		if (fiber_free_count() && list_empty(&server->waiting_jobs))
			job_start(server, made);
		else
			server_put_off(server, made);
		return;
	}
	switch (received->kind) {
	case RECEIVE_MESSAGE:
		server->current = rq;
		request_dispatch(server, rq);
		server->current = NULL;
		break;
	case RECEIVE_NO_CLIENTS:
		server->no_clients(server, received->label);
		break;
	case RECEIVE_PAGE_IN:
		server->page_in(server, received->label, received->word[0], (u32)received->word[1],
		                received->word[3] & 1, received->word[2]);
		break;
	}
}

static void server_event(struct server *server, u64 label, u64 bits)
{
	for (struct rt_source *source = server->sources; source; source = source->next) {
		if ((u64)source == label) {
			source->handler(source, bits);
			return;
		}
	}
}

/* The request may still be in line for a fiber. */
static bool server_cancel_waiting(struct server *server, const struct request *rq)
{
	list_each (job, &server->waiting_jobs, struct job, link) {
		if (job->rq == rq) {
			list_remove(&job->link);
			list_add_tail(&server->free_jobs, &job->link);
			return true;
		}
	}
	return false;
}

static void server_cancel(struct server *server, struct request *rq, bool left)
{
	if (rq->state == REQUEST_FREE)
		return;
	if (left)
		rq->abandoned = true;
	if (rq->state == REQUEST_HELD) {
		if (rq->cancel)
			rq->cancel(rq);
	} else if (server_cancel_waiting(server, rq)) {
		request_caps_drop(rq);
		request_reply(rq, E_INTR);
	}
}

static void server_handle(struct server *server, const struct ipc_received *received)
{
	struct request *rq;

	switch (received->kind) {
	case RECEIVE_MESSAGE:
		rq = server_request(server, received->reply);
		request_open(server, rq, received);
		server_work(server, received, rq);
		break;
	case RECEIVE_EVENT:
		server_event(server, received->label, received->word[0]);
		break;
	case RECEIVE_NO_CLIENTS:
		if (server->no_clients)
			server_work(server, received, NULL);
		break;
	case RECEIVE_CANCEL:
		server_cancel(server, server_request(server, received->reply),
		              received->word[0] != 0);
		break;
	case RECEIVE_PAGE_IN:
		if (server->page_in)
			server_work(server, received, NULL);
		break;
	default:
		rt_fail("receive: %s", rt_error_text((err_t)received->word[0]));
	}
}

/* --- the loop --- */

static void server_receive(struct server *server, struct ipc_received *received)
{
	struct request *rq = server->answer;

	server->answer = NULL;
	if (rq) {
		ipc_reply_receive(rq->reply, &rq->msg, rq->reply_data, rq->reply_size,
		                  server->in_buffer, server->in_size, received);
		if (received->kind != RECEIVE_ERROR)
			return;
		request_send_failed(rq, (err_t)received->word[0]);
	}
	ipc_receive(server->port, server->in_buffer, server->in_size, received);
}

void server_step(struct server *server)
{
	struct ipc_received received;

	if (server->fibers)
		server_run_fibers(server);
	if (server->idle) {
		if (server->idle_kind != IDLE_APART && server->answer && server->answer->reply_size)
			server_flush_answer(server);
		server->idle(server);
		if (server->fibers)
			server_run_fibers(server);
	}
	server_receive(server, &received);
	server_handle(server, &received);
}

_Noreturn void rt_server_loop(struct server *server)
{
	for (;;)
		server_step(server);
}

err_t rt_source_add(struct server *server, struct rt_source *source)
{
	err_t error = event_bind(source->event, server->port, (u64)source);

	if (error)
		return error;
	source->next = server->sources;
	server->sources = source;
	return OK;
}

void rt_source_remove(struct server *server, struct rt_source *source)
{
	err_t error = event_bind(source->event, 0, 0);

	(void)error; /* then the event is gone */
	for (struct rt_source **at = &server->sources; *at; at = &(*at)->next) {
		if (*at == source) {
			*at = source->next;
			return;
		}
	}
}
