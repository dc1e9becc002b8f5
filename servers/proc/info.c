/* SPDX-License-Identifier: MIT */
/* What can be asked about processes. */
#include "proc.h"
#include "proto/memory.h"
#include "proto/process_server.h"

#define MEMORY_WAIT_NS 1000000000ull

void usage_add(struct process_usage *to, const struct process_usage *from)
{
	to->user_ns += from->user_ns;
	to->system_ns += from->system_ns;
	to->minor_faults += from->minor_faults;
	to->major_faults += from->major_faults;
	if (from->resident_max > to->resident_max)
		to->resident_max = from->resident_max;
}

/* The kernel does not tell user time from its own, and does not count faults. */
struct process_usage process_used(const struct process *process)
{
	struct process_usage usage = { 0 };

	if (!process->task)
		return process->usage;
	ignore(task_read(process->task, TASK_TIME_NS, &usage.user_ns));
	ignore(task_read(process->task, TASK_RESIDENT, &usage.resident_max));
	return usage;
}

err_t proc_usage(struct request *rq, u32 which, struct process_usage *usage)
{
	const struct process *process = process_asker(rq);

	if (!process)
		return E_SRCH;
	if (which > 1)
		return E_INVAL;
	*usage = which ? process->children_usage : process_used(process);
	return OK;
}

err_t proc_clock(struct request *rq, u32 pid, u64 *ns)
{
	const struct process *process = process_asker(rq) ? process_find(pid) : NULL;

	if (!process || process->zombie)
		return E_SRCH;
	*ns = process_used(process).user_ns;
	return OK;
}

err_t proc_id(struct request *rq, u32 pid, u32 which, u32 *id)
{
	const struct process *process = pid ? process_find(pid) : process_asker(rq);

	if (which == PROCESS_ID_GROUP_SESSION)
		return group_session(pid, id);
	if (!process)
		return E_SRCH;
	switch (which) {
	case PROCESS_ID_GROUP:
		*id = process->group;
		return OK;
	case PROCESS_ID_SESSION:
		*id = process->session;
		return OK;
	case PROCESS_ID_PARENT:
		*id = process == &proc.root ? 0 : process->parent->pid;
		return OK;
	case PROCESS_ID_ORPHANED:
		*id = group_is_orphaned(process->group);
		return OK;
	default:
		return E_INVAL;
	}
}

/* --- the list --- */

static char process_state(const struct process *process)
{
	return process->zombie ? 'Z' : process->stopped ? 'T' : 'S';
}

void list_print(struct text_window *window)
{
	list_each (process, &proc.processes, struct process, link) {
		u64 pages = process->zombie ? 0 : process_used(process).resident_max;
		text_print(window, "%u %u %u %u %c %lu %s %s\n", process->pid, process->parent->pid,
		           process->group, process->session, process_state(process), pages,
		           process->name, process->command);
	}
}

err_t proc_list(struct request *rq, u64 start, u64 *count)
{
	return process_asker(rq) ? text_answer(rq, list_print, start, count) : E_SRCH;
}

/* --- loads --- */

/* How many processors the processes kept busy, averaged with weights that fall by a factor of e in
 * 1, 5 and 15 minutes. Nothing wakes up for it: the time since the last question is taken as a
 * whole. */
static struct {
	u64 asked_ns, used_ns;
	u64 load[3]; /* times 65536 */
} loads;

enum { LOAD_ONE = 65536, LOAD_STEP_S = 5 };

/* factor ^ count, both as 16-bit fractions. */
static u64 load_power(u64 factor, u64 count)
{
	u64 result = LOAD_ONE;

	for (; count; count >>= 1) {
		if (count & 1)
			result = result * factor / LOAD_ONE;
		factor = factor * factor / LOAD_ONE;
	}
	return result;
}

u64 time_used(void)
{
	u64 used = proc.ended_ns;

	for (struct process *p = process_next(NULL); p; p = process_next(p))
		used += process_used(p).user_ns;
	return used;
}

static void loads_update(void)
{
	/* e ^ (-5 s / 1, 5, 15 min) */
	static const u64 factor[] = { 60296, 64453, 65173 };
	const u64 step_ns = LOAD_STEP_S * 1000000000ull;
	u64 now = rt_now(), used = time_used(), steps = (now - loads.asked_ns) / step_ns;

	if (!steps)
		return;
	u64 busy = used > loads.used_ns ? used - loads.used_ns : 0;
	busy = busy / (steps * LOAD_STEP_S) * LOAD_ONE / 1000000000;
	for (u32 i = 0; i < COUNT_OF(loads.load); i++) {
		u64 kept = load_power(factor[i], steps);
		loads.load[i] = (loads.load[i] * kept + busy * (LOAD_ONE - kept)) / LOAD_ONE;
	}
	loads.asked_ns = now;
	loads.used_ns = used;
}

const u64 *loads_now(void)
{
	loads_update();
	return loads.load;
}

err_t proc_system(struct request *rq, struct process_system *system)
{
	struct memory_figures figures = { 0 };

	if (!process_asker(rq))
		return E_SRCH;
	rt_call_deadline(rt_now() + MEMORY_WAIT_NS);
	err_t error = memory_figures(proc.memory, &figures);
	rt_call_deadline(0);
	if (error)
		return error;
	const u64 *load = loads_now();
	*system = (struct process_system){
		.processes = proc.count,
		.load1 = load[0],
		.load5 = load[1],
		.load15 = load[2],
		.memory_total = figures.total,
		.memory_free = figures.free,
	};
	return OK;
}
