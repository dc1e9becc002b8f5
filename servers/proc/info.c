/* SPDX-License-Identifier: MIT */
/* What can be asked about processes. */
#include <stdio.h>

#include "proc.h"
#include "proto/process_server.h"

struct process_usage process_used(const struct process *process)
{
	struct process_usage usage = { 0 };
	(void)!task_read(process->task, TASK_TIME_NS, &usage.user_ns);
	(void)!task_read(process->task, TASK_RESIDENT, &usage.resident_max);
	return usage;
}

static struct process *process_named(const struct request *rq, u32 pid)
{
	return pid ? process_find(pid) : process_caller(rq);
}

err_t on_id(struct request *rq, u32 pid, u32 which, u32 *id)
{
	const struct process *process = process_named(rq, pid);
	if (!process)
		return E_SRCH;
	switch (which) {
	case PROCESS_ID_GROUP: *id = process->group; return OK;
	case PROCESS_ID_SESSION: *id = process->session; return OK;
	case PROCESS_ID_PARENT: *id = process->parent ? process->parent->pid : 0; return OK;
	default: return E_INVAL;
	}
}

err_t on_limit_get(struct request *rq, u32 pid, u32 resource, u64 *soft, u64 *hard)
{
	const struct process *process = process_named(rq, pid);
	if (!process)
		return E_SRCH;
	if (resource >= LIMITS)
		return E_INVAL;
	*soft = process->limit[resource].soft;
	*hard = process->limit[resource].hard;
	return OK;
}

err_t on_limit_set(struct request *rq, u32 pid, u32 resource, u64 soft, u64 hard)
{
	struct process *process = process_named(rq, pid);
	if (!process)
		return E_SRCH;
	if (resource >= LIMITS || soft > hard)
		return E_INVAL;
	process->limit[resource] = (struct limit){ soft, hard };
	return OK;
}

err_t on_usage(struct request *rq, u32 which, struct process_usage *usage)
{
	const struct process *process = process_caller(rq);
	if (!process)
		return E_SRCH;
	if (which > 1)
		return E_INVAL;
	*usage = which ? process->children_usage : process_used(process);
	return OK;
}

static char process_state(const struct process *process)
{
	return process->zombie ? 'Z' : process->stopped ? 'T' : 'S';
}

err_t on_list(struct request *rq, u64 start, u64 *count)
{
	char line[NAME_SIZE + COMMAND_SIZE + 128];
	u64 at = 0, written = 0;
	list_each(process, &proc.processes, struct process, link) {
		u64 pages = process->task ? process_used(process).resident_max : 0;
		int n = snprintf(line, sizeof(line), "%u %u %u %u %c %lu %s %s\n", process->pid,
				 process->parent ? process->parent->pid : 0, process->group, process->session,
				 process_state(process), pages, process->name, process->command);
		u64 size = (u64)n, skip = start > at ? start - at : 0;
		if (skip < size && written + size - skip <= rq->out_size) {
			err_t error = request_write(rq, written, line + skip, size - skip);
			if (error)
				return error;
			written += size - skip;
		}
		at += size;
	}
	*count = written;
	return OK;
}

err_t on_system(struct request *rq, struct process_system *system)
{
	(void)rq;
	*system = (struct process_system){ .processes = proc.count };
	return OK;
}
