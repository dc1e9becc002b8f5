/* SPDX-License-Identifier: MIT */
/* Resource limits. Most are only kept here for the personality; RLIMIT_NPROC and RLIMIT_CPU are
 * ours to enforce.
 *
 * There are no users to count processes by, and one that all share would not contain a fork bomb
 * anyway: whoever sets RLIMIT_NPROC limits the part of the tree of processes that grows from
 * itself from then on. Parts lie in one another; a new process must fit into all of them.
 * I:nproc-by-tree */
#include <stdlib.h>

#include "proc.h"

enum { QUOTA_DEPTH_MAX = 16, NOFILE_SOFT = 1024, NOFILE_MAX = 4096, STACK_SOFT = 8 << 20 };
enum { MEMLOCK_DEFAULT = 8 << 20, MSGQUEUE_DEFAULT = 819200 };

void limits_default(struct process *process)
{
	for (u32 i = 0; i < PROCESS_LIMITS; i++)
		process->limit[i] = (struct process_limit){ UINT64_MAX, UINT64_MAX };
	process->limit[LIMIT_STACK].soft = STACK_SOFT;
	process->limit[LIMIT_CORE].soft = 0;
	process->limit[LIMIT_NOFILE] = (struct process_limit){ NOFILE_SOFT, NOFILE_MAX };
	process->limit[LIMIT_MEMLOCK] = (struct process_limit){ MEMLOCK_DEFAULT, MEMLOCK_DEFAULT };
	process->limit[LIMIT_MSGQUEUE] =
	        (struct process_limit){ MSGQUEUE_DEFAULT, MSGQUEUE_DEFAULT };
	process->limit[LIMIT_NICE] = process->limit[LIMIT_RTPRIO] = (struct process_limit){ 0, 0 };
}

static void limit_keep(struct process *process, u32 resource, struct process_limit limit)
{
	process->limit[resource] = limit;
	if (process->page)
		process->page->limit[resource] = limit;
}

/* --- processor time ---
 *
 * Nobody tells when it has been used: we look when it can have been, with CPUS_MAX threads at work
 * all the time, but not more often than every CPU_LOOK_NS. The kernel counts a thread's time when
 * it leaves its processor, so the task has to pause for that. */

enum { CPUS_MAX = 64 };
#define CPU_LOOK_NS  20000000ull
#define CPU_PAUSE_NS 200000ull
#define SECOND_NS    1000000000ull

static u64 cpu_used(const struct process *process)
{
	struct process_usage usage = process_used(process);

	return usage.user_ns + usage.system_ns;
}

static u64 cpu_deadline(const struct process *process)
{
	const struct process_limit *limit = &process->limit[LIMIT_CPU];
	u64 end = limit->soft < limit->hard ? limit->soft : limit->hard;

	if (end > INT64_MAX / SECOND_NS)
		return 0;
	u64 used = cpu_used(process), left = end * SECOND_NS > used ? end * SECOND_NS - used : 0;
	return rt_now() + (left / CPUS_MAX > CPU_LOOK_NS ? left / CPUS_MAX : CPU_LOOK_NS);
}

static err_t limit_cpu_watch(struct process *process)
{
	u64 before = process->cpu_deadline;

	if (process->cpu_paused)
		return OK; /* the next look is near, and goes by what holds then */
	process->cpu_deadline = cpu_deadline(process);
	return before || process->cpu_deadline ? timer_arm(process) : OK;
}

/* SIGXCPU is for each second beyond the soft limit. */
static u32 cpu_signal(struct process *process)
{
	struct process_limit limit = process->limit[LIMIT_CPU];
	u64 seconds = cpu_used(process) / SECOND_NS;

	if (seconds >= limit.hard)
		return SIG_KILL;
	if (seconds < limit.soft)
		return 0;
	limit.soft = seconds + 1;
	limit_keep(process, LIMIT_CPU, limit);
	return SIG_XCPU;
}

