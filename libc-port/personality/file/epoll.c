/* SPDX-License-Identifier: MIT */
/* epoll: the calls, and asking about what is watched. See epoll.h for when that is done. */
#include "file/epoll.h"

#include "core/lock.h"
#include "core/user.h"
#include "process/process.h"
#include "process/signal.h"
#include "proto/counter.h"
#include "proto/file.h"

#define EPOLL_PRIVATE (EPOLLEXCLUSIVE | EPOLLWAKEUP | EPOLLONESHOT | EPOLLET)
#define EPOLL_ALONE   (POLLIN | POLLOUT | POLL_ALWAYS | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE)
enum { EVENTS_MAX = INT32_MAX / sizeof(struct linux_epoll_event) };

/* --- making --- */

static i64 epoll_make(u32 flags)
{
	cap_t cap = 0;

	if (flags & ~(u32)O_CLOEXEC)
		return -EINVAL;
	err_t error = counter_mark(PROCESS_COUNTER, COUNTER_EPOLL, 0, 0, &cap);
	return anonymous_add(error, cap, 0600 | FILE_EPOLL, flags);
}

i64 posix_epoll_create(const struct thread_regs *a)
{
	return (i32)a->rdi <= 0 ? -EINVAL : epoll_make(0);
}

i64 posix_epoll_create1(const struct thread_regs *a) { return epoll_make((u32)a->rdi); }

/* --- asking --- */

/* What is asked about, while the lock is not held. */
struct question {
	struct watch *watch;
	struct file *file;
	u64 serial, bit;
	u32 wanted;
	cap_t event;
	struct linux_epoll_event answer;
};

/* Take the first to be asked about out of the list; false: there is none. With the lock held. */
static bool question_next(struct epoll *epoll, struct question *q)
{
	struct watch *watch;

	while ((watch = list_first(&epoll->ask, struct watch, ask))) {
		list_remove(&watch->ask);
		if (!watch->disabled && watch_hold(watch)) {
			*q = (struct question){ .watch = watch,
				                .file = watch->file,
				                .serial = watch->serial,
				                .bit = 1ull << watch->bit,
				                .wanted = watch->events & ~EPOLL_PRIVATE,
				                .event = epoll->event,
				                .answer = { .data = watch->data } };
			if (watch->events & EPOLLET)
				q->wanted |= POLL_EDGE;
			return true;
		}
	}
	return false;
}

static void question_ask(struct question *q)
{
	q->answer.events = poll_file(q->file, q->wanted, q->bit, q->event);
	file_put(q->file);
}

/* Does the answer still count? With the lock held. */
static bool question_valid(const struct question *q)
{
	return q->watch->serial == q->serial && !q->watch->disabled;
}

/* The event is told to the program. With the lock held. */
static void watch_told(struct watch *watch)
{
	if (watch->events & EPOLLONESHOT)
		watch->disabled = true;
	else if (!(watch->events & EPOLLET))
		watch_queue(watch); /* it may still be ready the next time */
}

/* Bits of the event have come. With the lock held. */
static void epoll_news(struct epoll *epoll, u64 bits)
{
	for (bits &= ~EPOLL_LOOK; bits; bits &= bits - 1)
		list_each (watch, &epoll->watches[__builtin_ctzll(bits)], struct watch, link)
			watch_queue(watch);
}

static void epoll_collect(struct epoll *epoll)
{
	u64 bits;

	if (!event_wait(epoll->event, UINT64_MAX, DEADLINE_NOW, &bits))
		epoll_news(epoll, bits);
}

struct harvest {
	struct epoll *epoll;
	u64 address;
	u32 count, max;
};

static i64 harvest_put(struct harvest *h, const struct linux_epoll_event *event)
{
	if (!user_write(h->address + h->count * sizeof(*event), event, sizeof(*event)))
		return -EFAULT;
	h->count++;
	return 0;
}

/* Signal descriptors: no message. With the lock held. */
static i64 harvest_local(struct harvest *h)
{
	i64 result = 0;

	list_each (watch, &h->epoll->local, struct watch, link) {
		struct linux_epoll_event event = { .data = watch->data };

		if (watch->disabled || h->count == h->max || result)
			continue;
		self()->waiting_for |= watch->file->own;
		event.events = signalfd_pending(watch->file) ? watch->events & POLLIN : 0;
		if (event.events && !(result = harvest_put(h, &event)))
			watch_told(watch);
	}
	return result;
}

