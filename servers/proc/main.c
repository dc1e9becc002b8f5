/* SPDX-License-Identifier: MIT */
/* The process server: who exists, who is whose child, who is to get which signal. It never waits
 * for a process. */
#include "proc.h"
#include "proto/memory.h"
#include "proto/supervisor.h"

/* A process needs at least that many pages: more entries than memory can hold are not needed. */
enum { PAGES_PER_PROCESS = 32, PROCESSES_MIN = 64, PROCESSES_MAX = 2048 };

static u32 processes_max(void)
{
	struct memory_figures figures;

	if (memory_figures(proc.memory, &figures))
		return PROCESSES_MIN;
	u64 count = figures.total / PAGES_PER_PROCESS;
	return count < PROCESSES_MIN   ? PROCESSES_MIN
	       : count > PROCESSES_MAX ? PROCESSES_MAX
	                               : (u32)count;
}

int main(void)
{
	proc.memory = rt_cap_need("memory");
	proc.exec = rt_cap_need("exec");
	proc.schedule = rt_cap_need("process_schedule");
	proc.pipe = rt_cap("pipe");
	proc.socket = rt_cap("socket");
	proc.counter = rt_cap("counter");
	proc.ipc = rt_cap("ipc");
	proc.power = rt_cap("power");
	proc.rtc = rt_cap("rtc");
	proc.log = rt_cap("process_log");
	proc.terminal = rt_cap("terminal");
	proc.auth = rt_cap("auth");
	proc.server = (struct server){ .dispatch = proc_dispatch,
		                       .no_clients = proc_closed,
		                       .in_size = 256 };
	proc.list = (struct text_file){ .print = list_print, .label = LABEL_LIST, .ino = 1 };
	table_start(processes_max());
	err_t error = rt_server_start(&proc.server);
	session_end(0); /* whatever there was before us */
	if (!error)
		error = supervisor_ready(rt_cap_need("supervisor"));
	if (error)
		rt_fail("start: %s", rt_error_text(error));
	rt_server_loop(&proc.server);
}
