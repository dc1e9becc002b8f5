/* SPDX-License-Identifier: MIT */
/* splice, tee and vmsplice. Between pipes the server moves the bytes; all others are copied through
 * a buffer here, and leave a pipe only when they have arrived. */
#include "core/user.h"
#include "file/io.h"
#include "file/poll.h"
#include "file/position.h"
#include "file/vector.h"
#include "proto/file.h"
#include "proto/pipe.h"

enum { SPLICE_F_NONBLOCK = 2, SPLICE_F_ALL = 15, PART_SIZE = 8192 };
enum { CONTROL_SIZE = 1032, CONTROL_READABLE = 0x541b }; /* F_GETPIPE_SZ, FIONREAD */

struct splice {
	struct file *in, *out;
	i64 in_at, out_at;
	u64 size;
	bool may_wait, keep;
};

static bool nonblocking(struct file *file)
{
	u32 flags;

	return !file_flags(file->cap, 0, 0, &flags) && flags & O_NONBLOCK;
}

/* Until a pipe has what it lacks: 0, or the call's result. */
static i64 pipe_wait(struct file *pipe, u32 wanted, bool may_wait)
{
	if (!may_wait || nonblocking(pipe))
		return -EAGAIN;
	i64 result = poll_wait(pipe, wanted);
	return result == -EINTR ? -ERESTART : result;
}

static i64 pipe_to_pipe(const struct splice *s)
{
	i64 result = 0;
	u64 count = 0;
	err_t error;

	do {
		error = pipe_move(s->in->cap, s->out->cap, s->size, s->keep, &count);
		if (error != E_AGAIN && error != E_BUSY)
			return error ? io_result(error) : (i64)count;
		/* Either pipe's own flag counts. */
		result = nonblocking(error == E_AGAIN ? s->out : s->in) ? -EAGAIN
		         : error == E_AGAIN ? pipe_wait(s->in, POLLIN, s->may_wait)
		                            : pipe_wait(s->out, POLLOUT, s->may_wait);
	} while (!result);
	return result;
}

/* What has been written leaves the pipe. */
static void pipe_drop(struct file *pipe, char *buffer, u64 size)
{
	(void)io_read_file(pipe, (u64)buffer, size, FILE_POSITION, FILE_IO_NONBLOCK);
}

static __attribute__((noinline)) i64 pipe_to_file(const struct splice *s)
{
	char buffer[PART_SIZE];
	u64 done = 0;

	while (done < s->size) {
		u64 part = s->size - done < sizeof(buffer) ? s->size - done : sizeof(buffer);
		if (done && !io_room(s->out, s->out_at < 0 ? s->out_at : s->out_at + (i64)done))
			break;
		i64 got = io_read_file(s->in, (u64)buffer, part, FILE_POSITION, FILE_IO_KEEP);
		if (got == -EAGAIN && !done) {
			i64 result = pipe_wait(s->in, POLLIN, s->may_wait);
			if (result)
				return result;
			continue;
		}
		if (got <= 0)
			return done ? (i64)done : got;
		i64 put = io_write_file(s->out, (u64)buffer, (u64)got,
		                        s->out_at < 0 ? s->out_at : s->out_at + (i64)done);
		if (put <= 0)
			return done ? (i64)done : put;
		pipe_drop(s->in, buffer, (u64)put);
		done += (u64)put;
		if (put < got)
			break;
	}
	return (i64)done;
}

/* Bytes for which the pipe has room, at least one; or the call's result. */
static i64 pipe_room(const struct splice *s)
{
	for (;;) {
		u64 size = 0, used = 0;
		u32 ready = poll_file(s->out, POLLOUT, 0, 0);
		if (ready & POLLERR)
			return io_result(E_PIPE);
		err_t error = file_control(s->out->cap, CONTROL_SIZE, 0, NULL, 0, NULL, 0, &size);
		if (!error)
			error = file_control(s->out->cap, CONTROL_READABLE, 0, NULL, 0, NULL, 0,
			                     &used);
		if (error)
			return io_result(error);
		if (ready && used < size)
			return (i64)(size - used);
		i64 result = pipe_wait(s->out, POLLOUT, s->may_wait);
		if (result)
			return result;
	}
}

static __attribute__((noinline)) i64 file_to_pipe(const struct splice *s)
{
	char buffer[PART_SIZE];
	i64 room = pipe_room(s);
	u64 done = 0;

	if (room < 0)
		return room;
	u64 size = s->size < (u64)room ? s->size : (u64)room;
	while (done < size) {
		u64 part = size - done < sizeof(buffer) ? size - done : sizeof(buffer);
		bool wait = !done && (s->may_wait || !file_is(s->in, S_IFSOCK));
		i64 got = io_read_file(s->in, (u64)buffer, part,
		                       s->in_at < 0 ? s->in_at : s->in_at + (i64)done,
		                       wait ? 0 : FILE_IO_NONBLOCK);
		if (got <= 0)
			return done ? (i64)done : got;
		i64 put = io_write_file(s->out, (u64)buffer, (u64)got, FILE_POSITION);
		if (put < 0)
			return done ? (i64)done : put;
		done += (u64)put;
		if ((u64)got < part)
			break;
	}
	return (i64)done;
}

