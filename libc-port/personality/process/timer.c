/* SPDX-License-Identifier: MIT */
/* Timers that signal. One that has expired waits until its signal is delivered, as on Linux: what
 * expires meanwhile is overrun, counted then.
 *
 * Nobody wakes us when processor time has been used: we look again when it can have been, at the
 * earliest, and not more often than every millisecond. */
#include "process/timer.h"

#include "core/call.h"
#include "core/lock.h"
#include "core/text.h"
#include "core/user.h"
#include "process/clock.h"
#include "process/process.h"

enum {
	TIMERS_MAX = 128,
	SIGEV_SIGNAL = 0,
	SIGEV_NONE = 1,
	SIGEV_THREAD = 2,
	SIGEV_THREAD_ID = 4,
	SIGEV_INTERVAL = 8, /* ours: setitimer's, no overruns */
};
#define LOOK_AGAIN_NS 1000000ull

struct timer {
	bool used, queued; /* queued: its signal is pending */
	i32 clock;
	u32 notify, signal, thread;
	u64 value;
	u64 due, interval; /* on its clock; 0: not armed */
	i32 overrun;       /* of the signal delivered last */
};

u32 timers_seen;
static struct timer timers[TIMERS_MAX], intervals[2];
static struct lock timers_lock;

void timers_forked(void)
{
	timers_lock.state = 0;
	memset(timers, 0, sizeof(timers));
	memset(intervals, 0, sizeof(intervals));
}

/* --- time --- */

static bool is_used(i32 clock)
{
	return clock < 0 || clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID;
}

/* UINT64_MAX: its thread is gone. */
static u64 timer_now(const struct timer *timer)
{
	u64 ns;

	return time_of_clock((u64)(i64)timer->clock, &ns) ? UINT64_MAX : ns;
}

static u64 later(u64 time, u64 count, u64 interval)
{
	u64 sum;

	return __builtin_mul_overflow(count, interval, &sum) ||
	                       __builtin_add_overflow(time, sum, &sum)
	               ? INT64_MAX
	               : sum;
}

/* When to look at it, on the monotonic clock. */
static u64 timer_deadline(const struct timer *timer, u64 now)
{
	u64 there = timer_now(timer);

	if (timer->due <= there)
		return now + 10 * LOOK_AGAIN_NS; /* the signal is pending for another reason */
	u64 left = timer->due - there;
	if (is_used(timer->clock))
		left = left / thread_count > LOOK_AGAIN_NS ? left / thread_count : LOOK_AGAIN_NS;
	return later(now, 1, left);
}

static void deadline_of(const struct timer *list, u32 count, u64 now, u64 *first)
{
	for (u32 i = 0; i < count; i++) {
		const struct timer *timer = &list[i];
		if (!timer->used || !timer->due || timer->queued || timer->notify == SIGEV_NONE)
			continue;
		u64 deadline = timer_deadline(timer, now);
		if (deadline < *first)
			*first = deadline;
	}
}

/* With timers_lock. */
static void timers_arm(void)
{
	static u64 armed = DEADLINE_NEVER;
	static u32 pid;
	u64 first = DEADLINE_NEVER;

	deadline_of(timers, TIMERS_MAX, time_monotonic(), &first);
	deadline_of(intervals, COUNT_OF(intervals), time_monotonic(), &first);
	if (first == armed && pid == process_page->pid && first == DEADLINE_NEVER)
		return;
	armed = first;
	pid = process_page->pid;
	(void)process_timer(PROCESS_PROCESS, PROCESS_TIMER_WAKE, 0,
	                    first == DEADLINE_NEVER ? 0 : first, 0);
}

/* --- expiring --- */

static void send_to_thread(struct timer *timer, const struct signal_info *info)
{
	lock_take(&process_lock);
	struct thread *thread = thread_find(timer->thread);
	timer->queued = thread && !(thread->pending & SIGNAL_BIT(timer->signal));
	if (timer->queued)
		signal_thread(thread, (i32)timer->signal, info);
	else if (!thread)
		timer->due = 0;
	lock_give(&process_lock);
}

static void timer_fire(struct timer *timer, u64 now)
{
	struct signal_info info = { .code = SI_TIMER,
		                    .pid = (u32)(timer - timers),
		                    .pad = TIMER_FRESH,
		                    .value = timer->value };

	if (timer->notify == SIGEV_INTERVAL) {
		info = (struct signal_info){ .code = SI_KERNEL };
		signal_process((i32)timer->signal, &info);
		timer->due = timer->interval
		                     ? later(timer->due, (now - timer->due) / timer->interval + 1,
		                             timer->interval)
		                     : 0;
	} else if (timer->notify == SIGEV_THREAD_ID) {
		send_to_thread(timer, &info);
	} else if (!(signal_pending(self()) & SIGNAL_BIT(timer->signal))) {
		timer->queued = true;
		signal_process((i32)timer->signal, &info);
	}
}

