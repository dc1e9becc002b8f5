/* SPDX-License-Identifier: MIT */
/* The system calls about signals. */
#include "core/call.h"
#include "core/lock.h"
#include "core/user.h"
#include "process/process.h"
#include "process/signal.h"

enum { MASK_SIZE = 8 };

/* The process server need not interrupt us for what we ignore, and buries our children itself if
 * that is SIGCHLD. */
static u64 ignored_told;

static void tell_ignored(void)
{
	u64 ignored = 0;

	for (u32 i = 0; i < SIGNAL_MAX; i++) {
		if (signal_actions[i].handler == SIG_IGN)
			ignored |= 1ull << i;
	}
	if (signal_actions[SIGCHLD - 1].flags & SA_NOCLDWAIT)
		ignored |= SIGNAL_BIT(SIGCHLD);
	if (ignored == ignored_told)
		return;
	ignored_told = ignored;
	(void)process_ignore(PROCESS_PROCESS, ignored);
}

i64 posix_rt_sigaction(const struct thread_regs *a)
{
	u64 signal = a->rdi;
	struct linux_sigaction new, old;

	if (a->r10 != MASK_SIZE || signal < 1 || signal > SIGNAL_MAX)
		return -EINVAL;
	if (a->rsi && SIGNAL_BIT(signal) & SIGNAL_FIRM)
		return -EINVAL;
	if (a->rsi && !user_read(&new, a->rsi, sizeof(new)))
		return -EFAULT;
	lock_take(&process_lock);
	old = signal_actions[signal - 1];
	if (a->rsi) {
		new.mask &= ~SIGNAL_FIRM;
		signal_actions[signal - 1] = new;
		/* What was pending is forgotten when it is ignored from now on. */
		if (new.handler == SIG_IGN)
			__atomic_fetch_and(&self()->pending, ~SIGNAL_BIT(signal), __ATOMIC_RELAXED);
	}
	lock_give(&process_lock);
	if (a->rsi)
		tell_ignored();
	return !a->rdx || user_write(a->rdx, &old, sizeof(old)) ? 0 : -EFAULT;
}

i64 posix_rt_sigprocmask(const struct thread_regs *a)
{
	struct thread *thread = self();
	u64 old = thread->blocked, set;

	if (a->r10 != MASK_SIZE || (a->rsi && a->rdi > SIG_SETMASK))
		return -EINVAL;
	if (a->rsi) {
		if (!user_read(&set, a->rsi, sizeof(set)))
			return -EFAULT;
		signal_set_mask(thread, a->rdi == SIG_BLOCK     ? old | set
		                        : a->rdi == SIG_UNBLOCK ? old & ~set
		                                                : set);
	}
	return !a->rdx || user_write(a->rdx, &old, sizeof(old)) ? 0 : -EFAULT;
}

i64 posix_rt_sigpending(const struct thread_regs *a)
{
	u64 set = signal_pending(self()) & self()->blocked;

	if (a->rsi > MASK_SIZE)
		return -EINVAL;
	return user_write(a->rdi, &set, a->rsi) ? 0 : -EFAULT;
}

/* Wait for whatever signal. */
static i64 wait_for_handler(void)
{
	while (thread_sleep(DEADLINE_NEVER) != E_INTR || !signal_interrupts())
		;
	return -EINTR;
}

i64 posix_rt_sigsuspend(const struct thread_regs *a)
{
	struct thread *thread = self();
	i64 result = a->rdi ? signal_mask_begin(thread, a->rdi, a->rsi) : -EFAULT;

	if (result)
		return result;
	result = wait_for_handler();
	signal_mask_end(thread, result);
	return result;
}

i64 posix_pause(const struct thread_regs *a)
{
	(void)a;
	return wait_for_handler();
}

i64 posix_rt_sigtimedwait(const struct thread_regs *a)
{
	struct thread *thread = self();
	struct signal_info info;
	struct linux_siginfo out;
	u64 set, deadline;
	i32 signal;

	if (a->r10 != MASK_SIZE)
		return -EINVAL;
	if (!user_read(&set, a->rdi, sizeof(set)))
		return -EFAULT;
	i64 result = time_deadline(a->rdx, false, CLOCK_MONOTONIC, &deadline);
	if (result)
		return result;
	set &= ~SIGNAL_FIRM;
	thread->waiting_for = set;
	while (!(signal = signal_take(thread, set, &info))) {
		err_t error = thread_sleep(deadline);
		if (error == E_TIMEOUT)
			break;
		if (error == E_INTR && signal_interrupts() && !(signal_pending(thread) & set)) {
			result = -EINTR;
			break;
		}
	}
	thread->waiting_for = 0;
	if (!signal)
		return result ? result : -EAGAIN;
	signal_info_fill(&out, signal, &info);
	return !a->rsi || user_write(a->rsi, &out, sizeof(out)) ? signal : -EFAULT;
}

