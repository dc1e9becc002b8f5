/* SPDX-License-Identifier: MIT */
#include "messages.h"

#include "proto/log.h"

static cap_t log_gate;
static bool come;    /* there may be more in the log */
static u64 position; /* of the log: what is behind it was not read yet */
static char text[512];
static size_t text_start, text_end;

void messages_start(cap_t log, cap_t event, u64 bits)
{
	u64 count;

	if (!log || log_read(log, UINT64_MAX, text, sizeof(text), &position, &count))
		return;
	if (log_watch(log, bits, event) == OK)
		log_gate = log;
}

void messages_come(void) { come = true; }

/* The log server calls nobody, so that waiting for it is safe. */
static bool messages_fetch(void)
{
	u64 start, count = 0;

	if (!come || log_read(log_gate, position, text, sizeof(text), &start, &count) || !count) {
		come = false;
		return false;
	}
	position = start + count;
	text_start = 0;
	text_end = count < sizeof(text) ? (size_t)count : sizeof(text);
	return true;
}

void messages_give(struct terminal *t)
{
	while (text_start < text_end || messages_fetch()) {
		size_t done = ldisc_write(&t->ldisc, (const u8 *)text + text_start,
		                          text_end - text_start);
		text_start += done;
		t->touched = true;
		if (text_start < text_end)
			return; /* full: called again when there is room */
	}
}
