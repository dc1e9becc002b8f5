/* SPDX-License-Identifier: MIT */
/* What files are: the stat family, statfs, access, directory entries, attributes. */
#include "core/text.h"
#include "core/user.h"
#include "file/target.h"
#include "proto/file.h"

#define NS_PER_SECOND 1000000000ll

static void split_time(i64 ns, i64 *seconds, i64 *rest)
{
	*seconds = ns / NS_PER_SECOND;
	*rest = ns % NS_PER_SECOND;
	if (*rest < 0) {
		*rest += NS_PER_SECOND;
		--*seconds;
	}
}

static i64 stat_write(u64 address, const struct file_stat *st)
{
	struct linux_stat out = {
		.dev = st->dev,
		.ino = st->ino,
		.nlink = st->nlink,
		.mode = st->mode,
		.uid = st->uid,
		.gid = st->gid,
		.rdev = st->rdev,
		.size = (i64)st->size,
		.block_size = st->block_size,
		.blocks = (i64)st->blocks,
	};

	split_time(st->atime_ns, &out.atime, &out.atime_ns);
	split_time(st->mtime_ns, &out.mtime, &out.mtime_ns);
	split_time(st->ctime_ns, &out.ctime, &out.ctime_ns);
	return user_write(address, &out, sizeof(out)) ? 0 : -EFAULT;
}

static i64 stat_target(struct target *target, u32 flags, struct file_stat *st)
{
	struct walk walk = { .data = st, .data_size = sizeof(*st) };

	if (target->file) {
		err_t error = file_stat(target->file->cap, st, sizeof(*st));
		target_done(target);
		return error_result(error);
	}
	walk.m.word[0] = CALL(2, 2); /* dir_stat */
	walk.m.word[1] = flags & AT_SYMLINK_NOFOLLOW ? DIR_NOFOLLOW : 0;
	return target_walk(target, &walk);
}

i64 stat_at(u64 fd, u64 path, u32 flags, struct file_stat *st)
{
	struct target target;

	if (flags & ~(u32)(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | 0x6000))
		return -EINVAL;
	u32 how = (flags & AT_SYMLINK_NOFOLLOW ? 0 : TARGET_FOLLOW) |
	          (flags & AT_EMPTY_PATH ? TARGET_EMPTY : 0);
	i64 result = target_find(&target, fd, path, how);
	return result ? result : stat_target(&target, flags, st);
}

static i64 stat_path(u64 fd, u64 path, u64 address, u32 flags)
{
	struct file_stat st;
	i64 result = stat_at(fd, path, flags, &st);

	return result ? result : stat_write(address, &st);
}

i64 posix_stat(const struct thread_regs *a) { return stat_path((u64)AT_FDCWD, a->rdi, a->rsi, 0); }

i64 posix_lstat(const struct thread_regs *a)
{
	return stat_path((u64)AT_FDCWD, a->rdi, a->rsi, AT_SYMLINK_NOFOLLOW);
}

static i64 stat_descriptor(u32 fd, struct file_stat *st)
{
	struct file *file = descriptor_get(fd);

	if (!file)
		return -EBADF;
	err_t error = file_stat(file->cap, st, sizeof(*st));
	file_put(file);
	return error_result(error);
}

i64 posix_fstat(const struct thread_regs *a)
{
	struct file_stat st;
	i64 result = stat_descriptor((u32)a->rdi, &st);

	return result ? result : stat_write(a->rsi, &st);
}

i64 posix_newfstatat(const struct thread_regs *a)
{
	char first;

	/* glibc's fstat: no path to fetch. */
	if (a->r10 & AT_EMPTY_PATH && (i32)a->rdi >= 0 && user_read(&first, a->rsi, 1) && !first)
		return posix_fstat(&(struct thread_regs){ .rdi = a->rdi, .rsi = a->rdx });
	return stat_path(a->rdi, a->rsi, a->rdx, (u32)a->r10);
}

enum { STATX_BASIC = 0x7ff, STATX_BTIME = 0x800 };

static struct linux_statx_time statx_time(i64 ns)
{
	i64 seconds, rest;

	split_time(ns, &seconds, &rest);
	return (struct linux_statx_time){ .seconds = seconds, .ns = (u32)rest };
}

static u32 device_major(u64 dev) { return (u32)((dev >> 8 & 0xfff) | (dev >> 32 & ~0xfffu)); }
static u32 device_minor(u64 dev) { return (u32)((dev & 0xff) | (dev >> 12 & ~0xffu)); }

i64 posix_statx(const struct thread_regs *a)
{
	struct file_stat st;
	i64 result = stat_at(a->rdi, a->rsi, (u32)a->rdx, &st);

	if (result)
		return result;
	struct linux_statx out = {
		.mask = STATX_BASIC | STATX_BTIME,
		.block_size = st.block_size,
		.nlink = st.nlink,
		.uid = st.uid,
		.gid = st.gid,
		.mode = (u16)st.mode,
		.ino = st.ino,
		.size = st.size,
		.blocks = st.blocks,
		.atime = statx_time(st.atime_ns),
		.mtime = statx_time(st.mtime_ns),
		.ctime = statx_time(st.ctime_ns),
		.btime = statx_time(st.btime_ns),
		.rdev_major = device_major(st.rdev),
		.rdev_minor = device_minor(st.rdev),
		.dev_major = device_major(st.dev),
		.dev_minor = device_minor(st.dev),
	};
	return user_write(a->r8, &out, sizeof(out)) ? 0 : -EFAULT;
}

