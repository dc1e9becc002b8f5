/* SPDX-License-Identifier: MIT */
/* What the benchmarks share. A benchmark is a function b_NAME(struct ctx *): it prepares, then does
 * ctx->n operations between r_begin and r_end for each round, and says FAIL if it cannot go on. */
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef unsigned long long u64;
typedef unsigned char u8;

/* musl-gcc sees no kernel headers */
#define FUTEX_WAIT         0
#define FUTEX_WAKE         1
#define FUTEX_PRIVATE_FLAG 128

#define MAXR   32
#define PG     4096
#define MIB    (1u << 20)
#define CHUNK  65536
#define FILESZ (4 * MIB)

extern const char *dir; /* where files are made           */
extern const char *exe; /* path of this program           */
extern int rounds;
extern u64 scale;
extern u64 limit_ns; /* no new round after this long   */
extern unsigned hang_s;
extern char **environ;

static inline u64 tsc(void)
{
	unsigned lo, hi;
	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi)::"memory");
	return (u64)hi << 32 | lo;
}

struct ctx {
	const char *name;
	u64 n;    /* outer iterations per round            */
	u64 mult; /* ops per outer iteration (pages, MiB)  */
	int got;  /* rounds done, the warm-up included     */
	u64 tk[MAXR + 1], ns[MAXR + 1];
	u64 t0, n0, start;
	char why[160];
	char note[160];
};

u64 now_ns(void);
void fail(struct ctx *c, const char *what);
const char *path(int slot, const char *leaf);
u8 *big(size_t len);
int mkfile(const char *p, size_t len);
int xclose(int fd);
void reap(pid_t p);
int read_full(int fd, void *b, size_t len);
int write_full(int fd, const void *b, size_t len);
void echo_loop(int in, int outfd);
void sink_loop(int in, int ackfd, u64 total);

static inline void r_begin(struct ctx *c)
{
	c->n0 = now_ns();
	if (!c->got)
		c->start = c->n0;
	c->t0 = tsc();
}

static inline int r_end(struct ctx *c)
{
	u64 t1 = tsc(), n1 = now_ns();
	c->tk[c->got] = t1 - c->t0;
	c->ns[c->got] = n1 - c->n0;
	c->got++;
	if (c->got > rounds)
		return 0;
	return n1 - c->start < limit_ns || c->got < 2;
}

#define FAIL(what)                                                                                 \
	do {                                                                                       \
		fail(c, what);                                                                     \
		goto out;                                                                          \
	} while (0)
#define CHECK(cond, what)                                                                          \
	do {                                                                                       \
		if (__builtin_expect(!(cond), 0))                                                  \
			FAIL(what);                                                                \
	} while (0)

/* One line each in the table of posixbench.c. */
void b_calib(struct ctx *c);
void b_rdtsc(struct ctx *c);
void b_movsb(struct ctx *c);
void b_movsq(struct ctx *c);
void b_stosq(struct ctx *c);
void b_memcpy(struct ctx *c);
void b_sse(struct ctx *c);
void b_u64(struct ctx *c);
void b_getpid(struct ctx *c);
void b_clock_real(struct ctx *c);
void b_clock_sys(struct ctx *c);
void b_gettimeofday(struct ctx *c);
void b_read_zero(struct ctx *c);
void b_write_null(struct ctx *c);
void b_dup_close(struct ctx *c);
void b_lseek(struct ctx *c);
void b_fstat(struct ctx *c);
void b_stat(struct ctx *c);
void b_stat_deep(struct ctx *c);
void b_stat_noent(struct ctx *c);
void b_open_close(struct ctx *c);
void b_pread1(struct ctx *c);
void b_pread4k(struct ctx *c);
void b_pread64k(struct ctx *c);
void b_read_seq(struct ctx *c);
void b_write4k(struct ctx *c);
void b_append4k(struct ctx *c);
void b_create_unlink(struct ctx *c);
void b_mkdir_rmdir(struct ctx *c);
void b_rename(struct ctx *c);
void b_readdir(struct ctx *c);
void b_pipe_self(struct ctx *c);
void b_pipe_pp(struct ctx *c);
void b_pipe_tput(struct ctx *c);
void b_unix_pp(struct ctx *c);
void b_unix_tput(struct ctx *c);
void b_tcp_pp(struct ctx *c);
void b_tcp_tput(struct ctx *c);
void b_tcp_connect(struct ctx *c);
void b_futex_wake(struct ctx *c);
void b_futex_pp(struct ctx *c);
void b_cond_pp(struct ctx *c);
void b_yield1(struct ctx *c);
void b_yield2(struct ctx *c);
void b_thread(struct ctx *c);
void b_fork(struct ctx *c);
void b_spawn(struct ctx *c);
void b_fork_exec(struct ctx *c);
void b_spawn_sh(struct ctx *c);
void b_mmap_only(struct ctx *c);
void b_mmap_anon(struct ctx *c);
void b_mmap_file(struct ctx *c);
void b_cow(struct ctx *c);
void b_sigaction(struct ctx *c);
void b_sigprocmask(struct ctx *c);
void b_signal(struct ctx *c);
void b_segv(struct ctx *c);
void b_poll(struct ctx *c);
void b_select(struct ctx *c);
void b_epoll(struct ctx *c);
