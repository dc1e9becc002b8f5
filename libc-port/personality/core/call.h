/* SPDX-License-Identifier: MIT */
/* Calls to servers and to the kernel, and what their errors are called on Linux. */
#pragma once

#include "core/posix.h"
#include "core/thread.h"

/* One message call as it is; see ipc.S. */
err_t ipc_call(u64 number_and_gate, struct msg *m);

/* Linux's (positive) number for an error of ours. */
i64 error_number(err_t error);

/* 0, or the negative number. */
static inline i64 error_result(err_t error) { return error ? -error_number(error) : 0; }

/* Between these two, calls of this thread to servers end with E_INTR when a signal is to be
 * acted on. */
static inline void interruptible_begin(void) { self()->interruptible = true; }
static inline void interruptible_end(void) { self()->interruptible = false; }

/* A call to a server that may take long: evaluates to its error; repeats while it was
 * interrupted by nothing that counts. */
#define INTERRUPTIBLE(call)                                                                        \
	({                                                                                         \
		err_t error_;                                                                      \
		do {                                                                               \
			interruptible_begin();                                                     \
			error_ = (call);                                                           \
			interruptible_end();                                                       \
		} while (error_ == E_INTR && !signal_interrupts());                                \
		error_;                                                                            \
	})

/* A call was interrupted: act on what needs no handler (ignored, stopping and ending signals).
 * True if the call must end now because a handler is to run. (process/signal.c) */
bool signal_interrupts(void);
