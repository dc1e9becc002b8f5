/* SPDX-License-Identifier: MIT */
/* Process groups and sessions (POSIX.1-2017, 2.4.3, 3.264, setpgid, setsid, _exit). */
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
	list_each (process, &proc.processes, struct process, link) {
		if (process->group == group && process->session == session)
			return true;
	}
	return false;
}

err_t group_session(u32 group, u32 *session)
{
	list_each (process, &proc.processes, struct process, link) {
		if (group && process->group == group) {
			*session = process->session;
			return OK;
		}
	}
	return E_SRCH;
}

err_t proc_set_group(struct request *rq, u32 pid, u32 group)
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

err_t proc_set_session(struct request *rq, u32 *session)
{
	struct process *process = process_caller(rq);

	if (!process)
		return E_SRCH;
	list_each (other, &proc.processes, struct process, link) {
		if (other->group == process->pid)
			return E_PERM;
	}
	group_change(process, process->pid, process->pid);
	*session = process->pid;
	return OK;
}

/* Does the process's parent keep its group from being orphaned: a parent in the same session, but
 * outside the group? Init and the root are nobody's shell. */
static bool parent_watches(const struct process *process)
{
	const struct process *parent = process->parent;

	return !process->zombie && !parent->zombie && parent != &proc.root && parent != proc.init &&
	       parent->session == process->session && parent->group != process->group;
}

bool group_is_orphaned(u32 group)
{
	list_each (process, &proc.processes, struct process, link) {
		if (process->group == group && parent_watches(process))
			return false;
	}
	return true;
}

static bool group_is_stopped(u32 group)
{
	list_each (process, &proc.processes, struct process, link) {
		if (process->group == group && process->stopped)
			return true;
	}
	return false;
}

/* The group has lost somebody who kept it from being orphaned. */
static void group_check(u32 group)
{
	struct process_signal info = { .code = SIGNAL_FROM_KERNEL };

	if (!group_is_stopped(group) || !group_is_orphaned(group))
		return;
	signal_group(group, SIG_HUP, info);
	signal_group(group, SIG_CONT, info);
}

void group_leave(struct process *leaver)
{
	const struct process *parent = leaver->parent;

	/* As a member whose parent watched, */
	if (parent != &proc.root && parent != proc.init && parent->session == leaver->session &&
	    parent->group != leaver->group)
		group_check(leaver->group);
	/* and as a parent that watched. Signals may end other children, so none is kept in hand. */
	u32 checked = 0;
	for (;;) {
		u32 next = 0;
		list_each (child, &leaver->children, struct process, sibling) {
			if (child->group > checked && (!next || child->group < next) &&
			    child->group != leaver->group && child->session == leaver->session)
				next = child->group;
		}
		if (!next)
			return;
		checked = next;
		group_check(checked);
	}
}
