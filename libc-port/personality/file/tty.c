/* SPDX-License-Identifier: MIT */
/* Terminal requests: Linux's ioctls to proto/tty.h. */
#include "file/tty.h"

#include "core/user.h"
#include "process/process.h"
#include "process/signal.h"
#include "proto/tty.h"

enum {
	TCGETS = 0x5401,
	TCSETS,
	TCSETSW,
	TCSETSF,
	TCSBRK = 0x5409,
	TCXONC,
	TCFLSH,
	TIOCEXCL,
	TIOCNXCL,
	TIOCSCTTY,
	TIOCGPGRP,
	TIOCSPGRP,
	TIOCOUTQ,
	TIOCSTI,
	TIOCGWINSZ,
	TIOCSWINSZ,
	FIONREAD = 0x541b,
	TIOCNOTTY = 0x5422,
	TCSBRKP = 0x5425,
	TIOCGSID = 0x5429
};

/* This process has acquired a terminal for its session. A child's copy of the flag means
 * nothing: it leads no session. */
static bool tty_acquired;

static bool session_leader(void) { return process_page->pid == process_page->session; }

void tty_forget(void) { tty_acquired = false; }

void tty_opened(struct file *file)
{
	if (file->mode & TTY_MODE && session_leader() && !tty_acquired &&
	    !tty_acquire(file->cap, process_page->session, process_page->group))
		tty_acquired = true;
}

i64 tty_background(i32 signal)
{
	u64 bit = SIGNAL_BIT(signal);
	u32 orphaned = 0;

	if (signal_actions[signal - 1].handler == SIG_IGN || self()->blocked & bit)
		return signal == SIGTTOU ? 0 : -EIO;
	if (!process_id(PROCESS_PROCESS, 0, PROCESS_ID_ORPHANED, &orphaned) && orphaned)
		return -EIO;
	err_t error = process_kill(PROCESS_PROCESS, 0, (u32)signal);
	return error ? -EIO : -ERESTART;
}

/* 0 if this process may change the terminal, else the call's result. */
static i64 change_check(struct file *file)
{
	err_t error = tty_check(file->cap, process_page->session, process_page->group);

	return error == E_ACCESS ? tty_background(SIGTTOU) : error_result(error);
}

static i64 attributes_get(struct file *file, u64 argument)
{
	struct tty_attributes attributes;
	err_t error = tty_get(file->cap, &attributes);

	if (error)
		return error == E_NOSYS || error == E_NOTSUP ? -ENOTTY : error_result(error);
	return user_write(argument, &attributes, sizeof(attributes)) ? 0 : -EFAULT;
}

static i64 attributes_set(struct file *file, u32 when, u64 argument)
{
	struct tty_attributes attributes;

	if (!user_read(&attributes, argument, sizeof(attributes)))
		return -EFAULT;
	return error_result(INTERRUPTIBLE(tty_set(file->cap, when, &attributes)));
}

static i64 size_get(struct file *file, u64 argument)
{
	struct tty_size size;
	err_t error = tty_get_size(file->cap, &size);

	if (error)
		return error_result(error);
	return user_write(argument, &size, sizeof(size)) ? 0 : -EFAULT;
}

static i64 size_set(struct file *file, u64 argument)
{
	struct tty_size size;

	if (!user_read(&size, argument, sizeof(size)))
		return -EFAULT;
	return error_result(tty_set_size(file->cap, &size));
}

static i64 foreground_get(struct file *file, u32 request, u64 argument)
{
	u32 group, session;
	err_t error = tty_get_foreground(file->cap, &group, &session);

	if (error)
		return error_result(error);
	if (session != process_page->session)
		return -ENOTTY;
	return user_write(argument, request == TIOCGPGRP ? &group : &session, 4) ? 0 : -EFAULT;
}

static i64 foreground_set(struct file *file, u64 argument)
{
	i32 group;

	if (!user_read(&group, argument, sizeof(group)))
		return -EFAULT;
	if (group < 0)
		return -EINVAL;
	return error_result(
	        INTERRUPTIBLE(tty_set_foreground(file->cap, process_page->session, (u32)group)));
}

static i64 session_take(struct file *file)
{
	if (!session_leader())
		return -EPERM;
	err_t error = tty_acquire(file->cap, process_page->session, process_page->group);
	tty_acquired = tty_acquired || !error;
	return error_result(error);
}

static i64 available(struct file *file, u64 argument)
{
	u64 count;
	err_t error = tty_available(file->cap, &count);
	i32 value = (i32)count;

	if (error)
		return error_result(error);
	return user_write(argument, &value, sizeof(value)) ? 0 : -EFAULT;
}

static i64 tty_request(struct file *file, u32 request, u64 argument)
{
	switch (request) {
	case TCGETS:
		return attributes_get(file, argument);
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return attributes_set(file, request - TCSETS, argument);
	case TIOCGWINSZ:
		return size_get(file, argument);
	case TIOCSWINSZ:
		return size_set(file, argument);
	case TIOCGPGRP:
	case TIOCGSID:
		return foreground_get(file, request, argument);
	case TIOCSPGRP:
		return foreground_set(file, argument);
	case TIOCSCTTY:
		return session_take(file);
	case TIOCNOTTY:
		if (!session_leader())
			return 0;
		tty_forget();
		return error_result(tty_release(file->cap, process_page->session));
	case TCFLSH:
		return argument > 2 ? -EINVAL : error_result(tty_flush(file->cap, (u32)argument));
	case TCXONC:
		return argument > 3 ? -EINVAL : error_result(tty_flow(file->cap, (u32)argument));
	case TCSBRK:
	case TCSBRKP:
		return error_result(INTERRUPTIBLE(tty_drain(file->cap)));
	case FIONREAD:
		return available(file, argument);
	default:
		return -ENOTTY;
	}
}

/* What a process in the background may do only if it ignores SIGTTOU (POSIX, 11.1.4). */
static bool request_changes(u32 request)
{
	switch (request) {
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
	case TIOCSPGRP:
	case TCFLSH:
	case TCXONC:
	case TCSBRK:
	case TCSBRKP:
		return true;
	default:
		return false;
	}
}

i64 tty_ioctl(struct file *file, u32 request, u64 argument)
{
	if (!(file->mode & TTY_MODE))
		return -ENOTTY;
	i64 result = request_changes(request) ? change_check(file) : 0;
	if (!result)
		result = tty_request(file, request, argument);

	return result == -ENOSYS || result == -EOPNOTSUPP ? -ENOTTY : result;
}
