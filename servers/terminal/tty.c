/* SPDX-License-Identifier: MIT */
/* What terminals answer besides file.h (proto/tty.h). */
#include <fcntl.h>

#include "file.h"
#include "kill.h"
#include "proto/tty_server.h"
#include "pty.h"

enum {
	FLOW_OUTPUT_OFF = 0, /* TCXONC's actions */
	FLOW_OUTPUT_ON,
	FLOW_INPUT_OFF,
	FLOW_INPUT_ON,
	FLUSH_INPUT = 0, /* TCFLSH's queues */
	FLUSH_OUTPUT,
	FLUSH_BOTH,
	INTERFACE_TTY = 7,
};
enum {
	CALL_SET_FOREGROUND = CALL(INTERFACE_TTY, 8),
	CALL_READ = CALL(INTERFACE_TTY, 13),
	CALL_WRITE = CALL(INTERFACE_TTY, 14),
	CALL_CHECK = CALL(INTERFACE_TTY, 15),
	CALL_OWN = CALL(INTERFACE_TTY, 16),
};

static err_t handle_get(struct request *rq, struct tty_attributes *attributes)
{
	*attributes = request_terminal(rq)->ldisc.attributes;
	return OK;
}

static err_t handle_set(struct request *rq, u32 when, const struct tty_attributes *attributes)
{
	struct terminal *t = request_terminal(rq);

	switch (when) {
	case TTY_NOW:
		ldisc_set(&t->ldisc, attributes);
		return OK;
	case TTY_DRAIN:
		return terminal_drain(t, rq, false, attributes);
	case TTY_FLUSH:
		return terminal_drain(t, rq, true, attributes);
	default:
		return E_INVAL;
	}
}

static err_t handle_get_size(struct request *rq, struct tty_size *size)
{
	*size = request_terminal(rq)->size;
	return OK;
}

static err_t handle_set_size(struct request *rq, const struct tty_size *size)
{
	struct terminal *t = request_terminal(rq);
	struct tty_size old = t->size;

	t->size = *size;
	if (old.rows != size->rows || old.columns != size->columns ||
	    old.x_pixels != size->x_pixels || old.y_pixels != size->y_pixels)
		kill_group(t->group, KILL_WINDOW);
	return OK;
}

static err_t handle_acquire(struct request *rq, u32 session, u32 group, bool steal)
{
	return session_acquire(request_terminal(rq), session, group, steal);
}

static err_t handle_release(struct request *rq, u32 session)
{
	const struct tty_file *file = rq->object;

	return file->kind == TTY_FILE ? session_release(file->terminal, session) : E_NOTTY;
}

static err_t handle_get_foreground(struct request *rq, u32 *group, u32 *session)
{
	*group = request_terminal(rq)->group;
	*session = request_terminal(rq)->session;
	return OK;
}

static err_t handle_set_foreground(struct request *rq, u32 session, u32 group)
{
	return session_set_foreground(request_terminal(rq), session, group);
}

static err_t handle_flush(struct request *rq, u32 queue)
{
	const struct tty_file *file = rq->object;
	struct terminal *t = file->terminal;
	bool master = file->kind == TTY_MASTER_FILE; /* what it writes is input */

	if (queue > FLUSH_BOTH)
		return E_INVAL;
	if (queue != (master ? FLUSH_INPUT : FLUSH_OUTPUT))
		terminal_flush_input(t);
	if (queue != (master ? FLUSH_OUTPUT : FLUSH_INPUT))
		ldisc_flush_output(&t->ldisc);
	return OK;
}

static err_t handle_flow(struct request *rq, u32 action)
{
	const struct tty_file *file = rq->object;
	struct ldisc *ld = &file->terminal->ldisc;

	if (file->kind == TTY_MASTER_FILE)
		return E_NOTTY;
	switch (action) {
	case FLOW_OUTPUT_OFF:
		ldisc_stop(ld);
		return OK;
	case FLOW_OUTPUT_ON:
		ldisc_go_on(ld);
		return OK;
	case FLOW_INPUT_OFF:
		ldisc_send_stop(ld);
		return OK;
	case FLOW_INPUT_ON:
		ldisc_send_start(ld);
		return OK;
	default:
		return E_INVAL;
	}
}

static err_t handle_drain(struct request *rq)
{
	return terminal_drain(request_terminal(rq), rq, false, NULL);
}

static err_t handle_available(struct request *rq, u64 *count)
{
	const struct tty_file *file = rq->object;
	const struct ldisc *ld = &file->terminal->ldisc;

	*count = file->kind == TTY_MASTER_FILE ? ldisc_pending(ld) : ldisc_available(ld);
	return OK;
}

/* What a master writes is input at once; what a slave writes is sent at once. */
static err_t handle_pending(struct request *rq, u64 *count)
{
	struct terminal *t = request_terminal(rq);
	struct line *line = t->line;

	*count = line->fetched ? 0 : ldisc_pending(&t->ldisc) + line->ops->pending(line);
	return OK;
}

