/* SPDX-License-Identifier: MIT */
/* The terminal server on a line and a process server that are played by the test. */
#pragma once

#include "terminal/terminal.h"

#include <fcntl.h>

#include "proto/file.h"
#include "servers/fake/fake.h"
#include "terminal/file.h"
#include "terminal/kill.h"
#include "test.h"

enum { EVENT = 30 };

/* The line: what comes from it, what has gone to it, how much it still takes. */
extern struct wire {
	struct line line;
	u8 in[20000], out[200000];
	size_t in_count, in_done, out_count, out_room, unsent;
} wire;
extern const struct line_ops wire_ops;

/* The signals that were sent; -pid is a group. */
extern struct kills {
	i64 pid[16];
	u32 signal[16], count;
} kills;

extern struct terminal terminal;
extern cap_t tty; /* an open file of it */

/* As main.c does it, but that the timer is the test's. */
static inline void idle(struct server *server)
{
	(void)server;
	fake.timer[EVENT] = terminals_settle();
}

static inline cap_t open_tty(u32 flags)
{
	struct msg m = { .word = { CALL(2, 1), flags } };

	CHECK_EQ(fake_finish(fake_send(0, &m), &m), OK);
	CHECK_EQ(m.word[1], 0020620 | TTY_MODE);
	return m.cap[0] & ~CAP_MOVE;
}

static inline void begin(void)
{
	memset(&wire, 0, sizeof(wire));
	memset(&kills, 0, sizeof(kills));
	fake_reset(file_dispatch, file_no_clients);
	fake.server.idle = idle;
	fake.server.state = &terminal;
	wire.line.ops = &wire_ops;
	wire.out_room = sizeof(wire.out);
	list_init(&terminals);
	file_start(&terminal, &wire.line);
	tty = open_tty(O_RDWR);
}

static inline void end(void)
{
	fake_close(tty);
	CHECK_EQ(fake_held(), 0);
	CHECK_EQ(fake_gates(), 0);
	CHECK_EQ(terminal.file_count, 0);
	CHECK_EQ(terminal.held, 0);
	CHECK_EQ(terminal.name_count, 0);
	CHECK(terminals.next == &terminal.link && terminals.prev == &terminal.link);
}

static inline void type(const char *text)
{
	size_t size = strlen(text);

	memcpy(wire.in + wire.in_count, text, size);
	wire.in_count += size;
	terminal_input(&terminal);
	terminal.touched = true;
	idle(&fake.server);
}

static inline void pass(u64 ns)
{
	fake.now += ns;
	if (fake.timer[EVENT] <= fake.now)
		idle(&fake.server);
}

static inline struct fake_call *call(cap_t gate, u32 interface, u32 number, u64 a, u64 b)
{
	struct msg m = { .word = { CALL(interface, number), a, b } };

	return fake_send_to(gate, &m);
}

static inline struct fake_call *read_begin(cap_t gate, char *buf, size_t size)
{
	struct msg m = { .word = { CALL(1, 1), (u64)FILE_POSITION }, .out = buf, .out_size = size };

	return fake_send_to(gate, &m);
}

static inline struct fake_call *write_begin(cap_t gate, const void *data, size_t size)
{
	struct msg m = { .word = { CALL(1, 2), (u64)FILE_POSITION }, .in = data, .in_size = size };

	return fake_send_to(gate, &m);
}

static inline long result(struct fake_call *c)
{
	struct msg m;

	if (!fake_answered(c))
		return -(long)E_HELD;
	err_t error = fake_finish(c, &m);
	return error ? -(long)error : (long)m.word[1];
}

static inline err_t simple(cap_t gate, u32 number, u64 a, u64 b)
{
	struct fake_call *c = call(gate, 7, number, a, b);

	CHECK(fake_answered(c));
	return fake_finish(c, NULL);
}

static inline struct fake_call *set_begin(u32 when, u32 lflag, u8 minimum, u8 time)
{
	struct tty_attributes a = terminal.ldisc.attributes;
	struct msg m = { .word = { CALL(7, 2), when } };

	a.lflag = lflag;
	a.cc[TTY_VMIN] = minimum;
	a.cc[TTY_VTIME] = time;
	memcpy(&m.word[2], &a, sizeof(a));
	return fake_send_to(tty, &m);
}

static inline void raw(u8 minimum, u8 time)
{
	CHECK_EQ(fake_finish(set_begin(TTY_NOW, 0, minimum, time), NULL), OK);
}
