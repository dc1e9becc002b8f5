/* SPDX-License-Identifier: MIT */
/* All processes as procfs sees them. What only a process itself knows lies in its memory; procfs
 * gets the task, and looks there by itself. */
#include <string.h>

#include "proc.h"
#include "proto/inspect_server.h"

enum { LIST_MAX = 256 };

/* The main thread's state stands for all of them. */
static u32 inspect_state(const struct process *process)
{
	u64 state = 0;

	if (process->zombie)
		return INSPECT_ZOMBIE;
	if (process->stopped)
		return INSPECT_STOPPED;
	if (process->thread)
		ignore(thread_read(process->thread, THREAD_STATE, &state));
	return state == THREAD_STATE_RUNNABLE ? INSPECT_RUNNING : INSPECT_SLEEPING;
}

/* The next number in use above `after`; 0: none. */
static u32 pid_above(u32 after)
{
	u32 next = 0;

	list_each (process, &proc.processes, struct process, link) {
		if (process->pid > after && (!next || process->pid < next))
			next = process->pid;
	}
	return next;
}

static err_t on_list(struct request *rq, u32 after, u64 *count)
{
	u32 pids[LIST_MAX], n = 0, max = (u32)(rq->out_size / sizeof(pids[0]));

	while (n < LIST_MAX && n < max && (after = pid_above(after)))
		pids[n++] = after;
	*count = n;
	return request_write(rq, 0, pids, n * sizeof(pids[0]));
}

static void fill_figures(struct inspect_process *out, const struct process *process)
{
	struct process_usage usage = process_used(process);
	u64 threads = 0, caps = 0;

	if (process->task) {
		ignore(task_read(process->task, TASK_THREADS, &threads));
		ignore(task_read(process->task, TASK_CAPS, &caps));
		out->resident = usage.resident_max;
	}
	if (process->account)
		ignore(bank_read(process->account->bank, BANK_CHARGED, &out->charged));
	out->threads = (u32)threads;
	out->caps = (u32)caps;
	out->user_ns = usage.user_ns;
	out->system_ns = usage.system_ns;
	out->children_user_ns = process->children_usage.user_ns;
	out->children_system_ns = process->children_usage.system_ns;
	out->minor_faults = usage.minor_faults;
	out->major_faults = usage.major_faults;
}

static void fill_page(struct inspect_process *out, const struct process_page *page)
{
	out->uid = page->ids.uid;
	out->euid = page->ids.euid;
	out->gid = page->ids.gid;
	out->egid = page->ids.egid;
	out->pending = page->pending;
}

static err_t on_process(struct request *rq, u32 pid)
{
	const struct process *process = process_find(pid);

	if (!process)
		return E_SRCH;
	struct inspect_process out = {
		.pid = process->pid,
		.parent = process->parent->pid,
		.group = process->group,
		.session = process->session,
		.state = inspect_state(process),
		.status = process->status,
		.start_ns = process->start_ns,
		.ignored = process->ignored,
	};
	_Static_assert(sizeof(out.name) == sizeof(process->name), "names");
	_Static_assert(sizeof(out.limit) == sizeof(process->limit), "limits");
	memcpy(out.name, process->name, sizeof(out.name));
	memcpy(out.limit, process->limit, sizeof(out.limit));
	if (process->page)
		fill_page(&out, process->page);
	fill_figures(&out, process);
	return request_write(rq, 0, &out, rq->out_size < sizeof(out) ? rq->out_size : sizeof(out));
}

static err_t on_task(struct request *rq, u32 pid, cap_t *task)
{
	const struct process *process = process_find(pid);
	cap_t copy;

	(void)rq;
	if (!process || !process->task)
		return E_SRCH;
	err_t error = cap_copy(0, process->task, RIGHT_READ | RIGHT_CONTROL, 0, &copy);
	if (!error)
		*task = copy | CAP_MOVE;
	return error;
}

static err_t on_system(struct request *rq)
{
	const u64 *load = loads_now();
	struct inspect_system out = {
		.processes = proc.count,
		.last_pid = proc.last_pid,
		.started = proc.started,
		.user_ns = time_used(),
		.load1 = load[0],
		.load5 = load[1],
		.load15 = load[2],
	};

	list_each (process, &proc.processes, struct process, link)
		out.running += inspect_state(process) == INSPECT_RUNNING;
	return request_write(rq, 0, &out, rq->out_size < sizeof(out) ? rq->out_size : sizeof(out));
}

static const struct inspect_ops ops = {
	.inspect_list = on_list,
	.inspect_process = on_process,
	.inspect_task = on_task,
	.inspect_system = on_system,
};

void inspect_dispatch(struct request *rq) { inspect_serve(&ops, rq); }
