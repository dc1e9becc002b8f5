/* SPDX-License-Identifier: MIT */
/* procfs: what stands in /proc (README.md). */
#include "procfs.h"
#include "lib/identity/identity.h"
#include "proto/supervisor.h"

struct procfs procfs;

int main(void)
{
	struct server server = { .requests = 32, .fibers = 4 };

	procfs.inspect = rt_cap_need("proc");
	procfs.memory = rt_cap_need("memory");
	procfs.machine = rt_cap_need("machine");
	procfs.terminal = rt_cap("terminal");
	procfs.supervisor = rt_cap_need("supervisor");
	tree_start(&procfs.fs);
	procfs.fs.accept = identity_accept;
	fs_init(&procfs.fs);
	fs_serve_with(&procfs.fs, &server);
	err_t error = rt_server_start(&server);
	if (!error)
		error = supervisor_ready(procfs.supervisor);
	if (error)
		rt_fail("start: %s", rt_error_text(error));
	rt_server_loop(&server);
}
