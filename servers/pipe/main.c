/* SPDX-License-Identifier: MIT */
/* The pipe server: pipes and FIFOs (README.md). */
#include "pipe.h"
#include "proto/supervisor.h"
#include "serve.h"

int main(void)
{
	struct server server = {
		.dispatch = pipe_dispatch,
		.no_clients = pipe_no_clients,
		.idle = pipe_idle,
		.idle_kind = IDLE_LOCAL,
		.requests = PIPE_REQUESTS,
		.in_size = PIPE_ATOMIC,
	};
	err_t error = rt_server_start(&server);

	if (!error)
		error = supervisor_ready(rt_cap_need("supervisor"));
	if (error)
		rt_fail("start: %s", rt_error_text(error));
	rt_server_loop(&server);
}
