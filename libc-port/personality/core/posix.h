/* SPDX-License-Identifier: MIT */
/* Prototypes of the system calls. Each gets the registers it was called with (rdi rsi rdx r10 r8
 * r9) and returns what Linux returns in rax: a result, or a negative error number. */
#pragma once

#include "abi/thread.h"

#define CALL_DONE(number, name, note) i64 posix_##name(const struct thread_regs *a);
#define CALL_PART(number, name, note) i64 posix_##name(const struct thread_regs *a);
#define CALL_NONE(number, name, note)
#include "core/calls.h"
#undef CALL_DONE
#undef CALL_PART
#undef CALL_NONE
