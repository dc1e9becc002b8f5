/* SPDX-License-Identifier: MIT */
/* fork. Each step leaves what process_abort knows how to take back. */
#include <string.h>

#include "proc.h"
#include "proto/memory.h"
#include "proto/process_server.h"

enum { MEMORY_PATIENCE_S = 5 };

/* Put a capability at its fixed place in the new task; our own is given up if `spend`. */
static err_t equip_slot(struct process *process, cap_t cap, u32 rights, u32 slot)
{
	cap_t copy;
	return cap_copy(process->task, cap, rights | CAP_STAYS, slot, &copy);
}

static err_t equip_gate(struct process *process)
{
	cap_t gate;
	err_t error = gate_create(proc.server.port, process->bank, process->pid, &gate);
	if (error)
		return error;
	error = equip_slot(process, gate, RIGHT_USE | RIGHT_COPY, PROCESS_PROCESS);
	(void)!cap_close(gate);
	return error;
}

static err_t equip_page(struct process *process)
{
	err_t error = segment_create(process->bank, PAGE_SIZE, SEGMENT_COMMITTED, &process->page_segment);
	if (error)
		return error;
	process->page = rt_map(process->page_segment, 0, PAGE_SIZE, RIGHT_READ | RIGHT_WRITE);
	if (!process->page)
		return E_FUNDS;
	*process->page = (struct process_page){
		.pid = process->pid,
		.parent = process->parent ? process->parent->pid : 0,
		.group = process->group,
		.session = process->session,
		.start_ns = rt_now(),
	};
	return equip_slot(process, process->page_segment, RIGHT_READ | RIGHT_COPY, PROCESS_PAGE);
}

/* Death and faults of the task; what nobody in it handles ends it. */
static void process_event(struct rt_source *source, u64 bits)
{
	struct process *process = source->cookie;
	u64 code = 0;
	if (process->zombie)
		return;
	if (bits & EVENT_FAULT && !(bits & EVENT_DEAD)) {
		(void)!task_read(process->task, TASK_FAULT_ADDRESS, &code);
		rt_log("%s[%u]: fault at %lx that its personality does not handle", process->name, process->pid, code);
	}
	process_finish(process, bits & EVENT_FAULT ? SIG_SEGV : SIG_KILL);
}

static err_t equip_event(struct process *process)
{
	err_t error = event_create(process->bank, &process->source.event);
	if (error)
		return error;
	process->source.handler = process_event;
	process->source.cookie = process;
	error = rt_source_add(&proc.server, &process->source);
	if (error) {
		(void)!cap_close(process->source.event);
		process->source.event = 0;
		return error;
	}
	return task_watch(process->task, process->source.event, EVENT_DEAD);
}

err_t process_equip(struct process *process)
{
	err_t error = equip_slot(process, process->task, RIGHT_ALL, PROCESS_TASK);
	if (!error)
		error = equip_slot(process, process->bank, RIGHT_USE | RIGHT_READ | RIGHT_COPY, PROCESS_BANK);
	if (!error)
		error = equip_gate(process);
	if (!error)
		error = equip_page(process);
	return error ? error : equip_event(process);
}

/* Task, bank, page, event: all gone, exactly. */
static void process_strip(struct process *process)
{
	timers_stop(process);
	if (process->source.event) {
		rt_source_remove(&proc.server, &process->source);
		(void)!cap_close(process->source.event);
		process->source.event = 0;
	}
	if (process->page)
		rt_unmap(process->page, PAGE_SIZE);
	process->page = NULL;
	cap_t caps[] = { process->thread, process->page_segment, process->task };
	for (u32 i = 0; i < COUNT_OF(caps); i++) {
		if (caps[i])
			(void)!cap_close(caps[i]);
	}
	process->thread = process->page_segment = process->task = 0;
	if (process->bank) {
		(void)!cap_destroy(process->bank);
		(void)!cap_close(process->bank);
	}
	process->bank = 0;
}

void process_abort(struct process *process)
{
	process_strip(process);
	process_free(process);
}

