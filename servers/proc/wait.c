/* SPDX-License-Identifier: MIT */
/* Waiting for children. A wait that finds nothing is held in its process's list, and looked at
 * again when something about a child changes. The status is in the caller's memory before a zombie
 * goes: one that cannot be delivered is not lost. */
#include "proc.h"
#include "proto/process_server.h"

enum { STATUS_CONTINUED = 0xffff };
enum { WAIT_KINDS = WAIT_UNTRACED | WAIT_EXITED | WAIT_CONTINUED };
enum { WAIT_OPTIONS = WAIT_KINDS | WAIT_NOHANG | WAIT_NOWAIT };

static bool wait_selects(const struct process *parent, const struct process *child, i64 pid)
{
	if (pid > 0)
		return child->pid == (u64)pid;
	if (pid == -1)
		return true;
	return child->group == (pid ? (u64)-pid : parent->group);
}

/* The status that `options` ask for, if the child has one. */
static bool wait_ready(const struct process *child, u32 options, u32 *status)
{
	if (child->ended)
		*status = child->status;
	else if (child->zombie)
		return false;
	else if (options & WAIT_UNTRACED && child->stop_status)
		*status = child->stop_status;
	else if (options & WAIT_CONTINUED && child->continued)
		*status = STATUS_CONTINUED;
	else
		return false;
	return !child->zombie || options & WAIT_EXITED;
}

/* The report has been given: a zombie goes for good. */
static void wait_reap(struct process *parent, struct process *child, u32 status)
{
	if (child->zombie) {
		usage_add(&parent->children_usage, &child->usage);
		usage_add(&parent->children_usage, &child->children_usage);
		process_free(child);
	} else if (status == STATUS_CONTINUED) {
		child->continued = false;
	} else {
		child->stop_status = 0;
	}
}

static err_t wait_answer(struct request *rq, const struct process_wait_result *result)
{
	size_t size = rq->out_size < sizeof(*result) ? rq->out_size : sizeof(*result);

	return request_write(rq, 0, result, size);
}

/* E_AGAIN: a child matches, but has nothing to report; E_CHILD: none matches. */
static err_t wait_try(struct request *rq, struct process *parent, i64 pid, u32 options)
{
	err_t error = E_CHILD;

	list_each (child, &parent->children, struct process, sibling) {
		struct process_wait_result result = { .pid = (i32)child->pid };
		if (!wait_selects(parent, child, pid))
			continue;
		error = E_AGAIN;
		if (!wait_ready(child, options, &result.status))
			continue;
		result.usage = child->zombie ? child->usage : process_used(child);
		error = wait_answer(rq, &result);
		if (!error && !(options & WAIT_NOWAIT))
			wait_reap(parent, child, result.status);
		return error;
	}
	return error;
}

static u32 wait_options(u32 options)
{
	return options & WAIT_KINDS ? options : options | WAIT_EXITED;
}

static void wait_cancel(struct request *rq)
{
	process_unhold(rq);
	process_wait_reply(rq, E_INTR);
}

err_t proc_wait(struct request *rq, i64 pid, u32 options)
{
	struct process *parent = process_asker(rq);

	if (!parent)
		return E_SRCH;
	if (options & ~(u32)WAIT_OPTIONS || pid < -PID_MAX || pid > PID_MAX)
		return options & ~(u32)WAIT_OPTIONS ? E_INVAL : E_CHILD;
	err_t error = wait_try(rq, parent, pid, wait_options(options));
	if (error != E_AGAIN)
		return error;
	if (options & WAIT_NOHANG)
		return wait_answer(rq, &(struct process_wait_result){ 0 });
	error = process_hold(parent, rq, wait_cancel);
	/* The words of the request stay in it: wait_check reads them again. */
	if (error == E_HELD)
		list_add_tail(&parent->waiters, &rq->link);
	return error;
}

void wait_check(struct process *parent)
{
	struct list *next;

	for (struct list *at = parent->waiters.next; at != &parent->waiters; at = next) {
		struct request *rq = container_of(at, struct request, link);
		u32 options = wait_options((u32)rq->msg.word[2]);
		next = at->next;
		err_t error = wait_try(rq, parent, (i64)rq->msg.word[1], options);
		if (error == E_AGAIN)
			continue;
		process_unhold(rq);
		process_wait_reply(rq, error);
	}
}
