/* SPDX-License-Identifier: MIT */
/* What the tests of sessions share: signals that come, and a pipe to tell of it. */
#pragma once

#include "pty.h"

static volatile sig_atomic_t caught[65];

static inline void note(int signal) { caught[signal]++; }

static inline void catch_signal(int signal)
{
	struct sigaction action = { .sa_handler = note };

	NEED(sigaction(signal, &action, NULL) == 0);
}

/* Wait until `signal` has come. */
static inline bool comes(int signal)
{
	for (int i = 0; i < 1000 && !caught[signal]; i++)
		usleep(10000);
	return caught[signal];
}

/* Tell the test through the terminal's other end, or a pipe. */
static int told[2];

static inline void tell(char c) { NEED(write(told[1], &c, 1) == 1); }

static inline char hear(void)
{
	struct pollfd p = { .fd = told[0], .events = POLLIN };
	char c = 0;

	CHECK_EQ(poll(&p, 1, 20000), 1);
	if (p.revents)
		CHECK_EQ(read(told[0], &c, 1), 1);
	return c;
}

static inline struct pair begin(void)
{
	CHECK_EQ(pipe(told), 0);
	return pair_open();
}

static inline void end(struct pair *p)
{
	pair_close(p);
	close(told[0]);
	close(told[1]);
}

static inline void take(const struct pair *p) { NEED(ioctl(p->slave, TIOCSCTTY, 0) == 0); }
