/* SPDX-License-Identifier: MIT */
#include "device.h"

#include <string.h>

#include "entropy.h"
#include "proto/file_server.h"
#include "proto/log.h"
#include "tree.h"

enum { PART_SIZE = 4096, RANDOM_READ_MAX = 1 << 20, LOG_LINE_MAX = 1024 };

struct devices devices;

/* What a read or write passes through; no handler here waits. */
static u8 part[PART_SIZE];

void devices_start(cap_t log)
{
	entropy_start(&devices.random);
	devices.log = log;
}

static enum device device_of(const struct request *rq)
{
	const struct open_file *open = rq->object;

	return dev_node(open->node)->device;
}

/* --- reading --- */

static err_t read_zeros(struct request *rq, u64 *count)
{
	static const u8 zeros[PART_SIZE];
	size_t done = 0;

	*count = rq->out_size;
	if (rq->out_size <= PART_SIZE) {
		request_reply_data(rq, zeros, rq->out_size);
		return OK;
	}
	while (done < rq->out_size) {
		size_t size = rq->out_size - done < PART_SIZE ? rq->out_size - done : PART_SIZE;
		err_t error = request_write(rq, done, zeros, size);

		if (error)
			return error;
		done += size;
	}
	return OK;
}

static err_t read_random(struct request *rq, u64 *count)
{
	size_t wanted = rq->out_size < RANDOM_READ_MAX ? rq->out_size : RANDOM_READ_MAX, done = 0;

	entropy_add(&devices.random);
	while (done < wanted) {
		size_t size = wanted - done < PART_SIZE ? wanted - done : PART_SIZE;

		random_fill(&devices.random, part, size);
		err_t error = request_write(rq, done, part, size);
		if (error)
			return error;
		done += size;
	}
	explicit_bzero(part, sizeof(part));
	*count = done;
	return OK;
}

/* The log from the open file's position on; behind its end there is nothing yet. */
static err_t read_log(struct request *rq, u64 *count)
{
	struct open_file *open = rq->object;
	size_t size = rq->out_size < PART_SIZE ? rq->out_size : PART_SIZE;
	u64 start = 0, got = 0;
	err_t error;

	if (!devices.log)
		return OK;
	error = log_read(devices.log, open->position, part, size, &start, &got);
	if (error)
		return error;
	error = request_write(rq, 0, part, got);
	if (error)
		return error;
	open->position = start + got;
	*count = got;
	return OK;
}

static err_t device_read(struct request *rq, i64 offset, u32 flags, u64 *count)
{
	const struct open_file *open = rq->object;

	(void)offset; /* these have no positions, whatever the caller thinks */
	(void)flags;
	if ((open->flags & OPEN_ACCESS) == OPEN_WRITE || (open->flags & OPEN_PATH))
		return E_CAP;
	switch (device_of(rq)) {
	case DEVICE_ZERO:
	case DEVICE_FULL:
		return read_zeros(rq, count);
	case DEVICE_RANDOM:
		return read_random(rq, count);
	case DEVICE_LOG:
		return read_log(rq, count);
	default:
		return OK;
	}
}

/* --- writing --- */

/* What is written is mixed in; it cannot make the generator worse. */
static err_t write_random(struct request *rq, u64 *count)
{
	size_t size = rq->in_size < PART_SIZE ? rq->in_size : PART_SIZE;
	err_t error = request_read(rq, 0, part, size);

	if (error)
		return error;
	random_mix(&devices.random, part, size);
	*count = rq->in_size;
	return OK;
}

static err_t write_log(struct request *rq, u64 *count)
{
	size_t size = rq->in_size < LOG_LINE_MAX ? rq->in_size : LOG_LINE_MAX;
	err_t error;

	if (!devices.log)
		return E_NXIO;
	error = request_read(rq, 0, part, size);
	if (!error)
		error = log_write(devices.log, part, size);
	*count = error ? 0 : rq->in_size;
	return error;
}

static err_t device_write(struct request *rq, i64 offset, u32 flags, u64 *count)
{
	const struct open_file *open = rq->object;

	(void)offset;
	(void)flags;
	if ((open->flags & OPEN_ACCESS) == OPEN_READ || (open->flags & OPEN_PATH))
		return E_CAP;
	switch (device_of(rq)) {
	case DEVICE_FULL:
		return rq->in_size ? E_NOSPACE : OK;
	case DEVICE_RANDOM:
		return write_random(rq, count);
	case DEVICE_LOG:
		return write_log(rq, count);
	default:
		*count = rq->in_size;
		return OK;
	}
}

/* --- the rest --- */

static err_t device_seek(struct request *rq, i64 offset, u32 whence, i64 *position)
{
	struct open_file *open = rq->object;

	if (device_of(rq) == DEVICE_LOG && whence == 0 && offset >= 0)
		open->position = (u64)offset;
	*position = device_of(rq) == DEVICE_LOG ? (i64)open->position : 0;
	return OK;
}

static err_t device_sync(struct request *rq, bool data_only)
{
	(void)rq;
	(void)data_only;
	return E_INVAL;
}

/* Everything else is as for any file. */
const struct file_ops *device_file_ops(void)
{
	static struct file_ops ops;

	if (!ops.file_read) {
		ops = fs_file_ops;
		ops.file_read = device_read;
		ops.file_write = device_write;
		ops.file_seek = device_seek;
		ops.file_sync = device_sync;
		ops.file_map = NULL;
		ops.file_allocate = NULL;
	}
	return &ops;
}
