/* SPDX-License-Identifier: MIT */
/* The counter server: eventfd, timerfd and what stands for epoll and signalfd (README.md). */
#include "counter.h"
#include "notify.h"
#include "proto/supervisor.h"
#include "serve.h"

int main(void)
{
	static struct server server = {
		.dispatch = counter_dispatch,
		.no_clients = counter_no_clients,
		.requests = COUNTER_REQUESTS,
		.in_size = 64,
	};
	err_t error = rt_server_start(&server);

	if (!error)
		error = timers_start(&server);
	if (!error)
		error = notify_start(&server);
	if (!error)
		error = supervisor_ready(rt_cap_need("supervisor"));
	if (error)
		rt_fail("start: %s", rt_error_text(error));
	rt_server_loop(&server);
}
