/* SPDX-License-Identifier: MIT */
/* The terminal server: the console on a serial line (README.md). */
#include "file.h"
#include "kill.h"
#include "messages.h"
#include "proto/supervisor.h"
#include "serial.h"
#include "terminal.h"

static void event_handle(struct rt_source *source, u64 bits)
{
	struct terminal *t = source->cookie;

	if (bits & TERMINAL_TIMER)
		t->timer = DEADLINE_NEVER; /* it has gone off: settle sets it again */
	if (bits & TERMINAL_ANSWER)
		session_answer(t);
	if (bits & TERMINAL_INPUT)
		terminal_input(t);
	if (bits & TERMINAL_LOG)
		messages_come();
}

static void idle(struct server *server)
{
	messages_give(server->state);
	terminal_settle(server->state);
}

static err_t start(struct server *server, struct terminal *t, struct serial_line *line)
{
	err_t error = rt_server_start(server);

	if (error)
		return error;
	terminal_init(t, &line->line);
	error = event_create(RT_BANK, &t->source.event);
	if (error)
		return error;
	t->source.handler = event_handle;
	t->source.cookie = t;
	serial_line_init(line, rt_cap_need("serial"), t->source.event, TERMINAL_INPUT,
	                 TERMINAL_OUTPUT);
	error = rt_source_add(server, &t->source);
	if (error)
		return error;
	messages_start(rt_cap("log"), t->source.event, TERMINAL_LOG);
	return kill_start(rt_cap_need("proc"), t->source.event, TERMINAL_ANSWER);
}

int main(void)
{
	static struct terminal terminal;
	static struct serial_line line;
	struct server server = {
		.dispatch = file_dispatch,
		.no_clients = file_no_clients,
		.idle = idle,
		.requests = TERMINAL_REQUESTS,
		.state = &terminal,
	};
	err_t error = start(&server, &terminal, &line);

	if (!error)
		error = supervisor_ready(rt_cap_need("supervisor"));
	if (error)
		rt_fail("start: %s", rt_error_text(error));
	rt_server_loop(&server);
}
