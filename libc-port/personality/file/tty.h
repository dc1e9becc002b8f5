/* SPDX-License-Identifier: MIT */
/* Terminals. */
#pragma once

#include "file/descriptor.h"

/* A character device was opened without O_NOCTTY: a session leader without a terminal gets it as
 * its own, if it is one. */
void tty_opened(struct file *file);

/* A terminal has refused this process, which is in the background: send its group SIGTTIN
 * (reading) or SIGTTOU. The call's result; 0: it may go on all the same, because it ignores or
 * blocks SIGTTOU. */
i64 tty_background(i32 signal);

/* setsid: no controlling terminal any more. */
void tty_forget(void);

/* The terminal requests of ioctl; -ENOTTY if it is none of them. */
i64 tty_ioctl(struct file *file, u32 request, u64 argument);