static void fire_due(struct timer *list, u32 count)
{
	for (u32 i = 0; i < count; i++) {
		struct timer *timer = &list[i];
		if (!timer->used || !timer->due || timer->queued || timer->notify == SIGEV_NONE)
			continue;
		u64 now = timer_now(timer);
		if (now == UINT64_MAX)
			timer->due = 0;
		else if (now >= timer->due)
			timer_fire(timer, now);
	}
}

/* With timers_lock. */
static void timers_go_on(void)
{
	fire_due(timers, TIMERS_MAX);
	fire_due(intervals, COUNT_OF(intervals));
	timers_arm();
}

/* Who waits until a time that may have been set: look again. */
static void sleepers_wake(void)
{
	lock_take(&process_lock);
	for (struct thread *thread = thread_list; thread; thread = thread->next) {
		if (__atomic_load_n(&thread->real, __ATOMIC_ACQUIRE))
			(void)thread_interrupt(thread->cap);
	}
	lock_give(&process_lock);
}

void timers_check(void)
{
	static i64 offset;
	i64 before = offset;

	offset = clock_read().offset;
	if (offset != before)
		sleepers_wake();
	lock_take(&timers_lock);
	timers_seen = process_page->wakes;
	timers_go_on();
	lock_give(&timers_lock);
}

void timer_taken(struct signal_info *info)
{
	struct timer *timer = &timers[info->pid];
	u64 missed = 0;

	info->pad = 0;
	lock_take(&timers_lock);
	if (timer->used && timer->queued) {
		u64 now = timer_now(timer);
		timer->queued = false;
		if (timer->interval && now != UINT64_MAX) {
			missed = now > timer->due ? (now - timer->due) / timer->interval : 0;
			timer->due = later(timer->due, missed + 1, timer->interval);
		} else {
			timer->due = 0;
		}
		timer->overrun = missed > INT32_MAX ? INT32_MAX : (i32)missed;
		info->uid = (u32)timer->overrun;
		timers_go_on();
	}
	lock_give(&timers_lock);
}

/* --- setting and asking --- */

/* What is left until it expires next, or (0) it does not. */
static u64 timer_left(const struct timer *timer)
{
	u64 now = timer_now(timer), next = timer->due;

	if (!timer->due || now == UINT64_MAX)
		return 0;
	if (now < next)
		return next - now;
	if (timer->interval)
		return later(next, (now - next) / timer->interval + 1, timer->interval) - now;
	return timer->queued || timer->notify == SIGEV_NONE ? 0 : 1;
}

static void timer_set(struct timer *timer, u64 value, u64 interval, bool absolute)
{
	timer->queued = false;
	timer->overrun = 0;
	timer->interval = interval;
	timer->due = !value || absolute ? value : later(timer_now(timer), 1, value);
	timers_go_on();
}

static struct linux_timespec timespec_from(u64 ns)
{
	return (struct linux_timespec){ (i64)(ns / (u64)NS_PER_SECOND),
		                        (i64)(ns % (u64)NS_PER_SECOND) };
}

/* With timers_lock. */
static struct timer *timer_find(u64 id)
{
	return (u32)id < TIMERS_MAX && timers[(u32)id].used ? &timers[(u32)id] : NULL;
}

struct linux_sigevent {
	u64 value;
	i32 signal, notify, thread;
	u32 rest[11];
};
_Static_assert(sizeof(struct linux_sigevent) == 64, "sigevent");

static i64 event_check(const struct linux_sigevent *event)
{
	struct thread *thread = NULL;

	if (event->notify == SIGEV_NONE)
		return 0;
	if (event->signal < 1 || event->signal > SIGNAL_MAX)
		return -EINVAL;
	if (event->notify == SIGEV_SIGNAL || event->notify == SIGEV_THREAD)
		return 0;
	lock_take(&process_lock);
	if (event->notify == SIGEV_THREAD_ID)
		thread = thread_find((u32)event->thread);
	lock_give(&process_lock);
	return thread ? 0 : -EINVAL;
}