void process_finish(struct process *process, u32 status)
{
	struct process *init = process_first(), *child;
	struct request *rq;

	if (process->zombie)
		return;
	process->usage = process_used(process);
	process->zombie = true;
	process->status = status;
	process->stop_report = 0;
	vfork_release(process);
	while ((rq = list_first(&process->waiters, struct request, link))) {
		list_remove(&rq->link);
		process_wait_reply(rq, E_SRCH);
	}
	if (process->stop)
		process_stop_reply(process->stop, E_SRCH);
	process->stop = NULL;
	process_strip(process);
	group_orphans(process);
	while ((child = list_first(&process->children, struct process, sibling))) {
		list_remove(&child->sibling);
		child->parent = init == process ? NULL : init;
		if (child->page)
			child->page->parent = child->parent ? child->parent->pid : 0;
		if (child->parent)
			list_add_tail(&init->children, &child->sibling);
	}
	if (!process->parent) {
		rt_log("%s[%u] has ended with status %x", process->name, process->pid, status);
		process_free(process);
		return;
	}
	signal_send(process->parent, SIG_CHLD);
	wait_check(init);
	wait_check(process->parent);
}

void vfork_release(struct process *process)
{
	struct request *rq = process->vfork;
	process->vfork = NULL;
	if (rq)
		process_fork_reply(rq, OK, process->pid);
}

static err_t fork_allowed(const struct process *parent)
{
	u32 mine = 0;
	list_each(process, &proc.processes, struct process, link)
		mine += process->session == parent->session;
	return mine < parent->limit[LIMIT_NPROC].soft ? OK : E_LIMIT;
}

static err_t fork_task(struct process *parent, struct process *child, const struct process_fork *how)
{
	rt_call_deadline(rt_now() + MEMORY_PATIENCE_S * 1000000000ull);
	err_t error = memory_bank(proc.memory, 0, &child->bank);
	rt_call_deadline(0);
	if (!error)
		error = task_clone(parent->task, child->bank, &child->task);
	if (!error)
		error = process_equip(child);
	if (!error)
		error = thread_create(child->task, child->bank, proc.schedule, how->control, &child->thread);
	if (!error)
		error = equip_slot(child, child->thread, RIGHT_ALL, PROCESS_THREAD);
	return error ? error : thread_start(child->thread, how->ip, how->sp, 0, how->fs_base, how->gs_base);
}

/* A vfork parent leaves: the child goes on alone. */
static void vfork_cancel(struct request *rq)
{
	struct process *child = rq->cookie;
	if (rq->abandoned || child->zombie)
		child->vfork = NULL;
	else
		return; /* a signal waits until the child has gone its way, as on Linux */
	process_fork_reply(rq, E_INTR, 0);
}

err_t on_fork(struct request *rq, const struct process_fork *how, u32 *pid)
{
	struct process *parent = process_caller(rq);
	if (!parent)
		return E_SRCH;
	err_t error = fork_allowed(parent);
	if (error)
		return error;
	struct process *child = process_new(parent);
	if (!child)
		return E_FUNDS;
	error = fork_task(parent, child, how);
	if (error) {
		process_abort(child);
		return error;
	}
	*pid = child->pid;
	if (!(how->flags & FORK_VFORK))
		return OK;
	child->vfork = rq;
	rq->cookie = child;
	return request_hold(rq, vfork_cancel);
}

/* `text`: name, zero, arguments each ended by a zero. */
static void process_rename(struct process *process, const char *text, size_t size)
{
	size_t name = strnlen(text, size);
	size_t n = name < NAME_SIZE - 1 ? name : NAME_SIZE - 1;
	memcpy(process->name, text, n);
	process->name[n] = 0;
	size_t rest = name < size ? size - name - 1 : 0;
	n = rest < COMMAND_SIZE - 1 ? rest : COMMAND_SIZE - 1;
	memcpy(process->command, text + name + 1, n);
	process->command[n] = 0;
	for (size_t i = 0; i + 1 < n; i++) {
		if (!process->command[i])
			process->command[i] = ' ';
	}
}

err_t on_started(struct request *rq, cap_t thread)
{
	char text[1024] = { 0 };
	struct process *process = process_caller(rq);
	if (!process)
		return E_SRCH;
	size_t size = rq->in_size < sizeof(text) - 1 ? rq->in_size : sizeof(text) - 1;
	err_t error = request_read(rq, 0, text, size);
	if (error)
		return error;
	if (process->thread)
		(void)!cap_close(process->thread);
	process->thread = thread;
	rq->msg.cap[0] = 0; /* kept */
	process->execed = true;
	if (size)
		process_rename(process, text, size);
	vfork_release(process);
	return OK;
}
