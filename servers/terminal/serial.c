/* SPDX-License-Identifier: MIT */
#include "serial.h"

#include "proto/serial.h"
#include "rt/rt.h"

enum { RETRY_NS = 200 * 1000 * 1000 };

static struct serial_line *serial_of(struct line *line)
{
	return container_of(line, struct serial_line, line);
}

/* The driver has ended, or is not there yet: it will be behind the same gate again. */
static void serial_lost(struct serial_line *s)
{
	s->attached = false;
	s->retry_ns = rt_now() + RETRY_NS;
}

static bool serial_ready(struct serial_line *s)
{
	if (s->attached)
		return true;
	if (rt_now() < s->retry_ns)
		return false;
	if (serial_attach(s->serial, s->input_bits, s->output_bits, s->event))
		serial_lost(s);
	else
		s->attached = true;
	return s->attached;
}

static size_t serial_receive(struct line *line, u8 *data, size_t size)
{
	struct serial_line *s = serial_of(line);
	u64 count = 0;

	if (!serial_ready(s))
		return 0;
	if (serial_read(s->serial, data, size, &count)) {
		serial_lost(s);
		return 0;
	}
	return count < size ? (size_t)count : size;
}

static size_t serial_send(struct line *line, const u8 *data, size_t size)
{
	struct serial_line *s = serial_of(line);
	u64 count = 0;

	if (!serial_ready(s))
		return 0;
	if (serial_write(s->serial, data, size, &count)) {
		serial_lost(s);
		return 0;
	}
	return count < size ? (size_t)count : size;
}

static u64 serial_waiting(struct line *line)
{
	struct serial_line *s = serial_of(line);
	u64 count = 0;

	if (!serial_ready(s) || serial_pending(s->serial, &count))
		return 1; /* what it had is not known to be out */
	return count;
}

static u64 serial_tick(struct line *line, u64 now)
{
	struct serial_line *s = serial_of(line);

	if (s->attached)
		return DEADLINE_NEVER;
	if (now >= s->retry_ns && serial_ready(s))
		return DEADLINE_NEVER;
	return s->retry_ns;
}

static const struct line_ops serial_line_ops = {
	.receive = serial_receive,
	.send = serial_send,
	.pending = serial_waiting,
	.tick = serial_tick,
};

void serial_line_init(struct serial_line *s, cap_t serial, cap_t event, u64 input_bits,
                      u64 output_bits)
{
	*s = (struct serial_line){ .line.ops = &serial_line_ops,
		                   .serial = serial,
		                   .event = event,
		                   .input_bits = input_bits,
		                   .output_bits = output_bits };
}
