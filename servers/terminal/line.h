/* SPDX-License-Identifier: MIT */
/* What a terminal stands on: a line that bytes come from and go to. A serial driver, or the master
 * side of a pseudo-terminal. */
#pragma once

#include "abi/errors.h"

struct line;

struct line_ops {
	/* Take bytes that have come, at most `size`; 0: none for now, line_event will tell
	 * (terminal_input). */
	size_t (*receive)(struct line *line, u8 *data, size_t size);
	/* Send bytes; returns how many it took. If fewer than all, terminal_send is called when
	 * there is room. */
	size_t (*send)(struct line *line, const u8 *data, size_t size);
	/* Bytes that it took and has not sent. */
	u64 (*pending)(struct line *line);
	/* Settle what the line itself has to do at `now`; when it wants to be called next
	 * (DEADLINE_NEVER: not). */
	u64 (*tick)(struct line *line, u64 now);
	/* May be NULL: the other side's requests. True: they have moved something. */
	bool (*settle)(struct line *line);
};

struct line {
	const struct line_ops *ops;
	/* Output stays in the line discipline until the other side fetches it; whoever waits for
	 * output to be sent does not wait for that. */
	bool fetched;
};
