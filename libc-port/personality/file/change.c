/* SPDX-License-Identifier: MIT */
/* Changing what files are: mode, owner, times, size; writing to disk. */
#include "core/text.h"
#include "core/user.h"
#include "file/io.h"
#include "file/target.h"
#include "process/process.h"
#include "proto/file.h"

/* An open file's gate allows what it was opened for, the size; the rest goes by who we are. */
static RARE err_t change_open(const struct file *file, const struct file_attributes *attributes)
{
	struct walk walk = { .m.word[0] = CALL(2, 9) }; /* dir_set */
	struct place place;
	char path[PATH_MAX];

	if (attributes->mask & FILE_SET_SIZE)
		return file_set(file->cap, attributes);
	path[0] = 0;
	place_file(&place, file);
	if (!place.base)
		return file_set(file->cap, attributes);
	memcpy(&walk.m.word[1], attributes, sizeof(*attributes));
	err_t error = walk_path(&walk, &place, path);
	/* A terminal or the like, opened through a file system. */
	return error == E_NOSYS || error == E_NOTDIR ? file_set(file->cap, attributes) : error;
}

static i64 change_file(u32 fd, const struct file_attributes *attributes)
{
	struct file *file = descriptor_get(fd);

	if (!file)
		return -EBADF;
	err_t error = file->flags & O_PATH ? E_CAP : change_open(file, attributes);
	file_put(file);
	return error_result(error);
}

static i64 change_at(u64 fd, u64 path, u32 flags, struct file_attributes *attributes)
{
	struct target target;
	struct walk walk = { 0 };
	bool follow = !(flags & AT_SYMLINK_NOFOLLOW);
	i64 result = target_find(&target, fd, path,
	                         (follow ? TARGET_FOLLOW : 0) |
	                                 (flags & AT_EMPTY_PATH ? TARGET_EMPTY : 0));

	if (result)
		return result;
	if (target.file) {
		err_t error = change_open(target.file, attributes);
		target_done(&target);
		return error_result(error);
	}
	attributes->mask |= follow ? 0 : FILE_SET_NOFOLLOW;
	walk.m.word[0] = CALL(2, 9); /* dir_set */
	memcpy(&walk.m.word[1], attributes, sizeof(*attributes));
	return target_walk(&target, &walk);
}

/* --- mode --- */

static struct file_attributes change_mode(u64 mode)
{
	return (struct file_attributes){ .mask = FILE_SET_MODE, .mode = mode & 07777 };
}

i64 posix_chmod(const struct thread_regs *a)
{
	struct file_attributes change = change_mode(a->rsi);

	return change_at((u64)AT_FDCWD, a->rdi, 0, &change);
}

i64 posix_fchmod(const struct thread_regs *a)
{
	struct file_attributes change = change_mode(a->rsi);

	return change_file((u32)a->rdi, &change);
}

i64 posix_fchmodat(const struct thread_regs *a)
{
	struct file_attributes change = change_mode(a->rdx);

	return change_at(a->rdi, a->rsi, 0, &change);
}

/* --- owner --- */

static struct file_attributes change_owner(u64 uid, u64 gid)
{
	return (struct file_attributes){
		.mask = ((u32)uid == UINT32_MAX ? 0 : FILE_SET_UID) |
		        ((u32)gid == UINT32_MAX ? 0 : FILE_SET_GID),
		.uid = (u32)uid,
		.gid = (u32)gid,
	};
}

i64 posix_chown(const struct thread_regs *a)
{
	struct file_attributes change = change_owner(a->rsi, a->rdx);

	return change_at((u64)AT_FDCWD, a->rdi, 0, &change);
}

i64 posix_lchown(const struct thread_regs *a)
{
	struct file_attributes change = change_owner(a->rsi, a->rdx);

	return change_at((u64)AT_FDCWD, a->rdi, AT_SYMLINK_NOFOLLOW, &change);
}

i64 posix_fchown(const struct thread_regs *a)
{
	struct file_attributes change = change_owner(a->rsi, a->rdx);

	return change_file((u32)a->rdi, &change);
}

