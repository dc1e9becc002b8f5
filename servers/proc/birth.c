/* SPDX-License-Identifier: MIT */
/* How processes come to be. Each step leaves what process_abort knows how to take back. */
#include <string.h>

#include "proc.h"
#include "proto/exec.h"
#include "proto/process_server.h"

/* Put a capability at its fixed place in the new task; fork leaves it out. */
static err_t equip_slot(struct process *process, cap_t cap, u32 rights, u32 slot)
{
	cap_t copy;

	return cap_copy(process->task, cap, rights | CAP_STAYS, slot, &copy);
}

static err_t equip_gate(struct process *process)
{
	cap_t gate;
	u64 label = process_label(process);
	err_t error = gate_create(proc.server.port, process->account->bank, label, &gate);

	if (error)
		return error;
	error = equip_slot(process, gate, RIGHT_USE | RIGHT_COPY, PROCESS_PROCESS);
	ignore(cap_close(gate));
	return error;
}

static err_t equip_page(struct process *process)
{
	const struct process_page *parent = process->parent->page;
	err_t error = segment_create(process->account->bank, PAGE_SIZE, SEGMENT_COMMITTED,
	                             &process->page_segment);

	if (error)
		return error;
	process->page = rt_map(process->page_segment, 0, PAGE_SIZE, ACCESS_READ | ACCESS_WRITE);
	if (!process->page)
		return E_FUNDS;
	*process->page = (struct process_page){
		.pid = process->pid,
		.parent = process->parent->pid,
		.group = process->group,
		.session = process->session,
		.start_ns = rt_now(),
	};
	if (parent)
		process->page->ids = parent->ids;
	return equip_slot(process, process->page_segment, RIGHT_READ | RIGHT_COPY, PROCESS_PAGE);
}

static err_t equip_event(struct process *process)
{
	cap_t event;
	err_t error = event_create(process->account->bank, &event);

	if (error)
		return error;
	process->source.event = event;
	process->source.handler = process_event;
	process->source.cookie = process;
	error = rt_source_add(&proc.server, &process->source);
	if (error) {
		process->source.event = 0;
		ignore(cap_close(event));
		return error;
	}
	return task_watch(process->task, event, EVENT_DEAD);
}

err_t process_equip(struct process *process)
{
	u32 bank_rights = RIGHT_USE | RIGHT_READ | RIGHT_COPY;
	err_t error = equip_slot(process, process->task, RIGHT_ALL, PROCESS_TASK);

	if (!error)
		error = equip_slot(process, process->account->bank, bank_rights, PROCESS_BANK);
	if (!error)
		error = equip_gate(process);
	if (!error)
		error = equip_page(process);
	if (!error)
		error = equip_event(process);
	return error ? error : limits_begin(process);
}

/* --- fork --- */

static err_t fork_thread(struct process *child, const struct process_fork *how)
{
	err_t error = thread_create(child->task, child->account->bank, proc.schedule, how->control,
	                            &child->thread);

	if (!error)
		error = equip_slot(child, child->thread, RIGHT_ALL, PROCESS_THREAD);
	if (error)
		return error;
	return thread_start(child->thread, how->ip, how->sp, 0, how->fs_base, how->gs_base);
}

static err_t fork_task(struct process *child, const struct process_fork *how)
{
	const struct process *parent = child->parent;
	err_t error = quota_take(child, parent->quota);

	if (!error)
		error = account_create(parent->account, child->pid, &child->account);
	if (!error)
		error = task_clone_sharing(parent->task, child->account->bank,
		                           how->flags & FORK_VFORK ? PERSONALITY_BASE : 0,
		                           &child->task);
	if (!error)
		error = process_equip(child);
	return error ? error : fork_thread(child, how);
}

/* A vfork parent has ended: the child goes on alone. A signal has to wait: the child uses the
 * parent's memory, and the thread's stack in it. */
static void vfork_cancel(struct request *rq)
{
	if (rq->abandoned)
		vfork_release(rq->cookie);
}

err_t proc_fork(struct request *rq, const struct process_fork *how, u32 *pid)
{
	struct process *parent = process_caller(rq);

	if (!parent)
		return E_SRCH;
	if (how->reserved || how->flags & ~(u32)FORK_VFORK)
		return E_MSG;
	if (proc.count >= proc.count_max || (how->flags & FORK_VFORK && !process_may_hold(parent)))
		return E_LIMIT;
	struct process *child = process_new(parent);
	if (!child)
		return E_FUNDS;
	err_t error = fork_task(child, how);
	if (error) {
		process_abort(child);
		return error;
	}
	*pid = child->pid;
	if (!(how->flags & FORK_VFORK))
		return OK;
	rq->cookie = child;
	child->vfork = rq;
	return process_hold(parent, rq, vfork_cancel);
}

/* --- the program --- */

static void copy_text(char *to, size_t room, const char *from, size_t size)
{
	size_t count = size < room ? size : room - 1;

	memcpy(to, from, count);
	to[count] = 0;
}

/* `text`: name, zero, arguments each ended by a zero. */
static void process_rename(struct process *process, const char *text, size_t size)
{
	size_t name = strnlen(text, size), rest = name < size ? size - name - 1 : 0;

	copy_text(process->name, NAME_SIZE, text, name);
	copy_text(process->command, COMMAND_SIZE, text + size - rest, rest ? rest - 1 : 0);
	for (size_t i = 0; i + 1 < rest && i < COMMAND_SIZE - 1; i++) {
		if ((u8)process->command[i] < ' ')
			process->command[i] = ' ';
	}
}

/* The process's bank pays for the slot in our table no more than for any other message: the bank of
 * this server does, one slot a process. */
static err_t thread_take(struct request *rq, struct process *process, cap_t thread)
{
	u64 info;
	err_t error = cap_info(thread, &info);

	if (error || (info & 0xff) != KIND_THREAD)
		return E_CAP;
	if (process->thread)
		ignore(cap_close(process->thread));
	process->thread = thread;
	rq->msg.cap[0] = 0; /* kept */
	/* What came while there was nobody to interrupt. */
	if (process->page->pending && !process->stopped)
		ignore(thread_interrupt(thread));
	return OK;
}

err_t proc_started(struct request *rq, cap_t thread)
{
	struct process *process = process_caller(rq);
	char text[NAME_SIZE + COMMAND_SIZE];
	size_t size = rq->in_size < sizeof(text) ? rq->in_size : sizeof(text);

	if (!process)
		return E_SRCH;
	err_t error = request_read(rq, 0, text, size);
	if (!error)
		error = thread_take(rq, process, thread);
	if (error)
		return error;
	process->execed = true;
	process->no_stop = false;
	process->wake_deadline = 0;
	if (size)
		process_rename(process, text, size);
	vfork_release(process);
	return OK;
}

err_t proc_signal_thread(struct request *rq, cap_t thread)
{
	struct process *process = process_caller(rq);

	return process ? thread_take(rq, process, thread) : E_SRCH;
}
