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
	TIOCPKT = 0x5420,
	TIOCNOTTY = 0x5422,
	TIOCSETD,
	TIOCGETD,
	TCSBRKP,
	TIOCGSID = 0x5429,
	TIOCGPTPEER = 0x5441,
	TIOCGPTN = (i32)0x80045430,
	TIOCSPTLCK = 0x40045431,
	TIOCGDEV = (i32)0x80045432,
	TIOCSIG = 0x40045436,
	TIOCGPKT = (i32)0x80045438,
	TIOCGPTLCK = (i32)0x80045439,
	TIOCGEXCL = (i32)0x80045440,
};

bool tty_given_up;

static bool session_leader(void) { return process_page->pid == process_page->session; }

u32 tty_session(void) { return tty_given_up ? 0 : process_page->session; }

i64 tty_opened(struct file *file, u32 flags)
{
	if (!(file->mode & TTY_MODE))
		return 0;
	if (file->mode & TTY_OWN)
		return error_result(tty_own(file->cap, tty_session()));
	if (!(file->mode & TTY_MASTER) && !(flags & O_NOCTTY) && session_leader() &&
	    (flags & O_ACCMODE) != O_WRONLY) {
		err_t error =
		        tty_acquire(file->cap, process_page->session, process_page->group, false);
		(void)error; /* it has another, or this is somebody else's */
	}
	return 0;
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
	err_t error = tty_check(file->cap, tty_session(), process_page->group);

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

static i64 number_put(err_t error, u64 argument, u32 number)
{
	if (error)
		return error_result(error);
	return user_write(argument, &number, sizeof(number)) ? 0 : -EFAULT;
}

/* Of the caller's own terminal, or of that behind a master. */
static i64 foreground_get(struct file *file, u32 request, u64 argument)
{
	u32 group, session;
	err_t error = tty_get_foreground(file->cap, &group, &session);

	if (error)
		return error_result(error);
	if (!(file->mode & TTY_MASTER) && (!session || session != tty_session()))
		return -ENOTTY;
	if (request == TIOCGSID && !session)
		return -ENOTTY;
	return number_put(OK, argument, request == TIOCGPGRP ? group : session);
}

/* The group must be one of the caller's session: ESRCH, EPERM. */
static err_t group_check(u32 group)
{
	u32 session;

	if (group == process_page->group)
		return OK;
	err_t error = process_id(PROCESS_PROCESS, group, PROCESS_ID_GROUP_SESSION, &session);
	return error ? error : session == process_page->session ? OK : E_PERM;
}

static i64 foreground_set(struct file *file, u64 argument)
{
	i32 group;
	u32 now, session = 0;

	if (!user_read(&group, argument, sizeof(group)))
		return -EFAULT;
	err_t error = group < 0 ? E_INVAL : group_check((u32)group);
	if (error) { /* whose terminal it is comes first */
		err_t failed = tty_get_foreground(file->cap, &now, &session);
		return failed || !session || session != tty_session() ? -ENOTTY
		                                                      : error_result(error);
	}
	return error_result(
	        INTERRUPTIBLE(tty_set_foreground(file->cap, tty_session(), (u32)group)));
}

static i64 session_take(struct file *file, u64 argument)
{
	if (!session_leader())
		return -EPERM;
	return error_result(tty_acquire(file->cap, process_page->session, process_page->group,
	                                argument == 1 && !process_page->ids.euid));
}

static i64 session_leave(struct file *file)
{
	u32 group, session;

	if (session_leader())
		return error_result(tty_release(file->cap, tty_session()));
	err_t error = tty_get_foreground(file->cap, &group, &session);
	if (error || (file->mode & TTY_MASTER) || !session || session != tty_session())
		return error ? error_result(error) : -ENOTTY;
	tty_given_up = true;
	return 0;
}

static i64 count_put(err_t error, u64 argument, u64 count)
{
	return number_put(error, argument, count < INT32_MAX ? (u32)count : INT32_MAX);
}

static i64 option_set(struct file *file, u32 option, bool on)
{
	u32 now;

	return error_result(tty_option(file->cap, option, on ? TTY_ON : TTY_OFF, &now));
}

static i64 option_read(struct file *file, u32 option, u64 argument)
{
	u32 value;

	return user_read(&value, argument, sizeof(value)) ? option_set(file, option, value)
	                                                  : -EFAULT;
}

static i64 option_get(struct file *file, u32 option, u64 argument)
{
	u32 now = 0;
	err_t error = tty_option(file->cap, option, TTY_ASK, &now);

	return number_put(error, argument, now);
}

/* A byte as if typed: into one's own terminal, or by root. */
static i64 type_byte(struct file *file, u64 argument)
{
	u32 group, session = 0;
	u8 byte;

	if (process_page->ids.euid) {
		err_t error = tty_get_foreground(file->cap, &group, &session);
		if (error || !session || session != tty_session())
			return -EPERM;
	}
	if (!user_read(&byte, argument, 1))
		return -EFAULT;
	return error_result(tty_type(file->cap, byte));
}

static i64 peer_open(struct file *file, u32 flags)
{
	enum { FLAGS = O_ACCMODE | O_NOCTTY | O_NONBLOCK | O_CLOEXEC };
	cap_t cap = 0;
	u32 mode = 0;

	if (flags & ~(u32)FLAGS)
		return -EINVAL;
	err_t error = tty_peer(file->cap, flags, &cap, &mode);
	if (error)
		return error_result(error);
	struct file *slave = file_create(cap, mode, flags, file->mount);
	if (!slave)
		return -EMFILE;
	(void)tty_opened(slave, flags);
	return descriptor_add(slave, 0, flags & O_CLOEXEC);
}

/* There is one line discipline, N_TTY. */
static i64 discipline_set(u64 argument)
{
	u32 value;

	if (!user_read(&value, argument, sizeof(value)))
		return -EFAULT;
	return value ? -EINVAL : 0;
}

/* What is asked of the master, and of what is not in POSIX. */
static i64 special_request(struct file *file, u32 request, u64 argument)
{
	u32 number = 0;
	err_t error;

	switch (request) {
	case (u32)TIOCGPTN:
		error = tty_number(file->cap, &number);
		return number_put(error, argument, number);
	case TIOCGPTPEER:
		return peer_open(file, (u32)argument);
	case TIOCSPTLCK:
		return option_read(file, TTY_LOCKED, argument);
	case (u32)TIOCGPTLCK:
		return option_get(file, TTY_LOCKED, argument);
	case TIOCPKT:
		return option_read(file, TTY_PACKET, argument);
	case (u32)TIOCGPKT:
		return option_get(file, TTY_PACKET, argument);
	case TIOCEXCL:
	case TIOCNXCL:
		return option_set(file, TTY_EXCLUSIVE, request == TIOCEXCL);
	case (u32)TIOCGEXCL:
		return option_get(file, TTY_EXCLUSIVE, argument);
	case (u32)TIOCGDEV:
		error = tty_device(file->cap, &number);
		return number_put(error, argument, number);
	case TIOCSIG:
		return error_result(tty_signal(file->cap, (u32)argument));
	case TIOCGETD:
		return number_put(OK, argument, 0);
	case TIOCSETD:
		return discipline_set(argument);
	case TIOCSTI:
		return type_byte(file, argument);
	default:
		return -ENOTTY;
	}
}

static i64 tty_request(struct file *file, u32 request, u64 argument)
{
	u64 count = 0;
	err_t error;

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
		return session_take(file, argument);
	case TIOCNOTTY:
		return session_leave(file);
	case TCFLSH:
		return argument > 2 ? -EINVAL : error_result(tty_flush(file->cap, (u32)argument));
	case TCXONC:
		return argument > 3 ? -EINVAL : error_result(tty_flow(file->cap, (u32)argument));
	case TCSBRK:
	case TCSBRKP:
		return error_result(INTERRUPTIBLE(tty_drain(file->cap)));
	case FIONREAD:
		error = tty_available(file->cap, &count);
		return count_put(error, argument, count);
	case TIOCOUTQ:
		error = tty_pending(file->cap, &count);
		return count_put(error, argument, count);
	default:
		return special_request(file, request, argument);
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
