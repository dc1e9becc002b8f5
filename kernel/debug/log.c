/* SPDX-License-Identifier: MIT */
#include "debug/log.h"

static char ring[LOG_SIZE];
static u64 written; /* bytes ever */
static bool console_is_off;

void log_put(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		ring[written++ % LOG_SIZE] = text[i];
	if (!console_is_off)
		arch_console_write(text, size);
}

void log_console_off(void)
{
	console_is_off = true;
	arch_console_off();
}

u64 log_sequence(void) { return written; }

const char *log_at(u64 *sequence, u64 *size)
{
	if (written > LOG_SIZE && *sequence < written - LOG_SIZE)
		*sequence = written - LOG_SIZE;
	u64 place = *sequence % LOG_SIZE;
	*size = *sequence >= written
	                ? 0
	                : min_u64(*size, min_u64(written - *sequence, LOG_SIZE - place));
	return ring + place;
}