/* Ask about each of the list once. With the lock held, which is given up in between. */
static i64 harvest_asked(struct harvest *h)
{
	struct question q;
	i64 result = 0;
	u64 last = 0;

	list_each (watch, &h->epoll->ask, struct watch, ask)
		last++;
	for (; last && h->count < h->max && !result && question_next(h->epoll, &q); last--) {
		lock_give(&process_lock);
		question_ask(&q);
		if (q.answer.events)
			result = harvest_put(h, &q.answer);
		lock_take(&process_lock);
		if (!question_valid(&q)) {
			if (q.answer.events && !result)
				h->count--; /* changed in between: what has been told is void */
			continue;
		}
		if (result)
			watch_queue(q.watch);
		else if (q.answer.events)
			watch_told(q.watch);
	}
	return result;
}

static i64 epoll_harvest(struct harvest *h)
{
	epoll_collect(h->epoll);
	i64 result = harvest_local(h);
	if (!result)
		result = harvest_asked(h);
	if (h->count && h->epoll->waiting && !list_empty(&h->epoll->ask))
		(void)event_signal(h->epoll->event, EPOLL_LOOK);
	return h->count ? h->count : result;
}

/* With the lock held, which is given up while it waits. */
static i64 epoll_wait_locked(struct harvest *h, u64 deadline)
{
	struct epoll *epoll = h->epoll;
	bool last = false;
	u64 bits;

	while (true) {
		i64 result = epoll_harvest(h);
		if (result || deadline == DEADLINE_NOW)
			return result;
		if (last)
			return -EINTR;
		if (!list_empty(&epoll->ask))
			continue;
		epoll->waiting++;
		lock_give(&process_lock);
		err_t error = event_wait(epoll->event, UINT64_MAX, deadline, &bits);
		last = error == E_INTR && signal_interrupts();
		lock_take(&process_lock);
		epoll->waiting--;
		if (error == E_TIMEOUT)
			return 0;
		if (error && error != E_INTR)
			return error_result(error);
		if (!error)
			epoll_news(epoll, bits);
	}
}

static i64 epoll_wait_on(const struct thread_regs *a, u64 deadline)
{
	struct harvest h = { .address = a->rsi, .max = (u32)a->rdx };

	if ((i32)a->rdx <= 0 || (u32)a->rdx > EVENTS_MAX)
		return -EINVAL;
	if (!user_range(a->rsi, h.max * sizeof(struct linux_epoll_event)))
		return -EFAULT;
	struct file *file = descriptor_get((u32)a->rdi);
	if (!file)
		return -EBADF;
	i64 result = -EINVAL;
	if (file->mode & FILE_EPOLL) {
		lock_take(&process_lock);
		h.epoll = epoll_of(file);
		result = h.epoll ? epoll_wait_locked(&h, deadline) : -ENOMEM;
		lock_give(&process_lock);
		self()->waiting_for = 0;
	}
	file_put(file);
	return result;
}

static u64 deadline_ms(i32 timeout)
{
	return timeout < 0 ? DEADLINE_NEVER
	       : timeout   ? time_monotonic() + (u64)timeout * 1000000
	                   : DEADLINE_NOW;
}

i64 posix_epoll_wait(const struct thread_regs *a)
{
	return epoll_wait_on(a, deadline_ms((i32)a->r10));
}

static i64 epoll_wait_masked(const struct thread_regs *a, u64 deadline)
{
	i64 result = signal_mask_begin(self(), a->r8, a->r9);

	if (result)
		return result;
	result = epoll_wait_on(a, deadline);
	signal_mask_end(self(), result);
	return result;
}

i64 posix_epoll_pwait(const struct thread_regs *a)
{
	return epoll_wait_masked(a, deadline_ms((i32)a->r10));
}

i64 posix_epoll_pwait2(const struct thread_regs *a)
{
	u64 deadline;
	i64 result = time_deadline(a->r10, false, CLOCK_MONOTONIC, &deadline);

	if (result)
		return result;
	if (deadline != DEADLINE_NEVER && deadline <= time_monotonic())
		deadline = DEADLINE_NOW;
	return epoll_wait_masked(a, deadline);
}

/* --- an epoll that is watched itself --- */

/* Is something ready that has not been told? Nothing is consumed. With the lock held. */
static bool epoll_peek(struct epoll *epoll)
{
	struct question q;

	epoll_collect(epoll);
	list_each (watch, &epoll->local, struct watch, link)
		if (!watch->disabled && signalfd_pending(watch->file))
			return true;
	while (question_next(epoll, &q)) {
		lock_give(&process_lock);
		question_ask(&q);
		lock_take(&process_lock);
		if (q.answer.events && question_valid(&q)) {
			watch_queue(q.watch);
			return true;
		}
	}
	return false;
}

