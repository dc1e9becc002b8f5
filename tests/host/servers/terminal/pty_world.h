/* SPDX-License-Identifier: MIT */
/* Pairs in the world of the terminal's tests. */
#pragma once

#include "terminal_world.h"

#include "proto/dir.h"
#include "terminal/pty.h"

struct pty_pair {
	cap_t master, slave;
};

/* As the loop does it: the end of a gate is a message, too. */
static inline void gate_close(cap_t gate)
{
	fake_close(gate);
	idle(&fake.server);
}

static inline cap_t pts_open(const char *name, u32 flags, u32 mode)
{
	struct msg m = { .word = { CALL(2, 1), flags }, .in = name, .in_size = strlen(name) };

	CHECK_EQ(fake_finish(fake_send(LABEL_SLAVES, &m), &m), OK);
	CHECK_EQ(m.word[1], mode);
	return m.cap[0] & ~CAP_MOVE;
}

static inline cap_t master_open(void)
{
	return pts_open("ptmx", O_RDWR, 0020666u | TTY_MODE | TTY_MASTER);
}

static inline cap_t slave_open(const char *name, u32 flags)
{
	return pts_open(name, flags, 0020620u | TTY_MODE);
}

/* The pair that gets `number` (0 to 9). */
static inline struct pty_pair pair_open(u32 number)
{
	struct pty_pair p = { .master = master_open() };
	char name[2] = { (char)('0' + number), 0 };
	struct msg m = { .word = { CALL(7, 21) } };

	CHECK_EQ(fake_finish(fake_send_to(p.master, &m), &m), OK);
	CHECK_EQ(m.word[1], number);
	CHECK_EQ(simple(p.master, 20, TTY_LOCKED, TTY_OFF), OK);
	p.slave = slave_open(name, O_RDWR);
	return p;
}

static inline void pair_close(struct pty_pair *p)
{
	gate_close(p->slave);
	gate_close(p->master);
}
