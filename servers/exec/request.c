/* SPDX-License-Identifier: MIT */
/* The request is input from a stranger: it is copied once, then checked, then used. */
#include <string.h>

#include "exec.h"

static u8 *buffer;
static size_t buffer_size;

void request_done(void)
{
	if (buffer)
		rt_pages_free(buffer, buffer_size);
	buffer = NULL;
}

/* Are there exactly `count` strings in the first `size` bytes? */
static bool strings_complete(const char *text, u64 size, u64 count)
{
	u64 found = 0;
	for (u64 at = 0; at < size; at++)
		found += text[at] == 0;
	return found == count && (size == 0 || text[size - 1] == 0);
}

static err_t request_check(struct exec_request *request)
{
	struct exec_arguments *h = &request->header;
	u64 at = sizeof(*h);

	if (h->flags || !range_fits(at, h->strings_size, h->size) || h->name_size == 0 ||
	    h->name_size > h->strings_size)
		return E_MSG;
	request->name = (const char *)buffer + at;
	request->strings = request->name + h->name_size;
	request->strings_size = h->strings_size - h->name_size;
	if (!strings_complete(request->name, h->name_size, 1) ||
	    !strings_complete(request->strings, request->strings_size, (u64)h->arguments + h->environment))
		return E_MSG;
	at = (at + h->strings_size + 7) & ~7ull;
	if (!range_fits(at, 4ull * h->keep, h->size))
		return E_MSG;
	request->keep = (const cap_t *)(const void *)(buffer + at);
	at = (at + 4ull * h->keep + 7) & ~7ull;
	if (!range_fits(at, h->inherit_size, h->size))
		return E_MSG;
	request->inherit = buffer + at;
	for (u32 i = 1; i < h->keep; i++) {
		if (request->keep[i] <= request->keep[i - 1])
			return E_MSG; /* sorted, as task_caps_keep wants it */
	}
	return OK;
}

err_t request_fetch(struct request *rq, struct exec_request *request)
{
	if (rq->in_size < sizeof(request->header))
		return E_MSG;
	if (rq->in_size > EXEC_SIZE_MAX)
		return E_2BIG;
	buffer_size = page_round_up(rq->in_size);
	buffer = rt_pages(buffer_size, 0, NULL);
	if (!buffer)
		return E_FUNDS;
	err_t error = request_read(rq, 0, buffer, rq->in_size);
	if (error)
		return error;
	memcpy(&request->header, buffer, sizeof(request->header));
	return request->header.size == rq->in_size ? request_check(request) : E_MSG;
}
