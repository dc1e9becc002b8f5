/* SPDX-License-Identifier: MIT */
/* Signals to process groups, by a thread of their own: the process server may be busy, or waiting
 * for us, and the terminal must not wait for it. */
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

/* Start the thread. When an answer to kill_ask is there, `bits` of `event` are signalled. */
MUST_CHECK err_t kill_start(cap_t proc, cap_t event, u64 bits);

/* Send `signal` to the processes of `group`, soon. Nothing happens for group 0. */
void kill_group(u32 group, u32 signal);

/* Find out whether `group` has any process left; one question at a time. False: the queue is
 * full. */
bool kill_ask(u32 group);
/* The answer: true once for each question, with *alive set. */
bool kill_answer(bool *alive);
