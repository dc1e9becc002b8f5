/* SPDX-License-Identifier: MIT */
/* Which open files are ready: what poll, select and epoll share. */
#pragma once

#include "file/descriptor.h"

enum { POLL_ALWAYS = POLLERR | POLLHUP };
#define POLL_EDGE 0x80000000u /* in `wanted`: be told of what comes next, whatever holds now */

/* Which of `wanted` and POLL_ALWAYS hold. If none does (or with POLL_EDGE), and `event` is not 0,
 * `bit` of it is signalled once when that may have changed. For what is decided in this process
 * (signals) the thread is interrupted instead: thread->waiting_for. */
u32 poll_file(struct file *file, u32 wanted, u64 bit, cap_t event);

/* Wait until one of `wanted` or POLL_ALWAYS holds: 0, or -EINTR. */
i64 poll_wait(struct file *file, u32 wanted);

/* Epoll descriptors (epoll.c): POLLIN if something that one watches is ready. */
u32 epoll_ready(struct file *file, u64 bit, cap_t event);
/* Signal descriptors (signalfd.c): the signals that would be read now. */
u64 signalfd_pending(const struct file *file);

/* A descriptor for what the counter server has made (counter.c); a result of a system call. */
i64 anonymous_add(err_t error, cap_t cap, u32 mode, u32 flags);
