/* SPDX-License-Identifier: MIT */
/* What a process was given, and what it has: strings, links, limits, descriptors. */
#include <stdio.h>
#include <string.h>

#include "procfs.h"

enum { STRINGS_MAX = 2 << 20, PART = 1024, AUXILIARY_MAX = 64, MOUNT_PATH = 512 };

err_t print_zero(struct text_window *w, const struct subject *subject)
{
	(void)subject;
	text_put(w, "0\n", 2);
	return OK;
}

/* Bytes of the program's own memory, as far as they can be seen. */
static void print_bytes(struct text_window *w, const struct look *look, u64 start, u64 end)
{
	char part[PART];

	if (end < start || end - start > STRINGS_MAX)
		return;
	while (start < end) {
		size_t size = PART - start % PART;
		if (size > end - start)
			size = end - start;
		if (look_at(look, start, part, size))
			return;
		text_put(w, part, size);
		start += size;
	}
}

static err_t print_strings(struct text_window *w, const struct subject *subject, bool environment)
{
	struct inspect_process process;
	struct look look;
	err_t error = process_get(subject->pid, &process);

	/* A zombie has none left. */
	if (error || look_start(&look, subject->pid))
		return error;
	if (environment)
		print_bytes(w, &look, look.view.environment, look.view.environment_end);
	else
		print_bytes(w, &look, look.view.arguments, look.view.arguments_end);
	look_end(&look);
	return OK;
}

err_t print_cmdline(struct text_window *w, const struct subject *subject)
{
	return print_strings(w, subject, false);
}

err_t print_environ(struct text_window *w, const struct subject *subject)
{
	return print_strings(w, subject, true);
}

err_t print_auxv(struct text_window *w, const struct subject *subject)
{
	u64 pair[2] = { 1, 0 };
	struct look look;
	err_t error = look_start(&look, subject->pid);

	if (error)
		return error;
	for (u32 i = 0; i < AUXILIARY_MAX && pair[0]; i++) {
		if (look_at(&look, look.view.auxiliary + i * sizeof(pair), pair, sizeof(pair)))
			break;
		text_put(w, pair, sizeof(pair));
	}
	look_end(&look);
	return OK;
}

/* --- limits --- */

static void print_limit(struct text_window *w, u64 value)
{
	if (value == UINT64_MAX)
		text_print(w, "%-20s ", "unlimited");
	else
		text_print(w, "%-20lu ", value);
}

