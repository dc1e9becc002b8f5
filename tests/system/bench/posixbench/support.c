/* SPDX-License-Identifier: MIT */
/* What the benchmarks share: time, errors, files, and partners to talk to. */
#include "bench.h"

const char *dir; /* where files are made           */
const char *exe; /* path of this program           */
int rounds = 7;
u64 scale = 100;
u64 limit_ns = 6000000000ull; /* no new round after this long   */
unsigned hang_s = 120;

u64 now_ns(void)
{
	struct timespec t;
	if (clock_gettime(CLOCK_MONOTONIC, &t))
		return 0;
	return (u64)t.tv_sec * 1000000000ull + (u64)t.tv_nsec;
}

void fail(struct ctx *c, const char *what)
{
	int e = errno;
	if (!c->why[0])
		snprintf(c->why, sizeof c->why, "%s: %s", what,
		         e ? strerror(e) : "unexpected result");
}

static char pathbuf[8][512];
const char *path(int slot, const char *leaf)
{
	snprintf(pathbuf[slot], sizeof pathbuf[slot], "%s%s%s", dir,
	         dir[strlen(dir) - 1] == '/' ? "" : "/", leaf);
	return pathbuf[slot];
}

u8 *big(size_t len)
{
	u8 *p = mmap(0, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return 0;
	for (size_t i = 0; i < len; i += PG)
		p[i] = (u8)i;
	return p;
}

/* make a file of len bytes and return it open read/write */
int mkfile(const char *p, size_t len)
{
	int fd = open(p, O_RDWR | O_CREAT | O_TRUNC, 0644);
	if (fd < 0)
		return -1;
	u8 *b = big(CHUNK);
	if (!b) {
		close(fd);
		return -1;
	}
	for (size_t i = 0; i < CHUNK; i++)
		b[i] = (u8)(i * 7);
	while (len) {
		size_t k = len < CHUNK ? len : CHUNK;
		ssize_t w = write(fd, b, k);
		if (w <= 0) {
			int e = errno;
			munmap(b, CHUNK);
			close(fd);
			errno = w ? e : ENOSPC;
			return -1;
		}
		len -= (size_t)w;
	}
	munmap(b, CHUNK);
	return fd;
}

int xclose(int fd) { return fd >= 0 ? close(fd) : 0; }

void reap(pid_t p)
{
	int st;
	if (p > 0)
		while (waitpid(p, &st, 0) < 0 && errno == EINTR)
			;
}

int read_full(int fd, void *b, size_t len)
{
	u8 *p = b;
	while (len) {
		ssize_t k = read(fd, p, len);
		if (k <= 0)
			return -1;
		p += k;
		len -= (size_t)k;
	}
	return 0;
}

int write_full(int fd, const void *b, size_t len)
{
	const u8 *p = b;
	while (len) {
		ssize_t k = write(fd, p, len);
		if (k <= 0)
			return -1;
		p += k;
		len -= (size_t)k;
	}
	return 0;
}

void echo_loop(int in, int outfd)
{
	char ch;
	while (read(in, &ch, 1) == 1)
		if (write(outfd, &ch, 1) != 1)
			break;
	_exit(0);
}

/* read total bytes, answer one byte; repeat until end of file */
void sink_loop(int in, int ackfd, u64 total)
{
	u8 *b = big(CHUNK);
	if (!b)
		_exit(1);
	for (;;) {
		u64 left = total;
		while (left) {
			ssize_t k = read(in, b, left < CHUNK ? (size_t)left : CHUNK);
			if (k <= 0)
				_exit(0);
			left -= (u64)k;
		}
		if (write(ackfd, "x", 1) != 1)
			_exit(0);
	}
}
