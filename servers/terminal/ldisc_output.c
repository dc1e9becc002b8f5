/* SPDX-License-Identifier: MIT */
/* The line discipline's way out: output processing, echoes, and the queue of bytes to be sent. */
#include "ldisc_parts.h"

static size_t output_room(const struct ldisc *ld)
{
	return LDISC_OUTPUT - (size_t)(ld->output_head - ld->output_tail);
}

void ldisc_put(struct ldisc *ld, u8 c)
{
	if (!output_room(ld))
		return;
	ld->output[ld->output_head % LDISC_OUTPUT] = c;
	ld->output_head++;
}

static void put_tab(struct ldisc *ld)
{
	u32 spaces = 8 - ld->column % 8;

	ld->column += spaces;
	if ((ld->attributes.oflag & TTY_XTABS) != TTY_XTABS) {
		ldisc_put(ld, '\t');
		return;
	}
	while (spaces--)
		ldisc_put(ld, ' ');
}

static void put_newline(struct ldisc *ld)
{
	if (ld->attributes.oflag & TTY_ONLCR)
		ldisc_put(ld, '\r');
	if (ld->attributes.oflag & (TTY_ONLCR | TTY_ONLRET))
		ld->column = 0;
	ld->line_column = ld->column;
	ldisc_put(ld, '\n');
}

static void put_return(struct ldisc *ld)
{
	if ((ld->attributes.oflag & TTY_ONOCR) && !ld->column)
		return;
	if (ld->attributes.oflag & TTY_OCRNL) {
		if (ld->attributes.oflag & TTY_ONLRET)
			ld->column = ld->line_column = 0;
		ldisc_put(ld, '\n');
		return;
	}
	ld->column = ld->line_column = 0;
	ldisc_put(ld, '\r');
}

/* One byte with output processing; at most LDISC_EXPANSION bytes come out. */
static void put_processed(struct ldisc *ld, u8 c)
{
	switch (c) {
	case '\n':
		put_newline(ld);
		return;
	case '\r':
		put_return(ld);
		return;
	case '\t':
		put_tab(ld);
		return;
	case '\b':
		if (ld->column)
			ld->column--;
		break;
	default:
		if (ldisc_control(c))
			break;
		if ((ld->attributes.oflag & TTY_OLCUC) && c >= 'a' && c <= 'z')
			c = (u8)(c - 'a' + 'A');
		if (!ldisc_continuation(ld, c))
			ld->column++;
	}
	ldisc_put(ld, c);
}

void ldisc_echo_raw(struct ldisc *ld, u8 c)
{
	if (ld->attributes.oflag & TTY_OPOST)
		put_processed(ld, c);
	else
		ldisc_put(ld, c);
}

void ldisc_echo(struct ldisc *ld, u8 c)
{
	if (!ldisc_local(ld, TTY_ECHOCTL) || !ldisc_control(c) || c == '\t') {
		ldisc_echo_raw(ld, c);
		return;
	}
	ldisc_put(ld, '^');
	ldisc_put(ld, c ^ 0x40);
	ld->column += 2;
}

bool ldisc_writable(const struct ldisc *ld)
{
	return output_room(ld) >= LDISC_ECHO_RESERVE + LDISC_EXPANSION;
}

size_t ldisc_write(struct ldisc *ld, const u8 *data, size_t size)
{
	size_t done = 0;

	for (; done < size && ldisc_writable(ld); done++) {
		if (ld->attributes.oflag & TTY_OPOST)
			put_processed(ld, data[done]);
		else
			ldisc_put(ld, data[done]);
	}
	return done;
}

size_t ldisc_pending(const struct ldisc *ld)
{
	return (size_t)(ld->output_head - ld->output_tail) + (ld->urgent != 0);
}

size_t ldisc_output(const struct ldisc *ld, const u8 **data)
{
	size_t start = ld->output_tail % LDISC_OUTPUT;
	size_t count = (size_t)(ld->output_head - ld->output_tail);

	if (ld->urgent) {
		*data = &ld->urgent;
		return 1;
	}
	*data = &ld->output[start];
	if (ld->stopped)
		return 0;
	return count < LDISC_OUTPUT - start ? count : LDISC_OUTPUT - start;
}

void ldisc_sent(struct ldisc *ld, size_t size)
{
	if (ld->urgent && size)
		ld->urgent = 0;
	else
		ld->output_tail += size;
}

void ldisc_flush_output(struct ldisc *ld)
{
	ld->output_tail = ld->output_head;
	ld->events |= TTY_FLUSH_WRITE;
}

void ldisc_stop(struct ldisc *ld)
{
	if (!ld->stopped)
		ld->events = (ld->events & ~(u32)TTY_STARTED) | TTY_STOPPED;
	ld->stopped = true;
}

void ldisc_go_on(struct ldisc *ld)
{
	if (ld->stopped)
		ld->events = (ld->events & ~(u32)TTY_STOPPED) | TTY_STARTED;
	ld->stopped = false;
}

void ldisc_send_stop(struct ldisc *ld)
{
	ld->urgent = ld->attributes.cc[TTY_VSTOP];
	ld->input_stopped = true;
}

void ldisc_send_start(struct ldisc *ld)
{
	ld->urgent = ld->attributes.cc[TTY_VSTART];
	ld->input_stopped = false;
}
