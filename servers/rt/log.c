/* SPDX-License-Identifier: MIT */
/* Log lines, and the end of a server that cannot go on. */
#include <stdarg.h>
#include <string.h>

#include "internal.h"
#include "proto/log.h"
#include "proto/supervisor.h"

enum { LOG_LINE_MAX = 256 };
/* A log server that hangs must not stop those who use it. */
#define LOG_WAIT_NS  1000000000ull
#define FAIL_WAIT_NS 500000000ull

struct line {
	char text[LOG_LINE_MAX];
	size_t size;
};

static cap_t log_gate; /* rt_log_gate */
static u64 log_wait = LOG_WAIT_NS;
static struct line output; /* what stdout and stderr have said since the last new line */

/* To the kernel's log: the way of those that run before the log server, or whom it calls. */
static void log_machine(cap_t machine, const char *text, size_t size)
{
	while (size > 0) {
		u64 words[5] = { 0 };
		size_t part = size < sizeof(words) ? size : sizeof(words);
		memcpy(words, text, part);
		if (machine_log(machine, words[0], words[1], words[2], words[3], words[4]))
			return;
		text += part;
		size -= part;
	}
}

void rt_log_gate(cap_t log, u64 wait_ns)
{
	log_gate = log;
	log_wait = wait_ns ? wait_ns : LOG_WAIT_NS;
}

static err_t log_try(cap_t log, const char *text, size_t size)
{
	u64 deadline = rt_control ? rt_control->deadline : 0;

	rt_call_deadline(rt_now() + log_wait);
	err_t error = log_write(log, text, size);
	rt_call_deadline(deadline);
	return error;
}

static void log_send(const char *text, size_t size)
{
	cap_t log = log_gate ? log_gate : rt_cap("log");
	cap_t machine = rt_cap("machine");

	if (log && log_try(log, text, size) == OK)
		return;
	if (machine)
		log_machine(machine, text, size);
}

static void line_add(struct line *line, const char *text, size_t size)
{
	size_t room = LOG_LINE_MAX - 1 - line->size;
	size_t part = size < room ? size : room;

	memcpy(line->text + line->size, text, part);
	line->size += part;
}

static void line_begin(struct line *line)
{
	line->size = 0;
	line_add(line, rt_name(), strlen(rt_name()));
	line_add(line, ": ", 2);
}

static void line_format(struct line *line, const char *format, va_list args)
{
	char text[LOG_LINE_MAX];
	size_t size = rt_format(text, sizeof(text), format, args);

	line_begin(line);
	line_add(line, text, size < sizeof(text) ? size : sizeof(text) - 1);
	line->text[line->size++] = '\n';
}

void rt_log(const char *format, ...)
{
	struct line line;
	va_list args;

	va_start(args, format);
	line_format(&line, format, args);
	va_end(args);
	log_send(line.text, line.size);
}

void rt_log_bytes(const char *text, size_t size)
{
	while (size > 0) {
		const char *end = memchr(text, '\n', size);
		size_t part = end ? (size_t)(end - text) : size;
		if (output.size == 0)
			line_begin(&output);
		line_add(&output, text, part);
		if (end || output.size == LOG_LINE_MAX - 1) {
			output.text[output.size] = '\n';
			log_send(output.text, output.size + 1);
			output.size = 0;
		}
		text += part + (end != NULL);
		size -= part + (end != NULL);
	}
}

_Noreturn void rt_end(void)
{
	for (;;) {
		err_t error = thread_exit(0);
		(void)error; /* it does not return */
	}
}

_Noreturn void rt_fail(const char *format, ...)
{
	struct line line;
	va_list args;
	cap_t supervisor = rt_cap("supervisor");

	va_start(args, format);
	line_format(&line, format, args);
	va_end(args);
	size_t name = strlen(rt_name()) + 2; /* the supervisor knows it */
	rt_call_deadline(rt_now() + FAIL_WAIT_NS);
	if (!supervisor || supervisor_fail(supervisor, line.text + name, line.size - name) != OK)
		log_send(line.text, line.size);
	rt_end();
}

/* What assert() calls. */
_Noreturn void __assert_fail(const char *expression, const char *file, int line,
                             const char *function);
_Noreturn void __assert_fail(const char *expression, const char *file, int line,
                             const char *function)
{
	rt_fail("%s:%d: %s: assertion failed: %s", file, line, function, expression);
}

#define ERROR_TEXT(name, number, text) [number] = text,
static const char *const error_texts[ERROR_COUNT] = { ERROR_LIST(ERROR_TEXT) };

const char *rt_error_text(err_t error)
{
	return error < ERROR_COUNT && error_texts[error] ? error_texts[error] : "unknown error";
}
