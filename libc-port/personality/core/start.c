/* SPDX-License-Identifier: MIT */
/* The first thing that runs after exec: take over what the loader and the old personality left,
 * and let the program begin. */
#include "core/call.h"
#include "core/text.h"
#include "core/trace.h"
#include "core/view.h"
#include "file/target.h"
#include "file/tty.h"
#include "memory/map.h"
#include "process/process.h"
#include "process/random.h"
#include "process/signal.h"

u32 process_umask = 022;
char process_path[512];

void start_main(const struct personality_start *start);

void process_map_page(void)
{
	(void)task_map(PROCESS_TASK, PROCESS_PAGE, 0, PERSONALITY_AT(AT_PAGE), PAGE_SIZE,
	               ACCESS_READ | MAP_SHARED | MAP_REPLACE);
}

void *process_memory(u32 offset, u64 size)
{
	cap_t segment;

	size = page_round_up(size);
	if (segment_create(PROCESS_BANK, size, 0, &segment))
		return NULL;
	err_t error = task_map(PROCESS_TASK, segment, 0, PERSONALITY_AT(offset), size,
	                       ACCESS_READ | ACCESS_WRITE | MAP_REPLACE);
	(void)cap_close(segment);
	return error ? NULL : (void *)PERSONALITY_AT(offset);
}

_Noreturn void process_end(u32 status)
{
	(void)process_exit(PROCESS_PROCESS, status);
	/* Not answered; if the server is gone, nobody misses us but our bank. */
	while (true)
		(void)thread_exit(0);
}

/* The first process is given no descriptors: the console, as Linux does it. */
static void open_console(void)
{
	struct target target = { .place = { .dir = PROCESS_ROOT }, .path = "dev/console" };
	struct file *file;

	if (file_open(&target, O_RDWR, 0, &file))
		return;
	for (u32 fd = 0; fd < 3; fd++) {
		file_get(file);
		(void)descriptor_set(fd, file, false);
	}
	file_put(file);
}

/* Tell the process server what runs now: name and command line. */
static void announce(const char *path, const u64 *stack)
{
	char line[1024];
	struct text text = { line, line + sizeof(line) - 1 };
	const char *name = path;

	for (const char *p = path; *p; p++) {
		if (*p == '/')
			name = p + 1;
	}
	text_put_bytes(&text, name, strlen(name) + 1);
	for (u64 i = 0; i < stack[0]; i++) {
		const char *argument = (const char *)stack[1 + i];
		text_put_bytes(&text, argument, strlen(argument) + 1);
	}
	(void)process_started(PROCESS_PROCESS, PROCESS_THREAD, line, (size_t)(text.at - line));
}

static void note_path(const char *path)
{
	struct place place = { .dir = PROCESS_ROOT };
	char absolute[PATH_MAX];

	if (path[0] != '/') {
		place.file = cwd.file;
		place.dir = cwd.file ? cwd.file->cap : PROCESS_ROOT;
	}
	i64 size = memcmp(path, "/proc/self/", 11) ? place_absolute(&place, path, absolute) : 0;
	if (size > 0 && (u64)size < sizeof(process_path))
		memcpy(process_path, absolute, (u64)size + 1);
}

static void start_thread(const struct personality_start *start)
{
	main_thread.restart = -1;
	main_thread.cap = PROCESS_THREAD;
	main_thread.id = process_page->pid;
	main_thread.first = true;
	main_thread.user.rip = start->program_entry;
	main_thread.user.rsp = start->program_sp;
	main_thread.user.rflags = 0x202;
}

void start_main(const struct personality_start *start)
{
	const char *path = start->name ? (const char *)start->name : "";

	main_thread.control.masked = 1;
	process_map_page();
	(void)task_map(PROCESS_TASK, PROCESS_CLOCK, 0, PERSONALITY_AT(AT_CLOCK), PAGE_SIZE,
	               ACCESS_READ | MAP_SHARED | MAP_REPLACE);
	start_thread(start);
	walk_start();
	memory_start(start);
	memory_limit_stack();
	random_start(start->random);
	trace_start((const u64 *)start->program_sp);
	view_start(start);
	if (start->inherit_size) {
		inherit_load((const u8 *)start->inherit, start->inherit_size);
	} else {
		identity_start();
		open_console();
	}
	note_path(path);
	announce(path, (const u64 *)start->program_sp);
	/* Signals may have come while there was no thread to interrupt. */
	signal_set_mask(&main_thread, main_thread.blocked);
}
