/* SPDX-License-Identifier: MIT */
/* Reading the clock page that the kernel publishes, which every process has mapped. */
#pragma once

#include "abi/clock.h"
#include "core/linux.h"
#include "process/process.h"

#define NS_PER_SECOND 1000000000ll

struct clock_reading {
	u64 monotonic;
	i64 offset; /* real time is so much later */
};

static inline struct clock_reading clock_read(void)
{
	const volatile struct clock_page *page =
	        (const volatile struct clock_page *)PERSONALITY_AT(AT_CLOCK);
	struct clock_reading reading;
	u32 sequence, low, high;

	do {
		sequence = page->sequence;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
		u64 ticks = (low | (u64)high << 32) - page->tsc_base;
		reading.monotonic = (u64)((unsigned __int128)ticks * page->scale >> 32);
		reading.offset = page->realtime_offset;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (sequence & 1 || sequence != page->sequence);
	return reading;
}

static inline u64 clock_real(void)
{
	struct clock_reading now = clock_read();

	return now.monotonic + (u64)now.offset;
}

/* Nanoseconds of a clock that the page is enough for; false: it is another, or none. */
static inline bool clock_of_page(u64 clock, u64 *ns)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_REALTIME_ALARM: /* nothing sleeps so deeply that an alarm is needed */
	case CLOCK_TAI:            /* nobody tells us of leap seconds */
		*ns = clock_real();
		return true;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		*ns = clock_read().monotonic;
		return true;
	default:
		return false;
	}
}
