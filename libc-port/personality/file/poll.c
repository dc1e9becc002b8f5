/* SPDX-License-Identifier: MIT */
/* poll and select. Each descriptor's server is asked, and told an event of this thread's own
 * with it, so that asking and waiting are one message; then the thread waits for the event and
 * asks those again whose bit came. The event stays told when the call has ended: until the bit
 * comes, a later call knows the answer without asking. But a server may not have heard yet of what
 * has happened (somebody closed the other end), and a message comes behind such news: so one file
 * of each server is asked before the others' answers count. */
#include "core/text.h"
#include "core/user.h"
#include "file/poll.h"
#include "file/walk.h"
#include "process/process.h"
#include "process/signal.h"
#include "proto/file.h"
#include "proto/tty.h"

enum { SELECT_MAX = 1024 };
#define POLL_READABLE (POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR)
#define POLL_WRITABLE (POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR)

/* Signals that can be read: the thread is interrupted by those that come. */
static u32 poll_signals(const struct file *file, cap_t event)
{
	if (event)
		self()->waiting_for |= file->own;
	return signalfd_pending(file) ? POLLIN | POLLRDNORM : 0;
}

u32 poll_file(struct file *file, u32 wanted, u64 bit, cap_t event)
{
	u32 ready = 0;
	err_t error = OK;

	if (file_is(file, S_IFREG) || file_is(file, S_IFDIR))
		error = E_NOTSUP;
	else if (file->mode & FILE_EPOLL)
		ready = epoll_ready(file, bit, event);
	else if (file->mode & FILE_SIGNAL)
		ready = poll_signals(file, event);
	else
		error = file_poll(file->cap, wanted | POLL_ALWAYS, event ? bit : 0, event, &ready);
	if (error == E_NOSYS || error == E_NOTSUP)
		ready = wanted & (POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM);
	else if (error)
		ready = POLLERR;
	return ready & (wanted | POLL_ALWAYS);
}

/* --- what the thread's event has been told --- */

static u64 watch_bit(const struct file *file) { return 1ull << file->serial % POLL_WATCHES; }

/* Bits of the event have come: what was known about their files is no longer so. */
static void watches_end(u64 bits)
{
	for (; bits; bits &= bits - 1)
		self()->watches[__builtin_ctzll(bits)].told = 0;
}

static err_t watches_begin(void)
{
	struct thread *thread = self();

	return thread->poll_event ? OK : event_create(PROCESS_BANK, &thread->poll_event);
}

/* One pass over the descriptors. */
struct round {
	u64 bits;   /* of the files to look at */
	bool waits; /* the call will, if nothing is ready */
	i64 ready;  /* how many were, so far */
	/* Sets of servers (server_of): who was asked in this call, who was not because the answer
	 * was known, and whose answers do not count. */
	u64 asked, known, doubted;
};

/* The server behind a file, as a set of one: what is of one kind and lies in one file system has
 * one server. None: nothing is known for longer than a call. */
static u64 server_of(const struct file *file)
{
	_Static_assert(MOUNT_MAX * 4 <= 64, "servers in a set");
	u32 kind = file_is(file, S_IFIFO)    ? 0
	           : file_is(file, S_IFSOCK) ? 1
	           : file->mode & TTY_MODE   ? 2
	           : !(file->mode & ~07777u) ? 3 /* of the counter server */
	                                     : UINT32_MAX;

	return kind > 3 || file->mount >= MOUNT_MAX ? 0 : 1ull << (file->mount * 4u + kind);
}

/* The bits that hold, as far as is known. If the call waits, or the file was asked about before,
 * the event is told. */
static u32 watch_ask(struct file *file, u32 wanted, struct round *round)
{
	struct thread *thread = self();
	struct poll_watch *watch = &thread->watches[file->serial % POLL_WATCHES];
	bool before = watch->serial == file->serial;
	u64 server = server_of(file);

	wanted |= POLL_ALWAYS;
	if (before && (watch->told & wanted) == wanted && !(server & round->doubted)) {
		round->known |= server;
		return 0;
	}
	bool tell = ((round->waits && !round->ready) || (before && server)) && !watches_begin();
	u32 ready = poll_file(file, wanted, watch_bit(file), tell ? thread->poll_event : 0);
	round->asked |= server;
	round->doubted &= ~server;
	if (!before)
		*watch = (struct poll_watch){ .serial = file->serial };
	if (tell && !ready && server)
		watch->told |= wanted;
	return ready;
}

/* Look at one descriptor, if the bit of its file is in `bits`: the poll bits that hold. */
static u32 poll_ask(u32 fd, u32 wanted, struct round *round)
{
	struct file *file = descriptor_get(fd);

	if (!file)
		return POLLNVAL;
	u32 ready = round->bits & watch_bit(file) ? watch_ask(file, wanted, round) : 0;
	file_put(file);
	return ready & (wanted | POLL_ALWAYS);
}

/* News of files that were known not to be ready: their bits. */
static u64 watches_collect(void)
{
	u64 bits;

	if (!self()->poll_event)
		return 0;
	err_t error = event_wait(self()->poll_event, UINT64_MAX, DEADLINE_NOW, &bits);
	if (error)
		bits = error == E_TIMEOUT ? 0 : UINT64_MAX;
	watches_end(bits);
	return bits;
}

