/* SPDX-License-Identifier: MIT */
/* The system as a whole: mounts, times, numbers. */
#include <cpuid.h>
#include <stdio.h>
#include <string.h>

#include "procfs.h"
#include "proto/memory.h"
#include "proto/supervisor.h"

enum { LOAD_ONE = 65536, TEXT_PART = 1024 };

/* --- mounts --- */

/* What is attached, as the supervisor tells it: lines "image path". */
struct mounts {
	char text[TEXT_PART];
	size_t size;
};

/* The file system that a server's program is; NULL: it serves single files. */
static const char *type_of(const char *image)
{
	static const char *const types[][2] = { { "ext", "ext4" },
		                                { "tmpfs", "tmpfs" },
		                                { "devfs", "devtmpfs" },
		                                { "procfs", "proc" },
		                                { "terminal", "devpts" } };

	for (u32 i = 0; i < COUNT_OF(types); i++) {
		if (!strcmp(image, types[i][0]))
			return types[i][1];
	}
	return NULL;
}

static err_t mounts_get(struct mounts *mounts)
{
	u64 count = 0;

	deadline_start();
	err_t error = supervisor_mounts(procfs.supervisor, 0, mounts->text,
	                                sizeof(mounts->text) - 1, &count);
	deadline_end();
	mounts->size = error || count >= sizeof(mounts->text) ? 0 : count;
	mounts->text[mounts->size] = 0;
	return error;
}

static void print_mount(struct text_window *w, bool info, u32 number, const char *type,
                        const char *path)
{
	const char *options = strcmp(type, "proc") ? "rw" : "ro";

	if (info)
		text_print(w, "%u %u 0:%u / %s %s,relatime - %s %s %s\n", number + 20,
		           number ? 20 : 1, number + 20, path, options, type, type, options);
	else
		text_print(w, "%s %s %s %s,relatime 0 0\n", type, path, type, options);
}

static err_t print_mount_list(struct text_window *w, bool info)
{
	struct mounts mounts;
	err_t error = mounts_get(&mounts);
	char *at = mounts.text, *line;
	u32 number = 0;

	while (!error && (line = strsep(&at, "\n"))) {
		char *path = line;
		const char *image = strsep(&path, " ");
		const char *type = path ? type_of(image) : NULL;
		if (type)
			print_mount(w, info, number++, type, path);
	}
	return error;
}

err_t print_mounts(struct text_window *w, const struct subject *subject)
{
	(void)subject;
	return print_mount_list(w, false);
}

err_t print_mountinfo(struct text_window *w, const struct subject *subject)
{
	(void)subject;
	return print_mount_list(w, true);
}

/* --- times --- */

static err_t system_get(struct inspect_system *system)
{
	deadline_start();
	err_t error = inspect_system(procfs.inspect, system, sizeof(*system));
	deadline_end();
	return error;
}

err_t print_uptime(struct text_window *w, const struct subject *subject)
{
	u64 now = rt_now(), idle = 0;

	(void)subject;
	if (machine_read(procfs.machine, MACHINE_IDLE_NS, &idle))
		return E_IO;
	text_print(w, "%lu.%02lu %lu.%02lu\n", now / 1000000000, now / 10000000 % 100,
	           idle / 1000000000, idle / 10000000 % 100);
	return OK;
}

static void print_load(struct text_window *w, u64 load)
{
	text_print(w, "%lu.%02lu ", load / LOAD_ONE, load % LOAD_ONE * 100 / LOAD_ONE);
}

err_t print_loadavg(struct text_window *w, const struct subject *subject)
{
	struct inspect_system system;
	err_t error = system_get(&system);

	(void)subject;
	if (error)
		return error;
	print_load(w, system.load1);
	print_load(w, system.load5);
	print_load(w, system.load15);
	text_print(w, "%u/%u %u\n", system.running, system.processes, system.last_pid);
	return OK;
}

/* --- numbers --- */

static u64 hardware_bits(void)
{
	u32 a, b, c = 0, d;
	u64 value = 0;
	u8 done = 0;

	/* Intel SDM vol. 1, 7.3.17: CPUID.1:ECX bit 30; a failed RDRAND is tried again. */
	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & 1u << 30))
		return 0;
	for (int i = 0; i < 10 && !done; i++)
		__asm__ volatile("rdrand %0; setc %1" : "=r"(value), "=qm"(done));
	return value;
}

/* Different each time, not secret: splitmix64 over what there is. */
static u64 number_new(void)
{
	static u64 state;

	state += hardware_bits() ^ __builtin_ia32_rdtsc() ^ 0x9e3779b97f4a7c15ull;
	u64 z = state;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/* RFC 9562, 5.4: version 4, variant 10. */
static void print_number(struct text_window *w, u64 a, u64 b)
{
	text_print(w, "%08lx-%04lx-4%03lx-%04lx-%012lx\n", a >> 32, a >> 16 & 0xffff, a & 0xfff,
	           (b >> 48 & 0x3fff) | 0x8000, b & 0xffffffffffff);
}

err_t print_uuid(struct text_window *w, const struct subject *subject)
{
	(void)subject;
	print_number(w, number_new(), number_new());
	return OK;
}

err_t print_boot_id(struct text_window *w, const struct subject *subject)
{
	static u64 a, b;

	(void)subject;
	if (!a)
		a = number_new() | 1, b = number_new();
	print_number(w, a, b);
	return OK;
}

/* The memory manager's report as it is. */
err_t print_banks(struct text_window *w, const struct subject *subject)
{
	char part[TEXT_PART];
	u64 at = 0, count;
	err_t error;

	(void)subject;
	do {
		count = 0;
		deadline_start();
		error = memory_report(procfs.memory, at, part, sizeof(part), &count);
		deadline_end();
		if (error || count > sizeof(part))
			return error ? error : E_MSG;
		text_put(w, part, count);
		at += count;
	} while (count);
	return OK;
}
