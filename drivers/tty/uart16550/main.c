/* SPDX-License-Identifier: MIT */
/* Driver of a 16550 serial line (README.md). argv[1]: its first I/O port, 0x3f8 without it. */
#include "lib/driver.h"
#include "line.h"
#include "proto/supervisor.h"

#include <stdlib.h>

enum { PORT_DEFAULT = 0x3f8 };

/* From now on nobody else writes to the line. The capability is there on the console's line
 * only. */
static void kernel_console_off(void)
{
	cap_t machine = rt_cap("machine");
	err_t error = machine ? machine_console_off(machine) : OK;

	if (error)
		rt_log("the kernel's console stays on: %s", rt_error_text(error));
}

int main(int argc, char **argv)
{
	static struct line line;
	struct server server = { .dispatch = line_dispatch, .requests = 4, .state = &line };
	err_t error = rt_server_start(&server);

	line.uart.ports = rt_cap_need("ports");
	line.uart.interrupt = rt_cap_need("interrupt");
	line.uart.base = argc > 1 ? (u32)strtoul(argv[1], NULL, 0) : PORT_DEFAULT;
	kernel_console_off();
	if (!error)
		error = line_start(&line, &server);
	if (error)
		driver_fail("start: %s", rt_error_text(error));
	error = supervisor_ready(rt_cap_need("supervisor"));
	if (error)
		rt_log("ready: %s", rt_error_text(error));
	rt_server_loop(&server);
}
