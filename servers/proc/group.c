/* SPDX-License-Identifier: MIT */
/* Process groups and sessions (POSIX.1-2017, 11.1 and setpgid). */
#include "proc.h"
#include "proto/process_server.h"

static void group_change(struct process *process, u32 group, u32 session)
{
	process->group = group;
	process->session = session;
	process->page->group = group;
	process->page->session = session;
	process->page->generation++;
}

static bool group_in_session(u32 group, u32 session)
{
	list_each(process, &proc.processes, struct process, link) {
		if (process->group == group && process->session == session)
			return true;
	}
	return false;
}

err_t on_set_group(struct request *rq, u32 pid, u32 group)
{
	struct process *caller = process_caller(rq);
	struct process *target = pid ? process_find(pid) : caller;
	if (!caller || !target || target->zombie || (target != caller && target->parent != caller))
		return E_SRCH;
	if (!group)
		group = target->pid;
	if (group > PID_MAX)
		return E_INVAL;
	if (target->session == target->pid || target->session != caller->session)
		return E_PERM;
	if (target != caller && target->execed)
		return E_ACCESS;
	if (group != target->pid && !group_in_session(group, caller->session))
		return E_PERM;
	group_change(target, group, target->session);
	return OK;
}

err_t on_set_session(struct request *rq, u32 *session)
{
	struct process *process = process_caller(rq);
	if (!process)
		return E_SRCH;
	list_each(other, &proc.processes, struct process, link) {
		if (other->group == process->pid)
			return E_PERM;
	}
	group_change(process, process->pid, process->pid);
	*session = process->pid;
	return OK;
}

/* Nobody outside the group, but inside its session, is a member's parent. */
static bool group_orphaned(u32 group, const struct process *leaver)
{
	list_each(process, &proc.processes, struct process, link) {
		const struct process *parent = process->parent;
		if (process->group != group || process->zombie || !parent || parent == leaver || parent->zombie)
			continue;
		if (parent->session == process->session && parent->group != group)
			return false;
	}
	return true;
}

static bool group_stopped(u32 group)
{
	list_each(process, &proc.processes, struct process, link) {
		if (process->group == group && process->stopped && !process->zombie)
			return true;
	}
	return false;
}

static void group_check(u32 group, const struct process *leaver)
{
	if (!group_stopped(group) || !group_orphaned(group, leaver))
		return;
	signal_group(group, SIG_HUP);
	signal_group(group, SIG_CONT);
}

void group_orphans(struct process *leaver)
{
	group_check(leaver->group, leaver);
	list_each(child, &leaver->children, struct process, sibling) {
		if (child->group != leaver->group && child->session == leaver->session)
			group_check(child->group, leaver);
	}
}
