/* SPDX-License-Identifier: MIT */
/* fcntl, ioctl and locks. */
#include "core/user.h"
#include "file/position.h"
#include "file/tty.h"
#include "proto/file.h"

enum { FIONREAD = 0x541b, FIONBIO = 0x5421, FIONCLEX = 0x5450, FIOCLEX = 0x5451 };
enum { IOC_NONE, IOC_WRITE, IOC_READ };

/* --- locks --- */

static err_t lock_start(struct file *file, struct linux_flock *lock)
{
	i64 base = 0;
	err_t error = OK;

	if (lock->whence == SEEK_CUR) {
		error = position_get(file, &base);
	} else if (lock->whence == SEEK_END) {
		struct file_stat st;
		error = file_stat(file->cap, &st, sizeof(st));
		base = (i64)st.size;
	} else if (lock->whence != SEEK_SET) {
		return E_INVAL;
	}
	if (error || __builtin_add_overflow(lock->start, base, &lock->start))
		return error ? error : E_OVERFLOW;
	if (lock->size < 0) {
		lock->start += lock->size;
		lock->size = -lock->size;
	}
	return lock->start < 0 ? E_INVAL : OK;
}

static u64 lock_owner(bool open_file) { return open_file ? (u64)FILE_LOCK_OPEN : main_thread.id; }

static i64 lock_record(struct file *file, u64 command, u64 argument)
{
	struct linux_flock lock;
	bool open_file = command == F_OFD_SETLK || command == F_OFD_SETLKW;
	bool wait = command == F_SETLKW || command == F_OFD_SETLKW;

	if (!user_read(&lock, argument, sizeof(lock)))
		return -EFAULT;
	if (lock.type < F_RDLCK || lock.type > F_UNLCK || (open_file && lock.pid))
		return -EINVAL;
	err_t error = lock_start(file, &lock);
	if (error)
		return error_result(error);
	if (!open_file)
		file->locked = true;
	error = INTERRUPTIBLE(file_lock(file->cap, lock_owner(open_file), (u32)lock.type,
	                                (u64)lock.start, (u64)lock.size, wait));
	return error == E_INTR ? -ERESTART : error == E_NOTSUP ? -ENOLCK : error_result(error);
}

/* Which lock is in the way? */
static i64 lock_query(struct file *file, u64 command, u64 argument)
{
	struct file_lock_found found;
	struct linux_flock lock;
	bool open_file = command == F_OFD_GETLK;

	if (!user_read(&lock, argument, sizeof(lock)))
		return -EFAULT;
	if ((lock.type != F_RDLCK && lock.type != F_WRLCK) || (open_file && lock.pid))
		return -EINVAL;
	err_t error = lock_start(file, &lock);
	if (!error)
		error = file_lock_query(file->cap, lock_owner(open_file), (u32)lock.type,
		                        (u64)lock.start, (u64)lock.size, &found);
	if (error == E_NOSYS || error == E_NOTSUP)
		found.type = F_UNLCK; /* where nobody can set one */
	else if (error)
		return error_result(error);
	lock.type = (int16_t)found.type;
	if (found.type != F_UNLCK) {
		lock.whence = SEEK_SET;
		lock.start = (i64)found.start;
		lock.size = (i64)found.size;
		lock.pid = found.owner == (u64)FILE_LOCK_OPEN ? -1 : (i32)found.owner;
	}
	/* What was asked for is left as it was, but for the type. */
	if (found.type != F_UNLCK)
		return user_write(argument, &lock, sizeof(lock)) ? 0 : -EFAULT;
	return user_write(argument, &lock.type, sizeof(lock.type)) ? 0 : -EFAULT;
}

i64 posix_flock(const struct thread_regs *a)
{
	u32 type, operation = (u32)a->rsi;

	switch (operation & ~(u32)LOCK_NB) {
	case LOCK_SH:
		type = F_RDLCK;
		break;
	case LOCK_EX:
		type = F_WRLCK;
		break;
	case LOCK_UN:
		type = F_UNLCK;
		break;
	default:
		return -EINVAL;
	}
	struct file *file = descriptor_get((u32)a->rdi);
	if (!file)
		return -EBADF;
	err_t error = INTERRUPTIBLE(file_lock(file->cap, 0, type, 0, 0, !(operation & LOCK_NB)));
	file_put(file);
	return error == E_INTR ? -ERESTART : error_result(error);
}

/* --- fcntl --- */

static i64 flags_get(struct file *file)
{
	u32 flags;

	if (file->flags & O_PATH)
		return file->flags & ~(u32)O_CLOEXEC;
	err_t error = file_flags(file->cap, 0, 0, &flags);
	/* A server that keeps none: as it was opened. */
	if (error == E_NOSYS || error == E_NOTSUP)
		return (file->flags & (O_ACCMODE | O_APPEND | O_NONBLOCK | O_PATH)) | O_LARGEFILE;
	return error ? error_result(error) : (i64)(flags | O_LARGEFILE);
}

static i64 flags_set(struct file *file, u32 value)
{
	u32 flags;

	if (file->flags & O_PATH)
		return -EBADF;
	if (value & O_APPEND)
		position_publish(file); /* a write moves it to where the end was */
	return error_result(file_flags(file->cap, O_APPEND | O_NONBLOCK,
	                               value & (O_APPEND | O_NONBLOCK), &flags));
}

