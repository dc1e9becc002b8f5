/* SPDX-License-Identifier: MIT */
/* Ending it all (proto/power.h): first the file systems, then the machine. */
#include "lib/driver.h"
#include "machine.h"
#include "proto/dir.h"
#include "proto/power_server.h"
#include "proto/supervisor.h"

#define SYNC_NS 20000000000ull /* for each file system; a dead one must not keep the machine on */

/* Names under which the manifest grants gates to file systems. */
static const char *const file_systems[] = { "ext", "fs0", "fs1", "fs2", "fs3",
	                                    "fs4", "fs5", "fs6", "fs7" };

static void sync_all(void)
{
	for (u32 i = 0; i < COUNT_OF(file_systems); i++) {
		cap_t gate = rt_cap(file_systems[i]);
		if (!gate)
			continue;
		rt_call_deadline(rt_now() + SYNC_NS);
		err_t error = dir_sync(gate);
		rt_call_deadline(0);
		if (error)
			rt_log("sync of %s: %s", file_systems[i], rt_error_text(error));
	}
}

/* Cannot be cancelled: the machine is about to stop. */
static void stay(struct request *rq) { (void)rq; }

static err_t end(struct request *rq, u32 action)
{
	struct machine *machine = rq->server->state;

	if (action != POWER_OFF && action != POWER_REBOOT && action != POWER_HALT)
		return E_INVAL;
	sync_all();
	if (action == POWER_REBOOT)
		machine_reboot(machine);
	if (action == POWER_OFF)
		return machine_off(machine);
	rt_log("file systems are synced; the power may be switched off");
	return request_hold(rq, stay);
}

static const struct power_ops ops = { .power_end = end };

static void dispatch(struct server *server, struct request *rq)
{
	(void)server;
	power_serve(&ops, rq);
}

int main(void)
{
	static struct machine machine;
	static struct server server = { .dispatch = dispatch, .requests = 4 };

	machine.ports = rt_cap_need("ports");
	machine.physical = rt_cap_need("physical");
	machine.machine = rt_cap_need("machine");
	machine_open(&machine);
	server.state = &machine;
	err_t error = rt_server_start(&server);
	if (error)
		driver_fail("start: %s", rt_error_text(error));
	(void)supervisor_ready(rt_cap_need("supervisor"));
	rt_server_loop(&server);
}
