/* SPDX-License-Identifier: MIT */
/* Opening files and pipes, and the working directory. */
#include "core/lock.h"
#include "core/text.h"
#include "core/user.h"
#include "file/target.h"
#include "file/tty.h"
#include "process/process.h"
#include "proto/pipe.h"
#include "proto/process.h"

/* What a server is told of the flags. */
enum {
	OPEN_FLAGS = O_ACCMODE | O_CREAT | O_EXCL | O_TRUNC | O_APPEND | O_DIRECTORY | O_NOFOLLOW |
	             O_NONBLOCK | O_PATH | O_TMPFILE | O_SYNC | O_NOATIME | DIR_OPEN_EXECUTE |
	             DIR_OPEN_BOUND
};

err_t file_open(struct target *target, u32 flags, u32 mode, struct file **file)
{
	struct walk walk = { .may_wait = true };

	if (flags & O_PATH)
		flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | DIR_OPEN_BOUND;
	walk.m.word[0] = CALL(2, 1); /* dir_open */
	walk.m.word[1] = flags & OPEN_FLAGS;
	walk.m.word[2] = mode & 07777 & ~process_umask;
	err_t error = walk_path(&walk, &target->place, target->path);
	if (error)
		return error;
	u32 kept = flags & ~(u32)(DIR_OPEN_BOUND | DIR_OPEN_EXECUTE);
	*file = file_create(walk.m.cap[0], (u32)walk.m.word[1], kept, walk.mount);
	if (!*file)
		return E_LIMIT;
	(*file)->bound = flags & DIR_OPEN_BOUND && !mount_handles[walk.mount].plain;
	if (file_is(*file, S_IFREG) && !(flags & (O_APPEND | O_PATH)))
		(*file)->position = 0; /* nobody else has it */
	return OK;
}

/* /proc/self/fd/N: the file that is open there is opened anew, by what we may do with it now.
 * Devices are found by their names; one that has none that we know of (the console) is shared. */
static RARE err_t file_open_again(struct target *target, u32 flags, struct file **file)
{
	struct file *old = target->file;

	target->path[0] = 0;
	if (file_is(old, S_IFSOCK) || !(old->mode & S_IFMT))
		return E_NXIO;
	if (file_is(old, S_IFIFO)) {
		target->place = (struct place){ .dir = old->cap };
	} else if (file_is(old, S_IFREG) || file_is(old, S_IFDIR)) {
		place_file(&target->place, old);
	} else {
		if (!file_name(old, target->path) || target->path[0] != '/') {
			file_get(old);
			*file = old;
			return OK;
		}
		memmove(target->path, target->path + 1, strlen(target->path));
		target->place = (struct place){ .dir = PROCESS_ROOT };
	}
	return file_open(target, flags & ~(u32)O_CREAT, 0, file);
}

static i64 open_target(struct target *target, u32 flags, u32 mode)
{
	struct file *file;
	err_t error = target->file ? file_open_again(target, flags, &file)
	                           : file_open(target, flags, mode, &file);

	if (error)
		return error == E_LIMIT    ? -EMFILE
		       : error == E_NOTSUP ? -ENXIO
		                           : error_result(error);
	i64 result = file_is(file, S_IFCHR) && !(flags & O_PATH) ? tty_opened(file, flags) : 0;
	if (result) {
		file_put(file);
		return result;
	}
	return descriptor_add(file, 0, flags & O_CLOEXEC);
}

static i64 open_at(u64 fd, u64 path, u32 flags, u32 mode)
{
	struct target target;

	flags &= ~(u32)(DIR_OPEN_BOUND | DIR_OPEN_EXECUTE);
	bool follow = !(flags & O_NOFOLLOW) && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
	i64 result = target_find(&target, fd, path, follow ? TARGET_FOLLOW : 0);

	if (result)
		return result;
	result = open_target(&target, flags, mode);
	target_done(&target);
	if (result != -EINTR)
		return result;
	/* Programs do not expect EINTR of files and devices, and a FIFO's reader can wait again. */
	self()->restart_always = true;
	return -ERESTART;
}

i64 posix_open(const struct thread_regs *a)
{
	return open_at((u64)AT_FDCWD, a->rdi, (u32)a->rsi, (u32)a->rdx);
}

i64 posix_openat(const struct thread_regs *a)
{
	return open_at(a->rdi, a->rsi, (u32)a->rdx, (u32)a->r10);
}

i64 posix_creat(const struct thread_regs *a)
{
	return open_at((u64)AT_FDCWD, a->rdi, O_WRONLY | O_CREAT | O_TRUNC, (u32)a->rsi);
}

