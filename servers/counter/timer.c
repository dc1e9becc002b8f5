/* SPDX-License-Identifier: MIT */
/* Timers: the armed ones in a list, the next to expire first, and one timer of the kernel for that
 * one. */
#include "counter.h"

enum { CLOCK_REAL = 0, CLOCK_MONOTONE = 1, CLOCK_BOOT = 7, CLOCK_REAL_ALARM = 8, CLOCK_BOOT_ALARM };

static struct list armed = { &armed, &armed };
static struct list cancels = { &cancels, &cancels }; /* who wants to know that real time is set */
static u64 offset_seen;                              /* of real time from monotonic time */
static struct rt_source source;

bool timer_clock(u32 clock)
{
	return clock == CLOCK_REAL || clock == CLOCK_MONOTONE || clock == CLOCK_BOOT ||
	       clock == CLOCK_REAL_ALARM || clock == CLOCK_BOOT_ALARM;
}

static u64 timer_now(const struct counter *counter)
{
	return counter->real ? rt_realtime() : rt_now();
}

/* When that is on the kernel's clock. */
static u64 timer_deadline(const struct counter *counter)
{
	u64 offset = counter->real ? rt_realtime() - rt_now() : 0;

	return counter->due > offset ? counter->due - offset : 1;
}

/* Wake us for the first of the list. */
static void timers_schedule(void)
{
	const struct counter *first = list_first(&armed, struct counter, armed);
	err_t error = event_timer(source.event, 1, first ? timer_deadline(first) : DEADLINE_NEVER);

	(void)error; /* our own event, which is there */
}

void timer_forget(struct counter *counter)
{
	bool first = list_first(&armed, struct counter, armed) == counter;

	if (!list_linked(&counter->armed))
		return;
	list_remove(&counter->armed);
	if (first)
		timers_schedule();
}

static void timer_arm(struct counter *counter)
{
	u64 deadline = timer_deadline(counter);
	struct list *at = armed.prev;

	while (at != &armed && timer_deadline(container_of(at, struct counter, armed)) > deadline)
		at = at->prev;
	list_add_tail(at->next, &counter->armed);
	if (at == &armed)
		timers_schedule();
}

static u64 later(u64 time, u64 count, u64 interval)
{
	u64 sum;

	return __builtin_mul_overflow(count, interval, &sum) ||
	                       __builtin_add_overflow(time, sum, &sum)
	               ? UINT64_MAX
	               : sum;
}

/* It has expired, and not only once if it took us long or nobody has looked since. */
static void timer_expire(struct counter *counter, u64 now)
{
	u64 times = 1;

	if (counter->interval) {
		times = (now - counter->due) / counter->interval + 1;
		counter->due = later(counter->due, times, counter->interval);
	} else {
		counter->due = 0;
	}
	counter->value += times;
}

void timer_count(struct counter *counter)
{
	u64 now = timer_now(counter);

	if (!counter->due)
		return;
	if (now >= counter->due) {
		timer_forget(counter);
		timer_expire(counter, now);
	}
	if (counter->due && !list_linked(&counter->armed))
		timer_arm(counter);
}

/* It is time for the first of the list; more may have come due. */
static void timers_fired(struct rt_source *from, u64 bits)
{
	struct counter *counter;
	u64 now;

	(void)from;
	(void)bits;
	while ((counter = list_first(&armed, struct counter, armed)) &&
	       (now = timer_now(counter)) >= counter->due) {
		list_remove(&counter->armed);
		timer_expire(counter, now);
		counter_settle(counter, POLL_READ);
		/* Somebody has waited for it and taken it. */
		if (!counter->value && counter->due)
			timer_arm(counter);
	}
	timers_schedule();
}

/* In milliseconds: the two readings are not of one moment. */
static u64 clock_offset(void) { return (rt_realtime() - rt_now()) / 1000000; }

void timers_clock_set(void)
{
	struct list old = { &old, &old };
	u64 offset = clock_offset(), apart = offset - offset_seen;

	offset_seen = offset;
	/* The order of those that go by real time and the others is another now. */
	for (struct counter *c; (c = list_first(&armed, struct counter, armed));) {
		list_remove(&c->armed);
		list_add_tail(&old, &c->armed);
	}
	for (struct counter *c; (c = list_first(&old, struct counter, armed));) {
		list_remove(&c->armed);
		timer_arm(c);
	}
	timers_schedule();
	if (apart + 1 <= 2) /* the clock as it was, read twice */
		return;
	list_each (c, &cancels, struct counter, cancel)
		counter_cancel(c);
}

err_t timers_start(struct server *server)
{
	offset_seen = clock_offset();
	source.handler = timers_fired;
	err_t error = event_create(RT_BANK, &source.event);

	return error ? error : rt_source_add(server, &source);
}

void timer_get(struct counter *counter, struct counter_time *left)
{
	timer_count(counter);
	u64 now = timer_now(counter);
	left->interval = counter->interval;
	left->value = !counter->due ? 0 : counter->due > now ? counter->due - now : 1;
}

void timer_set(struct counter *counter, u32 flags, const struct counter_time *time)
{
	bool real = counter->clock == CLOCK_REAL || counter->clock == CLOCK_REAL_ALARM;

	timer_forget(counter);
	list_remove(&counter->cancel);
	counter->canceled = false;
	if (real && flags & COUNTER_ABSOLUTE && flags & COUNTER_CANCEL_ON_SET)
		list_add_tail(&cancels, &counter->cancel);
	counter->value = 0;
	counter->interval = time->interval;
	counter->real = real && flags & COUNTER_ABSOLUTE;
	counter->due = time->value;
	if (!time->value)
		return;
	if (!(flags & COUNTER_ABSOLUTE))
		counter->due = later(timer_now(counter), 1, time->value);
	timer_arm(counter);
}
