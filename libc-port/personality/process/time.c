/* SPDX-License-Identifier: MIT */
/* Clocks and sleeping. Clocks are read from the page that the kernel publishes: no kernel entry. */
#include "core/call.h"
#include "core/lock.h"
#include "core/user.h"
#include "process/clock.h"
#include "process/process.h"
#include "process/signal.h"
#include "process/timer.h"

u64 time_monotonic(void) { return clock_read().monotonic; }

u64 time_real(void) { return clock_real(); }

/* The kernel counts a thread's time when it leaves the processor: what the caller has used since
 * comes on top. */
static err_t process_time(u64 *ns)
{
	u64 now, counted;
	err_t error = task_read(PROCESS_TASK, TASK_TIME_NS, ns);

	if (!error)
		error = thread_read(self()->cap, THREAD_TIME_NS, &counted);
	if (!error)
		error = thread_self_time(&now);
	if (!error)
		*ns += now - counted;
	return error;
}

static err_t thread_time(u32 id, u64 *ns)
{
	if (id == 0 || id == self()->id)
		return thread_self_time(ns);
	lock_take(&process_lock);
	const struct thread *thread = thread_find(id);
	err_t error = thread ? thread_read(thread->cap, THREAD_TIME_NS, ns) : E_SRCH;
	lock_give(&process_lock);
	return error;
}

/* Clocks of processes and threads have negative numbers: ~id, shifted, and of which kind. Only the
 * processor time in all is told, which is what glibc and musl ask for. */
enum { CPUCLOCK_SHIFT = 3, CPUCLOCK_PERTHREAD = 4, CPUCLOCK_KIND = 3, CPUCLOCK_FD = 3 };

i32 time_thread_clock(u32 id) { return (i32)(~id << CPUCLOCK_SHIFT) | CPUCLOCK_PERTHREAD | 2; }

static err_t time_of_number(i32 clock, u64 *ns)
{
	u32 id = ~(u32)(clock >> CPUCLOCK_SHIFT);

	if ((clock & CPUCLOCK_KIND) == CPUCLOCK_FD)
		return E_INVAL;
	if (clock & CPUCLOCK_PERTHREAD)
		return thread_time(id, ns);
	return id == 0 || id == process_page->pid ? process_time(ns)
	                                          : process_clock(PROCESS_PROCESS, id, ns);
}

i64 time_of_clock(u64 clock, u64 *ns)
{
	err_t error = OK;

	if (clock_of_page(clock, ns))
		return 0;
	switch (clock) {
	case CLOCK_THREAD_CPUTIME_ID:
		error = thread_self_time(ns);
		break;
	case CLOCK_PROCESS_CPUTIME_ID:
		error = process_time(ns);
		break;
	default:
		error = (i32)clock < 0 ? time_of_number((i32)clock, ns) : E_INVAL;
	}
	return error ? -EINVAL : 0;
}

bool timespec_valid(const struct linux_timespec *time)
{
	return time->seconds >= 0 && time->ns >= 0 && time->ns < NS_PER_SECOND;
}

u64 timespec_ns(const struct linux_timespec *time)
{
	if (time->seconds > INT64_MAX / NS_PER_SECOND - 1)
		return DEADLINE_NEVER;
	return (u64)(time->seconds * NS_PER_SECOND + time->ns);
}

static bool clock_is_real(u64 clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE ||
	       clock == CLOCK_REALTIME_ALARM || clock == CLOCK_TAI;
}

i64 time_after(const struct linux_timespec *time, bool absolute, u64 clock, u64 *deadline)
{
	struct clock_reading now = clock_read();

	if (!timespec_valid(time))
		return -EINVAL;
	u64 ns = timespec_ns(time);
	bool real = clock_is_real(clock);
	if (ns == DEADLINE_NEVER)
		*deadline = ns;
	else if (!absolute)
		*deadline = now.monotonic + ns;
	else if (!real)
		*deadline = ns;
	else
		*deadline = (i64)ns > now.offset ? ns - (u64)now.offset : DEADLINE_NOW;
	return 0;
}

i64 time_deadline(u64 address, bool absolute, u64 clock, u64 *deadline)
{
	struct linux_timespec time;

	*deadline = DEADLINE_NEVER;
	if (!address)
		return 0;
	if (!user_read(&time, address, sizeof(time)))
		return -EFAULT;
	return time_after(&time, absolute, clock, deadline);
}

