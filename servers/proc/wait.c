/* SPDX-License-Identifier: MIT */
/* Waiting for children. A wait that finds nothing is held in its process's list, and looked at again when something about a child changes. */
#include "proc.h"
#include "proto/process_server.h"

static bool wait_selects(const struct process *parent, const struct process *child, i64 pid)
{
	if (pid > 0)
		return child->pid == (u32)pid;
	if (pid == 0)
		return child->group == parent->group;
	return pid == -1 || child->group == (u32)-pid;
}

/* The status that `options` ask for, if the child has one; 0xffff is "continued". */
static bool wait_ready(const struct process *child, u32 options, u32 *status)
{
	bool any = !(options & WAIT_EXITED) && options & (WAIT_UNTRACED | WAIT_CONTINUED) && options >> 31;
	if (child->zombie && !any) {
		*status = child->status;
		return true;
	}
	if (options & WAIT_UNTRACED && child->stop_report) {
		*status = child->stop_report;
		return true;
	}
	if (options & WAIT_CONTINUED && child->continue_report) {
		*status = 0xffff;
		return true;
	}
	return false;
}

static void usage_add(struct process_usage *to, const struct process_usage *from)
{
	to->user_ns += from->user_ns;
	to->system_ns += from->system_ns;
	to->minor_faults += from->minor_faults;
	to->major_faults += from->major_faults;
	if (from->resident_max > to->resident_max)
		to->resident_max = from->resident_max;
}

/* The report has been given: a zombie goes for good. */
static void wait_reap(struct process *parent, struct process *child, u32 options)
{
	if (options & WAIT_NOWAIT)
		return;
	if (!child->zombie) {
		child->stop_report = 0;
		child->continue_report = false;
		return;
	}
	usage_add(&parent->children_usage, &child->usage);
	usage_add(&parent->children_usage, &child->children_usage);
	process_free(child);
}

/* E_AGAIN: a child matches, but has nothing to report; E_CHILD: none matches. */
static err_t wait_try(struct request *rq, struct process *parent, i64 pid, u32 options)
{
	err_t error = E_CHILD;
	list_each(child, &parent->children, struct process, sibling) {
		struct process_wait_result result = { .pid = (i32)child->pid };
		if (!wait_selects(parent, child, pid))
			continue;
		error = E_AGAIN;
		if (!wait_ready(child, options, &result.status))
			continue;
		result.usage = child->zombie ? child->usage : process_used(child);
		size_t size = rq->out_size < sizeof(result) ? rq->out_size : sizeof(result);
		error = request_write(rq, 0, &result, size);
		if (!error)
			wait_reap(parent, child, options);
		return error;
	}
	return error;
}

static void wait_cancel(struct request *rq)
{
	list_remove(&rq->link);
	process_wait_reply(rq, E_INTR);
}

err_t on_wait(struct request *rq, i64 pid, u32 options)
{
	static const struct process_wait_result none;
	struct process *parent = process_caller(rq);
	if (!parent)
		return E_SRCH;
	err_t error = wait_try(rq, parent, pid, options);
	if (error != E_AGAIN)
		return error;
	if (options & WAIT_NOHANG)
		return request_write(rq, 0, &none, rq->out_size < sizeof(none) ? rq->out_size : sizeof(none));
	/* The words of the request stay in it: wait_check reads them again. */
	list_add_tail(&parent->waiters, &rq->link);
	return request_hold(rq, wait_cancel);
}

void wait_check(struct process *parent)
{
	struct list *next;
	if (!parent)
		return;
	for (struct list *l = parent->waiters.next; l != &parent->waiters; l = next) {
		struct request *rq = container_of(l, struct request, link);
		next = l->next;
		err_t error = wait_try(rq, parent, (i64)rq->msg.word[1], (u32)rq->msg.word[2]);
		if (error == E_AGAIN)
			continue;
		list_remove(&rq->link);
		process_wait_reply(rq, error);
	}
}