u32 limit_cpu_look(struct process *process)
{
	if (!process->cpu_deadline || rt_now() < process->cpu_deadline)
		return 0;
	if (!process->cpu_paused && task_suspend(process->task) == OK) {
		process->cpu_paused = true;
		process->cpu_deadline = rt_now() + CPU_PAUSE_NS;
		return 0;
	}
	u32 signal = cpu_signal(process);
	process->cpu_deadline = cpu_deadline(process);
	process->cpu_paused = false;
	ignore(task_resume(process->task));
	return signal;
}

err_t limits_begin(struct process *process)
{
	for (u32 i = 0; i < PROCESS_LIMITS; i++)
		limit_keep(process, i, process->limit[i]);
	return limit_cpu_watch(process);
}

/* --- quotas --- */

err_t quota_take(struct process *child, struct quota *quota)
{
	for (const struct quota *q = quota; q; q = q->parent) {
		if (q->count >= q->limit)
			return E_LIMIT;
	}
	child->quota = quota;
	for (struct quota *q = quota; q; q = q->parent)
		q->count++;
	return OK;
}

void quota_give(struct process *process)
{
	struct quota *quota = process->quota, *parent;

	process->quota = NULL;
	for (; quota; quota = parent) {
		parent = quota->parent;
		if (--quota->count == 0)
			free(quota);
	}
}

/* The process's own limit from now on. Those who enclose it stay what they are. */
static err_t quota_set(struct process *process, u64 limit)
{
	struct quota *old = process->quota;

	if (old && old->owner == process_label(process)) {
		old->limit = limit;
		return OK;
	}
	if (limit >= (old ? old->limit : UINT64_MAX))
		return OK;
	struct quota *quota = calloc(1, sizeof(*quota));
	if (!quota)
		return E_FUNDS;
	quota->depth = old ? old->depth + 1 : 0;
	if (quota->depth >= QUOTA_DEPTH_MAX) {
		free(quota);
		return E_LIMIT;
	}
	quota->parent = old;
	quota->owner = process_label(process);
	quota->limit = limit;
	quota->count = 1;
	process->quota = quota;
	return OK;
}

/* --- the calls --- */

static struct process *limit_target(const struct request *rq, u32 pid)
{
	struct process *caller = process_asker(rq);
	struct process *target = pid && caller ? process_find(pid) : caller;

	return target && !target->zombie ? target : NULL;
}

/* prlimit(2): root, and who has all the target's ids. */
static bool limit_may(const struct request *rq, const struct process *target)
{
	const struct process *caller = process_asker(rq);

	if (caller == target || !target->page || permit_root(caller))
		return true;
	const struct auth_ids *of = &target->page->ids, *by = &caller->page->ids;
	return by->uid == of->uid && by->uid == of->euid && by->uid == of->suid &&
	       by->gid == of->gid && by->gid == of->egid && by->gid == of->sgid;
}

err_t proc_limit_get(struct request *rq, u32 pid, u32 resource, u64 *soft, u64 *hard)
{
	const struct process *process = limit_target(rq, pid);

	if (!process)
		return E_SRCH;
	if (resource >= PROCESS_LIMITS)
		return E_INVAL;
	if (!limit_may(rq, process))
		return E_PERM;
	*soft = process->limit[resource].soft;
	*hard = process->limit[resource].hard;
	return OK;
}

err_t proc_limit_set(struct request *rq, u32 pid, u32 resource, u64 soft, u64 hard)
{
	struct process *process = limit_target(rq, pid);

	if (!process)
		return E_SRCH;
	if (resource >= PROCESS_LIMITS || soft > hard)
		return E_INVAL;
	if (!limit_may(rq, process))
		return E_PERM;
	if (hard > process->limit[resource].hard && !permit_root(process_asker(rq)))
		return E_PERM;
	if (resource == LIMIT_NOFILE && hard > NOFILE_MAX)
		return E_PERM; /* as if it were beyond fs.nr_open */
	if (resource == LIMIT_NPROC && process != &proc.root) {
		err_t error = quota_set(process, soft);
		if (error)
			return error;
	}
	limit_keep(process, resource, (struct process_limit){ soft, hard });
	return resource == LIMIT_CPU && process->page ? limit_cpu_watch(process) : OK;
}