static i64 pipe_open_both(u64 result, u32 flags)
{
	cap_t reader, writer;

	if (flags & ~(u32)(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
		return -EINVAL;
	err_t error = pipe_create(PROCESS_PIPE, flags & O_NONBLOCK, &reader, &writer);
	if (error)
		return error == E_FUNDS ? -ENFILE : error_result(error);
	struct file *in = file_create(reader, S_IFIFO | 0600, O_RDONLY, 0);
	struct file *out = file_create(writer, S_IFIFO | 0600, O_WRONLY, 0);
	i64 first = descriptor_add(in, 0, flags & O_CLOEXEC);
	i64 second = descriptor_add(out, 0, flags & O_CLOEXEC);
	i32 fds[2] = { (i32)first, (i32)second };
	i64 failed = first < 0 ? first : second < 0 ? second : 0;
	if (!failed && !user_write(result, fds, sizeof(fds)))
		failed = -EFAULT;
	if (failed && first >= 0)
		(void)descriptor_close((u32)first);
	if (failed && second >= 0)
		(void)descriptor_close((u32)second);
	return failed;
}

i64 posix_pipe(const struct thread_regs *a) { return pipe_open_both(a->rdi, 0); }
i64 posix_pipe2(const struct thread_regs *a) { return pipe_open_both(a->rdi, (u32)a->rsi); }

/* --- the working directory --- */

/* Make `file` (a directory, its reference taken over) the working directory. */
static i64 cwd_set(struct file *file)
{
	struct place place = { .dir = file->cap, .mount = file->mount, .file = file };
	char path[PATH_MAX];
	i64 size = file_is(file, S_IFDIR) ? place_absolute(&place, "", path) : -ENOTDIR;

	if (size < 0) {
		file_put(file);
		return size;
	}
	lock_take(&process_lock);
	struct file *old = cwd.file;
	cwd.file = file;
	memcpy(cwd.path, path, (size_t)size + 1);
	cwd.size = (u32)size;
	lock_give(&process_lock);
	if (old)
		file_put(old);
	return 0;
}

i64 posix_chdir(const struct thread_regs *a)
{
	struct target target;
	struct file *file;
	i64 result = target_find(&target, (u64)AT_FDCWD, a->rdi, TARGET_FOLLOW);

	if (result)
		return result;
	err_t error = E_NOTDIR;
	if (!target.file)
		error = file_open(&target, O_PATH | O_DIRECTORY | DIR_OPEN_BOUND, 0, &file);
	target_done(&target);
	return error ? error_result(error) : cwd_set(file);
}

/* The descriptor's gate acts as nobody: it says where, and we may search there or not. */
i64 posix_fchdir(const struct thread_regs *a)
{
	struct target target = { .place = { 0 } };
	struct file *file = descriptor_get((u32)a->rdi), *bound;

	if (!file)
		return -EBADF;
	if (!file_is(file, S_IFDIR)) {
		file_put(file);
		return -ENOTDIR;
	}
	place_file(&target.place, file);
	if (!target.place.base)
		return cwd_set(file); /* a server that asks nobody who he is */
	err_t error = file_open(&target, O_PATH | O_DIRECTORY | DIR_OPEN_BOUND, 0, &bound);
	file_put(file);
	return error ? error_result(error) : cwd_set(bound);
}

i64 posix_getcwd(const struct thread_regs *a)
{
	u64 size = cwd.size + 1;

	if (a->rsi < size)
		return a->rdi && a->rsi == 0 ? -EINVAL : -ERANGE;
	return user_write(a->rdi, cwd.path, size) ? (i64)size : -EFAULT;
}

/* After a change of identity: the working directory's gate must not act with the old one. */
RARE void cwd_rebind(void)
{
	struct target target = { .place = { 0 } };
	struct file *file = cwd.file, *bound;

	if (!file || !file->bound)
		return;
	file->bound = false; /* from now on only where paths start */
	place_file(&target.place, file);
	if (file_open(&target, O_PATH | O_DIRECTORY | DIR_OPEN_BOUND, 0, &bound))
		return;
	lock_take(&process_lock);
	cwd.file = bound;
	lock_give(&process_lock);
	file_put(file);
}

/* The new root is a gate in the place of the old one; the text of the working directory stays
 * what it was. */
i64 posix_chroot(const struct thread_regs *a)
{
	struct target target;
	struct file *file;
	cap_t root;
	i64 result = target_find(&target, (u64)AT_FDCWD, a->rdi, TARGET_FOLLOW);

	if (result)
		return result;
	err_t error = process_page->ids.euid ? E_PERM : E_NOTDIR;
	if (!error || error == E_NOTDIR)
		error = target.file ? E_NOTDIR
		                    : file_open(&target, O_PATH | O_DIRECTORY | DIR_OPEN_BOUND, 0,
		                                &file);
	target_done(&target);
	if (error)
		return error_result(error);
	error = cap_copy(0, file->cap, RIGHT_ALL, PROCESS_ROOT, &root);
	file_put(file);
	return error_result(error);
}