err_t print_limits(struct text_window *w, const struct subject *subject)
{
	static const char *const names[INSPECT_LIMITS][2] = {
		{ "Max cpu time", "seconds" },     { "Max file size", "bytes" },
		{ "Max data size", "bytes" },      { "Max stack size", "bytes" },
		{ "Max core file size", "bytes" }, { "Max resident set", "bytes" },
		{ "Max processes", "processes" },  { "Max open files", "files" },
		{ "Max locked memory", "bytes" },  { "Max address space", "bytes" },
		{ "Max file locks", "locks" },     { "Max pending signals", "signals" },
		{ "Max msgqueue size", "bytes" },  { "Max nice priority", "" },
		{ "Max realtime priority", "" },   { "Max realtime timeout", "us" },
	};
	struct inspect_process process;
	err_t error = process_get(subject->pid, &process);

	if (error)
		return error;
	text_print(w, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
	for (u32 i = 0; i < INSPECT_LIMITS; i++) {
		text_print(w, "%-25s ", names[i][0]);
		print_limit(w, process.limit[i][0]);
		print_limit(w, process.limit[i][1]);
		text_print(w, "%-10s\n", names[i][1]);
	}
	return OK;
}

/* --- links --- */

static err_t link_text(const struct subject *subject, size_t field, char *target, size_t room,
                       size_t *size)
{
	struct look look;
	u64 address;
	err_t error = look_start(&look, subject->pid);

	if (error)
		return E_NOENT;
	memcpy(&address, (const char *)&look.view + field, sizeof(address));
	*size = look_text(&look, address, target, room);
	look_end(&look);
	return *size ? OK : E_NOENT;
}

err_t link_exe(const struct subject *subject, char *target, size_t room, size_t *size)
{
	return link_text(subject, offsetof(struct personality_view, path), target, room, size);
}

err_t link_cwd(const struct subject *subject, char *target, size_t room, size_t *size)
{
	return link_text(subject, offsetof(struct personality_view, working), target, room, size);
}

err_t link_root(const struct subject *subject, char *target, size_t room, size_t *size)
{
	return link_text(subject, offsetof(struct personality_view, root), target, room, size);
}

/* --- descriptors --- */

/* A descriptor: a copy of its gate is ours, to be closed. */
struct held {
	struct view_file file;
	bool cloexec;
	cap_t gate;
	char mount[MOUNT_PATH]; /* where its file system is attached */
};

static void mount_look(const struct look *look, struct held *held)
{
	u32 number = held->file.mount & 0xffff;
	size_t room = sizeof(held->mount) - 1;

	if (number >= look->view.mount_max || look->view.mount_size > room)
		number = 0;
	u64 at = look->view.mounts + (u64)number * look->view.mount_size;
	held->mount[look_text(look, at, held->mount, look->view.mount_size % room)] = 0;
}

static err_t descriptor_take(const struct subject *subject, struct held *held)
{
	struct look look;
	err_t error = look_start(&look, subject->pid);

	if (error)
		return E_NOENT;
	if (!look_descriptor(&look, (u32)subject->number, &held->file, &held->cloexec) ||
	    task_cap(look.task, held->file.cap, &held->gate))
		error = E_NOENT;
	else
		mount_look(&look, held);
	look_end(&look);
	return error;
}

static void descriptor_drop(cap_t gate)
{
	err_t error = cap_close(gate);

	(void)error; /* its server has ended */
}

/* What has no path goes by its kind and number. */
static size_t unnamed(cap_t gate, char *target, size_t room)
{
	struct file_stat st = { 0 };
	const char *kind = "anon_inode";

	deadline_start();
	err_t error = file_stat(gate, &st, sizeof(st));
	deadline_end();
	if (!error && (st.mode & MODE_TYPE) == MODE_FIFO)
		kind = "pipe";
	else if (!error && (st.mode & MODE_TYPE) == MODE_SOCKET)
		kind = "socket";
	int size = snprintf(target, room, "%s:[%lu]", kind, st.ino);
	return size < 0 ? 0 : (size_t)size < room ? (size_t)size : room;
}

/* "/dev" and "null", "/dev/console" and "", "/" and "etc" (or "/etc"). */
static size_t path_put(const struct held *held, const char *inside, size_t size, char *target,
                       size_t room)
{
	const char *mount = strcmp(held->mount, "/") ? held->mount : "";

	if (size && inside[0] == '/')
		inside++, size--;
	int printed = snprintf(target, room, size || !mount[0] ? "%s/%.*s" : "%s", mount, (int)size,
	                       inside);
	return printed < 0 ? 0 : (size_t)printed < room ? (size_t)printed : room - 1;
}

err_t link_fd(const struct subject *subject, char *target, size_t room, size_t *size)
{
	static char inside[VIEW_PATH_MAX];
	struct held held;
	u64 length = 0;
	err_t error = descriptor_take(subject, &held);

	if (error)
		return error;
	deadline_start();
	error = file_path(held.gate, inside, sizeof(inside), &length);
	deadline_end();
	u32 type = held.file.mode & MODE_TYPE;
	if (error || length > sizeof(inside) || (!length && !strcmp(held.mount, "/")) ||
	    type == MODE_FIFO || type == MODE_SOCKET)
		*size = unnamed(held.gate, target, room);
	else
		*size = path_put(&held, inside, length, target, room);
	descriptor_drop(held.gate);
	return OK;
}

err_t print_fdinfo(struct text_window *w, const struct subject *subject)
{
	enum { SEEK_CURRENT = 1 };
	enum { FLAG_LARGE = 0100000, FLAG_CLOEXEC = 02000000 };
	enum { FLAGS_SHOWN = OPEN_ACCESS | OPEN_APPEND | OPEN_NONBLOCK | OPEN_PATH };
	struct held held;
	struct file_stat st = { 0 };
	i64 position;
	u32 flags = 0;
	err_t error = descriptor_take(subject, &held);

	if (error)
		return error;
	position = held.file.position;
	deadline_start();
	if (position < 0 && file_seek(held.gate, 0, SEEK_CURRENT, &position))
		position = 0; /* it has none */
	if (file_stat(held.gate, &st, sizeof(st)))
		st.ino = 0;
	if (file_flags(held.gate, 0, 0, &flags))
		flags = held.file.flags & FLAGS_SHOWN;
	deadline_end();
	descriptor_drop(held.gate);
	text_print(w, "pos:\t%ld\nflags:\t0%o\nmnt_id:\t%lu\nino:\t%lu\n", position,
	           flags | FLAG_LARGE | (held.cloexec ? FLAG_CLOEXEC : 0), st.dev, st.ino);
	return OK;
}