static err_t handle_read(struct request *rq, u32 flags, u32 session, u32 group, u64 *count)
{
	return file_read_as(rq, flags, (struct caller){ session, group }, count);
}

static err_t handle_write(struct request *rq, u32 flags, u32 session, u32 group, u64 *count)
{
	return file_write_as(rq, flags, (struct caller){ session, group }, count);
}

static err_t handle_check(struct request *rq, u32 session, u32 group)
{
	const struct tty_file *file = rq->object;
	struct caller caller = { session, group };

	return file->kind == TTY_FILE && session_background(file->terminal, caller) ? E_ACCESS : OK;
}

static err_t handle_own(struct request *rq, u32 session)
{
	struct tty_file *file = rq->object;
	struct terminal *t = session_terminal(session);

	if (file->terminal || !t)
		return file->terminal ? E_INVAL : E_NXIO;
	if (t->file_count >= TERMINAL_FILES_MAX)
		return E_FUNDS;
	file_bind(file, t);
	return OK;
}

static err_t handle_type(struct request *rq, u32 byte)
{
	struct terminal *t = request_terminal(rq);
	u8 c = (u8)byte;

	if (byte > UINT8_MAX)
		return E_INVAL;
	if (!ldisc_input(&t->ldisc, &c, 1))
		return E_AGAIN;
	session_signals(t);
	return OK;
}

static err_t handle_device(struct request *rq, u32 *number)
{
	const struct tty_file *file = rq->object;

	*number = file->kind == TTY_MASTER_FILE ? file->node->rdev : file->terminal->node.rdev;
	return OK;
}

static err_t handle_option(struct request *rq, u32 option, u32 value, u32 *now)
{
	const struct tty_file *file = rq->object;

	if (option >= TTY_OPTIONS || value > TTY_ASK)
		return E_INVAL;
	if (option == TTY_EXCLUSIVE) {
		if (value != TTY_ASK)
			file->terminal->exclusive = value;
		*now = file->terminal->exclusive;
		return OK;
	}
	return file->kind == TTY_MASTER_FILE ? pty_option(file->terminal, option, value, now)
	                                     : E_NOTTY;
}

static err_t handle_number(struct request *rq, u32 *number)
{
	const struct tty_file *file = rq->object;

	if (file->kind != TTY_MASTER_FILE)
		return E_NOTTY;
	*number = pty_number(file->terminal);
	return OK;
}

static err_t handle_peer(struct request *rq, u32 flags, cap_t *gate, u32 *mode)
{
	const struct tty_file *file = rq->object;

	if (file->kind == TTY_MASTER_FILE)
		return pty_open_slave(rq, file->terminal, flags, gate, mode);
	return file->terminal->line->fetched ? E_IO : E_NOTTY;
}

static err_t handle_signal(struct request *rq, u32 signal)
{
	const struct tty_file *file = rq->object;

	if (file->kind != TTY_MASTER_FILE)
		return E_NOTTY;
	if (signal != KILL_INTERRUPT && signal != KILL_QUIT && signal != KILL_STOP)
		return E_INVAL;
	kill_group(file->terminal->group, signal);
	return OK;
}

static const struct tty_ops ops = {
	.tty_get = handle_get,
	.tty_set = handle_set,
	.tty_get_size = handle_get_size,
	.tty_set_size = handle_set_size,
	.tty_acquire = handle_acquire,
	.tty_release = handle_release,
	.tty_get_foreground = handle_get_foreground,
	.tty_set_foreground = handle_set_foreground,
	.tty_flush = handle_flush,
	.tty_flow = handle_flow,
	.tty_drain = handle_drain,
	.tty_available = handle_available,
	.tty_read = handle_read,
	.tty_write = handle_write,
	.tty_check = handle_check,
	.tty_own = handle_own,
	.tty_type = handle_type,
	.tty_pending = handle_pending,
	.tty_device = handle_device,
	.tty_option = handle_option,
	.tty_number = handle_number,
	.tty_peer = handle_peer,
	.tty_signal = handle_signal,
};

/* A terminal that is hung up answers nobody but its readers and writers. */
static err_t tty_check_call(const struct tty_file *file, u64 call)
{
	if (!file->terminal)
		return call == CALL_OWN ? OK : E_NXIO;
	if (file->kind == TTY_MASTER_FILE || !file->terminal->hung_up || call == CALL_READ ||
	    call == CALL_WRITE || call == CALL_CHECK)
		return OK;
	return call == CALL_SET_FOREGROUND ? E_NOTTY : E_IO;
}

void tty_dispatch(struct request *rq)
{
	err_t error = tty_check_call(rq->object, rq->msg.word[0]);

	if (!error) {
		tty_serve(&ops, rq);
		return;
	}
	request_caps_drop(rq);
	request_reply(rq, error);
}
