/* SPDX-License-Identifier: MIT */
/* The socket server: UNIX sockets (README.md). */
#include "proto/supervisor.h"
#include "serve.h"
#include "socket.h"

int main(void)
{
	static struct server server = {
		.dispatch = socket_dispatch,
		.no_clients = socket_no_clients,
		.requests = SOCKET_REQUESTS,
		.in_size = SOCKET_IN_SIZE,
	};
	err_t error = rt_server_start(&server);

	waits_start(&server);
	if (!error)
		error = supervisor_ready(rt_cap_need("supervisor"));
	if (error)
		rt_fail("start: %s", rt_error_text(error));
	rt_server_loop(&server);
}
