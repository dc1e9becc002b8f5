/* SPDX-License-Identifier: MIT */
/* Which signal comes next, where it goes, and what happens by default. */
#include "process/signal.h"

#include "core/call.h"
#include "core/lock.h"
#include "core/user.h"
#include "process/process.h"
#include "process/timer.h"

#define IGNORED_BY_DEFAULT                                                                         \
	(SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGURG) | SIGNAL_BIT(SIGWINCH) | SIGNAL_BIT(SIGCONT))
#define STOPPING                                                                                   \
	(SIGNAL_BIT(SIGTSTP) | SIGNAL_BIT(SIGTTIN) | SIGNAL_BIT(SIGTTOU) | SIGNAL_BIT(SIGSTOP))
/* Caused by an instruction: before all others. */
#define SYNCHRONOUS                                                                                \
	(SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGILL) | SIGNAL_BIT(SIGTRAP) |     \
	 SIGNAL_BIT(SIGFPE) | SIGNAL_BIT(SIGSYS))

struct linux_sigaction signal_actions[SIGNAL_MAX];
u64 process_pending;
static struct signal_info process_info[SIGNAL_MAX];

u64 signal_pending(const struct thread *thread)
{
	return thread->pending | process_pending | process_page->pending;
}

static bool deliverable(const struct thread *thread)
{
	return signal_pending(thread) & ~thread->blocked;
}

/* --- sending --- */

void signal_thread(struct thread *thread, i32 signal, const struct signal_info *info)
{
	thread->info[signal - 1] = *info;
	__atomic_fetch_or(&thread->pending, SIGNAL_BIT(signal), __ATOMIC_RELEASE);
	if (thread == self())
		thread->control.pending = 1;
	else
		(void)thread_interrupt(thread->cap);
}

void signal_self(i32 signal, i32 code)
{
	struct signal_info info = { .code = code,
		                    .pid = process_page->pid,
		                    .uid = process_page->ids.uid };

	signal_thread(self(), signal, &info);
}

void signal_process(i32 signal, const struct signal_info *info)
{
	struct thread *target = self();
	u64 bit = SIGNAL_BIT(signal);

	lock_take(&process_lock);
	if (target->blocked & bit) {
		for (target = thread_list; target; target = target->next) {
			if (!(target->blocked & bit) || target->waiting_for & bit)
				break;
		}
	}
	if (target) {
		signal_thread(target, signal, info);
	} else {
		process_info[signal - 1] = *info;
		process_pending |= bit;
	}
	lock_give(&process_lock);
}

void signal_force(struct thread *thread, i32 signal, const struct signal_info *info)
{
	struct linux_sigaction *action = &signal_actions[signal - 1];

	if (thread->blocked & SIGNAL_BIT(signal) || action->handler == SIG_IGN) {
		action->handler = SIG_DFL;
		thread->blocked &= ~SIGNAL_BIT(signal);
	}
	signal_thread(thread, signal, info);
}

void signal_route(struct thread *thread)
{
	u64 left = process_page->pending & thread->blocked;

	if (!left || thread_count == 1)
		return;
	lock_take(&process_lock);
	for (struct thread *other = thread_list; other; other = other->next) {
		if (other != thread && left & (~other->blocked | other->waiting_for)) {
			(void)thread_interrupt(other->cap);
			break;
		}
	}
	lock_give(&process_lock);
}

/* --- taking --- */

/* What the process server tells of a signal, while it is pending. */
static struct signal_info page_info(i32 signal)
{
	const volatile struct process_signal *from = &process_page->signal[signal - 1];

	return (struct signal_info){
		.code = from->code, .pid = from->pid, .uid = from->uid, .value = (u32)from->status
	};
}

/* Move what the process server has for us, and what the process has, to the thread. */
static void signal_fetch(struct thread *thread, u64 set)
{
	u64 taken = 0, page = process_page->pending & set;
	struct signal_info told = { 0 };

	/* One at a time: what is told of it may change once it is taken. */
	page &= -page;
	if (page)
		told = page_info(__builtin_ctzll(page) + 1);
	lock_take(&process_lock);
	u64 own = process_pending & set;
	process_pending &= ~own;
	lock_give(&process_lock);
	if (page && process_take(PROCESS_PROCESS, page, &taken))
		taken = 0;
	taken &= ~thread->pending;
	for (i32 signal = 1; signal <= SIGNAL_MAX && taken | own; signal++) {
		u64 bit = SIGNAL_BIT(signal);
		if (own & bit)
			thread->info[signal - 1] = process_info[signal - 1];
		else if (taken & bit)
			thread->info[signal - 1] = told;
	}
	__atomic_fetch_or(&thread->pending, taken | own, __ATOMIC_RELEASE);
}

