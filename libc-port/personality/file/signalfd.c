/* SPDX-License-Identifier: MIT */
/* signalfd: a mark of the counter server for the descriptor, and the mask here. Reading takes what
 * is pending for the reader, as rt_sigtimedwait does. */
#include "core/user.h"
#include "file/poll.h"
#include "file/signalfd.h"
#include "process/process.h"
#include "process/signal.h"
#include "proto/counter.h"
#include "proto/file.h"

enum { MASK_SIZE = 8 };

struct linux_signalfd_siginfo {
	u32 signal;
	i32 error, code;
	u32 pid, uid;
	i32 fd;
	u32 timer, band, overrun, trap;
	i32 status, value;
	u64 pointer, user_time, system_time, address;
	u16 address_lsb, pad;
	i32 syscall;
	u64 call_address;
	u32 architecture;
	u8 unused[28];
};
_Static_assert(sizeof(struct linux_signalfd_siginfo) == 128, "linux_signalfd_siginfo");

u64 signalfd_pending(const struct file *file) { return signal_pending(self()) & file->own; }

static i64 signalfd_change(u32 fd, u64 mask)
{
	struct file *file = descriptor_get(fd);
	i64 result = !file ? -EBADF : file->mode & FILE_SIGNAL ? 0 : -EINVAL;

	if (!result)
		result = error_result(counter_mark_set(file->cap, mask));
	if (!result)
		file->own = mask;
	if (file)
		file_put(file);
	return result ? result : fd;
}

static i64 signalfd_make(i32 fd, u64 mask_address, u64 size, u32 flags)
{
	u64 mask;
	cap_t cap = 0;

	if (flags & ~(u32)(O_NONBLOCK | O_CLOEXEC) || size != MASK_SIZE)
		return -EINVAL;
	if (!user_read(&mask, mask_address, sizeof(mask)))
		return -EFAULT;
	mask &= ~SIGNAL_FIRM;
	if (fd != -1)
		return signalfd_change((u32)fd, mask);
	err_t error = counter_mark(PROCESS_COUNTER, COUNTER_SIGNAL, mask, flags & O_NONBLOCK, &cap);
	i64 result = anonymous_add(error, cap, 0600 | FILE_SIGNAL, flags);
	struct file *file = result >= 0 ? descriptor_get((u32)result) : NULL;
	if (file) {
		file->own = mask;
		file_put(file);
	}
	return result;
}

i64 posix_signalfd(const struct thread_regs *a)
{
	return signalfd_make((i32)a->rdi, a->rsi, a->rdx, 0);
}

i64 posix_signalfd4(const struct thread_regs *a)
{
	return signalfd_make((i32)a->rdi, a->rsi, a->rdx, (u32)a->r10);
}

/* --- reading --- */

static void record_fill(struct linux_signalfd_siginfo *out, i32 signal,
                        const struct signal_info *info)
{
	struct linux_siginfo from;

	signal_info_fill(&from, signal, info);
	*out = (struct linux_signalfd_siginfo){ .signal = (u32)signal, .code = info->code };
	if (info->code > 0 && info->code != SI_KERNEL && signal != SIGCHLD) {
		out->address = from.address;
		return;
	}
	out->pid = (u32)from.pid;
	out->uid = from.uid;
	if (signal == SIGCHLD)
		out->status = from.status;
	else
		out->value = (i32)from.value;
	out->pointer = signal == SIGCHLD ? 0 : from.value;
}

/* Wait until one of the signals is pending: 0, or -ERESTART for a handler. */
static i64 signalfd_wait(struct file *file)
{
	struct thread *thread = self();
	i64 result = 0;

	while (!result && !signalfd_pending(file)) {
		thread->waiting_for = file->own;
		err_t error = signalfd_pending(file) ? OK : thread_sleep(DEADLINE_NEVER);
		if (error == E_INTR && signal_interrupts() && !signalfd_pending(file))
			result = -ERESTART;
	}
	thread->waiting_for = 0;
	return result;
}

/* As many as are there and fit: their bytes, or -EFAULT. */
static i64 records_take(struct file *file, u64 buffer, u64 size)
{
	struct linux_signalfd_siginfo record;
	struct signal_info info;
	u64 done = 0;
	i32 signal;

	while (size - done >= sizeof(record) && (signal = signal_take(self(), file->own, &info))) {
		record_fill(&record, signal, &info);
		if (!user_write(buffer + done, &record, sizeof(record)))
			return done ? (i64)done : -EFAULT;
		done += sizeof(record);
	}
	return (i64)done;
}

i64 signalfd_read(struct file *file, u64 buffer, u64 size)
{
	i64 result = 0;
	u32 flags;

	if (size < sizeof(struct linux_signalfd_siginfo))
		return -EINVAL;
	while (!result && !(result = records_take(file, buffer, size))) {
		err_t error = file_flags(file->cap, 0, 0, &flags);
		if (error || flags & O_NONBLOCK)
			return error ? error_result(error) : -EAGAIN;
		result = signalfd_wait(file);
	}
	return result;
}
