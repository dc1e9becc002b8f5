/* SPDX-License-Identifier: MIT */
/* Terminals. */
#pragma once

#include "file/descriptor.h"

/* A character device was opened. /dev/tty becomes the process's own terminal: -ENXIO if it has
 * none. Another terminal becomes that of a session leader who has none, unless the flags
 * say O_NOCTTY. */
i64 tty_opened(struct file *file, u32 flags);

/* The process has given its session's terminal up (TIOCNOTTY); its leader still has it. Kept by
 * fork and exec. */
extern bool tty_given_up;
/* The session by which terminals know this process: 0 if it has given its own up. */
u32 tty_session(void);

/* A terminal has refused this process, which is in the background: send its group SIGTTIN
 * (reading) or SIGTTOU. The call's result; 0: it may go on all the same, because it ignores or
 * blocks SIGTTOU. */
i64 tty_background(i32 signal);

/* The terminal requests of ioctl; -ENOTTY if it is none of them. */
i64 tty_ioctl(struct file *file, u32 request, u64 argument);
