/* SPDX-License-Identifier: MIT */
/* The auth server: the only judge of who somebody is. */
#include "auth.h"
#include "proto/supervisor.h"

int main(void)
{
	struct server server = { .dispatch = auth_dispatch,
		                 .no_clients = auth_closed,
		                 .requests = 16,
		                 .in_size = AUTH_GROUPS_MAX * sizeof(u32) };

	table_start();
	err_t error = rt_server_start(&server);
	if (!error)
		error = supervisor_ready(rt_cap_need("supervisor"));
	if (error)
		rt_fail("start: %s", rt_error_text(error));
	rt_server_loop(&server);
}
