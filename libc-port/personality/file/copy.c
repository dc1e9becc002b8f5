/* SPDX-License-Identifier: MIT */
/* From file to file: sendfile and copy_file_range, by reading and writing. */
#include "core/user.h"
#include "file/io.h"
#include "file/position.h"
#include "proto/file.h"

enum { COPY_SIZE = 8192 };

/* Copy up to `size` bytes; offsets of -1 are the files' own positions. */
static __attribute__((noinline)) i64 file_copy(struct file *in, i64 in_at, struct file *out,
                                               i64 out_at, u64 size)
{
	char buffer[COPY_SIZE];
	u64 done = 0;

	while (done < size) {
		u64 part = size - done < COPY_SIZE ? size - done : COPY_SIZE;
		if (done && !io_room(out, out_at < 0 ? out_at : out_at + (i64)done))
			break;
		i64 got = io_read_file(in, (u64)buffer, part, in_at < 0 ? in_at : in_at + (i64)done,
		                       0);
		if (got <= 0)
			return done ? (i64)done : got;
		i64 put = io_write_file(out, (u64)buffer, (u64)got,
		                        out_at < 0 ? out_at : out_at + (i64)done);
		if (put < got && in_at < 0) {
			i64 position; /* what could not be written was not read */
			(void)file_seek(in->cap, (put < 0 ? 0 : put) - got, SEEK_CUR, &position);
		}
		if (put < 0)
			return done ? (i64)done : put;
		done += (u64)put;
		if (put < got || (u64)got < part)
			break;
	}
	return (i64)done;
}

i64 offset_read(u64 address, i64 *offset)
{
	*offset = FILE_POSITION;
	if (!address)
		return 0;
	if (!user_read(offset, address, sizeof(*offset)))
		return -EFAULT;
	return *offset < 0 ? -EINVAL : 0;
}

i64 offset_write(u64 address, i64 offset, i64 result)
{
	if (!address || result <= 0)
		return result;
	offset += result;
	return user_write(address, &offset, sizeof(offset)) ? result : -EFAULT;
}

bool file_appends(struct file *file)
{
	u32 flags;

	return !file_flags(file->cap, 0, 0, &flags) && flags & O_APPEND;
}

struct copy {
	struct file *in, *out; /* a user more of each */
	i64 in_at, out_at;
	u64 size;
};

static i64 send_check(const struct copy *copy)
{
	if (!file_reads(copy->in) || !file_writes(copy->out))
		return -EBADF;
	if (!file_is(copy->in, S_IFREG) && !file_is(copy->in, S_IFBLK))
		return -EINVAL;
	return file_appends(copy->out) ? -EINVAL : 0;
}

/* Do the ranges of one and the same file overlap? */
static bool copy_overlaps(const struct copy *copy)
{
	struct file_stat in, out;
	i64 in_at = copy->in_at, out_at = copy->out_at;

	if (file_stat(copy->in->cap, &in, sizeof(in)) ||
	    file_stat(copy->out->cap, &out, sizeof(out)) || in.ino != out.ino || in.dev != out.dev)
		return false;
	if ((in_at < 0 && file_seek(copy->in->cap, 0, SEEK_CUR, &in_at)) ||
	    (out_at < 0 && file_seek(copy->out->cap, 0, SEEK_CUR, &out_at)))
		return false;
	u64 apart = in_at < out_at ? (u64)(out_at - in_at) : (u64)(in_at - out_at);
	u64 there = (u64)in_at < in.size ? in.size - (u64)in_at : 0;
	return apart < (copy->size < there ? copy->size : there);
}

static i64 range_check(const struct copy *copy)
{
	if (file_is(copy->in, S_IFDIR) || file_is(copy->out, S_IFDIR))
		return -EISDIR;
	if (!file_is(copy->in, S_IFREG) || !file_is(copy->out, S_IFREG))
		return -EINVAL;
	if (!file_reads(copy->in) || !file_writes(copy->out) || file_appends(copy->out))
		return -EBADF;
	return copy_overlaps(copy) ? -EINVAL : 0;
}

static i64 copy_begin(struct copy *copy, u64 in_fd, u64 in_address, u64 out_fd, u64 out_address)
{
	i64 result;

	copy->in = descriptor_get((u32)in_fd);
	copy->out = descriptor_get((u32)out_fd);
	if (copy->size > IO_SIZE_MAX)
		copy->size = IO_SIZE_MAX;
	if (!copy->in || !copy->out)
		return -EBADF;
	position_publish(copy->in);
	position_publish(copy->out);
	result = offset_read(in_address, &copy->in_at);
	return result ? result : offset_read(out_address, &copy->out_at);
}

static void copy_end(const struct copy *copy)
{
	if (copy->in)
		file_put(copy->in);
	if (copy->out)
		file_put(copy->out);
}

static i64 copy_run(const struct copy *copy)
{
	return file_copy(copy->in, copy->in_at, copy->out, copy->out_at, copy->size);
}

i64 posix_sendfile(const struct thread_regs *a)
{
	struct copy copy = { .size = a->r10 };
	i64 result = copy_begin(&copy, a->rsi, a->rdx, a->rdi, 0);

	if (!result)
		result = send_check(&copy);
	if (!result)
		result = offset_write(a->rdx, copy.in_at, copy_run(&copy));
	copy_end(&copy);
	return result;
}

i64 posix_copy_file_range(const struct thread_regs *a)
{
	struct copy copy = { .size = a->r8 };
	i64 result = copy_begin(&copy, a->rdi, a->rsi, a->rdx, a->r10);

	if (!result)
		result = a->r9 ? -EINVAL : range_check(&copy);
	if (!result) {
		result = copy_run(&copy);
		result = offset_write(a->rsi, copy.in_at, result);
		result = offset_write(a->r10, copy.out_at, result);
	}
	copy_end(&copy);
	return result;
}