/* The pipe server knows fcntl's numbers. */
static i64 pipe_size(struct file *file, u64 command, u32 size)
{
	u64 result = 0;

	if (!file_is(file, S_IFIFO))
		return -EBADF;
	err_t error = file_control(file->cap, command, size, NULL, 0, NULL, 0, &result);
	return error ? error_result(error) : (i64)result;
}

static i64 seals_of(struct file *file, u64 command, u64 argument)
{
	u32 seals = 0;
	err_t error;

	if (file->flags & O_PATH)
		return -EBADF;
	if (command == F_GET_SEALS)
		error = file_seals(file->cap, &seals);
	else if (argument > UINT32_MAX)
		return -EINVAL;
	else
		error = file_seal(file->cap, (u32)argument);
	if (error == E_NOSYS || error == E_NOTSUP)
		return -EINVAL;
	return error ? error_result(error) : (i64)seals;
}

static i64 fcntl_file(struct file *file, const struct thread_regs *a)
{
	u32 fd = (u32)a->rdi;

	switch (a->rsi) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		file_get(file);
		if (a->rdx < DESCRIPTOR_MAX)
			return descriptor_add(file, (u32)a->rdx, a->rsi == F_DUPFD_CLOEXEC);
		file_put(file);
		return -EINVAL;
	case F_GETFD:
		return descriptor_cloexec(fd);
	case F_SETFD:
		descriptor_set_cloexec(fd, a->rdx & FD_CLOEXEC);
		return 0;
	case F_GETFL:
		return flags_get(file);
	case F_SETFL:
		return flags_set(file, (u32)a->rdx);
	case F_SETLK:
	case F_SETLKW:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return lock_record(file, a->rsi, a->rdx);
	case F_SETPIPE_SZ:
	case F_GETPIPE_SZ:
		return pipe_size(file, a->rsi, (u32)a->rdx);
	case F_ADD_SEALS:
	case F_GET_SEALS:
		return seals_of(file, a->rsi, a->rdx);
	case F_GETLK:
	case F_OFD_GETLK:
		return lock_query(file, a->rsi, a->rdx);
	default:
		return -EINVAL;
	}
}

i64 posix_fcntl(const struct thread_regs *a)
{
	struct file *file = descriptor_get((u32)a->rdi);

	if (!file)
		return -EBADF;
	i64 result = fcntl_file(file, a);
	file_put(file);
	return result;
}

/* --- ioctl --- */

/* A request that only the device knows; its number says how long the argument is
 * (asm-generic/ioctl.h). */
static i64 control(struct file *file, u32 request, u64 argument)
{
	u32 size = request >> 16 & 0x3fff, way = request >> 30;
	u64 result = 0;

	if (!user_range(argument, size))
		return -EFAULT;
	err_t error = INTERRUPTIBLE(file_control(
	        file->cap, request, argument, (const void *)argument, way & IOC_WRITE ? size : 0,
	        (void *)argument, way & IOC_READ ? size : 0, &result));
	if (error == E_NOSYS || error == E_NOTSUP)
		return -ENOTTY;
	return error ? error_result(error) : (i64)result;
}

/* FIONREAD of what is no terminal. */
static i64 readable(struct file *file, u64 argument)
{
	struct file_stat st;
	i64 position;
	u64 result = 0;
	err_t error;

	if (file_is(file, S_IFREG)) {
		error = position_get(file, &position);
		if (!error)
			error = file_stat(file->cap, &st, sizeof(st));
		result = !error && (u64)position < st.size ? st.size - (u64)position : 0;
	} else {
		error = file_control(file->cap, FIONREAD, 0, NULL, 0, NULL, 0, &result);
	}
	i32 value = result > INT32_MAX ? INT32_MAX : (i32)result;
	if (error)
		return error == E_NOSYS || error == E_NOTSUP ? -ENOTTY : error_result(error);
	return user_write(argument, &value, sizeof(value)) ? 0 : -EFAULT;
}

static i64 set_nonblocking(struct file *file, u64 argument)
{
	i32 on;
	u32 flags;

	if (!user_read(&on, argument, sizeof(on)))
		return -EFAULT;
	return error_result(file_flags(file->cap, O_NONBLOCK, on ? O_NONBLOCK : 0, &flags));
}

static i64 ioctl_file(struct file *file, u32 fd, u32 request, u64 argument)
{
	switch (request) {
	case FIOCLEX:
	case FIONCLEX:
		descriptor_set_cloexec(fd, request == FIOCLEX);
		return 0;
	case FIONBIO:
		return set_nonblocking(file, argument);
	case FIONREAD:
		if (!file_is(file, S_IFCHR))
			return readable(file, argument);
		break;
	default:
		break;
	}
	/* The commonest of all: is this a terminal? No message for what cannot be one. */
	if ((request & 0xff00) == 0x5400)
		return file_is(file, S_IFCHR) ? tty_ioctl(file, request, argument) : -ENOTTY;
	return file->flags & O_PATH ? -EBADF : control(file, request, argument);
}

i64 posix_ioctl(const struct thread_regs *a)
{
	struct file *file = descriptor_get((u32)a->rdi);

	if (!file)
		return -EBADF;
	i64 result = ioctl_file(file, (u32)a->rdi, (u32)a->rsi, a->rdx);
	file_put(file);
	return result;
}
