/* SPDX-License-Identifier: MIT */
/* The terminal server: the console on a serial line, and pseudo-terminals (README.md). */
#include "file.h"
#include "kill.h"
#include "messages.h"
#include "proto/supervisor.h"
#include "serial.h"
#include "terminal.h"

static struct rt_source source;    /* our event; cookie: the console */
static u64 timer = DEADLINE_NEVER; /* what it is set to */

static void event_handle(struct rt_source *from, u64 bits)
{
	struct terminal *console = from->cookie;

	console->touched = true;
	if (bits & TERMINAL_TIMER)
		timer = DEADLINE_NEVER; /* it has gone off: idle sets it again */
	if (bits & TERMINAL_INPUT)
		terminal_input(console);
	if (bits & TERMINAL_LOG)
		messages_come();
}

static void idle(struct server *server)
{
	messages_give(server->state);
	u64 deadline = terminals_settle();
	if (deadline == timer)
		return;
	timer = deadline;
	err_t error = event_timer(source.event, TERMINAL_TIMER, deadline);
	(void)error; /* our own event */
}

static err_t start(struct server *server, struct terminal *console, struct serial_line *line)
{
	err_t error = rt_server_start(server);

	if (error)
		return error;
	file_start(console, &line->line);
	error = event_create(RT_BANK, &source.event);
	if (error)
		return error;
	source.handler = event_handle;
	source.cookie = console;
	serial_line_init(line, rt_cap_need("serial"), source.event, TERMINAL_INPUT,
	                 TERMINAL_OUTPUT);
	error = rt_source_add(server, &source);
	if (error)
		return error;
	messages_start(rt_cap("log"), source.event, TERMINAL_LOG);
	return kill_start(rt_cap_need("proc"));
}

int main(void)
{
	static struct terminal console;
	static struct serial_line line;
	struct server server = {
		.dispatch = file_dispatch,
		.no_clients = file_no_clients,
		.idle = idle,
		.requests = TERMINAL_REQUESTS,
		.state = &console,
	};
	err_t error = start(&server, &console, &line);

	if (!error)
		error = supervisor_ready(rt_cap_need("supervisor"));
	if (error)
		rt_fail("start: %s", rt_error_text(error));
	rt_server_loop(&server);
}
