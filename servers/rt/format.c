/* SPDX-License-Identifier: MIT */
/* A small printf for log lines, so that a server that does no other output links no stdio. */
#include <stdarg.h>
#include <string.h>

#include "internal.h"

struct sink {
	char *buf;
	size_t size, length;
};

struct spec {
	bool left, zero;
	int width, precision; /* precision -1: none */
	int longs;            /* l and z are 1 */
};

static void sink_put(struct sink *sink, char c)
{
	if (sink->length + 1 < sink->size)
		sink->buf[sink->length] = c;
	sink->length++;
}

static void sink_pad(struct sink *sink, int count, char c)
{
	while (count-- > 0)
		sink_put(sink, c);
}

static void put_text(struct sink *sink, const struct spec *spec, const char *text)
{
	size_t limit = spec->precision >= 0 ? (size_t)spec->precision : SIZE_MAX;
	size_t size = strnlen(text, limit);
	int padding = spec->width - (int)size;

	if (!spec->left)
		sink_pad(sink, padding, ' ');
	for (size_t i = 0; i < size; i++)
		sink_put(sink, text[i]);
	if (spec->left)
		sink_pad(sink, padding, ' ');
}

static void put_number(struct sink *sink, const struct spec *spec, u64 value, bool negative,
                       const char *prefix, unsigned base)
{
	char digits[24];
	int count = 0, signs = (int)strlen(prefix) + negative;

	do {
		digits[count++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	if (!spec->left && !spec->zero)
		sink_pad(sink, spec->width - count - signs, ' ');
	if (negative)
		sink_put(sink, '-');
	while (*prefix)
		sink_put(sink, *prefix++);
	if (spec->zero && !spec->left)
		sink_pad(sink, spec->width - count - signs, '0');
	for (int i = count; i > 0; i--)
		sink_put(sink, digits[i - 1]);
	if (spec->left)
		sink_pad(sink, spec->width - count - signs, ' ');
}

static int parse_number(const char **format)
{
	int value = 0;

	while (**format >= '0' && **format <= '9' && value < 1000)
		value = value * 10 + (*(*format)++ - '0');
	return value;
}

static struct spec parse_spec(const char **format, va_list *args)
{
	struct spec spec = { .precision = -1 };

	for (;; (*format)++) {
		if (**format == '-')
			spec.left = true;
		else if (**format == '0')
			spec.zero = true;
		else
			break;
	}
	spec.width = parse_number(format);
	if (**format == '.') {
		(*format)++;
		if (**format == '*') {
			(*format)++;
			spec.precision = va_arg(*args, int);
		} else {
			spec.precision = parse_number(format);
		}
	}
	for (; **format == 'l' || **format == 'z'; (*format)++)
		spec.longs++;
	return spec;
}

static void put_signed(struct sink *sink, const struct spec *spec, va_list *args)
{
	i64 value = spec->longs ? va_arg(*args, long) : va_arg(*args, int);

	put_number(sink, spec, value < 0 ? -(u64)value : (u64)value, value < 0, "", 10);
}

static void put_unsigned(struct sink *sink, const struct spec *spec, va_list *args, unsigned base)
{
	put_number(sink, spec, spec->longs ? va_arg(*args, unsigned long) : va_arg(*args, unsigned),
	           false, "", base);
}

/* One conversion; the character behind it. */
static const char *convert(struct sink *sink, const char *format, va_list *args)
{
	struct spec spec = parse_spec(&format, args);
	const char *text;

	switch (*format) {
	case 'd':
	case 'i':
		put_signed(sink, &spec, args);
		break;
	case 'u':
		put_unsigned(sink, &spec, args, 10);
		break;
	case 'x':
		put_unsigned(sink, &spec, args, 16);
		break;
	case 'p':
		put_number(sink, &spec, va_arg(*args, unsigned long), false, "0x", 16);
		break;
	case 'c':
		sink_put(sink, (char)va_arg(*args, int));
		break;
	case 's':
		text = va_arg(*args, const char *);
		put_text(sink, &spec, text ? text : "(null)");
		break;
	case '%':
		sink_put(sink, '%');
		break;
	default:
		sink_put(sink, '?');
		return *format ? format + 1 : format;
	}
	return format + 1;
}

size_t rt_format(char *buf, size_t size, const char *format, va_list args)
{
	struct sink sink = { .buf = buf, .size = size };
	va_list copy;

	va_copy(copy, args);
	while (*format) {
		if (*format == '%')
			format = convert(&sink, format + 1, &copy);
		else
			sink_put(&sink, *format++);
	}
	va_end(copy);
	if (size)
		buf[sink.length < size ? sink.length : size - 1] = 0;
	return sink.length;
}
