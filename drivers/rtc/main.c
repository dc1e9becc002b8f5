/* SPDX-License-Identifier: MIT */
/* The hardware clock: sets the kernel's real time once at start, then serves proto/rtc.h. */
#include "cmos.h"
#include "lib/driver.h"
#include "proto/rtc_server.h"
#include "proto/supervisor.h"

enum { REQUESTS = 4 };
#define SECOND_NS 1000000000ull

static cap_t ports_of(const struct request *rq) { return *(const cap_t *)rq->server->state; }

static err_t clock_get(struct request *rq, u64 *seconds)
{
	struct civil civil;
	err_t error = cmos_read(ports_of(rq), &civil);

	if (!error)
		*seconds = civil_seconds(&civil);
	return error;
}

static err_t clock_set(struct request *rq, u64 seconds)
{
	struct civil civil;

	if (!civil_from_seconds(seconds, &civil))
		return E_RANGE;
	return cmos_write(ports_of(rq), &civil);
}

static err_t time_set(struct request *rq, u64 realtime_ns)
{
	(void)rq;
	return machine_set_time(rt_cap("machine"), realtime_ns);
}

static const struct rtc_ops ops = { .rtc_get = clock_get,
	                            .rtc_set = clock_set,
	                            .rtc_set_time = time_set };

static void dispatch(struct server *server, struct request *rq)
{
	(void)server;
	rtc_serve(&ops, rq);
}

/* A machine without a good clock still works: its time begins in 1970. */
static void kernel_time_set(cap_t ports)
{
	struct civil now;
	err_t error = cmos_read(ports, &now);

	if (!error)
		error = machine_set_time(rt_cap_need("machine"), civil_seconds(&now) * SECOND_NS);
	if (error)
		rt_log("real time is not known: %s", rt_error_text(error));
	else
		rt_log("%u-%02u-%02u %02u:%02u:%02u UTC", now.year, now.month, now.day, now.hour,
		       now.minute, now.second);
}

int main(void)
{
	static struct server server = { .dispatch = dispatch, .requests = REQUESTS };
	static cap_t ports;

	ports = rt_cap_need("ports");
	server.state = &ports;
	kernel_time_set(ports);
	err_t error = rt_server_start(&server);
	if (error)
		driver_fail("start: %s", rt_error_text(error));
	(void)supervisor_ready(rt_cap_need("supervisor"));
	rt_server_loop(&server);
}
