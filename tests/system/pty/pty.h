/* SPDX-License-Identifier: MIT */
/* Pseudo-terminals as programs use them. */
#pragma once

#include "../posix/posix.h"

#include <stdbool.h>
#include <stdio.h>
#include <termios.h>

#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif

struct pair {
	int master, slave;
	char name[32];
};

/* A pair; the slave is nobody's controlling terminal. Ends the test program on failure. */
static inline struct pair pair_open(void)
{
	struct pair p = { .master = posix_openpt(O_RDWR | O_NOCTTY) };

	CHECK(p.master >= 0);
	CHECK_EQ(grantpt(p.master), 0);
	CHECK_EQ(unlockpt(p.master), 0);
	CHECK_EQ(ptsname_r(p.master, p.name, sizeof(p.name)), 0);
	p.slave = open(p.name, O_RDWR | O_NOCTTY);
	CHECK(p.slave >= 0);
	return p;
}

static inline void pair_close(struct pair *p)
{
	if (p->slave >= 0)
		close(p->slave);
	if (p->master >= 0)
		close(p->master);
}

/* No echo, no line editing, no output processing. */
static inline void raw(int fd, int minimum, int tenths)
{
	struct termios t;

	CHECK_EQ(tcgetattr(fd, &t), 0);
	cfmakeraw(&t);
	t.c_cc[VMIN] = (cc_t)minimum;
	t.c_cc[VTIME] = (cc_t)tenths;
	CHECK_EQ(tcsetattr(fd, TCSANOW, &t), 0);
}

/* What poll says at once. */
static inline int ready(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT | POLLPRI };

	return poll(&p, 1, 0) >= 0 ? p.revents : -1;
}

/* Wait until there is something to be read. */
static inline void wait_input(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	CHECK_EQ(poll(&p, 1, 20000), 1);
}

/* Read until all of `text` has come. */
static inline bool reads(int fd, const char *text)
{
	char buf[4096];
	size_t size = strlen(text), done = 0;

	while (done < size) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		if (poll(&p, 1, 20000) != 1)
			return false;
		ssize_t count = read(fd, buf + done, size - done);
		if (count <= 0)
			return false;
		done += (size_t)count;
	}
	if (!memcmp(buf, text, size))
		return true;
	printf("# got \"%.*s\", wanted \"%s\"\n", (int)done, buf, text);
	return false;
}

/* --- children --- */

/* In a child: what does not hold is its exit status. */
#define NEED(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			dprintf(1, "# line %d: %s (errno %d)\n", __LINE__, #condition, errno);     \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)

/* Run `body` in a child that leads a session of its own. */
static inline pid_t session_start(void (*body)(struct pair *p), struct pair *p)
{
	fflush(stdout);
	pid_t pid = fork();

	if (pid)
		return pid;
	signal(SIGALRM, SIG_DFL);
	alarm(30);
	NEED(setsid() == getpid());
	body(p);
	_exit(0);
}

static inline int status_of(pid_t pid)
{
	int status = -1;

	CHECK_EQ(waitpid(pid, &status, 0), pid);
	return status;
}

static inline int exit_of(pid_t pid)
{
	int status = status_of(pid);

	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}
