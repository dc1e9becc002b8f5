/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "proc.h"

struct proc proc;

struct process *process_find(u32 pid)
{
	list_each(process, &proc.processes, struct process, link) {
		if (process->pid == pid)
			return process;
	}
	return NULL;
}

struct process *process_caller(const struct request *rq)
{
	struct process *process = process_find((u32)rq->label);
	return process && !process->zombie ? process : NULL;
}

struct process *process_first(void) { return list_first(&proc.processes, struct process, link); }

/* Is the number in use as a process, group or session? */
static bool pid_taken(u32 pid)
{
	list_each(process, &proc.processes, struct process, link) {
		if (process->pid == pid || process->group == pid || process->session == pid)
			return true;
	}
	return false;
}

static u32 pid_new(void)
{
	for (u32 i = 0; i < PID_MAX; i++) {
		proc.last_pid = proc.last_pid >= PID_MAX ? PID_FIRST : proc.last_pid + 1;
		if (!pid_taken(proc.last_pid))
			return proc.last_pid;
	}
	return 0;
}

struct process *process_new(struct process *parent)
{
	struct process *process = calloc(1, sizeof(*process));
	u32 pid = process ? pid_new() : 0;
	if (!pid) {
		free(process);
		return NULL;
	}
	process->pid = process->group = process->session = pid;
	list_init(&process->children);
	list_init(&process->sibling);
	list_init(&process->waiters);
	process->parent = parent;
	for (u32 i = 0; i < LIMITS; i++)
		process->limit[i] = (struct limit){ UINT64_MAX, UINT64_MAX };
	process->limit[3] = (struct limit){ 8 << 20, UINT64_MAX };  /* RLIMIT_STACK */
	process->limit[4] = (struct limit){ 0, UINT64_MAX };	     /* RLIMIT_CORE */
	process->limit[7] = (struct limit){ 1024, 4096 };	     /* RLIMIT_NOFILE */
	if (parent) {
		process->group = parent->group;
		process->session = parent->session;
		process->ignored = parent->ignored;
		memcpy(process->limit, parent->limit, sizeof(process->limit));
		memcpy(process->name, parent->name, sizeof(process->name));
		memcpy(process->command, parent->command, sizeof(process->command));
		list_add_tail(&parent->children, &process->sibling);
	}
	list_add_tail(&proc.processes, &process->link);
	proc.count++;
	return process;
}

void process_free(struct process *process)
{
	list_remove(&process->sibling);
	list_remove(&process->link);
	proc.count--;
	free(process);
}
