/* SPDX-License-Identifier: MIT */
/* eventfd and timerfd: a message to the counter server each; reading, writing and waiting are as
 * with any file. */
#include "proto/counter.h"

#include "core/call.h"
#include "core/user.h"
#include "file/poll.h"
#include "process/process.h"

#define NS_PER_SECOND 1000000000ull

enum { EFD_SEMAPHORE = 1, TFD_FLAGS = 3 };

i64 anonymous_add(err_t error, cap_t cap, u32 mode, u32 flags)
{
	if (error == E_CAP || error == E_DEAD)
		return -ENOSYS; /* no counter server */
	if (error)
		return error_result(error);
	struct file *file = file_create(cap, mode, O_RDWR | (flags & O_NONBLOCK), 0);
	return descriptor_add(file, 0, flags & O_CLOEXEC);
}

static i64 event_make(u64 initial, u32 flags)
{
	cap_t cap = 0;

	if (flags & ~(u32)(EFD_SEMAPHORE | O_NONBLOCK | O_CLOEXEC))
		return -EINVAL;
	err_t error = counter_event(PROCESS_COUNTER, (u32)initial, flags & ~(u32)O_CLOEXEC, &cap);
	return anonymous_add(error, cap, 0600, flags);
}

i64 posix_eventfd(const struct thread_regs *a) { return event_make(a->rdi, 0); }
i64 posix_eventfd2(const struct thread_regs *a) { return event_make(a->rdi, (u32)a->rsi); }

/* --- timerfd --- */

i64 posix_timerfd_create(const struct thread_regs *a)
{
	u32 flags = (u32)a->rsi;
	cap_t cap = 0;

	if (flags & ~(u32)(O_NONBLOCK | O_CLOEXEC))
		return -EINVAL;
	err_t error = counter_timer(PROCESS_COUNTER, (u32)a->rdi, flags & ~(u32)O_CLOEXEC, &cap);
	return anonymous_add(error, cap, 0600, flags);
}

static void timer_to_linux(const struct counter_time *time, struct linux_itimerspec *out)
{
	*out = (struct linux_itimerspec){
		{ (i64)(time->interval / NS_PER_SECOND), (i64)(time->interval % NS_PER_SECOND) },
		{ (i64)(time->value / NS_PER_SECOND), (i64)(time->value % NS_PER_SECOND) }
	};
}

/* A descriptor of a timer, as far as can be said without asking. */
static struct file *timer_file(u32 fd, i64 *result)
{
	struct file *file = descriptor_get(fd);

	*result = !file ? -EBADF : file->mode & S_IFMT ? -EINVAL : 0;
	if (!*result)
		return file;
	if (file)
		file_put(file);
	return NULL;
}

static i64 timer_result(struct file *file, err_t error)
{
	file_put(file);
	/* Something else without a type: it does not know the call. */
	return error == E_NOSYS ? -EINVAL : error_result(error);
}

i64 posix_timerfd_settime(const struct thread_regs *a)
{
	struct linux_itimerspec in, out;
	struct counter_time time, old;
	i64 result;

	if (!user_read(&in, a->rdx, sizeof(in)))
		return -EFAULT;
	if (a->rsi & ~(u64)TFD_FLAGS || !timespec_valid(&in.value) || !timespec_valid(&in.interval))
		return -EINVAL;
	struct file *file = timer_file((u32)a->rdi, &result);
	if (!file)
		return result;
	time = (struct counter_time){ timespec_ns(&in.value), timespec_ns(&in.interval) };
	result = timer_result(file, counter_timer_set(file->cap, (u32)a->rsi, &time, &old));
	if (result || !a->r10)
		return result;
	timer_to_linux(&old, &out);
	return user_write(a->r10, &out, sizeof(out)) ? 0 : -EFAULT;
}

i64 posix_timerfd_gettime(const struct thread_regs *a)
{
	struct linux_itimerspec out;
	struct counter_time left;
	i64 result;
	struct file *file = timer_file((u32)a->rdi, &result);

	if (!file)
		return result;
	result = timer_result(file, counter_timer_get(file->cap, &left));
	if (result)
		return result;
	timer_to_linux(&left, &out);
	return user_write(a->rsi, &out, sizeof(out)) ? 0 : -EFAULT;
}
