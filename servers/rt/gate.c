/* SPDX-License-Identifier: MIT */
/* What musl asks of "Linux" in a server: memory for malloc, output, time, futexes, the end.
 * Everything that has an own file or other process as its object is not here: servers have
 * protocols for that. */
#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

#include "internal.h"

/* <sys/mman.h> and abi/syscalls.h cannot be had together: both name MAP_SHARED. */
enum { GATE_MAP_FIXED = 0x10, GATE_MAP_ANONYMOUS = 0x20 };

static long gate_mmap(const u64 *args)
{
	u64 flags = args[3];

	if (!(flags & GATE_MAP_ANONYMOUS) || (flags & GATE_MAP_FIXED))
		return -ENOSYS;
	void *pages = rt_heap_take(args[1]);
	return pages ? (long)pages : -ENOMEM;
}

static long gate_munmap(const u64 *args)
{
	return rt_heap_give((void *)args[0], args[1]) ? 0 : -EINVAL;
}

static long gate_write(const u64 *args)
{
	if (args[0] != 1 && args[0] != 2)
		return -EBADF;
	rt_log_bytes((const char *)args[1], args[2]);
	return (long)args[2];
}

static long gate_writev(const u64 *args)
{
	const struct iovec *vector = (const struct iovec *)args[1];
	long count = 0;

	if (args[0] != 1 && args[0] != 2)
		return -EBADF;
	for (u64 i = 0; i < args[2]; i++) {
		rt_log_bytes(vector[i].iov_base, vector[i].iov_len);
		count += (long)vector[i].iov_len;
	}
	return count;
}

static u64 clock_value(u64 clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE ? rt_realtime() : rt_now();
}

static long gate_clock_gettime(const u64 *args)
{
	u64 now = clock_value(args[0]);

	*(struct timespec *)args[1] =
	        (struct timespec){ (time_t)(now / 1000000000), (long)(now % 1000000000) };
	return 0;
}

static u64 timespec_ns(u64 addr)
{
	const struct timespec *time = (const struct timespec *)addr;

	return (u64)time->tv_sec * 1000000000 + (u64)time->tv_nsec;
}

static long gate_sleep(u64 clock, u64 flags, u64 request)
{
	u64 ns = timespec_ns(request);

	if (flags & TIMER_ABSTIME)
		ns = rt_now() + (ns > clock_value(clock) ? ns - clock_value(clock) : 0);
	else
		ns += rt_now();
	rt_sleep_until(ns);
	return 0;
}

static long gate_futex(const u64 *args)
{
	u64 deadline = args[3] ? rt_now() + timespec_ns(args[3]) : DEADLINE_NEVER;
	u64 woken = 0;

	switch ((int)args[1] & FUTEX_CMD_MASK) {
	case FUTEX_WAIT:
		switch (futex_wait(args[0], (u32)args[2], UINT32_MAX, deadline)) {
		case OK:
			return 0;
		case E_TIMEOUT:
			return -ETIMEDOUT;
		case E_INTR:
			return -EINTR;
		default:
			return -EAGAIN;
		}
	case FUTEX_WAKE:
		return futex_wake(args[0], (u32)args[2], UINT32_MAX, &woken) ? -EFAULT
		                                                             : (long)woken;
	default:
		return -ENOSYS;
	}
}

long rt_gate_call(long number, const u64 *args)
{
	switch (number) {
	case SYS_mmap:
		return gate_mmap(args);
	case SYS_munmap:
		return gate_munmap(args);
	case SYS_write:
		return gate_write(args);
	case SYS_writev:
		return gate_writev(args);
	case SYS_clock_gettime:
		return gate_clock_gettime(args);
	case SYS_nanosleep:
		return gate_sleep(CLOCK_MONOTONIC, 0, args[0]);
	case SYS_clock_nanosleep:
		return gate_sleep(args[0], args[1], args[2]);
	case SYS_futex:
		return gate_futex(args);
	case SYS_exit:
	case SYS_exit_group:
		rt_end();
	case SYS_brk:
		return 0;  /* no break: malloc uses mmap */
	case SYS_mprotect: /* guard pages are not worth a region each */
	case SYS_madvise:
	case SYS_rt_sigprocmask:
	case SYS_rt_sigaction:
		return 0;
	case SYS_getpid:
	case SYS_gettid:
	case SYS_set_tid_address:
		return 1;
	default:
		return -ENOSYS;
	}
}
