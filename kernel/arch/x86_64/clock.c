/* SPDX-License-Identifier: MIT */
/* Time is the time-stamp counter (SDM vol. 3B, 17.17), whose frequency the processor or a
 * hypervisor tells, or else the 8254 timer of the PC. The same arithmetic is done by every program
 * that reads the clock page (abi/clock.h). */
#include "machine.h"

#include "abi/clock.h"
#include "x86.h"

enum { SCALE_SHIFT = 32, LEAF_TSC = 0x15, LEAF_BASE = 0x16 };
#define NS_PER_SECOND       1000000000ull
#define LEAF_HYPERVISOR     0x40000000u
#define LEAF_HYPERVISOR_TSC 0x40000010u
enum { CPUID_HYPERVISOR = 31 };

/* Intel 8254 data sheet; port 61H gates channel 2. */
enum {
	PIT_DATA = 0x42,
	PIT_COMMAND = 0x43,
	PIT_GATE = 0x61,
	PIT_CHANNEL2_ONE_SHOT = 0xb0,
	PIT_CHANNEL2_LATCH = 0x80,
	PIT_FREQUENCY = 1193182,
	PIT_INTERVAL = 11000, /* 9.2 ms */
	PIT_SAMPLES = 8,
	PIT_TICKS_MAX = 1 << 30, /* of the TSC: a quarter of a second at least */
};

static u64 tsc_base, frequency;
static u64 scale;         /* ns per tick, times 2^32 */
static u64 inverse_scale; /* ticks per ns, times 2^32 */

struct sample {
	u64 tsc, width; /* the TSC at the reading, known to +- width / 2 */
	u32 pit;
};

static u32 pit_read(void)
{
	u32 low;

	out8(PIT_COMMAND, PIT_CHANNEL2_LATCH);
	low = in8(PIT_DATA);
	return low | (u32)in8(PIT_DATA) << 8;
}

/* Wait until the counter, which counts down, has gone on by `count` from `first`; what it says
 * then. Recent chip sets may have it switched off. */
static u32 pit_wait(u32 first, u32 count)
{
	for (u64 start = rdtsc(); rdtsc() - start < PIT_TICKS_MAX;) {
		u32 pit = pit_read();
		if (first - pit >= count && pit <= first)
			return pit;
	}
	boot_fail("the PC's timer does not run, and the processor does not tell its frequency");
}

/* The instant at which the counter's value changes is sharper than a tick of it. Of several tries
 * the one that was least disturbed (by a hypervisor, by system management mode) counts. */
static struct sample pit_sample(void)
{
	struct sample best = { .width = UINT64_MAX };

	for (u32 i = 0; i < PIT_SAMPLES; i++) {
		u32 first = pit_read(), pit = first;
		u64 before, after = rdtsc(), start = after;
		while (pit == first && after - start < PIT_TICKS_MAX) {
			before = after;
			pit = pit_read();
			after = rdtsc();
			if (after - before < best.width && pit != first)
				best = (struct sample){ before + (after - before) / 2,
					                after - before, pit };
		}
	}
	return best;
}

static u64 frequency_measure(void)
{
	struct sample start, end;

	out8(PIT_GATE, (in8(PIT_GATE) & ~2u & 0xff) | 1);
	out8(PIT_COMMAND, PIT_CHANNEL2_ONE_SHOT);
	out8(PIT_DATA, 0xff);
	out8(PIT_DATA, 0xff);
	pit_wait(pit_read(), 1);
	start = pit_sample();
	pit_wait(start.pit, PIT_INTERVAL);
	end = pit_sample();
	if (end.pit >= start.pit)
		boot_fail("the PC's timer runs backwards");
	return (end.tsc - start.tsc) * PIT_FREQUENCY / (start.pit - end.pit);
}

/* SDM vol. 3B, 18.7.3: crystal * b / a; where the crystal is left out, the base frequency in MHz is
 * the TSC's. Hypervisors: leaf 40000010H:EAX is the TSC's frequency in kHz. */
static u64 frequency_told(void)
{
	struct cpuid r;

	if (cpuid(0, 0).a >= LEAF_TSC) {
		r = cpuid(LEAF_TSC, 0);
		if (r.a && r.b && r.c)
			return (u64)r.c * r.b / r.a;
		if (r.a && r.b && cpuid(0, 0).a >= LEAF_BASE && cpuid(LEAF_BASE, 0).a)
			return (cpuid(LEAF_BASE, 0).a & 0xffff) * 1000000ull;
	}
	if ((cpuid(1, 0).c >> CPUID_HYPERVISOR & 1) &&
	    cpuid(LEAF_HYPERVISOR, 0).a >= LEAF_HYPERVISOR_TSC)
		return cpuid(LEAF_HYPERVISOR_TSC, 0).a * 1000ull;
	return 0;
}

void clock_init(u64 boot_ticks)
{
	tsc_base = boot_ticks;
	frequency = frequency_told();
	if (!frequency)
		frequency = frequency_measure();
	scale = (NS_PER_SECOND << SCALE_SHIFT) / frequency;
	inverse_scale = (frequency / NS_PER_SECOND << SCALE_SHIFT) +
	                (frequency % NS_PER_SECOND << SCALE_SHIFT) / NS_PER_SECOND;
}

u64 arch_now(void) { return arch_ticks_ns(rdtsc() - tsc_base); }

u64 arch_ticks_ns(u64 ticks) { return (u64)((unsigned __int128)ticks * scale >> SCALE_SHIFT); }

/* Rounded up, so that the timer does not come a tick too early. */
u64 clock_ticks_at(u64 ns)
{
	unsigned __int128 ticks = ((unsigned __int128)ns * inverse_scale >> SCALE_SHIFT) + 1;

	return ticks > UINT64_MAX - tsc_base ? UINT64_MAX : tsc_base + (u64)ticks;
}

void arch_clock_page_init(void *page)
{
	struct clock_page *clock = page;

	clock->cpus = cpu_count;
	clock->tsc_base = tsc_base;
	clock->scale = scale;
	clock->tsc_frequency = frequency;
	clock->boot_ticks = tsc_base;
}
