/* SPDX-License-Identifier: MIT */
/* The exec server: replaces what a task runs, all or nothing until the old program is gone for
 * good. */
#include "exec.h"
#include "proto/supervisor.h"

int main(void)
{
	struct server server = { .dispatch = exec_dispatch, .requests = 16, .in_size = 64 };

	plan_start(rt_cap_need("process_schedule"));
	err_t error = personality_open(rt_cap_need("personality"));
	if (!error)
		error = rt_server_start(&server);
	if (!error)
		error = supervisor_ready(rt_cap_need("supervisor"));
	if (error)
		rt_fail("start: %s", rt_error_text(error));
	rt_server_loop(&server);
}
