/* SPDX-License-Identifier: MIT */
/* The clock page: read-only for everybody, written by the kernel. Monotonic time in nanoseconds is
 * ((rdtsc - tsc_base) * scale) >> 32; real time adds realtime_offset. Readers retry while
 * `sequence` is odd or changes. */
#pragma once

#include "abi/types.h"

struct clock_page {
	u32 sequence;
	u32 cpus;
	u64 tsc_base;
	u64 scale; /* nanoseconds per tick, times 2^32 */
	i64 realtime_offset;
	u64 tsc_frequency; /* Hz */
	u64 total_pages;   /* of the root bank */
	u64 boot_ticks;    /* TSC at kernel entry */
	u64 reserved[8];
};
