/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINE_MAX_SIZE = 512 };

void text_put(struct text_window *w, const void *data, size_t size)
{
	u64 skip = w->start > w->at ? w->start - w->at : 0;

	w->at += size;
	if (skip >= size)
		return;
	u64 count = size - skip;
	if (count > w->room - w->used)
		count = w->room - w->used;
	if (count)
		memcpy(w->to + w->used, (const char *)data + skip, count);
	w->used += count;
}

void text_print(struct text_window *w, const char *format, ...)
{
	char line[LINE_MAX_SIZE];
	va_list args;

	va_start(args, format);
	int printed = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	size_t size = printed < 0 ? 0 : (size_t)printed;
	if (size >= sizeof(line)) {
		size = sizeof(line) - 1;
		line[size - 1] = '\n';
	}
	text_put(w, line, size);
}

err_t text_answer(struct request *rq, text_printer *print, u64 start, u64 *count)
{
	static char page[PAGE_SIZE];
	struct text_window window = { .start = start, .to = page, .room = sizeof(page) };

	if (window.room > rq->out_size)
		window.room = rq->out_size;
	print(&window);
	err_t error = request_write(rq, 0, page, window.used);
	if (!error)
		*count = window.used;
	return error;
}