static i64 timespec_write(u64 address, u64 ns)
{
	struct linux_timespec time = { (i64)(ns / (u64)NS_PER_SECOND),
		                       (i64)(ns % (u64)NS_PER_SECOND) };

	return user_write(address, &time, sizeof(time)) ? 0 : -EFAULT;
}

i64 posix_clock_gettime(const struct thread_regs *a)
{
	u64 ns;
	i64 result = time_of_clock(a->rdi, &ns);

	return result ? result : timespec_write(a->rsi, ns);
}

i64 posix_clock_getres(const struct thread_regs *a)
{
	u64 ns;
	i64 result = time_of_clock(a->rdi, &ns);

	return result || !a->rsi ? result : timespec_write(a->rsi, 1);
}

i64 posix_gettimeofday(const struct thread_regs *a)
{
	u64 now = time_real();
	struct linux_timeval time = { (i64)(now / (u64)NS_PER_SECOND),
		                      (i64)(now % (u64)NS_PER_SECOND / 1000) };
	u64 zone = 0;

	if (a->rdi && !user_write(a->rdi, &time, sizeof(time)))
		return -EFAULT;
	return !a->rsi || user_write(a->rsi, &zone, sizeof(zone)) ? 0 : -EFAULT;
}

i64 posix_time(const struct thread_regs *a)
{
	i64 now = (i64)(time_real() / (u64)NS_PER_SECOND);

	return !a->rdi || user_write(a->rdi, &now, sizeof(now)) ? now : -EFAULT;
}

/* --- sleeping --- */

static i64 sleep_until(u64 deadline, u64 rest_address)
{
	err_t error;

	do
		error = thread_sleep(deadline);
	while (error != E_TIMEOUT && (error != E_INTR || !signal_interrupts()));
	if (error == E_TIMEOUT)
		return 0;
	u64 now = time_monotonic();
	if (rest_address && timespec_write(rest_address, deadline > now ? deadline - now : 0))
		return -EFAULT;
	return -EINTR;
}

/* Until a time of CLOCK_REALTIME, which may be set meanwhile. */
static i64 sleep_until_real(const struct linux_timespec *time)
{
	u64 deadline;
	err_t error;

	self()->real = true;
	do {
		i64 result = time_after(time, true, CLOCK_REALTIME, &deadline);
		error = result ? E_INVAL : thread_sleep(deadline);
	} while (error == E_INTR && !signal_interrupts());
	self()->real = false;
	return error == E_TIMEOUT ? 0 : error_result(error);
}

i64 posix_nanosleep(const struct thread_regs *a)
{
	u64 deadline;

	if (!a->rdi)
		return -EFAULT;
	i64 result = time_deadline(a->rdi, false, CLOCK_MONOTONIC, &deadline);
	return result ? result : sleep_until(deadline, a->rsi);
}

/* Until the clock of a process's processor time shows `until`: looked at again when it may. */
static i64 sleep_used(u64 clock, u64 until, u64 rest_address)
{
	const u64 step = 1000000;
	u64 now;

	for (;;) {
		if (time_of_clock(clock, &now))
			return -EINVAL;
		if (now >= until)
			return 0;
		u64 left = (until - now) / thread_count;
		i64 result = sleep_until(time_monotonic() + (left > step ? left : step), 0);
		if (result == -EINTR && rest_address && timespec_write(rest_address, until - now))
			return -EFAULT;
		if (result)
			return result;
	}
}

static i64 clock_sleeps(u64 clock)
{
	u64 ns;

	if (time_of_clock(clock, &ns))
		return -EINVAL;
	return clock == CLOCK_THREAD_CPUTIME_ID || clock == CLOCK_MONOTONIC_RAW ||
	                       clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE
	               ? -EOPNOTSUPP
	               : 0;
}

static i64 sleep_on_used(const struct thread_regs *a, bool absolute)
{
	struct linux_timespec time;
	u64 now;

	if (!user_read(&time, a->rdx, sizeof(time)))
		return -EFAULT;
	if (!timespec_valid(&time) || time_of_clock(a->rdi, &now))
		return -EINVAL;
	u64 ns = timespec_ns(&time);
	return sleep_used(a->rdi, absolute || ns == DEADLINE_NEVER ? ns : now + ns,
	                  absolute ? 0 : a->r10);
}

