/* SPDX-License-Identifier: MIT */
/* The request is input from a stranger: it is copied once, then checked, then used. */
#include "exec.h"

#include <string.h>

static void *buffer;
static size_t buffer_size;

void request_done(void)
{
	if (buffer)
		rt_pages_free(buffer, buffer_size);
	buffer = NULL;
}

/* Are there exactly `count` strings in the `size` bytes? */
static bool strings_complete(const char *text, u64 size, u64 count)
{
	u64 found = 0;

	for (u64 at = 0; at < size; at++)
		found += text[at] == 0;
	return found == count && (size == 0 || text[size - 1] == 0);
}

static bool keep_sorted(const cap_t *keep, u32 count)
{
	for (u32 i = 1; i < count; i++) {
		if (keep[i] <= keep[i - 1])
			return false;
	}
	return true;
}

static bool strings_check(struct exec_request *request, const char *text)
{
	const struct exec_arguments *h = &request->header;

	if (h->name_size == 0 || h->name_size > h->strings_size)
		return false;
	request->name = text;
	request->strings = text + h->name_size;
	request->strings_size = h->strings_size - h->name_size;
	return strings_complete(request->name, h->name_size, 1) &&
	       strings_complete(request->strings, request->strings_size,
	                        (u64)h->arguments + h->environment);
}

err_t request_check(struct exec_request *request, const void *data, size_t size)
{
	const char *bytes = data;
	struct exec_arguments *h = &request->header;
	u64 at = sizeof(*h);

	if (size < sizeof(*h))
		return E_MSG;
	memcpy(h, data, sizeof(*h));
	if (h->size != size || h->flags || h->reserved || !range_fits(at, h->strings_size, size) ||
	    !strings_check(request, bytes + at))
		return E_MSG;
	at = (at + h->strings_size + 7) & ~7ull;
	if (!range_fits(at, sizeof(cap_t) * (u64)h->keep, size))
		return E_MSG;
	request->keep = (const cap_t *)(const void *)(bytes + at);
	at = (at + sizeof(cap_t) * (u64)h->keep + 7) & ~7ull;
	if (!range_fits(h->inherit_size ? at : 0, h->inherit_size, size))
		return E_MSG;
	request->inherit = (const u8 *)bytes + (h->inherit_size ? at : 0);
	return keep_sorted(request->keep, h->keep) ? OK : E_MSG;
}

err_t request_fetch(struct request *rq, struct exec_request *request)
{
	if (rq->in_size > EXEC_SIZE_MAX)
		return E_2BIG;
	if (rq->in_size < sizeof(request->header))
		return E_MSG;
	buffer_size = page_round_up(rq->in_size);
	buffer = rt_pages(buffer_size, SEGMENT_COMMITTED, NULL);
	if (!buffer)
		return E_FUNDS;
	err_t error = request_read(rq, 0, buffer, rq->in_size);
	return error ? error : request_check(request, buffer, rq->in_size);
}
