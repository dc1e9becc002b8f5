/* SPDX-License-Identifier: MIT */
/* Which call is answered where. */
#include "proc.h"
#include "proto/process_server.h"

static const struct process_ops ops = {
	.process_fork = proc_fork,
	.process_exit = proc_exit,
	.process_wait = proc_wait,
	.process_kill = proc_kill,
	.process_take = proc_take,
	.process_stop = proc_stop,
	.process_set_group = proc_set_group,
	.process_set_session = proc_set_session,
	.process_id = proc_id,
	.process_started = proc_started,
	.process_signal_thread = proc_signal_thread,
	.process_limit_get = proc_limit_get,
	.process_limit_set = proc_limit_set,
	.process_usage = proc_usage,
	.process_list = proc_list,
	.process_system = proc_system,
	.process_timer = proc_timer,
	.process_clock = proc_clock,
	.process_clock_set = proc_clock_set,
	.process_log_mark = proc_log_mark,
	.process_ignore = proc_ignore,
	.process_child_flags = proc_child_flags,
	.process_identify = proc_identify,
	.process_start = proc_start,
};

void proc_dispatch(struct server *server, struct request *rq)
{
	(void)server;
	if (text_owns(&proc.list, rq->label))
		text_dispatch(&proc.list, rq);
	else if (rq->label == LABEL_INSPECT)
		inspect_dispatch(rq);
	else
		process_serve(&ops, rq);
}

void proc_closed(struct server *server, u64 label)
{
	(void)server;
	text_closed(&proc.list, label);
}
