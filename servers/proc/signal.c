/* SPDX-License-Identifier: MIT */
/* Signals: pending bits in the page that the process reads, and an interrupt to make it look. SIGKILL, SIGSTOP and SIGCONT act on the task
 * from outside. */
#include "proc.h"
#include "proto/process_server.h"

static void signal_interrupt(const struct process *process)
{
	/* A process that has just been born or replaced has no thread yet: it looks at the page when it starts. */
	if (process->thread)
		(void)!thread_interrupt(process->thread);
}

static void process_continue(struct process *process)
{
	process->page->pending &= ~SIGNALS_STOP;
	if (!process->stopped)
		return;
	process->stopped = false;
	process->page->stopped = 0;
	process->stop_report = 0;
	process->continue_report = true;
	(void)!task_resume(process->task);
	if (process->stop) {
		struct request *rq = process->stop;
		process->stop = NULL;
		process_stop_reply(rq, OK);
	}
	if (process->parent) {
		signal_send(process->parent, SIG_CHLD);
		wait_check(process->parent);
	}
}

void signal_stop(struct process *process, u32 signal)
{
	if (process->stopped || process->zombie)
		return;
	process->stopped = true;
	process->page->stopped = 1;
	process->page->pending &= ~SIGNAL_BIT(SIG_CONT);
	process->stop_report = signal << 8 | 0x7f;
	process->continue_report = false;
	(void)!task_suspend(process->task);
	if (process->parent) {
		signal_send(process->parent, SIG_CHLD);
		wait_check(process->parent);
	}
}

void signal_send(struct process *process, u32 signal)
{
	u64 bit = SIGNAL_BIT(signal);
	if (process->zombie)
		return;
	if (signal == SIG_KILL) {
		process_finish(process, SIG_KILL);
		return;
	}
	if (signal == SIG_STOP) {
		signal_stop(process, signal);
		return;
	}
	if (signal == SIG_CONT)
		process_continue(process);
	if (bit & SIGNALS_STOP)
		process->page->pending &= ~SIGNAL_BIT(SIG_CONT);
	if (bit & process->ignored)
		return;
	process->page->pending |= bit;
	process->page->generation++;
	signal_interrupt(process);
}

/* Everybody that `wanted` selects; the list may change with each signal, so the next one is found by its number. */
static u32 signal_all(u32 signal, bool (*wanted)(const struct process *process, u64 argument), u64 argument)
{
	u32 count = 0, last = 0;
	for (;;) {
		struct process *next = NULL;
		list_each(process, &proc.processes, struct process, link) {
			if (process->pid > last && !process->zombie && (!next || process->pid < next->pid))
				next = process;
		}
		if (!next)
			return count;
		last = next->pid;
		if (!wanted(next, argument))
			continue;
		count++;
		if (signal)
			signal_send(next, signal);
	}
}

static bool in_group(const struct process *process, u64 group) { return process->group == group; }
static bool is_other(const struct process *process, u64 self)
{
	return process->pid != self && process != process_first();
}

void signal_group(u32 group, u32 signal) { (void)signal_all(signal, in_group, group); }

err_t on_kill(struct request *rq, i64 pid, u32 signal)
{
	struct process *caller = process_caller(rq);
	if (!caller)
		return E_SRCH;
	if (signal > SIG_MAX)
		return E_INVAL;
	if (pid == -1)
		return signal_all(signal, is_other, caller->pid) ? OK : E_SRCH;
	if (pid <= 0) {
		u32 group = pid ? (u32)-pid : caller->group;
		return signal_all(signal, in_group, group) ? OK : E_SRCH;
	}
	struct process *target = process_find((u32)pid);
	if (!target)
		return E_SRCH;
	if (target == process_first() && (signal == SIG_KILL || signal == SIG_STOP))
		return E_PERM;
	if (signal)
		signal_send(target, signal);
	return OK;
}

err_t on_take(struct request *rq, u64 mask, u64 *taken)
{
	struct process *process = process_caller(rq);
	if (!process)
		return E_SRCH;
	*taken = process->page->pending & mask;
	process->page->pending &= ~mask;
	return OK;
}

static void stop_cancel(struct request *rq)
{
	struct process *process = rq->cookie;
	if (!rq->abandoned)
		return; /* only SIGCONT and SIGKILL end a stop */
	process->stop = NULL;
	process_stop_reply(rq, E_INTR);
}

err_t on_stop(struct request *rq, u32 signal)
{
	struct process *process = process_caller(rq);
	if (!process)
		return E_SRCH;
	if (!signal || signal > SIG_MAX || !(SIGNAL_BIT(signal) & SIGNALS_STOP))
		return E_INVAL;
	/* A SIGCONT that came in between wins. */
	if (process->page->pending & SIGNAL_BIT(SIG_CONT) || process->stop)
		return OK;
	process->stop = rq;
	rq->cookie = process;
	signal_stop(process, signal);
	return request_hold(rq, stop_cancel);
}

/* --- timers --- */

static void timer_fired(struct rt_source *source, u64 bits)
{
	struct timer *timer = source->cookie;
	(void)bits;
	if (timer->interval) {
		timer->deadline += timer->interval;
		(void)!event_timer(source->event, EVENT_TIMER, timer->deadline);
	}
	signal_send(timer->process, timer->signal);
}

static err_t timer_open(struct process *process, struct timer *timer)
{
	if (timer->source.event)
		return OK;
	err_t error = event_create(process->bank, &timer->source.event);
	if (error)
		return error;
	timer->process = process;
	timer->source.handler = timer_fired;
	timer->source.cookie = timer;
	error = rt_source_add(&proc.server, &timer->source);
	if (error) {
		(void)!cap_close(timer->source.event);
		timer->source.event = 0;
	}
	return error;
}

err_t on_timer(struct request *rq, u32 which, u32 signal, u64 deadline, u64 interval)
{
	struct process *process = process_caller(rq);
	if (!process)
		return E_SRCH;
	if (which >= TIMERS || !signal || signal > SIG_MAX)
		return E_INVAL;
	struct timer *timer = &process->timer[which];
	err_t error = timer_open(process, timer);
	if (error)
		return error;
	timer->deadline = deadline;
	timer->interval = interval;
	timer->signal = signal;
	return event_timer(timer->source.event, EVENT_TIMER, deadline ? deadline : DEADLINE_NEVER);
}

void timers_stop(struct process *process)
{
	for (u32 i = 0; i < TIMERS; i++) {
		struct timer *timer = &process->timer[i];
		if (!timer->source.event)
			continue;
		rt_source_remove(&proc.server, &timer->source);
		(void)!cap_close(timer->source.event);
		timer->source.event = 0;
	}
}
