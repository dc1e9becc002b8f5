/* SPDX-License-Identifier: MIT */
/* Reading and writing. The program's own buffer is lent to the server: nothing is copied here
 * but small vectors. */
#include "file/io.h"

#include "core/text.h"
#include "core/user.h"
#include "file/position.h"
#include "file/signalfd.h"
#include "file/tty.h"
#include "file/vector.h"
#include "process/process.h"
#include "process/signal.h"
#include "proto/file.h"
#include "proto/tty.h"

/* Vectors up to this size are read and written by one message. */
enum { GATHER_MAX = 2048 };

i64 io_result(err_t error)
{
	switch (error) {
	case E_INTR:
		return -ERESTART;
	case E_NOTSUP:
	case E_NOSYS:
		return -EINVAL;
	case E_PIPE:
		signal_self(SIGPIPE, SI_USER);
		return -EPIPE;
	default:
		return error_result(error);
	}
}

/* A server may have taken bytes out of a pipe before it learns that they have nowhere to go: see
 * to it that they have. */
static bool buffer_writable(u64 buffer, u64 size)
{
	if (!size)
		return user_range(buffer, 0);
	return user_range(buffer, size) && user_touch(buffer, 1, true) &&
	       (size > PAGE_SIZE || user_touch(buffer + size - 1, 1, true));
}

/* /dev/null, /dev/zero and the like. */
static bool is_trivial(const struct file *file) { return file->mode & (FILE_EMPTY | FILE_ZEROS); }

static i64 read_trivial(const struct file *file, u64 buffer, u64 size)
{
	if (!file_reads(file))
		return -EBADF;
	if (file->mode & FILE_EMPTY)
		return 0;
	return user_zero(buffer, size) ? (i64)size : -EFAULT;
}

/* A terminal wants to know who reads. */
static i64 read_tty(struct file *file, u64 buffer, u64 size, u32 flags)
{
	u64 count = 0;
	err_t error = INTERRUPTIBLE(tty_read(file->cap, flags, tty_session(), process_page->group,
	                                     (void *)buffer, size, &count));

	if (error == E_ACCESS)
		return tty_background(SIGTTIN);
	return error ? io_result(error) : (i64)count;
}

i64 io_read_file(struct file *file, u64 buffer, u64 size, i64 offset, u32 flags)
{
	u64 count = 0;

	if (file_is(file, S_IFDIR))
		return -EISDIR;
	if (!buffer_writable(buffer, size))
		return -EFAULT;
	if (size > IO_SIZE_MAX)
		size = IO_SIZE_MAX;
	if (is_trivial(file))
		return read_trivial(file, buffer, size);
	if (file->mode & FILE_SIGNAL && offset < 0)
		return signalfd_read(file, buffer, size);
	if (file->mode & TTY_MODE && offset < 0)
		return read_tty(file, buffer, size, flags);
	/* A disk answers soon: a signal does not end the wait for it (signal(7)). */
	err_t error = file_is(file, S_IFREG)
	                      ? file_read(file->cap, offset, flags, (void *)buffer, size, &count)
	                      : INTERRUPTIBLE(file_read(file->cap, offset, flags, (void *)buffer,
	                                                size, &count));
	/* A timer whose clock was set (counter.h). */
	if (!error && !count && size && !(file->mode & S_IFMT))
		return -ECANCELED;
	return error ? io_result(error) : (i64)count;
}

u64 io_room(struct file *file, i64 offset)
{
	u64 limit = limit_soft(RLIMIT_FSIZE);
	struct file_stat st;

	if (limit == UINT64_MAX || !file_is(file, S_IFREG) || !file_writes(file))
		return UINT64_MAX;
	if (file_appends(file))
		offset = file_stat(file->cap, &st, sizeof(st)) ? 0 : (i64)st.size;
	else if (offset < 0 && position_get(file, &offset))
		return UINT64_MAX; /* the write will say why */
	return (u64)offset < limit ? limit - (u64)offset : 0;
}

i64 io_too_big(void)
{
	signal_self(SIGXFSZ, SI_USER);
	return -EFBIG;
}

/* One write; a terminal wants to know who writes. */
static err_t write_some(struct file *file, u64 buffer, u64 size, i64 offset, u64 *count)
{
	if (file->mode & TTY_MODE && offset < 0)
		return tty_write(file->cap, 0, tty_session(), process_page->group,
		                 (const void *)buffer, size, count);
	return file_write(file->cap, offset, 0, (const void *)buffer, size, count);
}

/* All of it, as far as it goes: servers may take less at a time. */
i64 io_write_file(struct file *file, u64 buffer, u64 size, i64 offset)
{
	u64 done = 0;
	err_t error;

	if (!user_range(buffer, size))
		return -EFAULT;
	if (size > IO_SIZE_MAX)
		size = IO_SIZE_MAX;
	if (is_trivial(file))
		return file_writes(file) ? (i64)size : -EBADF;
	u64 room = io_room(file, offset);
	if (!room && size)
		return io_too_big();
	size = size < room ? size : room;
	do {
		u64 count = 0;
		error = INTERRUPTIBLE(write_some(file, buffer + done, size - done,
		                                 offset < 0 ? offset : offset + (i64)done, &count));
		if (error == E_ACCESS && file->mode & TTY_MODE) {
			i64 result = tty_background(SIGTTOU);
			if (result)
				return done ? (i64)done : result;
			error = INTERRUPTIBLE(file_write(file->cap, offset, 0,
			                                 (const void *)(buffer + done), size - done,
			                                 &count));
		}
		if (!error && !count)
			break;
		done += error ? 0 : count;
	} while (!error && done < size);
	return done || !error ? (i64)done : io_result(error);
}