/* Have `event` told, too, of whatever comes next. With the lock held. */
static bool epoll_register(struct epoll *epoll, u64 bit, cap_t event)
{
	bool ready = false;

	for (u32 i = 0; i < EPOLL_BITS; i++)
		list_each (watch, &epoll->watches[i], struct watch, link)
			watch_queue(watch);
	struct question q;
	while (!ready && question_next(epoll, &q)) {
		bool edge = q.wanted & POLL_EDGE;
		q.event = event;
		q.bit = bit;
		lock_give(&process_lock);
		question_ask(&q);
		lock_take(&process_lock);
		/* On an edge that has been told nothing is ready any more. */
		ready = q.answer.events && !edge && question_valid(&q);
		if (ready)
			watch_queue(q.watch);
	}
	return ready;
}

u32 epoll_ready(struct file *file, u64 bit, cap_t event)
{
	lock_take(&process_lock);
	struct epoll *epoll = epoll_of(file);
	bool ready = epoll && (epoll_peek(epoll) || (event && epoll_register(epoll, bit, event)));
	lock_give(&process_lock);
	return ready ? POLLIN | POLLRDNORM : 0;
}

/* --- epoll_ctl --- */

static i64 ctl_add(struct epoll *epoll, struct file *file, u32 fd,
                   const struct linux_epoll_event *event)
{
	if (watch_find(epoll, file, fd))
		return -EEXIST;
	if (file->mode & FILE_EPOLL) {
		struct epoll *inner = epoll_of(file);
		if (!inner)
			return -ENOMEM;
		if (epoll_too_deep(epoll, inner))
			return -ELOOP;
	}
	struct watch *watch = watch_add(epoll, file, fd);
	if (!watch)
		return -ENOSPC;
	watch->events = event->events;
	watch->data = event->data;
	watch_queue(watch);
	return 0;
}

static i64 ctl_change(struct watch *watch, const struct linux_epoll_event *event)
{
	if (watch->events & EPOLLEXCLUSIVE || event->events & EPOLLEXCLUSIVE)
		return -EINVAL;
	watch->events = event->events;
	watch->data = event->data;
	watch->disabled = false;
	watch_changed(watch);
	watch_queue(watch);
	return 0;
}

static i64 ctl_locked(struct file *at, u32 op, struct file *file, u32 fd,
                      const struct linux_epoll_event *event)
{
	struct epoll *epoll = epoll_of(at);
	i64 result;

	if (!epoll)
		return -ENOMEM;
	struct watch *watch = watch_find(epoll, file, fd);
	if (op == EPOLL_CTL_ADD)
		result = ctl_add(epoll, file, fd, event);
	else if (!watch)
		return -ENOENT;
	else if (op == EPOLL_CTL_MOD)
		result = ctl_change(watch, event);
	else
		result = (watch_remove(watch), 0);
	if (!result && op != EPOLL_CTL_DEL && epoll->waiting)
		(void)event_signal(epoll->event, EPOLL_LOOK);
	return result;
}

/* Files and directories cannot be waited for, nor devices that do not know poll. */
static bool can_poll(struct file *file)
{
	u32 ready;

	if (file_is(file, S_IFREG) || file_is(file, S_IFDIR))
		return false;
	if (!file_is(file, S_IFCHR))
		return true;
	err_t error = file_poll(file->cap, 0, 0, 0, &ready);
	return error != E_NOSYS && error != E_NOTSUP;
}

static i64 ctl_check(const struct file *at, u32 op, struct file *file,
                     const struct linux_epoll_event *event)
{
	if (file->flags & O_PATH || at->flags & O_PATH)
		return -EBADF;
	if (!can_poll(file))
		return -EPERM;
	if (at == file || !(at->mode & FILE_EPOLL))
		return -EINVAL;
	if (op < EPOLL_CTL_ADD || op > EPOLL_CTL_MOD)
		return -EINVAL;
	if (op != EPOLL_CTL_ADD || !(event->events & EPOLLEXCLUSIVE))
		return 0;
	return event->events & ~(u32)EPOLL_ALONE || file->mode & FILE_EPOLL ? -EINVAL : 0;
}

i64 posix_epoll_ctl(const struct thread_regs *a)
{
	struct linux_epoll_event event = { 0 };
	u32 op = (u32)a->rsi;

	if (op != EPOLL_CTL_DEL && !user_read(&event, a->r10, sizeof(event)))
		return -EFAULT;
	struct file *at = descriptor_get((u32)a->rdi);
	struct file *file = descriptor_get((u32)a->rdx);
	i64 result = at && file ? ctl_check(at, op, file, &event) : -EBADF;
	if (!result) {
		lock_take(&process_lock);
		result = ctl_locked(at, op, file, (u32)a->rdx, &event);
		lock_give(&process_lock);
	}
	if (at)
		file_put(at);
	if (file)
		file_put(file);
	return result;
}
