/* SPDX-License-Identifier: MIT */
/* The table of system calls, made from calls.h, and the way through it. */
#include "core/dispatch.h"

#include "core/posix.h"
#include "core/trace.h"
#include "process/process.h"
#include "process/signal.h"

typedef i64 call_t(const struct thread_regs *a);

#define CALL_DONE(number, name, note) [number] = posix_##name,
#define CALL_PART(number, name, note) [number] = posix_##name,
#define CALL_NONE(number, name, note)
static call_t *const calls[CALL_NUMBERS] = {
#include "core/calls.h"
};
#undef CALL_DONE
#undef CALL_PART
#undef CALL_NONE

#define CALL_DONE(number, name, note) [number] = #name,
#define CALL_PART(number, name, note) [number] = #name,
#define CALL_NONE(number, name, note) [number] = #name,
static const char *const names[CALL_NUMBERS] = {
#include "core/calls.h"
};

const char *dispatch_name(u64 number) { return number < CALL_NUMBERS ? names[number] : NULL; }

u64 call_main(struct thread *thread);

/* Signals, traces, calls that do not exist. */
static __attribute__((noinline, cold)) i64 call_slowly(struct thread *thread, call_t *call)
{
	u64 number = thread->user.rax;

	if (!call) {
		if (trace_missing || trace_calls)
			trace_absent(number);
		return -ENOSYS;
	}
	trace_enter(&thread->user);
	i64 result = call(&thread->user);
	trace_leave(number, result);
	return result;
}

/* rt_sigreturn: the registers are not those of a call any more. */
static __attribute__((noinline, cold)) u64 call_return(struct thread *thread)
{
	if (!frame_pop(thread))
		process_end(SIGSEGV);
	thread->restart = -1;
	return 1;
}

enum { NUMBER_SIGRETURN = 15 };

/* One system call. Not 0: thread->user is to be loaded as a whole. */
u64 call_main(struct thread *thread)
{
	u64 number = thread->user.rax;
	call_t *call = number < CALL_NUMBERS ? calls[number] : NULL;
	i64 result;

	if (number == NUMBER_SIGRETURN)
		return call_return(thread);
	thread->restart_always = false;
	if (!call || trace_calls)
		result = call_slowly(thread, call);
	else
		result = call(&thread->user);
	if (result == -ERESTART || result == -EINTR) {
		/* Whatever interrupted it is dealt with on the way out. */
		thread->restart = result == -ERESTART ? (i32)number : -1;
		thread->control.pending = 1;
		result = -EINTR;
	}
	thread->user.rax = (u64)result;
	return 0;
}
