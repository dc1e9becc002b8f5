/* SPDX-License-Identifier: MIT */
/* inotify: an instance is a file of the counter server; a watch is asked of the file system that
 * the path leads to. Reading and waiting are as with any file. */
#include "core/call.h"
#include "core/user.h"
#include "file/poll.h"
#include "file/target.h"
#include "process/process.h"
#include "proto/notify.h"

static i64 inotify_make(u32 flags)
{
	cap_t cap = 0;

	if (flags & ~(u32)(O_NONBLOCK | O_CLOEXEC))
		return -EINVAL;
	err_t error = notify_create(PROCESS_COUNTER, flags & O_NONBLOCK, &cap);
	if (error == E_LIMIT)
		return -EMFILE;
	if (error == E_CAP || error == E_DEAD)
		return -ENOSYS; /* no counter server */
	if (error)
		return error_result(error);
	struct file *file = file_create(cap, 0600, O_RDONLY | (flags & O_NONBLOCK), 0);
	return descriptor_add(file, 0, flags & O_CLOEXEC);
}

i64 posix_inotify_init(const struct thread_regs *a)
{
	(void)a;
	return inotify_make(0);
}

i64 posix_inotify_init1(const struct thread_regs *a) { return inotify_make((u32)a->rdi); }

/* --- watches --- */

/* A file that may be an instance: it has no type. */
static i64 instance_get(u32 fd, struct file **file)
{
	*file = descriptor_get(fd);
	if (!*file)
		return -EBADF;
	if (!((*file)->mode & ~07777u))
		return 0;
	file_put(*file);
	return -EINVAL;
}

/* A negative number, or the watch's. */
static i64 watch_result(err_t error, const struct walk *walk)
{
	switch (error) {
	case OK:
		return (i64)(u32)walk->m.word[1];
	case E_LIMIT: /* not of the process, but of what there is */
	case E_FUNDS:
		return -ENOSPC;
	default:
		return error_result(error);
	}
}

static i64 watch_path(const struct file *file, u64 path, u32 mask)
{
	struct target target;
	struct walk walk = { .m.word = { CALL(2, 17), mask }, .sent = file->cap };
	i64 result = target_find(&target, (u64)AT_FDCWD, path,
	                         mask & NOTIFY_DONT_FOLLOW ? 0 : TARGET_FOLLOW);

	if (result)
		return result;
	if (target.file) { /* /proc/self/fd/N */
		place_file(&target.place, target.file);
		target.path[0] = 0;
	}
	result = watch_result(walk_path(&walk, &target.place, target.path), &walk);
	if (target.file)
		target.place.file = NULL;
	target_done(&target);
	return result;
}

i64 posix_inotify_add_watch(const struct thread_regs *a)
{
	const u32 both = NOTIFY_MASK_ADD | NOTIFY_MASK_CREATE;
	u32 mask = (u32)a->rdx;
	struct file *file;

	if (!mask || mask & ~(u32)NOTIFY_KNOWN)
		return -EINVAL;
	i64 result = instance_get((u32)a->rdi, &file);
	if (result)
		return result;
	result = (mask & both) == both ? -EINVAL : watch_path(file, a->rsi, mask);
	file_put(file);
	return result;
}

i64 posix_inotify_rm_watch(const struct thread_regs *a)
{
	struct file *file;
	i64 result = instance_get((u32)a->rdi, &file);

	if (result)
		return result;
	err_t error = notify_remove(file->cap, (u32)a->rsi);
	file_put(file);
	return error == E_NOSYS ? -EINVAL : error_result(error);
}
