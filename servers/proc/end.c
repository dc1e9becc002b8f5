/* SPDX-License-Identifier: MIT */
/* How processes end: everything that one had is given back at once, and what is left is an entry
 * with its status, for its parent. */
#include "abi/thread.h"
#include "proc.h"
#include "proto/process_server.h"
#include "proto/terminal.h"

void vfork_release(struct process *process)
{
	struct request *rq = process->vfork;

	process->vfork = NULL;
	if (!rq)
		return;
	process_unhold(rq);
	process_fork_reply(rq, OK, process->pid);
}

static void close_cap(cap_t *cap)
{
	if (*cap)
		ignore(cap_close(*cap));
	*cap = 0;
}

/* Task, page, event, bank. The task goes first and by itself: the bank may have to stay. */
static void process_strip(struct process *process)
{
	if (process->source.event)
		rt_source_remove(&proc.server, &process->source);
	close_cap(&process->source.event);
	if (process->page)
		rt_unmap(process->page, PAGE_SIZE);
	process->page = NULL;
	close_cap(&process->page_segment);
	close_cap(&process->thread);
	if (process->task)
		ignore(cap_destroy(process->task));
	close_cap(&process->task);
	if (process->account)
		account_leave(process->account);
	process->account = NULL;
}

void process_abort(struct process *process)
{
	process_strip(process);
	process_free(process);
}

/* The process's own requests that wait: nobody is left to hear the answers. */
static void process_answer_all(struct process *process)
{
	struct request *rq;

	while ((rq = list_first(&process->waiters, struct request, link))) {
		process_unhold(rq);
		process_wait_reply(rq, E_DEAD);
	}
	if (process->stop) {
		rq = process->stop;
		process->stop = NULL;
		process_unhold(rq);
		process_stop_reply(rq, E_DEAD);
	}
	list_each (child, &process->children, struct process, sibling)
		vfork_release(child);
}

/* Tell the parent; if it does not want to know, the zombie goes now. */
static void process_report(struct process *process)
{
	struct process *parent = process->parent;
	u32 status = process->status, code = CHILD_EXITED, value = status >> 8;

	if (status & 0x7f) {
		code = status & 0x80 ? CHILD_DUMPED : CHILD_KILLED;
		value = status & 0x7f;
	}
	if (parent == &proc.root || parent->ignored & signal_bit(SIG_CHLD)) {
		u32 pid = process->pid;
		/* A wait that the root holds now gets the status; nobody else ever will. */
		if (parent == &proc.root)
			wait_check(parent);
		if (process_find(pid) == process)
			process_free(process);
		wait_check(parent);
		return;
	}
	signal_parent(process, (i32)code, (i32)value);
}

static void orphan_adopt(struct process *child, struct process *parent)
{
	list_remove(&child->sibling);
	list_add_tail(&parent->children, &child->sibling);
	child->parent = parent;
	if (child->page) {
		child->page->parent = parent->pid;
		child->page->generation++;
	}
	if (child->ended)
		process_report(child);
}

static void process_orphan_children(struct process *process)
{
	struct process *child;

	while ((child = list_first(&process->children, struct process, sibling)))
		orphan_adopt(child, proc.init);
}

/* The terminal server answers at once: it calls us from a thread of its own. */
void session_end(u32 session)
{
	enum { WAIT_NS = 1000000000 };

	if (!proc.terminal)
		return;
	rt_call_deadline(rt_now() + WAIT_NS);
	err_t error = terminal_session_ended(proc.terminal, session);
	rt_call_deadline(0);
	if (error)
		rt_log("session %u: terminal: error %u", session, error);
}

void process_finish(struct process *process, u32 status)
{
	if (process->zombie)
		return;
	if (process == proc.init) /* nobody starts a shell any more: the supervisor begins anew */
		rt_fail("the first process, %s (%u), has ended with status %x", process->name,
		        process->pid, status);
	process->usage = process_used(process);
	proc.ended_ns += process->usage.user_ns;
	process->zombie = true;
	process->stopped = process->continued = false;
	process->stop_status = 0;
	process->status = status;
	vfork_release(process);
	process_answer_all(process);
	process_strip(process);
	if (process->session == process->pid)
		session_end(process->pid);
	group_leave(process);
	process_orphan_children(process);
	process->ended = true;
	process_report(process);
}

/* An exit code << 8, or a signal with or without "core dumped". */
static bool status_valid(u32 status)
{
	u32 signal = status & 0x7f;

	return signal ? signal <= SIG_MAX && status <= 0xff : status <= 0xff00 && !(status & 0x80);
}

err_t proc_exit(struct request *rq, u32 status)
{
	struct process *process = process_caller(rq);

	if (!process)
		return E_SRCH;
	process_finish(process, status_valid(status) ? status : SIG_KILL);
	return OK; /* to nobody */
}

/* --- what the kernel tells --- */

static u32 fault_signal(u64 kind, u64 code)
{
	enum { DIVIDE = 0, INVALID_OPCODE = 6, X87 = 16, ALIGNMENT = 17, SIMD = 19 };

	if (kind != UPCALL_EXCEPTION)
		return code == E_FUNDS || code == E_IO ? SIG_BUS : SIG_SEGV;
	switch (code) {
	case DIVIDE:
	case X87:
	case SIMD:
		return SIG_FPE;
	case INVALID_OPCODE:
		return SIG_ILL;
	case ALIGNMENT:
		return SIG_BUS;
	default:
		return SIG_SEGV;
	}
}

/* A fault that the personality does not handle: it is broken or being abused. */
static void process_faulted(struct process *process)
{
	static const u32 which[] = { TASK_FAULT_KIND, TASK_FAULT_CODE, TASK_FAULT_ADDRESS,
		                     TASK_FAULT_IP };
	u64 value[COUNT_OF(which)] = { 0 };

	for (u32 i = 0; i < COUNT_OF(which); i++)
		ignore(task_read(process->task, which[i], &value[i]));
	rt_log("%s (%u): fault %lu.%lu at address %lx, instruction %lx", process->name,
	       process->pid, value[0], value[1], value[2], value[3]);
	process_finish(process, fault_signal(value[0], value[1]));
}

void process_event(struct rt_source *source, u64 bits)
{
	struct process *process = source->cookie;

	if (bits & EVENT_FAULT)
		process_faulted(process);
	else if (bits & EVENT_DEAD)
		process_finish(process, SIG_KILL);
	else if (bits & EVENT_TIMER)
		timer_fired(process);
}
