/* SPDX-License-Identifier: MIT */
/* The text as a file. Open files are this server's memory, so there is a fixed number of them. */
#include "text.h"

#include "proto/dir_server.h"
#include "proto/file_server.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { POSITION_MAX = 1 << 30, COMMAND_MAX = 128 };

static u32 text_mode(const struct text_file *file)
{
	return S_IFREG | (file->command ? 0600 : 0444);
}

static u64 text_size(const struct text_file *file)
{
	struct text_window window = { 0 };

	file->print(&window);
	return window.at;
}

static err_t text_stat(struct request *rq)
{
	const struct text_file *file = rq->object;
	i64 now = (i64)rt_realtime();
	struct file_stat st = { .ino = file->ino,
		                .mode = text_mode(file),
		                .nlink = 1,
		                .size = text_size(file),
		                .block_size = PAGE_SIZE,
		                .atime_ns = now,
		                .mtime_ns = now,
		                .ctime_ns = now,
		                .btime_ns = now };

	return request_write(rq, 0, &st, rq->out_size < sizeof(st) ? rq->out_size : sizeof(st));
}

/* --- the node --- */

static err_t node_open(struct request *rq, u32 flags, u32 mode, cap_t *gate, u32 *mode_out)
{
	struct text_file *file = rq->object;
	cap_t made;
	u32 i = 0;

	(void)mode;
	if (rq->in_size || flags & O_DIRECTORY)
		return E_NOTDIR;
	if ((flags & O_ACCMODE) != O_RDONLY && !(flags & O_PATH) && !file->command)
		return E_ACCESS;
	if (flags & O_CREAT && flags & O_EXCL)
		return E_EXISTS;
	while (i < TEXT_OPEN_MAX && file->open[i].used)
		i++;
	if (i == TEXT_OPEN_MAX)
		return E_LIMIT;
	err_t error = request_gate(rq, file->label + 1 + i, &made);
	if (error)
		return error;
	file->open[i].used = true;
	file->open[i].flags = flags & (O_ACCMODE | O_PATH);
	file->open[i].position = 0;
	*gate = made | CAP_MOVE;
	*mode_out = text_mode(file);
	return OK;
}

static err_t node_stat(struct request *rq, u32 flags)
{
	(void)flags;
	return rq->in_size ? E_NOTDIR : text_stat(rq);
}

static err_t node_access(struct request *rq, u32 flags, u32 mode)
{
	const struct text_file *file = rq->object;

	(void)flags;
	if (rq->in_size)
		return E_NOTDIR;
	return mode & X_OK || (mode & W_OK && !file->command) ? E_ACCESS : OK;
}

/* --- an open file --- */

static u32 open_access(const struct request *rq)
{
	const struct text_file *file = rq->object;

	return file->open[rq->label - file->label - 1].flags;
}

static u64 *open_position(const struct request *rq)
{
	struct text_file *file = rq->object;

	return &file->open[rq->label - file->label - 1].position;
}

static err_t open_read(struct request *rq, i64 offset, u32 flags, u64 *count)
{
	const struct text_file *file = rq->object;
	u64 *position = open_position(rq);

	(void)flags;
	if (open_access(rq) != O_RDONLY && open_access(rq) != O_RDWR)
		return E_CAP;
	if (offset < FILE_POSITION)
		return E_INVAL;
	u64 start = offset == FILE_POSITION ? *position : (u64)offset;
	err_t error = text_answer(rq, file->print, start, count);
	if (!error && offset == FILE_POSITION)
		*position += *count;
	return error;
}

static err_t open_seek(struct request *rq, i64 offset, u32 whence, i64 *result)
{
	u64 *position = open_position(rq);
	i64 base = 0;

	if (whence == SEEK_CUR)
		base = (i64)*position;
	else if (whence == SEEK_END)
		base = (i64)text_size(rq->object);
	else if (whence != SEEK_SET)
		return E_INVAL;
	if (offset > POSITION_MAX || offset < -POSITION_MAX || base + offset < 0)
		return E_INVAL;
	*position = (u64)(base + offset);
	*result = base + offset;
	return OK;
}

static err_t open_poll(struct request *rq, u32 mask, u64 bits, cap_t event, u32 *ready)
{
	(void)rq, (void)bits, (void)event;
	*ready = mask & (POLLIN | POLLRDNORM);
	return OK;
}

static err_t open_flags(struct request *rq, u32 mask, u32 value, u32 *flags)
{
	(void)mask, (void)value;
	*flags = open_access(rq);
	return OK;
}

static err_t open_write(struct request *rq, i64 offset, u32 flags, u64 *count)
{
	const struct text_file *file = rq->object;
	char line[COMMAND_MAX];

	(void)offset, (void)flags;
	if (!file->command || (open_access(rq) != O_WRONLY && open_access(rq) != O_RDWR))
		return E_CAP;
	if (rq->in_size >= sizeof(line))
		return E_INVAL;
	err_t error = request_read(rq, 0, line, rq->in_size);
	if (error)
		return error;
	line[rq->in_size] = 0;
	line[strcspn(line, "\n")] = 0;
	*count = rq->in_size;
	return file->command(line);
}

static const struct dir_ops node_ops = { .dir_open = node_open,
	                                 .dir_stat = node_stat,
	                                 .dir_access = node_access };
static const struct file_ops open_ops = { .file_read = open_read,
	                                  .file_write = open_write,
	                                  .file_seek = open_seek,
	                                  .file_stat = text_stat,
	                                  .file_poll = open_poll,
	                                  .file_flags = open_flags };

void text_dispatch(struct text_file *file, struct request *rq)
{
	rq->object = file;
	if (rq->label == file->label)
		dir_serve(&node_ops, rq);
	else
		file_serve(&open_ops, rq);
}

void text_closed(struct text_file *file, u64 label)
{
	if (text_owns(file, label) && label != file->label)
		file->open[label - file->label - 1].used = false;
}
