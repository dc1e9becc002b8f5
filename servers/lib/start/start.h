/* SPDX-License-Identifier: MIT */
/* Starting a server: an empty task gets the program's parts, a stack, the start block with its
 * capabilities, and a thread. sigma0 starts the supervisor so, the supervisor everything else.
 *
 *	image | guard page | stack, 64 KiB | start block, one page | free addresses ...
 */
#pragma once

#include "bundle.h"
#include "rt/rt.h"

struct start_grant {
	char name[24];
	cap_t cap;  /* the starter's own; a copy is given */
	u32 rights; /* at most these */
};

struct start {
	const struct bundle *bundle;
	const char *image; /* file of the bundle */
	cap_t bank;        /* pays for everything; the server gets it as RT_BANK */
	cap_t schedule, clock;
	u32 grant_count;
	const struct start_grant *grant;
	u32 argument_count, environment_count;
	const char *const *argument, *const *environment; /* argument[0] is the server's name */
};

/* Make the server, its thread not yet running: call thread_start as *started says when the rest is
 * in place. On failure nothing is left. E_NOENT: no such image; E_NOEXEC; E_2BIG: too many
 * capabilities or strings; E_FUNDS. */
struct started {
	cap_t task, thread;
	u64 ip, sp, argument;
};
MUST_CHECK err_t start_server(const struct start *start, struct started *started);
