/* SPDX-License-Identifier: MIT */
/* syslog(2): the log of kernel and servers, as text without levels. What the console shows is not
 * for it to say. */
#include "core/call.h"
#include "core/user.h"
#include "process/process.h"
#include "process/signal.h"
#include "proto/log.h"

enum syslog_action {
	SYSLOG_CLOSE,
	SYSLOG_OPEN,
	SYSLOG_READ,
	SYSLOG_READ_ALL,
	SYSLOG_READ_CLEAR,
	SYSLOG_CLEAR,
	SYSLOG_CONSOLE_OFF,
	SYSLOG_CONSOLE_ON,
	SYSLOG_CONSOLE_LEVEL,
	SYSLOG_SIZE_UNREAD,
	SYSLOG_SIZE_BUFFER,
};
enum { LINE_MAX = 512 };

struct state {
	u64 end, cleared, taken, size;
};

static err_t state_get(struct state *s)
{
	err_t error = log_state(PROCESS_LOG, &s->end, &s->cleared, &s->taken, &s->size);
	u64 first = s->end > s->size ? s->end - s->size : 0;

	s->cleared = s->cleared < first ? first : s->cleared;
	s->taken = s->taken < first ? first : s->taken;
	return error;
}

/* Copy [from, end) to the program: the bytes that are still there. */
static i64 text_copy(u64 from, u64 end, u64 buffer)
{
	u64 done = 0;

	while (from < end) {
		u64 start, count;
		err_t error = log_read(PROCESS_LOG, from, (void *)(buffer + done), end - from,
		                       &start, &count);
		if (error)
			return error_result(error);
		if (!count)
			break;
		from += count;
		done += count;
	}
	return (i64)done;
}

/* Where the next line begins. */
static u64 line_after(u64 from, u64 end)
{
	char text[LINE_MAX];
	u64 start = from, count = 0;

	if (log_read(PROCESS_LOG, from - 1, text, sizeof(text), &start, &count))
		return end;
	for (u64 i = 0; i < count; i++) {
		if (text[i] == '\n')
			return start + i + 1;
	}
	return from;
}

/* The last lines for which there is room. */
static i64 read_all(u64 buffer, u64 size, bool clear)
{
	struct state s;
	err_t error = state_get(&s);

	if (error)
		return error_result(error);
	u64 from = s.cleared;
	if (s.end - from > size)
		from = line_after(s.end - size, s.end);
	i64 result = text_copy(from, s.end, buffer);
	if (result >= 0 && clear)
		error = process_log_mark(PROCESS_PROCESS, LOG_CLEARED, s.end);
	return error ? error_result(error) : result;
}

/* What nobody has taken yet: wait for it if there is none. */
static i64 read_new(u64 buffer, u64 size)
{
	struct state s;
	err_t error = state_get(&s);

	while (!error && s.taken == s.end) {
		error = INTERRUPTIBLE(log_await(PROCESS_LOG, s.taken));
		if (!error)
			error = state_get(&s);
	}
	if (error)
		return error == E_INTR ? -ERESTART : error_result(error);
	i64 result = text_copy(s.taken, s.end - s.taken > size ? s.taken + size : s.end, buffer);
	if (result > 0)
		error = process_log_mark(PROCESS_PROCESS, LOG_TAKEN, s.taken + (u64)result);
	return error ? error_result(error) : result;
}

static i64 read_text(u64 action, u64 buffer, i32 size)
{
	if (!buffer || size < 0)
		return -EINVAL;
	if (!size)
		return 0;
	if (!user_range(buffer, (u64)size) || !user_touch(buffer, (u64)size, true))
		return -EFAULT;
	return action == SYSLOG_READ ? read_new(buffer, (u64)size)
	                             : read_all(buffer, (u64)size, action == SYSLOG_READ_CLEAR);
}

i64 posix_syslog(const struct thread_regs *a)
{
	u32 action = (u32)a->rdi;
	i32 size = (i32)a->rdx;
	struct state s;

	if (action != SYSLOG_READ_ALL && action != SYSLOG_SIZE_BUFFER && process_page->ids.euid)
		return -EPERM;
	switch (action) {
	case SYSLOG_CLOSE:
	case SYSLOG_OPEN:
	case SYSLOG_CONSOLE_OFF:
	case SYSLOG_CONSOLE_ON:
		return 0;
	case SYSLOG_READ:
	case SYSLOG_READ_ALL:
	case SYSLOG_READ_CLEAR:
		return read_text(action, a->rsi, size);
	case SYSLOG_CONSOLE_LEVEL:
		return size < 1 || size > 8 ? -EINVAL : 0;
	}
	if (action > SYSLOG_SIZE_BUFFER)
		return -EINVAL;
	err_t error = state_get(&s);
	if (!error && action == SYSLOG_CLEAR)
		error = process_log_mark(PROCESS_PROCESS, LOG_CLEARED, s.end);
	if (error || action == SYSLOG_CLEAR)
		return error_result(error);
	return (i64)(action == SYSLOG_SIZE_BUFFER ? s.size : s.end - s.taken);
}