i64 posix_clock_nanosleep(const struct thread_regs *a)
{
	u64 deadline;
	bool absolute = a->rsi & TIMER_ABSTIME;
	i64 known = clock_sleeps(a->rdi);

	if (known || !a->rdx)
		return known ? known : -EFAULT;
	if ((i32)a->rdi < 0 || a->rdi == CLOCK_PROCESS_CPUTIME_ID)
		return sleep_on_used(a, absolute);
	struct linux_timespec time;
	if (!user_read(&time, a->rdx, sizeof(time)))
		return -EFAULT;
	if (absolute && clock_is_real(a->rdi))
		return sleep_until_real(&time);
	i64 result = time_after(&time, absolute, a->rdi, &deadline);
	return result ? result : sleep_until(deadline, absolute ? 0 : a->r10);
}

/* --- setting --- */

/* Linux leaves thirty years to the end of its clocks. */
#define SECONDS_MAX (INT64_MAX / NS_PER_SECOND - 30ll * 365 * 24 * 60 * 60)

static i64 clock_set(const struct linux_timespec *time)
{
	if (!timespec_valid(time) || time->seconds >= SECONDS_MAX)
		return -EINVAL;
	u64 ns = timespec_ns(time);
	if (process_page->ids.euid)
		return -EPERM;
	/* Real time does not begin after the machine has. */
	return ns < time_monotonic() ? -EINVAL
	                             : error_result(process_clock_set(PROCESS_PROCESS, ns));
}

i64 posix_clock_settime(const struct thread_regs *a)
{
	struct linux_timespec time;
	u64 now;
	bool cpu = (i32)a->rdi < 0 || a->rdi == CLOCK_PROCESS_CPUTIME_ID ||
	           a->rdi == CLOCK_THREAD_CPUTIME_ID;

	if (time_of_clock(a->rdi, &now) || (a->rdi != CLOCK_REALTIME && !cpu))
		return -EINVAL;
	if (!user_read(&time, a->rsi, sizeof(time)))
		return -EFAULT;
	return cpu ? -EPERM : clock_set(&time);
}

i64 posix_settimeofday(const struct thread_regs *a)
{
	struct linux_timeval time;
	i32 zone[2];

	if (a->rdi && !user_read(&time, a->rdi, sizeof(time)))
		return -EFAULT;
	if (a->rdi && (time.us < 0 || time.us > 1000000))
		return -EINVAL;
	if (a->rsi && !user_read(zone, a->rsi, sizeof(zone)))
		return -EFAULT;
	if (process_page->ids.euid)
		return -EPERM;
	if (a->rsi && (zone[0] < -15 * 60 || zone[0] > 15 * 60))
		return -EINVAL;
	return a->rdi ? clock_set(&(struct linux_timespec){ time.seconds, time.us * 1000 }) : 0;
}

struct linux_timex {
	u32 modes, pad;
	i64 offset, frequency, error_max, error_estimated;
	i32 status, pad1;
	i64 constant, precision, tolerance;
	struct linux_timespec time;
	i64 tick, pps[2];
	i32 shift, pad2;
	i64 stability, counts[4];
	i32 tai, reserved[11];
};
_Static_assert(sizeof(struct linux_timex) == 208, "timex");
enum { ADJ_SETOFFSET = 0x100, ADJ_NANO = 0x2000, ADJ_OFFSET_READ = 0xa001 };
enum { TIMEX_UNSYNC = 0x40, TIMEX_NANO = 0x2000, TIMEX_ERROR = 5, TIMEX_ERROR_MAX = 16000000 };

/* The clock runs as the machine's counter does: it can be set, but not made faster. */
static i64 clock_adjust(u64 address)
{
	struct linux_timex x;

	if (!user_read(&x, address, sizeof(x)))
		return -EFAULT;
	if (x.modes && x.modes != ADJ_OFFSET_READ && process_page->ids.euid)
		return -EPERM;
	if (x.modes && x.modes != ADJ_OFFSET_READ && (x.modes & ~(u32)ADJ_NANO) != ADJ_SETOFFSET)
		return -EINVAL;
	if (x.modes & ADJ_SETOFFSET && x.modes != ADJ_OFFSET_READ) {
		i64 unit = x.modes & ADJ_NANO ? 1 : 1000, change;
		if (x.time.ns < 0 || x.time.ns >= NS_PER_SECOND / unit ||
		    __builtin_mul_overflow(x.time.seconds, NS_PER_SECOND, &change) ||
		    __builtin_add_overflow(change, x.time.ns * unit + (i64)time_real(), &change) ||
		    change < 0)
			return -EINVAL;
		i64 result = clock_set(
		        &(struct linux_timespec){ change / NS_PER_SECOND, change % NS_PER_SECOND });
		if (result)
			return result;
	}
	u64 now = time_real();
	struct linux_timex out = { .modes = x.modes,
		                   .error_max = TIMEX_ERROR_MAX,
		                   .error_estimated = TIMEX_ERROR_MAX,
		                   .status = TIMEX_UNSYNC | TIMEX_NANO,
		                   .constant = 2,
		                   .precision = 1,
		                   .tolerance = 500 << 16,
		                   .time = { (i64)(now / (u64)NS_PER_SECOND),
		                             (i64)(now % (u64)NS_PER_SECOND) },
		                   .tick = 10000 };
	return user_write(address, &out, sizeof(out)) ? TIMEX_ERROR : -EFAULT;
}