i32 signal_take(struct thread *thread, u64 set, struct signal_info *info)
{
	if (!(thread->pending & set) && signal_pending(thread) & set)
		signal_fetch(thread, set);
	u64 found = thread->pending & set;
	if (!found)
		return 0;
	if (found & SYNCHRONOUS)
		found &= SYNCHRONOUS;
	i32 signal = __builtin_ctzll(found) + 1;
	*info = thread->info[signal - 1];
	__atomic_fetch_and(&thread->pending, ~SIGNAL_BIT(signal), __ATOMIC_ACQ_REL);
	if (info->pad == TIMER_FRESH)
		timer_taken(info);
	return signal;
}

/* --- acting --- */

static bool caught(i32 signal) { return signal_actions[signal - 1].handler > SIG_IGN; }

/* What happens without a handler. */
static void act_by_default(i32 signal)
{
	u64 bit = SIGNAL_BIT(signal);

	if (signal_actions[signal - 1].handler == SIG_IGN || bit & IGNORED_BY_DEFAULT)
		return;
	if (bit & STOPPING) {
		(void)process_stop(PROCESS_PROCESS, (u32)signal);
		return;
	}
	process_end((u32)signal);
}

bool signal_interrupts(void)
{
	struct thread *thread = self();
	struct signal_info info;

	thread->control.pending = 0;
	timers_look();
	while (deliverable(thread)) {
		u64 set = signal_pending(thread) & ~thread->blocked;
		i32 signal = signal_take(thread, set, &info);
		if (!signal)
			break;
		if (caught(signal)) {
			signal_thread(thread, signal, &info);
			return true;
		}
		act_by_default(signal);
	}
	signal_route(thread);
	/* For rt_sigtimedwait. */
	return signal_pending(thread) & thread->waiting_for;
}

/* The call that was interrupted begins again. */
static void restart_call(struct thread *thread)
{
	thread->user.rip -= thread->entry;
	thread->user.rax = (u64)thread->restart;
	thread->restart = -1;
}

static void run_handler(struct thread *thread, i32 signal, const struct signal_info *info)
{
	struct linux_sigaction action = signal_actions[signal - 1];
	u64 mask = thread->restore_blocked ? thread->saved_blocked : thread->blocked;

	if (thread->restart >= 0 && (action.flags & SA_RESTART || thread->restart_always))
		restart_call(thread);
	thread->restart = -1;
	if (!(action.flags & SA_RESTORER) || !frame_push(thread, signal, info, &action, mask))
		process_end(SIGSEGV);
	thread->restore_blocked = false;
	thread->blocked |= action.mask;
	if (!(action.flags & SA_NODEFER))
		thread->blocked |= SIGNAL_BIT(signal);
	thread->blocked &= ~SIGNAL_FIRM;
	if (action.flags & SA_RESETHAND)
		signal_actions[signal - 1].handler = SIG_DFL;
}

void signal_deliver(struct thread *thread)
{
	struct signal_info info;

	do {
		thread->control.pending = 0;
		timers_look();
		while (deliverable(thread)) {
			i32 signal = signal_take(thread, ~thread->blocked, &info);
			if (!signal)
				break;
			if (caught(signal))
				run_handler(thread, signal, &info);
			else
				act_by_default(signal);
		}
		if (thread->restore_blocked) {
			thread->restore_blocked = false;
			thread->blocked = thread->saved_blocked;
		}
	} while (deliverable(thread) && thread->pending & ~thread->blocked);
	if (thread->restart >= 0)
		restart_call(thread);
	signal_route(thread);
}

/* --- masks --- */

void signal_set_mask(struct thread *thread, u64 mask)
{
	thread->blocked = mask & ~SIGNAL_FIRM;
	if (deliverable(thread))
		thread->control.pending = 1;
}

i64 signal_mask_begin(struct thread *thread, u64 mask_address, u64 size)
{
	u64 mask;

	if (!mask_address)
		return 0;
	if (size != sizeof(mask))
		return -EINVAL;
	if (!user_read(&mask, mask_address, sizeof(mask)))
		return -EFAULT;
	thread->saved_blocked = thread->blocked;
	thread->restore_blocked = true;
	signal_set_mask(thread, mask);
	return 0;
}

void signal_mask_end(struct thread *thread, i64 result)
{
	if (!thread->restore_blocked)
		return;
	if (result == -EINTR) {
		/* A handler is to run under the call's own mask; its frame puts the old one
		 * back. */
		thread->control.pending = 1;
		return;
	}
	thread->restore_blocked = false;
	signal_set_mask(thread, thread->saved_blocked);
}