/* Look at all whose bit is in `bits`: how many are ready, or an error. */
static i64 poll_pass(i64 (*look)(void *asked, struct round *round), void *asked, u64 bits,
                     bool waits)
{
	struct round round = { .bits = bits, .waits = waits };
	i64 error = look(asked, &round);

	round.doubted = round.known & ~round.asked;
	if (!error && round.doubted) {
		round.bits = UINT64_MAX;
		error = look(asked, &round);
	}
	if (!error && round.known && (round.bits = watches_collect()))
		error = look(asked, &round);
	return error ? error : round.ready;
}

/* The wait has ended with `error`: go on with *bits (0), or end the call: its result. *last: an
 * interruption that counts; what signal descriptors have to say comes first. */
static i64 poll_woken(err_t error, u64 *bits, bool *last)
{
	if (!error)
		return 0;
	if (error != E_INTR)
		return error_result(error);
	*last = signal_interrupts();
	if (*last && !self()->waiting_for)
		return -EINTR;
	*bits = self()->waiting_for ? UINT64_MAX : 0;
	return 0;
}

struct poll {
	struct linux_pollfd *fds;
	u32 count;
};

/* Those that are known to be ready are not looked at again. */
static i64 poll_look(void *asked, struct round *round)
{
	const struct poll *poll = asked;

	for (u32 i = 0; i < poll->count; i++) {
		struct linux_pollfd *fd = &poll->fds[i];
		if (fd->fd < 0 || fd->revents)
			continue;
		fd->revents = (int16_t)poll_ask((u32)fd->fd, (u16)fd->events, round);
		round->ready += fd->revents != 0;
	}
	return 0;
}

/* Ask again whenever something has come, until a round has a result, or time is up. */
static i64 poll_rounds(i64 (*look)(void *asked, struct round *round), void *asked, u64 deadline)
{
	u64 bits = UINT64_MAX;
	bool last = false;
	i64 result = deadline == DEADLINE_NOW ? 0 : error_result(watches_begin());

	while (!result) {
		i64 ready = poll_pass(look, asked, bits, deadline != DEADLINE_NOW);
		if (ready || deadline == DEADLINE_NOW || last) {
			result = ready || !last ? ready : -EINTR;
			break;
		}
		err_t error = event_wait(self()->poll_event, UINT64_MAX, deadline, &bits);
		/* When nothing has come all are asked the next time: a server may have died. */
		watches_end(error ? UINT64_MAX : bits);
		if (error == E_TIMEOUT)
			break;
		result = poll_woken(error, &bits, &last);
	}
	self()->waiting_for = 0;
	return result;
}

struct poll_one {
	struct file *file;
	u32 wanted;
};

static i64 poll_one_look(void *asked, struct round *round)
{
	const struct poll_one *one = asked;

	if (!round->ready && round->bits & watch_bit(one->file))
		round->ready = watch_ask(one->file, one->wanted, round);
	return 0;
}

i64 poll_wait(struct file *file, u32 wanted)
{
	struct poll_one one = { file, wanted };
	i64 result = poll_rounds(poll_one_look, &one, DEADLINE_NEVER);

	return result < 0 ? result : 0;
}

/* The array is copied piece by piece onto the heap of this call: its own part of the stack while
 * it is small. */
enum { POLL_SMALL = 64, POLL_LARGE = 1024 };

static i64 poll_fds(u64 address, u32 count, u64 deadline, struct linux_pollfd *fds)
{
	u64 size = count * sizeof(*fds);

	if (!user_read(fds, address, size))
		return -EFAULT;
	for (u32 i = 0; i < count; i++)
		fds[i].revents = 0;
	i64 result = poll_rounds(poll_look, &(struct poll){ fds, count }, deadline);
	if (result >= 0 && !user_write(address, fds, size))
		return -EFAULT;
	return result;
}

static __attribute__((noinline)) i64 poll_large(u64 address, u32 count, u64 deadline)
{
	struct linux_pollfd fds[POLL_LARGE];

	return poll_fds(address, count, deadline, fds);
}

static __attribute__((noinline)) i64 poll_small(u64 address, u32 count, u64 deadline)
{
	struct linux_pollfd fds[POLL_SMALL];

	return poll_fds(address, count, deadline, fds);
}

static i64 poll_any(u64 address, u64 count, u64 deadline)
{
	if (count > POLL_LARGE || count > descriptor_limit())
		return -EINVAL;
	return count <= POLL_SMALL ? poll_small(address, (u32)count, deadline)
	                           : poll_large(address, (u32)count, deadline);
}

i64 posix_poll(const struct thread_regs *a)
{
	i32 timeout = (i32)a->rdx;
	u64 deadline = timeout < 0 ? DEADLINE_NEVER
	               : timeout   ? time_monotonic() + (u64)timeout * 1000000
	                           : DEADLINE_NOW;

	return poll_any(a->rdi, a->rsi, deadline);
}

