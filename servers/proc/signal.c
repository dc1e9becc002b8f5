/* SPDX-License-Identifier: MIT */
/* Signals: pending bits in the page that the process reads, and an interrupt to make it look.
 * SIGKILL, SIGSTOP and SIGCONT act on the task from outside and need nobody's help. While a
 * process is stopped, signals only gather in its page.

 * Who may signal whom: identity.c. */
#include "proc.h"
#include "proto/process_server.h"

#define SIGNALS_STOP                                                                               \
	(signal_bit(SIG_STOP) | signal_bit(SIG_TSTP) | signal_bit(SIG_TTIN) | signal_bit(SIG_TTOU))
#define SIGNALS_FIRM (signal_bit(SIG_KILL) | signal_bit(SIG_STOP))

static void signal_interrupt(const struct process *process)
{
	/* A process that runs a new program has no thread for this yet: see proc_started. */
	if (process->thread && !process->stopped)
		ignore(thread_interrupt(process->thread));
}

void signal_parent(struct process *process, i32 code, i32 status)
{
	struct process *parent = process->parent;
	struct process_signal info = { .code = code, .pid = process->pid, .status = status };

	if (parent == &proc.root)
		return;
	if (process->zombie || !parent->no_stop)
		signal_send(parent, SIG_CHLD, info);
	wait_check(parent);
}

/* --- stopping --- */

static void process_continue(struct process *process)
{
	process->page->pending &= ~SIGNALS_STOP;
	if (!process->stopped)
		return;
	process->stopped = false;
	process->stop_status = 0;
	process->continued = true;
	process->page->stopped = 0;
	ignore(task_resume(process->task));
	if (process->stop) {
		struct request *rq = process->stop;
		process->stop = NULL;
		process_unhold(rq);
		process_stop_reply(rq, OK);
	}
	signal_interrupt(process);
	signal_parent(process, CHILD_CONTINUED, SIG_CONT);
}

void signal_stop(struct process *process, u32 signal)
{
	if (process->stopped)
		return;
	process->stopped = true;
	process->stop_status = signal << 8 | 0x7f;
	process->continued = false;
	process->page->stopped = 1;
	process->page->pending &= ~(signal_bit(SIG_CONT) | signal_bit(SIG_STOP));
	ignore(task_suspend(process->task));
	signal_parent(process, CHILD_STOPPED, (i32)signal);
}

static void stop_cancel(struct request *rq)
{
	struct process *process = rq->object;

	process->stop = NULL;
	process_unhold(rq);
	process_stop_reply(rq, E_INTR);
}

err_t proc_stop(struct request *rq, u32 signal)
{
	struct process *process = process_caller(rq);

	if (!process)
		return E_SRCH;
	if (!signal || signal > SIG_MAX || !(signal_bit(signal) & SIGNALS_STOP))
		return E_INVAL;
	/* A SIGCONT that came in between wins; and nobody could continue an orphaned group from the
	 * terminal (POSIX, 2.4.3). */
	if (process->page->pending & signal_bit(SIG_CONT) || process->stop)
		return OK;
	if (signal != SIG_STOP && group_is_orphaned(process->group))
		return OK;
	err_t error = process_hold(process, rq, stop_cancel);
	if (error != E_HELD)
		return error;
	process->stop = rq;
	signal_stop(process, signal);
	return E_HELD;
}

/* --- sending --- */

static void signal_post(struct process *process, u32 signal, struct process_signal info)
{
	struct process_page *page = process->page;

	if (signal_bit(signal) & process->ignored)
		return;
	if (!(page->pending & signal_bit(signal)))
		page->signal[signal - 1] = info;
	page->pending |= signal_bit(signal);
	page->generation++;
	signal_interrupt(process);
}

void signal_send(struct process *process, u32 signal, struct process_signal info)
{
	if (process->zombie || (process == proc.init && signal_bit(signal) & SIGNALS_FIRM))
		return;
	if (signal == SIG_KILL) {
		process_finish(process, SIG_KILL);
		return;
	}
	if (signal == SIG_STOP) {
		signal_stop(process, signal);
		return;
	}
	if (signal_bit(signal) & SIGNALS_STOP)
		process->page->pending &= ~signal_bit(SIG_CONT);
	if (signal == SIG_CONT)
		process_continue(process);
	signal_post(process, signal, info);
}

struct recipients {
	bool (*wanted)(const struct process *process, u64 argument);
	u64 argument;
	const struct sender *sender; /* NULL: may everything */
};

/* The living process with the least pid above `last`. Lists change with each signal that is sent,
 * so nothing but the number is kept in between. */
static struct process *recipient_next(const struct recipients *to, u32 last)
{
	struct process *next = NULL;

	list_each (process, &proc.processes, struct process, link) {
		if (process->pid > last && (!next || process->pid < next->pid) &&
		    to->wanted(process, to->argument))
			next = process;
	}
	return next;
}

