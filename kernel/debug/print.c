/* SPDX-License-Identifier: MIT */
/* Formatted output for the kernel's few messages: %s %c %d %u %x %lu %lx %p, with a width and zero
 * fill. */
#include <stdarg.h>

#include "debug/log.h"

struct out {
	char text[256];
	size_t size;
};

static void out_char(struct out *out, char c)
{
	if (out->size < sizeof(out->text))
		out->text[out->size++] = c;
}

static void out_number(struct out *out, u64 value, unsigned base, unsigned width, char fill)
{
	char digits[24];
	unsigned n = 0;
	do
		digits[n++] = "0123456789abcdef"[value % base];
	while ((value /= base));
	while (width > n && width--)
		out_char(out, fill);
	while (n > 0)
		out_char(out, digits[--n]);
}

static void out_string(struct out *out, const char *text)
{
	for (text = text ? text : "(null)"; *text; text++)
		out_char(out, *text);
}

static void out_signed(struct out *out, i64 value, unsigned width, char fill)
{
	if (value < 0)
		out_char(out, '-');
	out_number(out, value < 0 ? 0 - (u64)value : (u64)value, 10, width, fill);
}

/* One conversion; `f` points behind the '%'. Returns where the format goes on. */
static const char *out_conversion(struct out *out, const char *f, va_list *args)
{
	char fill = *f == '0' ? '0' : ' ';
	unsigned width = 0;
	bool is_long = false;
	for (; *f >= '0' && *f <= '9'; f++)
		width = width * 10 + (unsigned)(*f - '0');
	for (; *f == 'l' || *f == 'z'; f++)
		is_long = true;
	switch (*f) {
	case 's':
		out_string(out, va_arg(*args, const char *));
		break;
	case 'c':
		out_char(out, (char)va_arg(*args, int));
		break;
	case 'd':
		out_signed(out, is_long ? va_arg(*args, i64) : va_arg(*args, int), width, fill);
		break;
	case 'u':
		out_number(out, is_long ? va_arg(*args, u64) : va_arg(*args, unsigned), 10, width,
		           fill);
		break;
	case 'x':
		out_number(out, is_long ? va_arg(*args, u64) : va_arg(*args, unsigned), 16, width,
		           fill);
		break;
	case 'p':
		out_number(out, (u64)va_arg(*args, void *), 16, 16, '0');
		break;
	default:
		out_char(out, *f);
		break;
	}
	return f + 1;
}

static void print_list(const char *format, va_list *args)
{
	struct out out = { .size = 0 };
	while (*format) {
		if (*format == '%' && format[1])
			format = out_conversion(&out, format + 1, args);
		else
			out_char(&out, *format++);
	}
	log_put(out.text, out.size);
}

void print(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	print_list(format, &args);
	va_end(args);
}

_Noreturn void panic(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	print("\npanic: ");
	print_list(format, &args);
	print("\n");
	va_end(args);
	arch_panic_stop(arch_cpu()->current);
}
