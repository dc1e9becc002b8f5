/* SPDX-License-Identifier: MIT */
/* Who a process is, as the auth server says, and what it may do to others. */
#include "lib/identity/identity.h"
#include "proc.h"

/* The root of the tree is the supervisor and the terminal. */
bool permit_root(const struct process *caller)
{
	return !caller->page || caller->page->ids.euid == 0;
}

struct sender permit_sender(const struct process *caller)
{
	struct sender sender = { .root = permit_root(caller),
		                 .pid = caller->pid,
		                 .session = caller->session };

	if (caller->page)
		sender.ids = caller->page->ids;
	return sender;
}

bool permit_signal(const struct sender *sender, const struct process *target, u32 signal)
{
	if (sender->root || sender->pid == target->pid || !target->page)
		return true;
	if (signal == SIG_CONT && sender->session == target->session)
		return true;
	const struct auth_ids *by = &sender->ids, *of = &target->page->ids;
	return by->euid == of->uid || by->euid == of->suid || by->uid == of->uid ||
	       by->uid == of->suid;
}

err_t proc_identify(struct request *rq, cap_t ticket)
{
	static struct auth_identity identity;
	struct process *process = process_caller(rq);

	if (!process)
		return E_SRCH;
	err_t error = identity_accept(rq, ticket, &identity);
	if (!error)
		process->page->ids = identity.ids;
	return error;
}

err_t identity_start(struct process *process)
{
	const struct auth_ids root = { 0 };
	cap_t identity, copy;

	if (!proc.auth)
		return OK;
	err_t error = auth_create(proc.auth, &root, NULL, 0, &identity);
	if (error)
		return error;
	error = cap_copy(process->task, identity, RIGHT_USE | RIGHT_COPY, PROCESS_IDENTITY, &copy);
	ignore(cap_close(identity));
	return error;
}
