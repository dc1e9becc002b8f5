/* SPDX-License-Identifier: MIT */
/* The server of System V's message queues (README.md). */
#include "proto/supervisor.h"
#include "queue.h"
#include "serve.h"

int main(void)
{
	static struct server server = { .dispatch = ipc_dispatch, .requests = IPC_REQUESTS };
	err_t error = rt_server_start(&server);

	if (!error)
		error = supervisor_ready(rt_cap_need("supervisor"));
	if (error)
		rt_fail("start: %s", rt_error_text(error));
	rt_server_loop(&server);
}
