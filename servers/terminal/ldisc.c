/* SPDX-License-Identifier: MIT */
/* The line discipline's way in: special characters, lines, and what readers get of them. */
#include "ldisc_parts.h"

#include <string.h>

enum { INPUT_LOW = LDISC_INPUT / 4, INPUT_HIGH = LDISC_INPUT * 3 / 4 }; /* marks for IXOFF */

static const struct tty_attributes sane = {
	.iflag = TTY_ICRNL | TTY_IXON | TTY_IUTF8 | TTY_IMAXBEL,
	.oflag = TTY_OPOST | TTY_ONLCR,
	.cflag = TTY_B115200 | TTY_CS8 | TTY_CREAD | TTY_HUPCL | TTY_CLOCAL,
	.lflag = TTY_ISIG | TTY_ICANON | TTY_ECHO | TTY_ECHOE | TTY_ECHOK | TTY_ECHOCTL |
	         TTY_ECHOKE | TTY_IEXTEN,
	.cc = { [TTY_VINTR] = 3,
	        [TTY_VQUIT] = 28,
	        [TTY_VERASE] = 0x7f,
	        [TTY_VKILL] = 21,
	        [TTY_VEOF] = 4,
	        [TTY_VMIN] = 1,
	        [TTY_VSTART] = 17,
	        [TTY_VSTOP] = 19,
	        [TTY_VSUSP] = 26,
	        [TTY_VREPRINT] = 18,
	        [TTY_VWERASE] = 23,
	        [TTY_VLNEXT] = 22 },
};

void ldisc_init(struct ldisc *ld)
{
	memset(ld, 0, sizeof(*ld));
	ld->attributes = sane;
}

static bool bit_get(const u8 *bits, u64 position)
{
	u64 i = position % LDISC_INPUT;

	return bits[i / 8] >> (i % 8) & 1;
}

static void bit_set(u8 *bits, u64 position, bool value)
{
	u64 i = position % LDISC_INPUT;
	u8 mask = (u8)(1 << (i % 8));

	bits[i / 8] = (u8)(value ? bits[i / 8] | mask : bits[i / 8] & ~mask);
}

static size_t input_used(const struct ldisc *ld) { return (size_t)(ld->head - ld->tail); }

static void input_store(struct ldisc *ld, u8 c)
{
	bit_set(ld->line_end, ld->head, false);
	bit_set(ld->file_end, ld->head, false);
	ld->input[ld->head % LDISC_INPUT] = c;
	ld->head++;
}

/* Room for an ordinary byte (twice, if it is to be doubled); the last place is for the end of the
 * line. */
static bool input_room(struct ldisc *ld, size_t bytes)
{
	if (input_used(ld) + bytes < LDISC_INPUT)
		return true;
	if (ldisc_iflag(ld, TTY_IMAXBEL) && !ld->dropped)
		ldisc_put(ld, '\a');
	ld->dropped = true;
	return false;
}

static void input_echo(struct ldisc *ld, u8 c)
{
	ldisc_erase_end(ld);
	if (!ldisc_local(ld, TTY_ECHO))
		return;
	if (c == '\n') {
		ldisc_echo_raw(ld, c);
		return;
	}
	if (ld->head == ld->canon)
		ld->line_column = ld->column;
	ldisc_echo(ld, c);
}

/* An ordinary byte: echoed and stored. */
static void input_plain(struct ldisc *ld, u8 c)
{
	bool doubled = c == 0xff && ldisc_iflag(ld, TTY_PARMRK) && !ldisc_iflag(ld, TTY_ISTRIP);

	if (!input_room(ld, 1 + doubled))
		return;
	input_echo(ld, c);
	if (doubled)
		input_store(ld, c);
	input_store(ld, c);
}

/* A byte that ends the line, and is part of it unless `file_end`. There is always room for one. */
static void input_end_line(struct ldisc *ld, u8 c, bool file_end)
{
	if (input_used(ld) >= LDISC_INPUT)
		return;
	input_store(ld, c);
	bit_set(ld->line_end, ld->head - 1, true);
	bit_set(ld->file_end, ld->head - 1, file_end);
	ld->canon = ld->head;
}

static u32 signal_of(const struct ldisc *ld, u8 c)
{
	if (!ldisc_local(ld, TTY_ISIG))
		return 0;
	if (ldisc_is(ld, TTY_VINTR, c))
		return LDISC_INTR;
	if (ldisc_is(ld, TTY_VQUIT, c))
		return LDISC_QUIT;
	return ldisc_is(ld, TTY_VSUSP, c) ? LDISC_SUSP : 0;
}