/* Can there be timers of this clock? The thread of CLOCK_THREAD_CPUTIME_ID is the caller. */
static i64 clock_check(i32 *clock)
{
	u64 ns;

	if (time_of_clock((u64)(i64)*clock, &ns))
		return -EINVAL;
	if (*clock == CLOCK_MONOTONIC_RAW || *clock == CLOCK_REALTIME_COARSE ||
	    *clock == CLOCK_MONOTONIC_COARSE)
		return -EOPNOTSUPP;
	if (*clock == CLOCK_THREAD_CPUTIME_ID)
		*clock = time_thread_clock(self()->id);
	return 0;
}

/* With timers_lock. */
static struct timer *timer_free_slot(void)
{
	for (u32 i = 0; i < TIMERS_MAX; i++)
		if (!timers[i].used)
			return &timers[i];
	return NULL;
}

i64 posix_timer_create(const struct thread_regs *a)
{
	struct linux_sigevent event = { .signal = SIGALRM };
	i32 clock = (i32)a->rdi;

	if (a->rsi && !user_read(&event, a->rsi, sizeof(event)))
		return -EFAULT;
	i64 result = clock_check(&clock);
	if (!result)
		result = event_check(&event);
	if (result)
		return result;
	lock_take(&timers_lock);
	struct timer *timer = timer_free_slot();
	i32 id = timer ? (i32)(timer - timers) : 0;
	if (!timer)
		result = -EAGAIN;
	else if (!user_write(a->rdx, &id, sizeof(id)))
		result = -EFAULT;
	else
		*timer = (struct timer){ .used = true,
			                 .clock = clock,
			                 .notify = (u32)event.notify,
			                 .signal = (u32)event.signal,
			                 .thread = (u32)event.thread,
			                 .value = a->rsi ? event.value : (u64)id };
	lock_give(&timers_lock);
	return result;
}

/* What stands in the program's memory, by timer_gettime and timer_settime. */
static struct linux_itimerspec timer_tell(const struct timer *timer)
{
	u64 left = timer_left(timer);

	return (struct linux_itimerspec){ timespec_from(timer->interval), timespec_from(left) };
}

i64 posix_timer_settime(const struct thread_regs *a)
{
	struct linux_itimerspec new, old;

	if (!a->rdx)
		return -EINVAL;
	if (!user_read(&new, a->rdx, sizeof(new)))
		return -EFAULT;
	if (!timespec_valid(&new.value) || !timespec_valid(&new.interval))
		return -EINVAL;
	lock_take(&timers_lock);
	struct timer *timer = timer_find(a->rdi);
	if (timer) {
		old = timer_tell(timer);
		timer_set(timer, timespec_ns(&new.value), timespec_ns(&new.interval),
		          a->rsi & TIMER_ABSTIME);
	}
	lock_give(&timers_lock);
	if (!timer)
		return -EINVAL;
	return !a->r10 || user_write(a->r10, &old, sizeof(old)) ? 0 : -EFAULT;
}

i64 posix_timer_gettime(const struct thread_regs *a)
{
	struct linux_itimerspec out;

	lock_take(&timers_lock);
	const struct timer *timer = timer_find(a->rdi);
	if (timer)
		out = timer_tell(timer);
	lock_give(&timers_lock);
	if (!timer)
		return -EINVAL;
	return user_write(a->rsi, &out, sizeof(out)) ? 0 : -EFAULT;
}

i64 posix_timer_getoverrun(const struct thread_regs *a)
{
	lock_take(&timers_lock);
	const struct timer *timer = timer_find(a->rdi);
	i64 result = timer ? timer->overrun : -EINVAL;
	lock_give(&timers_lock);
	return result;
}

i64 posix_timer_delete(const struct thread_regs *a)
{
	lock_take(&timers_lock);
	struct timer *timer = timer_find(a->rdi);
	if (timer) {
		*timer = (struct timer){ 0 };
		timers_arm();
	}
	lock_give(&timers_lock);
	return timer ? 0 : -EINVAL;
}

void interval_read(u32 which, u64 *value, u64 *interval)
{
	const struct timer *timer = &intervals[which - 1];

	lock_take(&timers_lock);
	*value = timer->used ? timer_left(timer) : 0;
	*interval = timer->interval;
	lock_give(&timers_lock);
}

void interval_set(u32 which, u64 value, u64 interval)
{
	struct timer *timer = &intervals[which - 1];

	lock_take(&timers_lock);
	*timer = (struct timer){ .used = true,
		                 .clock = CLOCK_PROCESS_CPUTIME_ID,
		                 .notify = SIGEV_INTERVAL,
		                 .signal = which == 1 ? SIGVTALRM : SIGPROF };
	timer_set(timer, value, value ? interval : 0, false);
	lock_give(&timers_lock);
}
