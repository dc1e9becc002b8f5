/* SPDX-License-Identifier: MIT */
/* Resource limits. Most are only kept here for the personality; RLIMIT_NPROC is ours to enforce.
 *
 * There are no users to count processes by, and one that all share would not contain a fork bomb
 * anyway: whoever sets RLIMIT_NPROC limits the part of the tree of processes that grows from
 * itself from then on. Parts lie in one another; a new process must fit into all of them.
 * I:nproc-by-tree */
#include <stdlib.h>

#include "proc.h"

enum { QUOTA_DEPTH_MAX = 16, NOFILE_SOFT = 1024, NOFILE_HARD = 4096, STACK_SOFT = 8 << 20 };

void limits_default(struct process *process)
{
	for (u32 i = 0; i < LIMITS; i++)
		process->limit[i] = (struct limit){ UINT64_MAX, UINT64_MAX };
	process->limit[LIMIT_STACK].soft = STACK_SOFT;
	process->limit[LIMIT_CORE].soft = 0;
	process->limit[LIMIT_NOFILE] = (struct limit){ NOFILE_SOFT, NOFILE_HARD };
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
	if (resource >= LIMITS)
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
	if (resource >= LIMITS || soft > hard)
		return E_INVAL;
	if (!limit_may(rq, process))
		return E_PERM;
	if (hard > process->limit[resource].hard && !permit_root(process_asker(rq)))
		return E_PERM;
	if (resource == LIMIT_NPROC && process != &proc.root) {
		err_t error = quota_set(process, soft);
		if (error)
			return error;
	}
	process->limit[resource] = (struct limit){ soft, hard };
	return OK;
}