static void input_signal(struct ldisc *ld, u32 signal, u8 c)
{
	ld->signals |= signal;
	if (!ldisc_local(ld, TTY_NOFLSH)) {
		ldisc_flush_input(ld);
		ldisc_flush_output(ld);
	}
	if (ldisc_iflag(ld, TTY_IXON))
		ldisc_go_on(ld);
	if (ldisc_local(ld, TTY_ECHO))
		ldisc_echo(ld, c);
}

/* Flow control of our output. True: the byte was that and nothing more. */
static bool input_flow(struct ldisc *ld, u8 c)
{
	if (!ldisc_iflag(ld, TTY_IXON))
		return false;
	if (ldisc_is(ld, TTY_VSTART, c)) {
		ldisc_go_on(ld);
		return true;
	}
	if (ldisc_is(ld, TTY_VSTOP, c)) {
		ldisc_stop(ld);
		return true;
	}
	if (ldisc_iflag(ld, TTY_IXANY))
		ldisc_go_on(ld);
	return false;
}

/* Editing characters of canonical mode. True: the byte was one. */
static bool input_edit(struct ldisc *ld, u8 c)
{
	bool extended = ldisc_local(ld, TTY_IEXTEN);

	if (ldisc_is(ld, TTY_VERASE, c)) {
		ldisc_erase(ld, TTY_VERASE);
	} else if (ldisc_is(ld, TTY_VKILL, c)) {
		ldisc_erase(ld, TTY_VKILL);
	} else if (extended && ldisc_is(ld, TTY_VWERASE, c)) {
		ldisc_erase(ld, TTY_VWERASE);
	} else if (extended && ldisc_is(ld, TTY_VREPRINT, c) && ldisc_local(ld, TTY_ECHO)) {
		ldisc_reprint(ld);
	} else {
		return false;
	}
	ld->dropped = false;
	return true;
}

/* The ends of a line. True: the byte was one. */
static bool input_line(struct ldisc *ld, u8 c)
{
	if (c == '\n') {
		ldisc_erase_end(ld);
		if (ldisc_local(ld, TTY_ECHO | TTY_ECHONL))
			ldisc_echo_raw(ld, c);
		input_end_line(ld, c, false);
	} else if (ldisc_is(ld, TTY_VEOF, c)) {
		ldisc_erase_end(ld);
		input_end_line(ld, 0, true);
	} else if (ldisc_is(ld, TTY_VEOL, c) ||
	           (ldisc_local(ld, TTY_IEXTEN) && ldisc_is(ld, TTY_VEOL2, c))) {
		input_echo(ld, c);
		input_end_line(ld, c, false);
	} else {
		return false;
	}
	ld->dropped = false;
	return true;
}

static void input_byte(struct ldisc *ld, u8 c)
{
	u32 signal;

	if (ldisc_iflag(ld, TTY_ISTRIP))
		c &= 0x7f;
	if (ldisc_iflag(ld, TTY_IUCLC) && ldisc_local(ld, TTY_IEXTEN) && c >= 'A' && c <= 'Z')
		c = (u8)(c - 'A' + 'a');
	if (ld->literal_next) {
		ld->literal_next = false;
		input_plain(ld, c);
		return;
	}
	if ((signal = signal_of(ld, c))) {
		input_signal(ld, signal, c);
		return;
	}
	if (input_flow(ld, c))
		return;
	if (c == '\r' && ldisc_iflag(ld, TTY_IGNCR))
		return;
	if (c == '\r' && ldisc_iflag(ld, TTY_ICRNL))
		c = '\n';
	else if (c == '\n' && ldisc_iflag(ld, TTY_INLCR))
		c = '\r';
	if (ldisc_local(ld, TTY_ICANON)) {
		if (input_edit(ld, c) || input_line(ld, c))
			return;
		if (ldisc_local(ld, TTY_IEXTEN) && ldisc_is(ld, TTY_VLNEXT, c)) {
			ld->literal_next = true;
			if (ldisc_local(ld, TTY_ECHO) && ldisc_local(ld, TTY_ECHOCTL)) {
				ldisc_put(ld, '^');
				ldisc_put(ld, '\b');
			}
			return;
		}
	}
	input_plain(ld, c);
}

/* Everything is taken while nothing is readable in canonical mode: only a line's end makes the
 * queue shrink again. */
static bool input_accepts(const struct ldisc *ld)
{
	if (ldisc_local(ld, TTY_ICANON) && ld->canon == ld->tail)
		return true;
	return input_used(ld) + 2 < LDISC_INPUT;
}

size_t ldisc_input(struct ldisc *ld, const u8 *data, size_t size)
{
	size_t done = 0;

	while (done < size && input_accepts(ld))
		input_byte(ld, data[done++]);
	if (ldisc_iflag(ld, TTY_IXOFF) && input_used(ld) > INPUT_HIGH && !ld->input_stopped)
		ldisc_send_stop(ld);
	return done;
}

