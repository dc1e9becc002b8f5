/* SPDX-License-Identifier: MIT */
/* The process server: who exists, who is whose child, who is to get which signal. It never waits for a process. */
#include "proc.h"
#include "proto/process_server.h"
#include "proto/supervisor.h"

static err_t on_exit(struct request *rq, u32 status)
{
	struct process *process = process_caller(rq);
	if (!process)
		return E_SRCH;
	process_finish(process, status);
	return OK; /* to nobody */
}

static err_t on_signal_thread(struct request *rq, cap_t thread)
{
	struct process *process = process_caller(rq);
	if (!process)
		return E_SRCH;
	if (process->thread)
		(void)!cap_close(process->thread);
	process->thread = thread;
	rq->msg.cap[0] = 0; /* kept */
	return OK;
}

static err_t on_ignore(struct request *rq, u64 mask)
{
	struct process *process = process_caller(rq);
	if (!process)
		return E_SRCH;
	process->ignored = mask & ~(SIGNAL_BIT(SIG_KILL) | SIGNAL_BIT(SIG_STOP) | SIGNAL_BIT(SIG_CONT));
	process->page->pending &= ~process->ignored;
	return OK;
}

/* From the terminal: label 0. */
static err_t on_kill_group(struct request *rq, u32 group, u32 signal)
{
	if (rq->label)
		return E_PERM;
	if (!signal || signal > SIG_MAX)
		return E_INVAL;
	signal_group(group, signal);
	return OK;
}

static const struct process_ops ops = {
	.process_fork = on_fork,
	.process_exit = on_exit,
	.process_wait = on_wait,
	.process_kill = on_kill,
	.process_take = on_take,
	.process_stop = on_stop,
	.process_set_group = on_set_group,
	.process_set_session = on_set_session,
	.process_id = on_id,
	.process_started = on_started,
	.process_signal_thread = on_signal_thread,
	.process_limit_get = on_limit_get,
	.process_limit_set = on_limit_set,
	.process_usage = on_usage,
	.process_list = on_list,
	.process_system = on_system,
	.process_timer = on_timer,
	.process_ignore = on_ignore,
	.process_start = on_start,
	.process_kill_group = on_kill_group,
};

static void dispatch(struct server *server, struct request *rq)
{
	(void)server;
	process_serve(&ops, rq);
}

int main(void)
{
	proc.server = (struct server){ .dispatch = dispatch, .requests = 256, .in_size = 0 };
	list_init(&proc.processes);
	proc.memory = rt_cap_need("memory");
	proc.exec = rt_cap_need("exec");
	proc.schedule = rt_cap_need("process_schedule");
	proc.pipe = rt_cap("pipe");
	proc.power = rt_cap("power");
	proc.log = rt_cap("process_log");
	err_t error = rt_server_start(&proc.server);
	if (!error)
		error = supervisor_ready(rt_cap_need("supervisor"));
	if (error)
		rt_fail("start: %s", rt_error_text(error));
	rt_server_loop(&proc.server);
}
