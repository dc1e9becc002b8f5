/* SPDX-License-Identifier: MIT */
#include "anonymous.h"

#include <fcntl.h>
#include <stdio.h>

err_t anonymous_seek(struct request *rq, i64 offset, u32 whence, i64 *position)
{
	(void)rq;
	(void)offset;
	(void)whence;
	(void)position;
	return E_SPIPE;
}

err_t anonymous_sync(struct request *rq, bool data_only)
{
	(void)rq;
	(void)data_only;
	return E_INVAL;
}

err_t anonymous_stat(struct request *rq, const struct file_stat *st)
{
	return rq->out_size < sizeof(*st) ? E_RANGE : request_write(rq, 0, st, sizeof(*st));
}

err_t anonymous_statfs(struct request *rq, u64 type)
{
	struct file_system_stat st = { .type = type, .block_size = PAGE_SIZE, .name_max = 255 };

	return rq->out_size < sizeof(st) ? E_RANGE : request_write(rq, 0, &st, sizeof(st));
}

err_t anonymous_path(struct request *rq, const char *kind, u64 ino, u64 *length)
{
	char text[40];
	int size = ino ? snprintf(text, sizeof(text), "%s:[%lu]", kind, (unsigned long)ino)
	               : snprintf(text, sizeof(text), "anon_inode:[%s]", kind);

	if (rq->out_size < (size_t)size)
		return E_RANGE;
	*length = (u64)size;
	return request_write(rq, 0, text, (size_t)size);
}

err_t anonymous_flags(u32 *own, u32 mask, u32 value, u32 *flags)
{
	mask &= O_NONBLOCK;
	*own = (*own & ~mask) | (value & mask);
	*flags = *own;
	return OK;
}