i64 posix_read(const struct thread_regs *a)
{
	struct file *file = descriptor_get((u32)a->rdi);

	if (!file)
		return -EBADF;
	i64 offset = position_begin(file);
	i64 result = io_read_file(file, a->rsi, a->rdx, offset, 0);
	position_end(file, offset, result);
	file_put(file);
	return result;
}

i64 posix_write(const struct thread_regs *a)
{
	struct file *file = descriptor_get((u32)a->rdi);

	if (!file)
		return -EBADF;
	i64 offset = position_begin(file);
	i64 result = io_write_file(file, a->rsi, a->rdx, offset);
	position_end(file, offset, result);
	file_put(file);
	return result;
}

i64 posix_pread64(const struct thread_regs *a)
{
	struct file *file = descriptor_get((u32)a->rdi);

	if (!file)
		return -EBADF;
	i64 result = (i64)a->r10 < 0 ? -EINVAL : io_read_file(file, a->rsi, a->rdx, (i64)a->r10, 0);
	file_put(file);
	return result;
}

i64 posix_pwrite64(const struct thread_regs *a)
{
	struct file *file = descriptor_get((u32)a->rdi);

	if (!file)
		return -EBADF;
	i64 result = (i64)a->r10 < 0 ? -EINVAL : io_write_file(file, a->rsi, a->rdx, (i64)a->r10);
	file_put(file);
	return result;
}

/* --- vectors --- */

static __attribute__((noinline)) i64 vector_small(struct file *file, const struct vector *vector,
                                                  i64 offset, bool write)
{
	char buffer[GATHER_MAX];
	i64 result;

	if (write) {
		result = vector_copy(vector, buffer, vector->total, false);
		return result ? result : io_write_file(file, (u64)buffer, vector->total, offset);
	}
	result = io_read_file(file, (u64)buffer, vector->total, offset, 0);
	if (result > 0 && vector_copy(vector, buffer, (u64)result, true))
		return -EFAULT;
	return result;
}

static i64 vector_large(struct file *file, const struct vector *vector, i64 offset, bool write)
{
	struct linux_iovec entry;
	i64 done = 0;

	for (u64 i = 0; i < vector->count; i++) {
		if (vector_entry(vector, i, &entry))
			return done ? done : -EFAULT;
		if (!entry.size)
			continue;
		i64 at = offset < 0 ? offset : offset + done;
		if (write && done && !io_room(file, at))
			break;
		/* Once there is something to give, do not wait for more. */
		i64 part = write ? io_write_file(file, entry.base, entry.size, at)
		                 : io_read_file(file, entry.base, entry.size, at,
		                                done && !file_is(file, S_IFREG) ? FILE_IO_NONBLOCK
		                                                                : 0);
		if (part < 0)
			return done ? done : part;
		done += part;
		if ((u64)part < entry.size)
			break;
	}
	return done;
}

static i64 vector_io(const struct thread_regs *a, i64 offset, bool write)
{
	struct vector vector = { .address = a->rsi, .count = a->rdx };
	i64 result = vector_check(&vector);

	if (result)
		return result;
	struct file *file = descriptor_get((u32)a->rdi);
	if (!file)
		return -EBADF;
	i64 at = offset == FILE_POSITION ? position_begin(file) : offset;
	result = vector.total <= GATHER_MAX ? vector_small(file, &vector, at, write)
	                                    : vector_large(file, &vector, at, write);
	if (offset == FILE_POSITION)
		position_end(file, at, result);
	file_put(file);
	return result;
}

i64 posix_readv(const struct thread_regs *a) { return vector_io(a, FILE_POSITION, false); }
i64 posix_writev(const struct thread_regs *a) { return vector_io(a, FILE_POSITION, true); }

i64 posix_preadv(const struct thread_regs *a)
{
	return (i64)a->r10 < 0 ? -EINVAL : vector_io(a, (i64)a->r10, false);
}

i64 posix_pwritev(const struct thread_regs *a)
{
	return (i64)a->r10 < 0 ? -EINVAL : vector_io(a, (i64)a->r10, true);
}

/* The flags (RWF_*) are hints or change durability: only none is accepted, as old kernels do. */
i64 posix_preadv2(const struct thread_regs *a)
{
	return a->r9 ? -EOPNOTSUPP
	             : vector_io(a, (i64)a->r10 < 0 ? FILE_POSITION : (i64)a->r10, false);
}

i64 posix_pwritev2(const struct thread_regs *a)
{
	return a->r9 ? -EOPNOTSUPP
	             : vector_io(a, (i64)a->r10 < 0 ? FILE_POSITION : (i64)a->r10, true);
}
