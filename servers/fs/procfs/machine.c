/* SPDX-License-Identifier: MIT */
/* The machine: processors and memory. */
#include <cpuid.h>
#include <string.h>

#include "abi/clock.h"
#include "procfs.h"
#include "proto/memory.h"

enum { TICK_NS = 10000000, KIB = PAGE_SIZE / 1024, BRAND_WORDS = 12 };

static u64 figure(u32 which)
{
	u64 value = 0;

	return machine_read(procfs.machine, which, &value) ? 0 : value;
}

static err_t figures_get(struct memory_figures *figures)
{
	deadline_start();
	err_t error = memory_figures(procfs.memory, figures);
	deadline_end();
	return error;
}

static void print_kib(struct text_window *w, const char *name, u64 pages)
{
	char title[32];

	strcpy(title, name);
	strcat(title, ":");
	text_print(w, "%-16s%8lu kB\n", title, pages * KIB);
}

/* Free: frames that nobody has. Available: what a process may still be promised. */
err_t print_meminfo(struct text_window *w, const struct subject *subject)
{
	struct memory_figures figures;
	err_t error = figures_get(&figures);
	u64 free = figure(MACHINE_PAGES_FREE);

	(void)subject;
	if (error)
		return error;
	print_kib(w, "MemTotal", figures.total);
	print_kib(w, "MemFree", free);
	print_kib(w, "MemAvailable", figures.free);
	print_kib(w, "Buffers", 0);
	print_kib(w, "Cached", 0);
	print_kib(w, "SwapCached", 0);
	print_kib(w, "SwapTotal", figures.swap_total);
	print_kib(w, "SwapFree", figures.swap_free);
	print_kib(w, "Shmem", 0);
	print_kib(w, "Slab", 0);
	print_kib(w, "SReclaimable", 0);
	print_kib(w, "CommitLimit", figures.processes + figures.free);
	print_kib(w, "Committed_AS", figures.processes);
	return OK;
}

