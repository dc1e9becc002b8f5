/* SPDX-License-Identifier: MIT */
/* The report as a file: the supervisor attaches our gate to a node, and whoever opens it reads the text as it is at that moment. */
#include <string.h>

#include "memory.h"
#include "proto/dir_server.h"
#include "proto/file_server.h"

enum { LABEL_FILE = 1, MODE_FILE = 0100444 };

static char text[REPORT_MAX];
static struct memory *state;
static u64 position; /* of the one open file that there is in effect: readers read from the start to the end */

static err_t node_open(struct request *rq, u32 flags, u32 mode, cap_t *file, u32 *mode_out)
{
	(void)mode;
	if (rq->in_size)
		return E_NOTDIR;
	if (flags & 3)
		return E_ACCESS;
	cap_t gate;
	err_t error = request_gate(rq, LABEL_FILE, &gate);
	if (error)
		return error;
	position = 0;
	*file = gate | CAP_MOVE;
	*mode_out = MODE_FILE;
	return OK;
}

static err_t reply_stat(struct request *rq)
{
	struct file_stat st = { .ino = 1, .mode = MODE_FILE, .nlink = 1, .block_size = PAGE_SIZE };
	size_t size = rq->out_size < sizeof(st) ? rq->out_size : sizeof(st);
	return request_write(rq, 0, &st, size);
}

static err_t node_stat(struct request *rq, u32 flags)
{
	(void)flags;
	return rq->in_size ? E_NOTDIR : reply_stat(rq);
}

static err_t on_read(struct request *rq, i64 offset, u32 flags, u64 *count)
{
	(void)flags;
	size_t size = report_make(state, text, sizeof(text));
	u64 at = offset == FILE_POSITION ? position : (u64)offset;
	u64 n = at >= size ? 0 : size - at;
	if (n > rq->out_size)
		n = rq->out_size;
	err_t error = request_write(rq, 0, text + (n ? at : 0), n);
	if (error)
		return error;
	if (offset == FILE_POSITION)
		position += n;
	*count = n;
	return OK;
}

static err_t on_flags(struct request *rq, u32 mask, u32 value, u32 *flags)
{
	(void)rq, (void)mask, (void)value;
	*flags = 0;
	return OK;
}

static const struct dir_ops dir_ops = { .dir_open = node_open, .dir_stat = node_stat };
static const struct file_ops file_ops = {
	.file_read = on_read, .file_stat = reply_stat, .file_flags = on_flags
};

void node_dispatch(struct memory *memory, struct request *rq)
{
	state = memory;
	if (rq->label == LABEL_FILE)
		file_serve(&file_ops, rq);
	else
		dir_serve(&dir_ops, rq);
}
