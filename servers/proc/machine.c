/* SPDX-License-Identifier: MIT */
/* What root may do to the machine: other servers do it, we know who is root. */
#include "proc.h"
#include "proto/counter.h"
#include "proto/log.h"
#include "proto/rtc.h"

#define SERVER_WAIT_NS 5000000000ull

err_t proc_clock_set(struct request *rq, u64 realtime_ns)
{
	if (!permit_root(process_asker(rq)))
		return E_PERM;
	rt_call_deadline(rt_now() + SERVER_WAIT_NS);
	err_t error = proc.rtc ? rtc_set_time(proc.rtc, realtime_ns) : E_NXIO;
	if (!error)
		ignore(counter_clock_set(proc.counter));
	rt_call_deadline(0);
	if (error)
		return error;
	for (struct process *p = process_next(NULL); p; p = process_next(p))
		process_wake(p);
	return OK;
}

err_t proc_log_mark(struct request *rq, u32 which, u64 position)
{
	if (!permit_root(process_asker(rq)))
		return E_PERM;
	rt_call_deadline(rt_now() + SERVER_WAIT_NS);
	err_t error = log_mark(rt_cap("log"), which, position);
	rt_call_deadline(0);
	return error;
}