err_t print_swaps(struct text_window *w, const struct subject *subject)
{
	struct memory_figures figures;
	err_t error = figures_get(&figures);

	(void)subject;
	if (error)
		return error;
	text_print(w, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	if (figures.swap_total)
		text_print(w, "%-40s%-16s%lu\t\t%lu\t\t%d\n", "swap", "partition",
		           figures.swap_total * KIB, (figures.swap_total - figures.swap_free) * KIB,
		           -2);
	return OK;
}

err_t print_vmstat(struct text_window *w, const struct subject *subject)
{
	(void)subject;
	text_print(w, "nr_free_pages %lu\n", figure(MACHINE_PAGES_FREE));
	return OK;
}

/* --- processors --- */

static u64 cpu_count(void)
{
	u64 count = figure(MACHINE_CPUS);

	return count ? count : 1;
}

/* Time is counted for processes, and while idle; the rest went to servers and the kernel. */
err_t print_system_stat(struct text_window *w, const struct subject *subject)
{
	struct inspect_system system;
	u64 cpus = cpu_count(), now = rt_now(), idle = figure(MACHINE_IDLE_NS);

	(void)subject;
	deadline_start();
	err_t error = inspect_system(procfs.inspect, &system, sizeof(system));
	deadline_end();
	if (error)
		return error;
	u64 all = now * cpus, used = system.user_ns + idle;
	u64 rest = all > used ? all - used : 0;
	text_print(w, "cpu  %lu 0 %lu %lu 0 0 0 0 0 0\n", system.user_ns / TICK_NS, rest / TICK_NS,
	           idle / TICK_NS);
	/* Not counted by processor: each has its share. */
	for (u64 i = 0; i < cpus; i++)
		text_print(w, "cpu%lu %lu 0 %lu %lu 0 0 0 0 0 0\n", i,
		           system.user_ns / TICK_NS / cpus, rest / TICK_NS / cpus,
		           idle / TICK_NS / cpus);
	text_print(w, "btime %lu\nprocesses %lu\nprocs_running %u\nprocs_blocked 0\n",
	           (rt_realtime() - now) / 1000000000, system.started, system.running);
	return OK;
}

static void print_names(struct text_window *w, u32 family)
{
	char vendor[13] = { 0 }, brand[BRAND_WORDS * 4 + 1] = { 0 };
	u32 a, b = 0, c = 0, d = 0, words[BRAND_WORDS] = { 0 };

	__get_cpuid(0, &a, &b, &c, &d);
	memcpy(vendor, &b, 4);
	memcpy(vendor + 4, &d, 4);
	memcpy(vendor + 8, &c, 4);
	for (u32 i = 0; i < 3; i++)
		__get_cpuid(0x80000002 + i, &words[4 * i], &words[4 * i + 1], &words[4 * i + 2],
		            &words[4 * i + 3]);
	memcpy(brand, words, sizeof(words));
	text_print(w, "vendor_id\t: %s\ncpu family\t: %u\nmodel\t\t: %u\nmodel name\t: %s\n",
	           vendor,
	           (family >> 8 & 0xf) + ((family >> 8 & 0xf) == 0xf ? family >> 20 & 0xff : 0),
	           (family >> 4 & 0xf) | (family >> 12 & 0xf0), brand);
	text_print(w, "stepping\t: %u\n", family & 0xf);
}

/* Bits of CPUID leaf 1, by Linux's names. */
static void print_features(struct text_window *w, u32 c, u32 d)
{
	static const char *const low[32] = { "fpu",  "vme",     "de",   "pse",  "tsc",  "msr",
		                             "pae",  "mce",     "cx8",  "apic", NULL,   "sep",
		                             "mtrr", "pge",     "mca",  "cmov", "pat",  "pse36",
		                             "pn",   "clflush", NULL,   "dts",  "acpi", "mmx",
		                             "fxsr", "sse",     "sse2", "ss",   "ht",   "tm",
		                             "ia64", "pbe" };
	static const char *const high[32] = {
		"pni",    "pclmulqdq", "dtes64", "monitor", "ds_cpl",
		"vmx",    "smx",       "est",    "tm2",     "ssse3",
		"cid",    "sdbg",      "fma",    "cx16",    "xtpr",
		"pdcm",   NULL,        "pcid",   "dca",     "sse4_1",
		"sse4_2", "x2apic",    "movbe",  "popcnt",  "tsc_deadline_timer",
		"aes",    "xsave",     NULL,     "avx",     "f16c",
		"rdrand", "hypervisor"
	};

	text_print(w, "flags\t\t:");
	for (u32 i = 0; i < 32; i++)
		if (low[i] && d >> i & 1)
			text_print(w, " %s", low[i]);
	text_print(w, " lm");
	for (u32 i = 0; i < 32; i++)
		if (high[i] && c >> i & 1)
			text_print(w, " %s", high[i]);
	text_print(w, "\n");
}

static u64 tsc_frequency(void)
{
	static const struct clock_page *clock;

	if (!clock)
		clock = rt_map(RT_CLOCK, 0, PAGE_SIZE, ACCESS_READ);
	return clock ? clock->tsc_frequency : 0;
}

err_t print_cpuinfo(struct text_window *w, const struct subject *subject)
{
	u64 cpus = cpu_count(), hz = tsc_frequency();
	u32 a = 0, b, c = 0, d = 0;

	(void)subject;
	__get_cpuid(1, &a, &b, &c, &d);
	for (u64 i = 0; i < cpus; i++) {
		text_print(w, "processor\t: %lu\n", i);
		print_names(w, a);
		text_print(w, "cpu MHz\t\t: %lu.%03lu\nphysical id\t: 0\nsiblings\t: %lu\n",
		           hz / 1000000, hz / 1000 % 1000, cpus);
		text_print(w, "core id\t\t: %lu\ncpu cores\t: %lu\nfpu\t\t: yes\n", i, cpus);
		print_features(w, c, d);
		text_print(w, "clflush size\t: 64\naddress sizes\t: 48 bits virtual\n\n");
	}
	return OK;
}
