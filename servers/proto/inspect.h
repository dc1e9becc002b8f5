/* SPDX-License-Identifier: MIT */
/* What can be seen of all processes: what the process server answers through the gate that procfs
 * has. Nothing here waits for a process. */
#pragma once

#include "proto/proto.h"

INTERFACE(inspect, 20)

enum inspect_state {
	INSPECT_RUNNING = 'R',
	INSPECT_SLEEPING = 'S',
	INSPECT_STOPPED = 'T',
	INSPECT_ZOMBIE = 'Z',
};
enum { INSPECT_NAME = 32, INSPECT_LIMITS = 16 };

struct inspect_process {
	u32 pid, parent, group, session;
	u32 state;  /* enum inspect_state */
	u32 status; /* of a zombie: as wait4's */
	u32 threads, caps;
	u32 uid, euid, gid, egid;
	u64 start_ns; /* monotonic */
	u64 user_ns, system_ns;
	u64 children_user_ns, children_system_ns;
	u64 minor_faults, major_faults;
	u64 resident, charged; /* pages: in its page tables; paid for by its bank */
	u64 pending, ignored;  /* signals, bit s-1 */
	char name[INSPECT_NAME];
	u64 limit[INSPECT_LIMITS][2]; /* soft, hard; by RLIMIT_* */
};
_Static_assert(sizeof(struct inspect_process) == 48 + 88 + 32 + 256, "inspect_process");

/* Numbers (u32) of the processes above `after`, ascending, as many as fit. */
RPC(1) err_t inspect_list(cap_t inspect, u32 after, void *pids, size_t size, u64 *count);

/* struct inspect_process. E_SRCH. */
RPC(2) err_t inspect_process(cap_t inspect, u32 pid, void *process, size_t size);

/* The task (READ | CONTROL): for looking into its memory. E_SRCH: none, or it has ended. */
RPC(3) err_t inspect_task(cap_t inspect, u32 pid, cap_t *task);

struct inspect_system {
	u32 processes, running;
	u32 last_pid, reserved;
	u64 started;              /* processes since the start */
	u64 user_ns;              /* of all processes, ended ones too */
	u64 load1, load5, load15; /* times 65536 */
};
_Static_assert(sizeof(struct inspect_system) == 56, "inspect_system");
RPC(4) err_t inspect_system(cap_t inspect, void *system, size_t size);