i64 posix_fchownat(const struct thread_regs *a)
{
	struct file_attributes change = change_owner(a->rdx, a->r10);

	if (a->r8 & ~(u64)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	return change_at(a->rdi, a->rsi, (u32)a->r8, &change);
}

/* --- times --- */

enum { UTIME_NOW = 0x3fffffff, UTIME_OMIT = 0x3ffffffe };

static i64 change_time(const struct linux_timespec *time, u32 set, u32 now, u32 *mask, i64 *ns)
{
	if (time->ns == UTIME_OMIT)
		return 0;
	if (time->ns == UTIME_NOW) {
		*mask |= now;
		return 0;
	}
	if (time->ns < 0 || time->ns >= 1000000000 || time->seconds > INT64_MAX / 1000000000 - 1 ||
	    time->seconds < INT64_MIN / 1000000000 + 1)
		return -EINVAL;
	*mask |= set;
	*ns = time->seconds * 1000000000 + time->ns;
	return 0;
}

static i64 change_times(u64 fd, u64 path, const struct linux_timespec *times, u32 flags)
{
	struct file_attributes change = { 0 };
	i64 result = change_time(&times[0], FILE_SET_ATIME, FILE_SET_ATIME_NOW, &change.mask,
	                         &change.atime_ns);

	if (!result)
		result = change_time(&times[1], FILE_SET_MTIME, FILE_SET_MTIME_NOW, &change.mask,
		                     &change.mtime_ns);
	if (result || (times[0].ns == UTIME_OMIT && times[1].ns == UTIME_OMIT))
		return result; /* nothing to do: not even the path is looked at, as on Linux */
	return path ? change_at(fd, path, flags, &change) : change_file((u32)fd, &change);
}

i64 posix_utimensat(const struct thread_regs *a)
{
	struct linux_timespec times[2] = { { .ns = UTIME_NOW }, { .ns = UTIME_NOW } };

	if (a->r10 & ~(u64)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (a->rdx && !user_read(times, a->rdx, sizeof(times)))
		return -EFAULT;
	return change_times(a->rdi, a->rsi, times, (u32)a->r10);
}

/* utimes, futimesat: microseconds. */
static i64 change_timevals(u64 fd, u64 path, u64 address)
{
	struct linux_timespec times[2] = { { .ns = UTIME_NOW }, { .ns = UTIME_NOW } };

	if (address && !user_read(times, address, sizeof(times)))
		return -EFAULT;
	for (u32 i = 0; i < 2 && address; i++) {
		if (times[i].ns < 0 || times[i].ns >= 1000000)
			return -EINVAL;
		times[i].ns *= 1000;
	}
	return change_times(fd, path, times, 0);
}

i64 posix_utimes(const struct thread_regs *a)
{
	return a->rdi ? change_timevals((u64)AT_FDCWD, a->rdi, a->rsi) : -EFAULT;
}

i64 posix_futimesat(const struct thread_regs *a) { return change_timevals(a->rdi, a->rsi, a->rdx); }

i64 posix_utime(const struct thread_regs *a)
{
	struct linux_timespec times[2] = { { .ns = UTIME_NOW }, { .ns = UTIME_NOW } };
	i64 seconds[2];

	if (!a->rdi || (a->rsi && !user_read(seconds, a->rsi, sizeof(seconds))))
		return -EFAULT;
	for (u32 i = 0; i < 2 && a->rsi; i++)
		times[i] = (struct linux_timespec){ .seconds = seconds[i] };
	return change_times((u64)AT_FDCWD, a->rdi, times, 0);
}

/* --- size --- */

/* RLIMIT_FSIZE: a file of size `now` may not become larger. */
static i64 check_size(u64 size, const struct file_stat *now)
{
	bool fits = size <= limit_soft(RLIMIT_FSIZE) || size <= now->size;

	return fits || (now->mode & S_IFMT) != S_IFREG ? 0 : io_too_big();
}

static i64 check_file(u32 fd, u64 size)
{
	struct file *file = descriptor_get(fd);
	struct file_stat now;
	i64 result = 0;

	if (!file)
		return -EBADF;
	if (file_writes(file) && !file_stat(file->cap, &now, sizeof(now)))
		result = check_size(size, &now);
	file_put(file);
	return result;
}

static i64 check_path(u64 path, u64 size)
{
	struct file_stat now;
	i64 result = stat_at((u64)AT_FDCWD, path, 0, &now);

	return result ? result : check_size(size, &now);
}

i64 posix_truncate(const struct thread_regs *a)
{
	struct file_attributes change = { .mask = FILE_SET_SIZE, .size = a->rsi };

	if ((i64)a->rsi < 0)
		return -EINVAL;
	i64 result = a->rsi > limit_soft(RLIMIT_FSIZE) ? check_path(a->rdi, a->rsi) : 0;
	return result ? result : change_at((u64)AT_FDCWD, a->rdi, 0, &change);
}

i64 posix_ftruncate(const struct thread_regs *a)
{
	struct file_attributes change = { .mask = FILE_SET_SIZE, .size = a->rsi };

	if ((i64)a->rsi < 0)
		return -EINVAL;
	i64 result = a->rsi > limit_soft(RLIMIT_FSIZE) ? check_file((u32)a->rdi, a->rsi) : 0;
	if (!result)
		result = change_file((u32)a->rdi, &change);
	return result == -EOPNOTSUPP ? -EINVAL : result;
}

i64 posix_fallocate(const struct thread_regs *a)
{
	if ((i64)a->rdx < 0 || (i64)a->r10 <= 0)
		return -EINVAL;
	u64 end = a->rdx + a->r10;
	if (!a->rsi && end > limit_soft(RLIMIT_FSIZE) && end <= INT64_MAX) {
		i64 result = check_file((u32)a->rdi, end);
		if (result)
			return result;
	}
	struct file *file = descriptor_get((u32)a->rdi);
	if (!file)
		return -EBADF;
	i64 kind = !file_writes(file)       ? -EBADF
	           : file_is(file, S_IFIFO) ? -ESPIPE
	           : file_is(file, S_IFREG) ? 0
	                                    : -ENODEV;
	if (kind) {
		file_put(file);
		return kind;
	}
	err_t error = file_allocate(file->cap, (u32)a->rsi, a->rdx, a->r10);
	file_put(file);
	return error == E_NOSYS ? -EOPNOTSUPP : error_result(error);
}

/* --- to disk --- */

static i64 sync_file(u32 fd, bool data_only)
{
	struct file *file = descriptor_get(fd);

	if (!file)
		return -EBADF;
	err_t error = file_sync(file->cap, data_only);
	file_put(file);
	return error == E_NOTSUP || error == E_NOSYS ? -EINVAL : error_result(error);
}

i64 posix_fsync(const struct thread_regs *a) { return sync_file((u32)a->rdi, false); }
i64 posix_fdatasync(const struct thread_regs *a) { return sync_file((u32)a->rdi, true); }
i64 posix_sync_file_range(const struct thread_regs *a) { return sync_file((u32)a->rdi, true); }

i64 posix_sync(const struct thread_regs *a)
{
	(void)a;
	(void)dir_sync(PROCESS_ROOT);
	return 0;
}

i64 posix_syncfs(const struct thread_regs *a)
{
	struct file *file = descriptor_get((u32)a->rdi);

	if (!file)
		return -EBADF;
	err_t error = file_is(file, S_IFDIR) ? dir_sync(file->cap) : dir_sync(PROCESS_ROOT);
	file_put(file);
	return error_result(error);
}

/* Advice changes nothing, but the descriptor is checked. */
i64 posix_fadvise64(const struct thread_regs *a)
{
	struct file *file = descriptor_get((u32)a->rdi);

	if (!file)
		return -EBADF;
	bool pipe = file_is(file, S_IFIFO);
	file_put(file);
	return pipe ? -ESPIPE : a->r10 > 5 ? -EINVAL : 0;
}

/* Likewise: what is read soon is read then. */
i64 posix_readahead(const struct thread_regs *a)
{
	struct file *file = descriptor_get((u32)a->rdi);

	if (!file)
		return -EBADF;
	i64 result = !file_reads(file)                                    ? -EBADF
	             : !file_is(file, S_IFREG) && !file_is(file, S_IFBLK) ? -EINVAL
	                                                                  : 0;
	file_put(file);
	return result;
}
