/* SPDX-License-Identifier: MIT */
/* Seeing what a program asks for: DROVE_TRACE=1 in its environment writes every call to the
 * system's log, DROVE_LOG_ENOSYS=1 the calls that do not exist, each once. */
#pragma once

#include "core/thread.h"

extern bool trace_calls, trace_missing;

/* Look for the switches; `stack` is the program's first stack. */
void trace_start(const u64 *stack);
void trace_enter(const struct thread_regs *regs);
void trace_leave(u64 number, i64 result);
void trace_absent(u64 number);
