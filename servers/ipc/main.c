/* SPDX-License-Identifier: MIT */
/* The server of System V's queues, semaphores and shared memory (README.md). */
#include "lib/identity/identity.h"
#include "proto/supervisor.h"
#include "serve.h"
#include "wait.h"

int main(void)
{
	static struct server server = { .dispatch = ipc_dispatch,
		                        .no_clients = ipc_no_clients,
		                        .requests = IPC_REQUESTS };
	err_t error = rt_server_start(&server);

	ipc_accept = identity_accept;
	if (!error)
		error = wait_start(&server);
	if (!error)
		error = supervisor_ready(rt_cap_need("supervisor"));
	if (error)
		rt_fail("start: %s", rt_error_text(error));
	rt_server_loop(&server);
}
