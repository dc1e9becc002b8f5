/* SPDX-License-Identifier: MIT */
/* devfs: what stands in /dev (README.md). */
#include "device.h"
#include "lib/identity/identity.h"
#include "proto/supervisor.h"
#include "tree.h"

int main(void)
{
	static struct fs fs;
	struct server server = { .requests = 32, .fibers = 4 };

	devices_start(rt_cap("kernel_log"));
	tree_start(&fs, rt_cap_need);
	fs.socket = rt_cap("socket");
	fs.counter = rt_cap("counter");
	fs.accept = identity_accept;
	fs_init(&fs);
	fs_serve_with(&fs, &server);
	err_t error = rt_server_start(&server);
	if (!error)
		error = supervisor_ready(rt_cap_need("supervisor"));
	if (error)
		rt_fail("start: %s", rt_error_text(error));
	rt_server_loop(&server);
}
