/* SPDX-License-Identifier: MIT */
#include "file/position.h"

#include "core/lock.h"
#include "process/process.h"
#include "proto/file.h"

static i64 position_load(const struct file *file)
{
	return __atomic_load_n(&file->position, __ATOMIC_ACQUIRE);
}

static void position_store(struct file *file, i64 position)
{
	__atomic_store_n(&file->position, position, __ATOMIC_RELEASE);
}

i64 position_begin(struct file *file)
{
	if (position_load(file) == FILE_POSITION)
		return FILE_POSITION;
	lock_take(&file->moving);
	i64 offset = position_load(file);
	if (offset == FILE_POSITION)
		lock_give(&file->moving);
	return offset;
}

void position_end(struct file *file, i64 offset, i64 done)
{
	if (offset == FILE_POSITION)
		return;
	if (done > 0)
		position_store(file, offset + done);
	lock_give(&file->moving);
}

/* If the server does not answer, there is nothing to be read there either. */
void position_publish(struct file *file)
{
	i64 position = position_begin(file);

	if (position == FILE_POSITION)
		return;
	if (position || file->sought)
		(void)file_seek(file->cap, position, SEEK_SET, &position);
	position_store(file, FILE_POSITION);
	lock_give(&file->moving);
}

void positions_publish(void)
{
	for (u32 i = 0; i < files_end; i++) {
		if (file_at(i)->refs)
			position_publish(file_at(i));
	}
}

bool positions_published(void)
{
	for (u32 i = 0; i < files_end; i++) {
		if (file_at(i)->refs && position_load(file_at(i)) != FILE_POSITION)
			return false;
	}
	return true;
}

err_t position_get(struct file *file, i64 *position)
{
	*position = position_load(file);
	return *position == FILE_POSITION ? file_seek(file->cap, 0, SEEK_CUR, position) : OK;
}

/* --- lseek --- */

/* The new position of a file whose old one is `base`. */
static err_t seek_to(struct file *file, i64 base, i64 offset, u32 whence, i64 *position)
{
	if (whence > SEEK_CUR) {
		file->sought = true;
		return file_seek(file->cap, offset, whence, position);
	}
	if (__builtin_add_overflow(whence == SEEK_CUR ? base : 0, offset, position))
		return E_OVERFLOW;
	return *position < 0 ? E_INVAL : OK;
}

static err_t seek(struct file *file, i64 offset, u32 whence, i64 *position)
{
	if (whence > SEEK_HOLE)
		return E_INVAL;
	if (file_is(file, S_IFIFO))
		return E_SPIPE;
	i64 base = position_begin(file);
	if (base == FILE_POSITION)
		return file_seek(file->cap, offset, whence, position);
	err_t error = seek_to(file, base, offset, whence, position);
	if (!error)
		position_store(file, *position);
	lock_give(&file->moving);
	return error;
}

i64 posix_lseek(const struct thread_regs *a)
{
	struct file *file = descriptor_get((u32)a->rdi);
	i64 position;

	if (!file)
		return -EBADF;
	err_t error = seek(file, (i64)a->rsi, (u32)a->rdx, &position);
	file_put(file);
	if (error == E_NOTSUP || error == E_NOSYS)
		return -ESPIPE;
	return error ? error_result(error) : position;
}