i64 posix_adjtimex(const struct thread_regs *a) { return clock_adjust(a->rdi); }

i64 posix_clock_adjtime(const struct thread_regs *a)
{
	u64 now;

	if (a->rdi == CLOCK_REALTIME)
		return clock_adjust(a->rsi);
	return time_of_clock(a->rdi, &now) ? -EINVAL : -EOPNOTSUPP;
}

/* --- interval timers --- */

enum { TIMERS = 3, ITIMER_REAL = 0 };

/* What was set, so that it can be told; a child begins without. */
static struct {
	u32 pid;
	u64 deadline, interval;
} timer;

struct linux_itimer {
	struct linux_timeval interval, value;
};

static u64 timeval_ns(const struct linux_timeval *time)
{
	return (u64)time->seconds * (u64)NS_PER_SECOND + (u64)time->us * 1000;
}

static struct linux_timeval timeval_from(u64 ns)
{
	return (struct linux_timeval){ (i64)(ns / (u64)NS_PER_SECOND),
		                       (i64)(ns % (u64)NS_PER_SECOND / 1000) };
}

static u64 timer_left(void)
{
	u64 now = time_monotonic();

	if (timer.pid != process_page->pid || !timer.deadline)
		return 0;
	if (timer.deadline > now)
		return timer.deadline - now;
	return timer.interval ? timer.interval - (now - timer.deadline) % timer.interval : 0;
}

static i64 timer_set(u64 value, u64 interval)
{
	u64 deadline = value ? time_monotonic() + value : DEADLINE_NEVER;
	err_t error = process_timer(PROCESS_PROCESS, ITIMER_REAL, SIGALRM, deadline, interval);

	if (error)
		return error_result(error);
	timer.pid = process_page->pid;
	timer.deadline = value ? deadline : 0;
	timer.interval = value ? interval : 0;
	return 0;
}

i64 posix_alarm(const struct thread_regs *a)
{
	u64 left = timer_left();

	(void)timer_set((a->rdi & 0xffffffff) * (u64)NS_PER_SECOND, 0);
	return (i64)((left + (u64)NS_PER_SECOND - 1) / (u64)NS_PER_SECOND);
}

static i64 timer_tell(u32 which, u64 address)
{
	u64 value, interval;

	if (which == ITIMER_REAL)
		value = timer_left(), interval = value ? timer.interval : 0;
	else
		interval_read(which, &value, &interval);
	struct linux_itimer out = { timeval_from(interval), timeval_from(value) };
	return !address || user_write(address, &out, sizeof(out)) ? 0 : -EFAULT;
}

i64 posix_getitimer(const struct thread_regs *a)
{
	if (a->rdi >= TIMERS)
		return -EINVAL;
	return a->rsi ? timer_tell((u32)a->rdi, a->rsi) : -EFAULT;
}

i64 posix_setitimer(const struct thread_regs *a)
{
	struct linux_itimer in = { 0 };

	if (a->rdi >= TIMERS)
		return -EINVAL;
	if (a->rsi && !user_read(&in, a->rsi, sizeof(in)))
		return -EFAULT;
	if ((u64)in.value.us >= 1000000 || (u64)in.interval.us >= 1000000 || in.value.seconds < 0 ||
	    in.interval.seconds < 0)
		return -EINVAL;
	i64 result = timer_tell((u32)a->rdi, a->rdx);
	if (result || a->rdi == ITIMER_REAL)
		return result ? result : timer_set(timeval_ns(&in.value), timeval_ns(&in.interval));
	interval_set((u32)a->rdi, timeval_ns(&in.value), timeval_ns(&in.interval));
	return 0;
}
