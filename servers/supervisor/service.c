/* SPDX-License-Identifier: MIT */
/* What servers ask of the supervisor. The gate's label is the server's index. */
#include <stdlib.h>
#include <string.h>

#include "lib/text/text.h"
#include "proto/supervisor_server.h"
#include "supervisor.h"

enum {
	FAIL_TEXT_MAX = 255,
	LABEL_LIST = 256, /* labels below MANIFEST_SERVERS_MAX are servers */
};

static struct child *caller(struct request *rq) { return &supervisor.child[rq->label]; }

static err_t service_ready(struct request *rq)
{
	child_ready((u32)rq->label);
	return OK;
}

/* The text is the server's last; its death will be heard of. */
static err_t service_fail(struct request *rq)
{
	char text[FAIL_TEXT_MAX + 1];
	size_t size = rq->in_size < FAIL_TEXT_MAX ? rq->in_size : FAIL_TEXT_MAX;
	err_t error = request_read(rq, 0, text, size);

	if (error)
		return error;
	while (size > 0 && text[size - 1] == '\n')
		size--;
	text[size] = 0;
	rt_log("%s fails: %s", caller(rq)->manifest->name, text);
	child_failed((u32)rq->label);
	return OK;
}

static err_t service_stash(struct request *rq, cap_t cap)
{
	struct child *child = caller(rq);
	void *data = NULL;

	if (rq->in_size > STASH_MAX)
		return E_RANGE;
	if (rq->in_size) {
		data = malloc(rq->in_size);
		if (!data)
			return E_FUNDS;
		err_t error = request_read(rq, 0, data, rq->in_size);
		if (error) {
			free(data);
			return error;
		}
	}
	free(child->stash);
	if (child->stash_cap && cap_close(child->stash_cap))
		rt_log("%s stashed a capability that is gone", child->manifest->name);
	child->stash = data;
	child->stash_size = rq->in_size;
	child->stash_cap = cap;
	rq->msg.cap[0] = 0;
	return OK;
}

static err_t service_unstash(struct request *rq, u64 *count, cap_t *cap)
{
	struct child *child = caller(rq);

	if (child->stash_size > rq->out_size)
		return E_RANGE;
	request_reply_data(rq, child->stash, child->stash_size);
	*count = child->stash_size;
	*cap = child->stash_cap;
	return OK;
}

static const char *state_name(const struct child *child)
{
	static const char *const names[] = {
		[CHILD_DOWN] = "down",     [CHILD_STARTING] = "starting",
		[CHILD_READY] = "ready",   [CHILD_WAITING] = "restarting",
		[CHILD_FAILED] = "failed",
	};
	return names[child->state];
}

static u64 child_figure(const struct child *child, u32 figure)
{
	u64 value = 0;

	if (figure == BANK_CHARGED ? bank_read(child->bank, BANK_CHARGED, &value)
	                           : !child->task || task_read(child->task, TASK_TIME_NS, &value))
		return 0;
	return value;
}

static void list_print(struct text_window *window)
{
	text_print(window, "%-12s %-10s %8s %8s %10s\n", "server", "state", "KiB", "restarts",
	           "time ms");
	for (u32 i = 0; i < supervisor.manifest.server_count; i++) {
		const struct child *child = &supervisor.child[i];
		text_print(window, "%-12s %-10s %8lu %8u %10lu\n", child->manifest->name,
		           state_name(child),
		           child_figure(child, BANK_CHARGED) * (PAGE_SIZE / 1024), child->restarts,
		           child_figure(child, TASK_TIME_NS) / 1000000);
	}
}

/* What is written to the file is the name of a server to be restarted. */
static err_t list_command(char *name)
{
	u32 index = manifest_find(&supervisor.manifest, name);

	return index < supervisor.manifest.server_count ? child_restart(index) : E_NOENT;
}

static struct text_file list_file = {
	.print = list_print,
	.command = list_command,
	.label = LABEL_LIST,
	.ino = 1,
};

err_t service_gate(cap_t *gate)
{
	static cap_t made;
	err_t error = made ? OK : gate_create(supervisor.server.port, RT_BANK, LABEL_LIST, &made);

	*gate = made;
	return error;
}

static err_t service_list(struct request *rq, u64 start, u64 *count)
{
	return text_answer(rq, list_print, start, count);
}

static err_t service_mounts(struct request *rq, u64 start, u64 *count)
{
	return text_answer(rq, boot_mounts, start, count);
}

static const struct supervisor_ops service_ops = {
	.supervisor_ready = service_ready,
	.supervisor_fail = service_fail,
	.supervisor_stash = service_stash,
	.supervisor_unstash = service_unstash,
	.supervisor_list = service_list,
	.supervisor_mounts = service_mounts,
};

void service_dispatch(struct server *server, struct request *rq)
{
	(void)server;
	if (text_owns(&list_file, rq->label))
		text_dispatch(&list_file, rq);
	else
		supervisor_serve(&service_ops, rq);
}

void service_no_clients(struct server *server, u64 label)
{
	(void)server;
	text_closed(&list_file, label);
}
