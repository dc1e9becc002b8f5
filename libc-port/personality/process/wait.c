/* SPDX-License-Identifier: MIT */
/* Children, groups, sessions, identities. Ids are read from the page that the process server
 * shares: no message. */
#include "core/call.h"
#include "core/user.h"
#include "file/tty.h"
#include "process/process.h"

i64 posix_exit_group(const struct thread_regs *a) { process_end((u32)(a->rdi & 0xff) << 8); }

static void usage_convert(const struct process_usage *usage, struct linux_rusage *out)
{
	*out = (struct linux_rusage){
		.user = { (i64)(usage->user_ns / 1000000000),
		          (i64)(usage->user_ns % 1000000000 / 1000) },
		.system = { (i64)(usage->system_ns / 1000000000),
		            (i64)(usage->system_ns % 1000000000 / 1000) },
		.resident_max = (i64)usage->resident_max * (PAGE_SIZE / 1024),
		.minor_faults = (i64)usage->minor_faults,
		.major_faults = (i64)usage->major_faults,
	};
}

static i64 wait_for(i64 pid, u32 options, struct process_wait_result *result)
{
	err_t error =
	        INTERRUPTIBLE(process_wait(PROCESS_PROCESS, pid, options, result, sizeof(*result)));

	return error == E_INTR ? -ERESTART : error_result(error);
}

i64 posix_wait4(const struct thread_regs *a)
{
	struct process_wait_result result;
	struct linux_rusage usage;

	if (a->rdx & ~(u64)(WNOHANG | WUNTRACED | WCONTINUED | 0xe0000000u))
		return -EINVAL;
	u32 options = ((u32)a->rdx & (WNOHANG | WUNTRACED | WCONTINUED)) | WEXITED;
	i64 error = wait_for((i32)a->rdi, options, &result);
	if (error)
		return error;
	if (!result.pid)
		return 0;
	usage_convert(&result.usage, &usage);
	if ((a->rsi && !user_write(a->rsi, &result.status, sizeof(result.status))) ||
	    (a->r10 && !user_write(a->r10, &usage, sizeof(usage))))
		return -EFAULT;
	return result.pid;
}

enum { P_ALL, P_PID, P_PGID };
enum { CLD_EXITED = 1, CLD_KILLED, CLD_DUMPED, CLD_STOPPED = 5, CLD_CONTINUED };

static void child_info(struct linux_siginfo *out, const struct process_wait_result *result)
{
	u32 status = result->status;

	*out = (struct linux_siginfo){ .signal = SIGCHLD, .child = result->pid };
	if (status == 0xffff) {
		out->code = CLD_CONTINUED;
		out->status = SIGCONT;
	} else if ((status & 0xff) == 0x7f) {
		out->code = CLD_STOPPED;
		out->status = status >> 8 & 0xff;
	} else if (status & 0x7f) {
		out->code = status & 0x80 ? CLD_DUMPED : CLD_KILLED;
		out->status = status & 0x7f;
	} else {
		out->code = CLD_EXITED;
		out->status = status >> 8 & 0xff;
	}
}

i64 posix_waitid(const struct thread_regs *a)
{
	struct process_wait_result result;
	struct linux_siginfo info = { 0 };
	i64 pid = a->rdi == P_ALL   ? -1
	          : a->rdi == P_PID ? (i32)a->rsi
	          : a->rsi          ? -(i64)(i32)a->rsi
	                            : 0;

	if (a->rdi > P_PGID || (a->rdi == P_PID && (i32)a->rsi <= 0) ||
	    !(a->r10 & (WEXITED | WUNTRACED | WCONTINUED)))
		return -EINVAL;
	i64 error = wait_for(pid, (u32)a->r10, &result);
	if (error)
		return error;
	if (result.pid)
		child_info(&info, &result);
	return !a->rdx || user_write(a->rdx, &info, sizeof(info)) ? 0 : -EFAULT;
}

i64 posix_getrusage(const struct thread_regs *a)
{
	struct process_usage usage;
	struct linux_rusage out;
	i32 who = (i32)a->rdi;

	if (who > 1 || who < -1)
		return -EINVAL;
	err_t error = process_usage(PROCESS_PROCESS, who == -1, &usage);
	if (error)
		return error_result(error);
	usage_convert(&usage, &out);
	return user_write(a->rsi, &out, sizeof(out)) ? 0 : -EFAULT;
}

enum { TICKS_NS = 10000000 };

i64 posix_times(const struct thread_regs *a)
{
	struct process_usage self_usage, children;
	err_t error = process_usage(PROCESS_PROCESS, 0, &self_usage);

	if (!error)
		error = process_usage(PROCESS_PROCESS, 1, &children);
	if (error)
		return error_result(error);
	u64 out[4] = { self_usage.user_ns / TICKS_NS, self_usage.system_ns / TICKS_NS,
		       children.user_ns / TICKS_NS, children.system_ns / TICKS_NS };
	if (a->rdi && !user_write(a->rdi, out, sizeof(out)))
		return -EFAULT;
	return (i64)(time_monotonic() / TICKS_NS);
}

/* --- ids --- */

#define ID_CALL(name, value)                                                                       \
	i64 posix_##name(const struct thread_regs *a)                                              \
	{                                                                                          \
		(void)a;                                                                           \
		return (i64)(value);                                                               \
	}

ID_CALL(getpid, process_page->pid)
ID_CALL(getppid, process_page->parent)
ID_CALL(getpgrp, process_page->group)
ID_CALL(getuid, process_page->ids.uid)
ID_CALL(geteuid, process_page->ids.euid)
ID_CALL(getgid, process_page->ids.gid)
ID_CALL(getegid, process_page->ids.egid)

static i64 id_of(u32 pid, u32 which, u32 own)
{
	u32 id;

	if (!pid || pid == process_page->pid)
		return own;
	err_t error = process_id(PROCESS_PROCESS, pid, which, &id);
	return error ? error_result(error) : (i64)id;
}

i64 posix_getpgid(const struct thread_regs *a)
{
	return id_of((u32)a->rdi, PROCESS_ID_GROUP, process_page->group);
}

i64 posix_getsid(const struct thread_regs *a)
{
	return id_of((u32)a->rdi, PROCESS_ID_SESSION, process_page->session);
}

i64 posix_setpgid(const struct thread_regs *a)
{
	if ((i32)a->rdi < 0 || (i32)a->rsi < 0)
		return -EINVAL;
	return error_result(process_set_group(PROCESS_PROCESS, (u32)a->rdi, (u32)a->rsi));
}

i64 posix_setsid(const struct thread_regs *a)
{
	u32 session;

	(void)a;
	err_t error = process_set_session(PROCESS_PROCESS, &session);
	if (error)
		return error_result(error);
	tty_given_up = false;
	return session;
}