/* How long is left goes back to the program's timespec, as Linux does it. */
static i64 rest_write(u64 address, u64 deadline, u64 unit_ns)
{
	u64 now = time_monotonic(), left = deadline > now ? deadline - now : 0;
	u64 rest[2] = { left / 1000000000, left % 1000000000 / unit_ns };

	return user_write(address, rest, sizeof(rest)) ? 0 : -EFAULT;
}

static u64 deadline_or_now(u64 deadline)
{
	return deadline != DEADLINE_NEVER && deadline <= time_monotonic() ? DEADLINE_NOW : deadline;
}

i64 posix_ppoll(const struct thread_regs *a)
{
	u64 deadline;
	i64 result = time_deadline(a->rdx, false, CLOCK_MONOTONIC, &deadline);

	if (!result)
		result = signal_mask_begin(self(), a->r10, a->r8);
	if (result)
		return result;
	result = poll_any(a->rdi, a->rsi, deadline_or_now(deadline));
	signal_mask_end(self(), result);
	if (a->rdx)
		(void)rest_write(a->rdx, deadline, 1);
	return result;
}

/* --- select --- */

struct select {
	u32 count;
	u64 addresses[3]; /* readable, writable, exceptional */
	u64 in[3][SELECT_MAX / 64], out[3][SELECT_MAX / 64];
};

static const u16 select_bits[3] = { POLL_READABLE, POLL_WRITABLE, POLLPRI };
static const u16 select_wanted[3] = { POLLIN | POLLRDNORM, POLLOUT | POLLWRNORM, POLLPRI };

static i64 select_read(struct select *s)
{
	u64 size = (s->count + 63) / 64 * 8;

	memset(s->in, 0, sizeof(s->in));
	memset(s->out, 0, sizeof(s->out));
	for (u32 set = 0; set < 3; set++) {
		if (s->addresses[set] && !user_read(s->in[set], s->addresses[set], size))
			return -EFAULT;
	}
	return 0;
}

/* The sets in which a descriptor was found to be ready. */
static u32 select_found(struct select *s, u32 fd, u32 ready)
{
	u64 bit = 1ull << fd % 64;
	u32 found = 0;

	for (u32 set = 0; set < 3; set++) {
		if (s->in[set][fd / 64] & bit && ready & select_bits[set]) {
			s->out[set][fd / 64] |= bit;
			found++;
		}
	}
	return found;
}

static i64 select_look(void *asked, struct round *round)
{
	struct select *s = asked;

	for (u32 fd = 0; fd < s->count; fd++) {
		u64 bit = 1ull << fd % 64, out = 0;
		u32 wanted = 0;

		for (u32 set = 0; set < 3; set++) {
			wanted |= s->in[set][fd / 64] & bit ? select_wanted[set] : 0;
			out |= s->out[set][fd / 64] & bit;
		}
		if (!wanted || out)
			continue;
		u32 ready = poll_ask(fd, wanted, round);
		if (ready & POLLNVAL)
			return -EBADF;
		round->ready += select_found(s, fd, ready);
	}
	return 0;
}

static i64 select_any(const struct thread_regs *a, u64 deadline)
{
	struct select s = { .addresses = { a->rsi, a->rdx, a->r10 } };

	if ((i32)a->rdi < 0)
		return -EINVAL;
	s.count = a->rdi < SELECT_MAX ? (u32)a->rdi : SELECT_MAX;
	i64 result = select_read(&s);
	if (!result)
		result = poll_rounds(select_look, &s, deadline_or_now(deadline));
	for (u32 set = 0; result >= 0 && set < 3; set++) {
		if (s.addresses[set] &&
		    !user_write(s.addresses[set], s.out[set], (s.count + 63) / 64 * 8))
			return -EFAULT;
	}
	return result;
}

i64 posix_select(const struct thread_regs *a)
{
	struct linux_timespec time;
	u64 deadline = DEADLINE_NEVER;

	if (a->r8) {
		if (!user_read(&time, a->r8, sizeof(time)))
			return -EFAULT;
		if (time.ns < 0 || time.seconds < 0)
			return -EINVAL;
		/* Microseconds, of which there may be more than a second's. */
		time.seconds += time.ns / 1000000;
		time.ns = time.ns % 1000000 * 1000;
		i64 result = time_after(&time, false, CLOCK_MONOTONIC, &deadline);
		if (result)
			return result;
	}
	i64 result = select_any(a, deadline);
	if (a->r8)
		(void)rest_write(a->r8, deadline, 1000);
	return result;
}

i64 posix_pselect6(const struct thread_regs *a)
{
	u64 deadline, mask[2] = { 0, 0 };
	i64 result = time_deadline(a->r8, false, CLOCK_MONOTONIC, &deadline);

	if (result)
		return result;
	if (a->r9 && !user_read(mask, a->r9, sizeof(mask)))
		return -EFAULT;
	result = signal_mask_begin(self(), mask[0], mask[1]);
	if (result)
		return result;
	result = select_any(a, deadline);
	signal_mask_end(self(), result);
	if (a->r8)
		(void)rest_write(a->r8, deadline, 1);
	return result;
}