/* E_SRCH: nobody is meant. E_PERM: none of them may be signalled. */
static err_t signal_all(const struct recipients *to, u32 signal, struct process_signal info)
{
	err_t result = E_SRCH;
	struct process *next;

	for (u32 last = 0; (next = recipient_next(to, last));) {
		last = next->pid;
		if (to->sender && !permit_signal(to->sender, next, signal)) {
			if (result == E_SRCH)
				result = E_PERM;
			continue;
		}
		result = OK;
		if (signal)
			signal_send(next, signal, info);
	}
	return result;
}

static bool in_group(const struct process *process, u64 group) { return process->group == group; }
static bool is_other(const struct process *process, u64 self)
{
	return process->pid != self && process != proc.init && !process->zombie;
}

err_t signal_group(u32 group, u32 signal, struct process_signal info)
{
	return signal_all(&(struct recipients){ in_group, group, NULL }, signal, info);
}

err_t proc_kill(struct request *rq, i64 pid, u32 signal)
{
	const struct process *caller = process_asker(rq);

	if (!caller)
		return E_SRCH;
	if (signal > SIG_MAX)
		return E_INVAL;
	if (pid < -PID_MAX || pid > PID_MAX)
		return E_SRCH;
	struct process_signal info = { .code = SIGNAL_FROM_USER, .pid = caller->pid };
	struct sender sender = permit_sender(caller);
	if (caller == &proc.root)
		info.code = SIGNAL_FROM_KERNEL;
	info.uid = sender.ids.uid;
	if (pid == -1)
		return signal_all(&(struct recipients){ is_other, caller->pid, &sender }, signal,
		                  info);
	if (pid <= 0)
		return signal_all(
		        &(struct recipients){ in_group, pid ? (u32)-pid : caller->group, &sender },
		        signal, info);
	struct process *target = process_find((u32)pid);
	if (!target)
		return E_SRCH;
	if (!permit_signal(&sender, target, signal))
		return E_PERM;
	if (signal)
		signal_send(target, signal, info);
	return OK;
}

/* --- receiving --- */

err_t proc_take(struct request *rq, u64 mask, u64 *taken)
{
	struct process *process = process_caller(rq);

	if (!process)
		return E_SRCH;
	*taken = process->page->pending & mask;
	process->page->pending &= ~mask;
	return OK;
}

/* Zombies that there are already are not the mask's business, but a wait may now have nothing to
 * wait for any more. */
err_t proc_ignore(struct request *rq, u64 mask)
{
	struct process *process = process_caller(rq);

	if (!process)
		return E_SRCH;
	process->ignored = mask & ~SIGNALS_FIRM;
	process->page->pending &= ~process->ignored;
	return OK;
}

err_t proc_child_flags(struct request *rq, u32 flags)
{
	struct process *process = process_caller(rq);

	if (!process)
		return E_SRCH;
	if (flags & ~(u32)CHILD_NO_STOP)
		return E_INVAL;
	process->no_stop = flags & CHILD_NO_STOP;
	return OK;
}

/* --- the timer --- */

static u64 deadline_first(u64 a, u64 b) { return a && (!b || a < b) ? a : b; }

err_t timer_arm(const struct process *process)
{
	u64 first = deadline_first(deadline_first(process->timer_deadline, process->wake_deadline),
	                           process->cpu_deadline);

	return event_timer(process->source.event, EVENT_TIMER, first ? first : DEADLINE_NEVER);
}

/* Periods that have been missed altogether are not made up for. */
static void timer_expire(struct process *process, u64 now)
{
	u64 interval = process->timer_interval;

	if (interval)
		process->timer_deadline +=
		        ((now - process->timer_deadline) / interval + 1) * interval;
	else
		process->timer_deadline = 0;
}

void process_wake(struct process *process)
{
	process->page->wakes++;
	signal_interrupt(process);
}

void timer_fired(struct process *process)
{
	struct process_signal info = { .code = SIGNAL_FROM_KERNEL };
	u64 now = rt_now();
	u32 limit = limit_cpu_look(process);
	bool fired = process->timer_deadline && now >= process->timer_deadline;

	if (process->wake_deadline && now >= process->wake_deadline) {
		process->wake_deadline = 0;
		process_wake(process);
	}
	if (fired)
		timer_expire(process, now);
	/* Also if it was set anew meanwhile, or for the clock's last digits. */
	if (timer_arm(process))
		rt_log("the timers of %u have stopped", process->pid);
	if (fired)
		signal_send(process, process->timer_signal, info);
	if (limit)
		signal_send(process, limit, info);
}

err_t proc_timer(struct request *rq, u32 which, u32 signal, u64 deadline, u64 interval)
{
	struct process *process = process_caller(rq);

	if (!process)
		return E_SRCH;
	if (which == PROCESS_TIMER_WAKE) {
		process->wake_deadline = deadline == DEADLINE_NEVER ? 0 : deadline;
		return timer_arm(process);
	}
	if (which != PROCESS_TIMER_REAL || !signal || signal > SIG_MAX)
		return E_INVAL;
	process->timer_deadline = deadline == DEADLINE_NEVER ? 0 : deadline;
	process->timer_interval = interval;
	process->timer_signal = signal;
	return timer_arm(process);
}
