/* SPDX-License-Identifier: MIT */
/* Lines for the log. */
#include "core/trace.h"

#include "core/dispatch.h"
#include "core/text.h"
#include "core/user.h"
#include "process/process.h"
#include "proto/log.h"

enum { LINE_MAX = 200, STRING_MAX = 48 };

bool trace_calls, trace_missing;
/* One bit a call that was reported as absent. */
static u64 reported[CALL_NUMBERS / 64];

static void send(const char *line, const struct text *text)
{
	(void)log_write(PROCESS_LOG, line, (size_t)(text->at - line));
}

void trace_start(const u64 *stack)
{
	const u64 *environment = stack + stack[0] + 2;

	for (; *environment; environment++) {
		const char *entry = (const char *)*environment;
		if (text_equal(entry, "DROVE_TRACE=1"))
			trace_calls = true;
		if (text_equal(entry, "DROVE_LOG_ENOSYS=1"))
			trace_missing = true;
	}
}

static void head(struct text *text, u64 number)
{
	text_put(text, "[");
	text_put_decimal(text, self()->id);
	text_put(text, "] ");
	const char *name = dispatch_name(number);
	if (name)
		text_put(text, name);
	else
		text_put_decimal(text, (i64)number);
}

/* An argument; what looks like a pointer to text is shown as that. */
static void argument(struct text *text, u64 value)
{
	char string[STRING_MAX];

	if (value < 0x10000 || value > USER_END) {
		text_put_decimal(text, (i64)value);
		return;
	}
	text_put_hex(text, value);
	i64 size = user_string(string, value, sizeof(string));
	for (i64 i = 0; i < size; i++) {
		if (string[i] < ' ' || string[i] > '~')
			return;
	}
	if (size > 1) {
		text_put(text, "=\"");
		text_put_bytes(text, string, (size_t)size);
		text_put(text, "\"");
	}
}

void trace_enter(const struct thread_regs *regs)
{
	char line[LINE_MAX];
	struct text text = { line, line + sizeof(line) };
	const u64 arguments[] = { regs->rdi, regs->rsi, regs->rdx, regs->r10, regs->r8, regs->r9 };

	head(&text, regs->rax);
	for (u32 i = 0; i < COUNT_OF(arguments); i++) {
		text_put(&text, i ? ", " : "(");
		argument(&text, arguments[i]);
	}
	text_put(&text, ")");
	send(line, &text);
}

void trace_leave(u64 number, i64 result)
{
	char line[LINE_MAX];
	struct text text = { line, line + sizeof(line) };

	head(&text, number);
	text_put(&text, " = ");
	if (result > 0x100000)
		text_put_hex(&text, (u64)result);
	else
		text_put_decimal(&text, result);
	send(line, &text);
}

void trace_absent(u64 number)
{
	char line[LINE_MAX];
	struct text text = { line, line + sizeof(line) };

	if (number < CALL_NUMBERS) {
		if (reported[number / 64] >> number % 64 & 1)
			return;
		reported[number / 64] |= 1ull << number % 64;
	}
	head(&text, number);
	text_put(&text, ": no such call in ");
	text_put(&text, process_path);
	send(line, &text);
}