static i64 not_spliced(i64 result)
{
	return result == -ESPIPE || result == -EISDIR ? -EINVAL : result;
}

static i64 splice_run(struct splice *s, u64 in_address, u64 out_address)
{
	bool from = file_is(s->in, S_IFIFO), to = file_is(s->out, S_IFIFO);

	if ((from && in_address) || (to && out_address))
		return -ESPIPE;
	i64 result = offset_read(in_address, &s->in_at);
	if (!result)
		result = offset_read(out_address, &s->out_at);
	if (result)
		return result;
	if (!file_reads(s->in) || !file_writes(s->out))
		return -EBADF;
	if (!from && !to)
		return -EINVAL;
	if (from && to)
		return pipe_to_pipe(s);
	if (to)
		return not_spliced(offset_write(in_address, s->in_at, file_to_pipe(s)));
	if (file_appends(s->out))
		return -EINVAL;
	return not_spliced(offset_write(out_address, s->out_at, pipe_to_file(s)));
}

static i64 splice_tee(struct splice *s)
{
	if (!file_reads(s->in) || !file_writes(s->out))
		return -EBADF;
	if (!file_is(s->in, S_IFIFO) || !file_is(s->out, S_IFIFO))
		return -EINVAL;
	return pipe_to_pipe(s);
}

static i64 splice_begin(struct splice *s, u64 in, u64 out, u64 size, u64 flags)
{
	s->size = size < IO_SIZE_MAX ? size : IO_SIZE_MAX;
	s->may_wait = !(flags & SPLICE_F_NONBLOCK);
	s->in = descriptor_get((u32)in);
	s->out = descriptor_get((u32)out);
	if (!s->in || !s->out)
		return -EBADF;
	position_publish(s->in);
	position_publish(s->out);
	return 0;
}

static void splice_end(const struct splice *s)
{
	if (s->in)
		file_put(s->in);
	if (s->out)
		file_put(s->out);
}

i64 posix_splice(const struct thread_regs *a)
{
	struct splice s = { 0 };

	if (!a->r8 || (u32)a->r9 & ~(u32)SPLICE_F_ALL)
		return a->r8 ? -EINVAL : 0;
	i64 result = splice_begin(&s, a->rdi, a->rdx, a->r8, a->r9);
	if (!result)
		result = splice_run(&s, a->rsi, a->r10);
	splice_end(&s);
	return result;
}

i64 posix_tee(const struct thread_regs *a)
{
	struct splice s = { .keep = true };

	if ((u32)a->r10 & ~(u32)SPLICE_F_ALL)
		return -EINVAL;
	if (!a->rdx)
		return 0;
	i64 result = splice_begin(&s, a->rdi, a->rsi, a->rdx, a->r10);
	if (!result)
		result = splice_tee(&s);
	splice_end(&s);
	return result;
}

/* --- vmsplice --- */

/* As much as the pipe takes or has, once it takes or has something. */
static i64 vector_splice(struct file *pipe, const struct vector *vector, bool write)
{
	struct linux_iovec entry;
	u64 done = 0, count;

	for (u64 i = 0; i < vector->count; i++) {
		if (vector_entry(vector, i, &entry) || !user_range(entry.base, entry.size))
			return done ? (i64)done : -EFAULT;
		if (!entry.size)
			continue;
		count = 0;
		err_t error = write ? file_write(pipe->cap, FILE_POSITION, FILE_IO_NONBLOCK,
		                                 (const void *)entry.base, entry.size, &count)
		                    : file_read(pipe->cap, FILE_POSITION, FILE_IO_NONBLOCK,
		                                (void *)entry.base, entry.size, &count);
		if (error)
			return done ? (i64)done : io_result(error);
		done += count;
		if (count < entry.size)
			break;
	}
	return (i64)done;
}

i64 posix_vmsplice(const struct thread_regs *a)
{
	struct vector vector = { .address = a->rsi, .count = a->rdx };
	i64 result;

	if ((u32)a->r10 & ~(u32)SPLICE_F_ALL)
		return -EINVAL;
	struct file *pipe = descriptor_get((u32)a->rdi);
	if (!pipe)
		return -EBADF;
	bool write = file_writes(pipe);
	if (!file_is(pipe, S_IFIFO) || (!write && !file_reads(pipe)))
		result = -EBADF;
	else
		result = vector_check(&vector);
	while (!result && vector.total) {
		result = vector_splice(pipe, &vector, write);
		if (result != -EAGAIN)
			break;
		result = pipe_wait(pipe, write ? POLLOUT : POLLIN,
		                   !((u32)a->r10 & SPLICE_F_NONBLOCK));
	}
	file_put(pipe);
	return result;
}
