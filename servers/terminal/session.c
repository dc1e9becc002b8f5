/* SPDX-License-Identifier: MIT */
/* Which session the terminal controls, and who is in the foreground. Sessions and groups are
 * numbers that the callers name; that a caller may only name its own is for the time when requests
 * carry an identity. */
#include "kill.h"
#include "proto/tty_server.h"
#include "terminal.h"

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

static void acquirer_answer(struct request *rq, err_t error)
{
	terminal_release(rq);
	tty_acquire_reply(rq, error);
}

static void acquirer_cancel(struct request *rq) { acquirer_answer(rq, E_INTR); }

/* Ask whether the session that has the terminal still lives. */
static bool session_ask(struct terminal *t)
{
	if (!t->asking)
		t->asking = kill_ask(t->session);
	return t->asking;
}

err_t session_acquire(struct terminal *t, struct request *rq, u32 session, u32 group)
{
	err_t error;

	if (!session || !group)
		return E_INVAL;
	if (t->session == session)
		return OK;
	if (!t->session) {
		t->session = session;
		t->group = group;
		return OK;
	}
	/* Another session has it; it may have died without giving it back. */
	if (!session_ask(t))
		return E_PERM;
	error = terminal_hold(t, rq, &t->acquiring, acquirer_cancel);
	if (error == E_HELD)
		rq->cookie = (void *)((u64)session << 32 | group);
	return error;
}

void session_answer(struct terminal *t)
{
	struct request *rq;
	bool alive;

	if (!t->asking || !kill_answer(&alive))
		return;
	t->asking = false;
	if (!alive)
		t->session = t->group = 0;
	while ((rq = list_first(&t->acquiring, struct request, link))) {
		u32 session = (u32)((u64)rq->cookie >> 32), group = (u32)(u64)rq->cookie;

		if (!t->session) {
			t->session = session;
			t->group = group;
		}
		acquirer_answer(rq, t->session == session ? OK : E_PERM);
	}
}

err_t session_release(struct terminal *t, u32 session)
{
	if (!session || t->session != session)
		return E_NOTTY;
	kill_group(t->group, KILL_HANGUP);
	kill_group(t->group, KILL_CONTINUE);
	t->session = t->group = 0;
	return OK;
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
