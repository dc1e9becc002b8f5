/* SPDX-License-Identifier: MIT */
/* A number that reading takes and writing, or time, adds to; and who waits for it. */
#pragma once

#include "lib/poll/poll.h"
#include "proto/counter.h"
#include "rt/rt.h"

enum {
	COUNTERS_MAX = 4096,
	COUNTER_REQUESTS = 192,      /* calls we can keep waiting */
	COUNTER_REQUESTS_SPARE = 16, /* of them, never held: for the calls that end the waiting */
};
#define COUNTER_FULL (UINT64_MAX - 1) /* the highest value that writing can reach */

enum counter_kind { COUNT_PLAIN, COUNT_SEMAPHORE, COUNT_TIMER, COUNT_MARK, COUNT_NOTIFY };

struct counter {
	enum counter_kind kind;
	u32 flags; /* O_NONBLOCK | O_RDWR */
	u32 mark;  /* enum counter_mark */
	u32 clock; /* a timer's: Linux's number */
	u64 ino;
	u64 value; /* the count; what a mark keeps */
	/* A timer. It waits in the list of armed ones until it expires; then it does not again
	 * before somebody has asked how often it has (as Linux does it): so that a short interval
	 * costs nothing while nobody looks. */
	struct list armed;
	u64 due;             /* when it expires next, on its clock; 0: never */
	u64 interval;        /* ns; 0: once */
	bool real;           /* `due` is a time of CLOCK_REALTIME, which can be set */
	bool canceled;       /* it was, and the timer asked to be told: nobody has read that yet */
	struct list cancel;  /* of those who asked */
	struct list reading; /* requests that wait, oldest first: then `value` is 0 */
	struct list writing; /* requests that wait for room; cookie is what they add */
	struct poll_list poll;
	struct notify *notify; /* of an inotify instance (notify.c) */
};

/* One that stands alone; E_FUNDS. Its gate is its address. */
MUST_CHECK err_t counter_make(enum counter_kind kind, u32 flags, struct counter **counter);
/* Whoever waits is answered, and the counter is no more. */
void counter_free(struct counter *counter);
u32 counters_count(void);

/* Hold the request in `list`; E_BUSY: too many wait. Whoever answers it releases it first. */
err_t counter_hold(struct request *rq, struct list *list, void (*cancel)(struct request *rq));
void counter_release(struct request *rq);

/* Handlers of file_read and file_write. */
err_t counter_read(struct counter *counter, struct request *rq, bool may_wait, u64 *count);
err_t counter_write(struct counter *counter, struct request *rq, bool may_wait, u64 *count);
/* POLL_* that hold now. */
u32 counter_ready(struct counter *counter);
/* `value` has changed: answer those who can go on, tell those who poll for `news`. */
void counter_settle(struct counter *counter, u32 news);

/* Tell who reads, now or next, that the timer's clock was set. */
void counter_cancel(struct counter *counter);

/* --- timer.c --- */

/* Timers begin to work: called once. */
MUST_CHECK err_t timers_start(struct server *server);
/* Is this a clock that timers know? */
bool timer_clock(u32 clock);
void timer_set(struct counter *counter, u32 flags, const struct counter_time *time);
void timer_get(struct counter *counter, struct counter_time *left);
/* Count the expirations up to now, and let the timer go on. */
void timer_count(struct counter *counter);
void timer_forget(struct counter *counter);
/* Real time has been set, perhaps. */
void timers_clock_set(void);