i64 posix_sigaltstack(const struct thread_regs *a)
{
	struct thread *thread = self();
	struct linux_sigaltstack old = thread->alternate, new;
	bool on = thread->user.rsp - old.sp < old.size;

	if (!old.size)
		old.flags = SS_DISABLE;
	else
		old.flags = on ? SS_ONSTACK : 0;
	if (a->rdi) {
		if (!user_read(&new, a->rdi, sizeof(new)))
			return -EFAULT;
		if (on && old.size)
			return -EPERM;
		if (new.flags & ~(u32)(SS_DISABLE | SS_ONSTACK))
			return -EINVAL;
		if (!(new.flags &SS_DISABLE) && new.size < 2048)
			return -ENOMEM;
		thread->alternate = new.flags &SS_DISABLE ? (struct linux_sigaltstack){ 0 } : new;
	}
	return !a->rsi || user_write(a->rsi, &old, sizeof(old)) ? 0 : -EFAULT;
}

/* --- sending --- */

static struct signal_info own_info(i32 code)
{
	return (struct signal_info){ .code = code,
		                     .pid = process_page->pid,
		                     .uid = process_page->ids.uid };
}

i64 posix_kill(const struct thread_regs *a)
{
	i32 pid = (i32)a->rdi, signal = (i32)a->rsi;

	if (signal < 0 || signal > SIGNAL_MAX)
		return -EINVAL;
	if ((u32)pid != process_page->pid || (signal && SIGNAL_BIT(signal) & SIGNAL_FIRM))
		return error_result(process_kill(PROCESS_PROCESS, pid, (u32)signal));
	struct signal_info info = own_info(SI_USER);
	if (signal)
		signal_process(signal, &info);
	return 0;
}

static i64 kill_thread(u32 pid, u32 id, i32 signal, const struct signal_info *info)
{
	if (signal < 0 || signal > SIGNAL_MAX || !id)
		return -EINVAL;
	if (signal && SIGNAL_BIT(signal) & SIGNAL_FIRM)
		return error_result(
		        process_kill(PROCESS_PROCESS, (i32)process_page->pid, (u32)signal));
	lock_take(&process_lock);
	struct thread *thread = !pid || pid == process_page->pid ? thread_find(id) : NULL;
	if (thread && signal)
		signal_thread(thread, signal, info);
	lock_give(&process_lock);
	if (thread)
		return 0;
	/* Another process's first thread bears its process's id. */
	if (pid == process_page->pid || (pid && pid != id))
		return -ESRCH;
	return error_result(process_kill(PROCESS_PROCESS, id, (u32)signal));
}

i64 posix_tgkill(const struct thread_regs *a)
{
	struct signal_info info = own_info(SI_TKILL);

	return (i32)a->rdi <= 0 ? -EINVAL
	                        : kill_thread((u32)a->rdi, (u32)a->rsi, (i32)a->rdx, &info);
}

i64 posix_tkill(const struct thread_regs *a)
{
	struct signal_info info = own_info(SI_TKILL);

	return (i32)a->rdi <= 0 ? -EINVAL : kill_thread(0, (u32)a->rdi, (i32)a->rsi, &info);
}

static i64 info_read(u64 address, struct signal_info *info)
{
	struct linux_siginfo in;

	if (!user_read(&in, address, sizeof(in)))
		return -EFAULT;
	if (in.code >= 0)
		return -EPERM;
	*info = (struct signal_info){
		.code = in.code, .pid = (u32)in.pid, .uid = in.uid, .value = in.value
	};
	return 0;
}

i64 posix_rt_sigqueueinfo(const struct thread_regs *a)
{
	struct signal_info info;
	i32 signal = (i32)a->rsi;
	i64 result = signal < 0 || signal > SIGNAL_MAX ? -EINVAL : info_read(a->rdx, &info);

	if (result)
		return result;
	if ((u32)a->rdi != process_page->pid)
		return error_result(process_kill(PROCESS_PROCESS, (i32)a->rdi, (u32)signal));
	if (signal)
		signal_process(signal, &info);
	return 0;
}

i64 posix_rt_tgsigqueueinfo(const struct thread_regs *a)
{
	struct signal_info info;
	i64 result = info_read(a->r10, &info);

	return result ? result : kill_thread((u32)a->rdi, (u32)a->rsi, (i32)a->rdx, &info);
}
