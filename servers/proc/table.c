/* SPDX-License-Identifier: MIT */
/* The table of processes, and the requests that they keep waiting. */
#include <stdlib.h>
#include <string.h>

#include "proc.h"

/* Requests that all processes together may hold beyond one each, and those that stay free so that
 * everybody can be heard. */
enum { HELD_EXTRA_MAX = 48, REQUESTS_FREE = 16 };

struct proc proc;

static void process_init(struct process *process)
{
	list_init(&process->link);
	list_init(&process->children);
	list_init(&process->sibling);
	list_init(&process->waiters);
}

void table_start(u32 count_max)
{
	list_init(&proc.processes);
	process_init(&proc.root);
	limits_default(&proc.root);
	strcpy(proc.root.name, "(start)");
	proc.count_max = count_max;
	proc.server.requests = count_max + HELD_EXTRA_MAX + REQUESTS_FREE;
}

struct process *process_find(u32 pid)
{
	struct process *process = proc.bucket[pid % PID_BUCKETS];

	while (process && process->pid != pid)
		process = process->next_in_bucket;
	return process;
}

/* A gate may outlive its process in somebody else's table: the serial keeps it from reaching the
 * next process with the same pid. */
u64 process_label(const struct process *process)
{
	return (u64)process->serial << 16 | process->pid;
}

struct process *process_caller(const struct request *rq)
{
	struct process *process = process_find((u32)(rq->label & 0xffff));
	if (!process || process->zombie || process_label(process) != rq->label)
		return NULL;
	return process;
}

struct process *process_asker(const struct request *rq)
{
	return rq->label == LABEL_CONTROL ? &proc.root : process_caller(rq);
}

/* Is the number in use as a process, group or session? */
static bool pid_taken(u32 pid)
{
	list_each (process, &proc.processes, struct process, link) {
		if (process->pid == pid || process->group == pid || process->session == pid)
			return true;
	}
	return false;
}

/* Numbers go up and round, so that one that has just become free is not used again soon. */
static u32 pid_new(void)
{
	if (proc.count >= proc.count_max)
		return 0;
	do {
		proc.last_pid = proc.last_pid >= PID_MAX ? 1 : proc.last_pid + 1;
	} while (pid_taken(proc.last_pid));
	return proc.last_pid;
}

static void process_inherit(struct process *process, const struct process *parent)
{
	if (parent != &proc.root) {
		process->group = parent->group;
		process->session = parent->session;
	}
	process->ignored = parent->ignored;
	process->no_stop = parent->no_stop;
	memcpy(process->limit, parent->limit, sizeof(process->limit));
	memcpy(process->name, parent->name, sizeof(process->name));
	memcpy(process->command, parent->command, sizeof(process->command));
}

struct process *process_new(struct process *parent)
{
	u32 pid = pid_new();
	struct process *process = pid ? calloc(1, sizeof(*process)) : NULL;

	if (!process)
		return NULL;
	process_init(process);
	process->pid = process->group = process->session = pid;
	process->serial = ++proc.last_serial;
	process->start_ns = rt_now();
	process->parent = parent;
	process_inherit(process, parent);
	process->next_in_bucket = proc.bucket[pid % PID_BUCKETS];
	proc.bucket[pid % PID_BUCKETS] = process;
	list_add_tail(&parent->children, &process->sibling);
	list_add_tail(&proc.processes, &process->link);
	proc.count++;
	proc.started++;
	return process;
}

void process_free(struct process *process)
{
	struct process **at = &proc.bucket[process->pid % PID_BUCKETS];

	while (*at != process)
		at = &(*at)->next_in_bucket;
	*at = process->next_in_bucket;
	quota_give(process);
	list_remove(&process->sibling);
	list_remove(&process->link);
	proc.count--;
	free(process);
}

struct process *process_next(const struct process *process)
{
	struct list *at = process ? process->link.next : proc.processes.next;

	for (; at != &proc.processes; at = at->next) {
		struct process *next = container_of(at, struct process, link);
		if (!next->zombie)
			return next;
	}
	return NULL;
}

bool process_may_hold(const struct process *process)
{
	return !process->held || proc.held_extra < HELD_EXTRA_MAX;
}

err_t process_hold(struct process *process, struct request *rq, cancel_function *cancel)
{
	if (!process_may_hold(process))
		return E_LIMIT;
	err_t error = request_hold(rq, cancel);
	if (error != E_HELD)
		return error;
	if (process->held++)
		proc.held_extra++;
	proc.held++;
	rq->object = process;
	return E_HELD;
}

void process_unhold(struct request *rq)
{
	struct process *process = rq->object;

	list_remove(&rq->link);
	proc.held--;
	if (--process->held)
		proc.held_extra--;
}
