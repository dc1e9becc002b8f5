/* SPDX-License-Identifier: MIT */
/* What servers ask of the supervisor. The gate's label is the server's index. */
#include <stdlib.h>
#include <string.h>

#include "proto/supervisor_server.h"
#include "supervisor.h"

enum { FAIL_TEXT_MAX = 255, LIST_LINE = 96 };

static struct child *caller(struct request *rq)
{
	return &supervisor.child[rq->label];
}

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
		[CHILD_DOWN] = "down",	       [CHILD_STARTING] = "starting", [CHILD_READY] = "ready",
		[CHILD_WAITING] = "restarting", [CHILD_FAILED] = "failed",
	};
	return names[child->state];
}

static void text_add(char *text, size_t *size, const char *word, size_t width)
{
	size_t used = strlen(word);

	memcpy(text + *size, word, used);
	*size += used;
	for (; used < width; used++)
		text[(*size)++] = ' ';
}

static void text_add_number(char *text, size_t *size, u64 value, size_t width)
{
	char digits[24];
	size_t at = sizeof(digits) - 1;

	digits[at] = 0;
	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	text_add(text, size, digits + at, width);
}

/* Lines are short and bounded: names are, and numbers have at most 20 digits. */
static size_t list_line(char *text, const struct child *child)
{
	u64 pages = 0;
	size_t size = 0;

	if (bank_read(child->bank, BANK_CHARGED, &pages))
		pages = 0;
	text_add(text, &size, child->manifest->name, 12);
	text_add(text, &size, " ", 0);
	text_add(text, &size, state_name(child), 11);
	text_add_number(text, &size, pages, 7);
	text_add(text, &size, " ", 0);
	text_add_number(text, &size, child->restarts, 0);
	text_add(text, &size, "\n", 0);
	return size;
}

static err_t service_list(struct request *rq, u64 start, u64 *count)
{
	static char text[MANIFEST_SERVERS_MAX * LIST_LINE];
	size_t size = 0;

	for (u32 i = 0; i < supervisor.manifest.server_count; i++)
		if (strlen(supervisor.manifest.server[i].name) < LIST_LINE / 3)
			size += list_line(text + size, &supervisor.child[i]);
	if (start > size)
		start = size;
	size -= start;
	*count = size < rq->out_size ? size : rq->out_size;
	request_reply_data(rq, text + start, *count);
	return OK;
}

static const struct supervisor_ops service_ops = {
	.supervisor_ready = service_ready,
	.supervisor_fail = service_fail,
	.supervisor_stash = service_stash,
	.supervisor_unstash = service_unstash,
	.supervisor_list = service_list,
};

void service_dispatch(struct server *server, struct request *rq)
{
	(void)server;
	if (rq->label < supervisor.manifest.server_count)
		supervisor_serve(&service_ops, rq);
	else
		request_reply(rq, E_CAP);
}
