/* SPDX-License-Identifier: MIT */
/* Which session a terminal controls, and who is in the foreground. Sessions and groups are numbers
 * that the callers name; that a caller may only name its own is for the time when requests carry an
 * identity. */
#include <stdlib.h>

#include "kill.h"
#include "terminal.h"

/* When a terminal has been hung up its session's leader is told at once; the group that was in the
 * foreground is told when the leader has ended (Linux: tty_old_pgrp). */
struct owed {
	struct list link;
	u32 session, group;
};
static struct list owed = { &owed, &owed };

void session_signals(struct terminal *t)
{
	u32 signals = t->ldisc.signals;

	t->ldisc.signals = 0;
	if (signals & LDISC_INTR)
		kill_group(t->group, KILL_INTERRUPT);
	if (signals & LDISC_QUIT)
		kill_group(t->group, KILL_QUIT);
	if (signals & LDISC_SUSP)
		kill_group(t->group, KILL_STOP);
}

bool session_background(const struct terminal *t, struct caller caller)
{
	return caller.session && caller.session == t->session && caller.group != t->group;
}

struct terminal *session_terminal(u32 session)
{
	list_each (t, &terminals, struct terminal, link) {
		if (session && t->session == session)
			return t;
	}
	return NULL;
}

/* All that is owed to `session` (0: to all) goes; with a signal, if it is to be paid. */
static void owed_settle(u32 session, u32 signal)
{
	struct list *at = owed.next;

	while (at != &owed) {
		struct owed *one = container_of(at, struct owed, link);

		at = at->next;
		if (session && one->session != session)
			continue;
		if (signal)
			kill_group(one->group, signal);
		list_remove(&one->link);
		free(one);
	}
}

err_t session_acquire(struct terminal *t, u32 session, u32 group, bool steal)
{
	if (!session || !group)
		return E_INVAL;
	if (t->session == session)
		return OK;
	if (session_terminal(session) || (t->session && !steal))
		return E_PERM;
	owed_settle(session, 0);
	t->session = session;
	t->group = group;
	return OK;
}

static void session_detach(struct terminal *t) { t->session = t->group = 0; }

err_t session_release(struct terminal *t, u32 session)
{
	if (!session || t->session != session)
		return E_NOTTY;
	kill_group(t->group, KILL_HANGUP);
	kill_group(t->group, KILL_CONTINUE);
	session_detach(t);
	return OK;
}

void session_ended(u32 session)
{
	struct terminal *t = session_terminal(session);

	if (t) {
		kill_group(t->group, KILL_HANGUP);
		session_detach(t);
	}
	owed_settle(session, KILL_HANGUP);
}

void session_forget_all(void)
{
	list_each (t, &terminals, struct terminal, link)
		session_detach(t);
	owed_settle(0, 0);
}

void session_hang_up(struct terminal *t)
{
	struct owed *one;

	if (!t->session)
		return;
	kill_process(t->session, KILL_HANGUP);
	kill_process(t->session, KILL_CONTINUE);
	one = malloc(sizeof(*one));
	if (one) {
		*one = (struct owed){ .session = t->session, .group = t->group };
		list_add_tail(&owed, &one->link);
	} else {
		kill_group(t->group, KILL_HANGUP); /* rather early than never */
	}
	session_detach(t);
}

err_t session_set_foreground(struct terminal *t, u32 session, u32 group)
{
	if (!session || t->session != session)
		return E_NOTTY;
	if (!group)
		return E_INVAL;
	t->group = group;
	terminal_foreground(t);
	return OK;
}