size_t ldisc_input_urgent(struct ldisc *ld, const u8 *data, size_t size)
{
	size_t done = 0;

	/* Without a flush the byte stays where it is in the stream, and acts when its turn
	 * comes. */
	if (ldisc_local(ld, TTY_NOFLSH))
		return 0;
	for (size_t i = 0; i < size; i++) {
		u32 signal = signal_of(ld, data[i]);

		if (!signal)
			continue;
		input_signal(ld, signal, data[i]);
		done = i + 1;
	}
	return done;
}

void ldisc_break(struct ldisc *ld)
{
	if (ldisc_iflag(ld, TTY_BRKINT)) {
		ld->signals |= LDISC_INTR;
		ldisc_flush_input(ld);
		ldisc_flush_output(ld);
	}
}

bool ldisc_readable(const struct ldisc *ld, size_t minimum)
{
	if (ldisc_local(ld, TTY_ICANON))
		return ld->canon != ld->tail;
	return input_used(ld) >= (minimum ? minimum : 1);
}

size_t ldisc_available(const struct ldisc *ld)
{
	size_t count = 0;

	if (!ldisc_local(ld, TTY_ICANON))
		return input_used(ld);
	for (u64 at = ld->tail; at < ld->canon; at++)
		count += !bit_get(ld->file_end, at);
	return count;
}

size_t ldisc_peek(const struct ldisc *ld, u8 *buf, size_t size, size_t *positions)
{
	bool canonical = ldisc_local(ld, TTY_ICANON);
	u64 end = canonical ? ld->canon : ld->head;
	u64 at = ld->tail;
	size_t count = 0;

	while (at < end && count < size) {
		bool last = canonical && bit_get(ld->line_end, at);

		if (canonical && bit_get(ld->file_end, at))
			break;
		buf[count++] = ldisc_at(ld, at++);
		if (last) {
			*positions = (size_t)(at - ld->tail);
			return count;
		}
	}
	/* An end of file right behind what was read has done its work: it must not look like
	 * another one. */
	if (size && canonical && at < end && bit_get(ld->file_end, at))
		at++;
	*positions = (size_t)(at - ld->tail);
	return count;
}

void ldisc_take(struct ldisc *ld, size_t positions)
{
	ld->tail += positions;
	if (ld->canon < ld->tail)
		ld->canon = ld->tail;
	if (positions)
		ld->dropped = false;
	if (ld->input_stopped && input_used(ld) < INPUT_LOW)
		ldisc_send_start(ld);
}

static void become_canonical(struct ldisc *ld)
{
	memset(ld->line_end, 0, sizeof(ld->line_end));
	memset(ld->file_end, 0, sizeof(ld->file_end));
	ld->canon = ld->head;
	if (ld->head != ld->tail)
		bit_set(ld->line_end, ld->head - 1, true);
}

/* The unfinished line is readable by itself, as head says; an end of file that nobody has read is
 * no byte. */
static void become_raw(struct ldisc *ld)
{
	u64 to = ld->tail;

	for (u64 from = ld->tail; from < ld->head; from++)
		if (from >= ld->canon || !bit_get(ld->file_end, from))
			ld->input[to++ % LDISC_INPUT] = ldisc_at(ld, from);
	ld->head = to;
	ld->canon = ld->tail;
	ld->literal_next = false;
}

/* Does ^S stop output, and ^Q start it again? */
static bool flow_is_usual(const struct tty_attributes *a)
{
	return (a->iflag & TTY_IXON) && a->cc[TTY_VSTOP] == 19 && a->cc[TTY_VSTART] == 17;
}

void ldisc_set(struct ldisc *ld, const struct tty_attributes *attributes)
{
	u32 changed = ld->attributes.lflag ^ attributes->lflag;
	bool flow_ends = ldisc_iflag(ld, TTY_IXON) && !(attributes->iflag & TTY_IXON);
	bool usual = flow_is_usual(attributes);

	if (usual != flow_is_usual(&ld->attributes))
		ld->events = (ld->events & ~(u32)(TTY_FLOW_ON | TTY_FLOW_OFF)) |
		             (usual ? TTY_FLOW_ON : TTY_FLOW_OFF);
	ld->attributes = *attributes;
	if (changed & TTY_ICANON) {
		if (attributes->lflag & TTY_ICANON)
			become_canonical(ld);
		else
			become_raw(ld);
	}
	if (flow_ends)
		ldisc_go_on(ld);
	if (ld->input_stopped && !ldisc_iflag(ld, TTY_IXOFF))
		ldisc_send_start(ld);
}

void ldisc_flush_input(struct ldisc *ld)
{
	ld->tail = ld->canon = ld->head;
	ld->literal_next = false;
	ld->dropped = false;
	ld->erasing = false;
	ld->events |= TTY_FLUSH_READ;
	if (ld->input_stopped)
		ldisc_send_start(ld);
}
