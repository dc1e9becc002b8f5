/* SPDX-License-Identifier: MIT */
/* Who wants to know when a pipe, terminal or socket becomes ready: the server's side of file_poll
 * (proto/file.h). A registration is used once; the poller asks again after waking, so a wake-up too
 * many does no harm. The list is bounded: a poller that registers again and again replaces
 * itself. */
#pragma once

#include "proto/proto.h"
#include "rt/kernel_list.h"

/* Linux's values. */
enum poll_mask {
	POLL_INPUT = 0x001,
	POLL_URGENT = 0x002,
	POLL_OUTPUT = 0x004,
	POLL_ERROR = 0x008,
	POLL_HANGUP = 0x010,
	POLL_INPUT_NORMAL = 0x040,
	POLL_OUTPUT_NORMAL = 0x100,
	POLL_READ_HANGUP = 0x2000,
	POLL_ALWAYS = POLL_ERROR | POLL_HANGUP, /* told although nobody asked */
	POLL_READ = POLL_INPUT | POLL_INPUT_NORMAL,
	POLL_WRITE = POLL_OUTPUT | POLL_OUTPUT_NORMAL,
};

/* In the mask that is asked for: register whatever holds now, to be told of what comes next. */
#define POLL_EDGE 0x80000000u

enum { POLL_WAITERS_MAX = 16 }; /* of one open file */

struct poll_list {
	struct list waiters; /* oldest first */
	u32 count;
};

void poll_list_init(struct poll_list *list);

/* The whole of a file_poll handler once `now`, all that holds now, is known: *ready, and a
 * registration if it is wanted. Takes over `event`. */
err_t poll_ask(struct poll_list *list, u32 now, u32 mask, u64 bits, cap_t *event, u32 *ready);

/* Signal those whose mask meets `now`: what holds, and has just begun to or has news. */
void poll_wake(struct poll_list *list, u32 now);

/* The open file ends: forget everybody. */
void poll_list_clear(struct poll_list *list);
