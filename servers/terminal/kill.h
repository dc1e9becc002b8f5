/* SPDX-License-Identifier: MIT */
/* Signals to processes and groups, by a thread of their own: the process server may be busy, or
 * waiting for us, and the terminal must not wait for it. */
#pragma once

#include "abi/errors.h"

/* Linux's numbers, of the signals that terminals send. */
enum {
	KILL_HANGUP = 1,
	KILL_INTERRUPT = 2,
	KILL_QUIT = 3,
	KILL_CONTINUE = 18,
	KILL_STOP = 20,
	KILL_WINDOW = 28,
};

/* Start the thread. */
MUST_CHECK err_t kill_start(cap_t proc);

/* Send `signal` to the processes of `group`, soon. Nothing happens for group 0. */
void kill_group(u32 group, u32 signal);
/* The same to one process. */
void kill_process(u32 pid, u32 signal);
