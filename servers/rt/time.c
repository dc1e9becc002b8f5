/* SPDX-License-Identifier: MIT */
/* Clocks, read from the kernel's page; and sleeping. */
#include "abi/clock.h"
#include "internal.h"

static const volatile struct clock_page *clock_page;

void rt_time_start(void) { clock_page = rt_map(RT_CLOCK, 0, PAGE_SIZE, ACCESS_READ); }

/* The fields are read again if the kernel wrote while we read. */
static u64 clock_read(u64 *realtime_offset)
{
	unsigned __int128 ticks;
	u32 sequence;

	if (!clock_page)
		return 0;
	do {
		sequence = clock_page->sequence;
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
		ticks = __builtin_ia32_rdtsc() - clock_page->tsc_base;
		ticks *= clock_page->scale;
		*realtime_offset = (u64)clock_page->realtime_offset;
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
	} while ((sequence & 1) || sequence != clock_page->sequence);
	return (u64)(ticks >> 32);
}

u64 rt_now(void)
{
	u64 offset;

	return clock_read(&offset);
}

u64 rt_realtime(void)
{
	u64 offset = 0;
	u64 now = clock_read(&offset);

	return now + offset;
}

void rt_sleep_until(u64 deadline)
{
	static u32 never;

	while (futex_wait((u64)&never, 0, UINT32_MAX, deadline) == E_INTR)
		;
}