/* --- file systems --- */

static i64 statfs_write(u64 address, const struct file_system_stat *st)
{
	struct linux_statfs out = {
		.type = (i64)st->type,
		.block_size = (i64)st->block_size,
		.blocks = st->blocks,
		.blocks_free = st->blocks_free,
		.blocks_available = st->blocks_available,
		.files = st->files,
		.files_free = st->files_free,
		.id = st->id,
		.name_max = (i64)st->name_max,
		.fragment_size = (i64)st->block_size,
		.flags = (i64)st->flags,
	};

	return user_write(address, &out, sizeof(out)) ? 0 : -EFAULT;
}

i64 posix_statfs(const struct thread_regs *a)
{
	struct target target;
	struct file_system_stat st;
	struct walk walk = { .data = &st, .data_size = sizeof(st) };
	i64 result = target_find(&target, (u64)AT_FDCWD, a->rdi, TARGET_FOLLOW);

	if (result)
		return result;
	walk.m.word[0] = CALL(2, 11); /* dir_statfs */
	result = target_walk(&target, &walk);
	return result ? result : statfs_write(a->rsi, &st);
}

i64 posix_fstatfs(const struct thread_regs *a)
{
	struct file_system_stat st;
	struct file *file = descriptor_get((u32)a->rdi);

	if (!file)
		return -EBADF;
	err_t error = file_statfs(file->cap, &st, sizeof(st));
	file_put(file);
	return error ? error_result(error) : statfs_write(a->rsi, &st);
}

/* --- access --- */

i64 access_at(u64 fd, u64 path, u32 mode, u32 flags)
{
	struct target target;
	struct walk walk = { 0 };
	bool follow = !(flags & AT_SYMLINK_NOFOLLOW);

	if (mode & ~7u || flags & ~(u32)(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	i64 result = target_find(&target, fd, path,
	                         (follow ? TARGET_FOLLOW : 0) |
	                                 (flags & AT_EMPTY_PATH ? TARGET_EMPTY : 0));
	if (result)
		return result;
	walk.m.word[0] = CALL(2, 10); /* dir_access */
	walk.m.word[1] = (follow ? 0 : DIR_NOFOLLOW) | (flags & AT_EACCESS ? 0 : DIR_REAL);
	walk.m.word[2] = mode;
	if (target.file) {
		target.path[0] = 0;
		place_file(&target.place, target.file);
		result = error_result(walk_path(&walk, &target.place, target.path));
		target_done(&target);
		/* A pipe, a terminal: it is open, that much is known. */
		return result == -ENOSYS || result == -ENOTDIR ? 0 : result;
	}
	return target_walk(&target, &walk);
}

i64 posix_access(const struct thread_regs *a)
{
	return access_at((u64)AT_FDCWD, a->rdi, (u32)a->rsi, 0);
}

i64 posix_faccessat(const struct thread_regs *a)
{
	return access_at(a->rdi, a->rsi, (u32)a->rdx, 0);
}

i64 posix_faccessat2(const struct thread_regs *a)
{
	return access_at(a->rdi, a->rsi, (u32)a->rdx, (u32)a->r10);
}

/* --- directory entries --- */

i64 posix_getdents64(const struct thread_regs *a)
{
	u64 count = 0;

	if (!user_range(a->rsi, a->rdx))
		return -EFAULT;
	struct file *file = descriptor_get((u32)a->rdi);
	if (!file)
		return -EBADF;
	err_t error = file->flags & O_PATH ? E_CAP : E_NOTDIR;
	if (error == E_NOTDIR && file_is(file, S_IFDIR))
		error = file_list(file->cap, (void *)a->rsi, a->rdx & 0xffffffff, &count);
	file_put(file);
	return error ? error_result(error) : (i64)count;
}

/* What a link in /proc says of this process: replaces `path`. */
static RARE bool self_text(char *path)
{
	i32 fd;

	if (memcmp(path, "/proc/", 6))
		return false;
	if (text_equal(path, "/proc/self") || text_equal(path, "/proc/thread-self")) {
		(void)self_name(path, true);
		memmove(path, path + 6, strlen(path + 6) + 1);
		return true;
	}
	if (!self_link(path, &fd))
		return false;
	return fd < 0 || descriptor_name((u32)fd, path);
}

i64 posix_readlinkat(const struct thread_regs *a)
{
	struct target target;
	char text[PATH_MAX];
	struct walk walk = { .data = text, .data_size = sizeof(text), .data_counted = true };
	u64 room = a->r10;
	i64 result = (i64)room <= 0 ? -EINVAL : target_find(&target, a->rdi, a->rsi, TARGET_EMPTY);

	if (result)
		return result;
	u64 size;
	if (!target.file && self_text(target.path)) {
		target_done(&target);
		size = strlen(target.path);
		memcpy(text, target.path, size);
	} else {
		walk.m.word[0] = CALL(2, 6); /* dir_readlink */
		result = target_walk(&target, &walk);
		if (result)
			return result == -EOPNOTSUPP ? -EINVAL : result;
		size = walk.m.word[1];
	}
	if (size > room)
		size = room;
	return user_write(a->rdx, text, size) ? (i64)size : -EFAULT;
}

i64 posix_readlink(const struct thread_regs *a)
{
	return posix_readlinkat(&(struct thread_regs){
	        .rdi = (u64)AT_FDCWD, .rsi = a->rdi, .rdx = a->rsi, .r10 = a->rdx });
}
