/* SPDX-License-Identifier: MIT */
/* The memory manager: it holds the account of all memory that is not a server's own, and gives each
 * process a child of it. What cannot be kept is refused here and now. Paging and its policy come
 * with the swap manager. */
#include "memory.h"
#include "proto/supervisor.h"

int main(void)
{
	struct server server = { .dispatch = memory_dispatch,
		                 .no_clients = memory_closed,
		                 .requests = 16,
		                 .in_size = 256 };

	memory.ram = rt_cap_need("ram");
	memory.machine = rt_cap("machine");
	err_t error = rt_server_start(&server);
	if (!error)
		error = supervisor_ready(rt_cap_need("supervisor"));
	if (error)
		rt_fail("start: %s", rt_error_text(error));
	rt_server_loop(&server);
}
