/* SPDX-License-Identifier: MIT */
/* Signals and readiness. */
#include "bench.h"

static volatile sig_atomic_t nsig;
static void on_usr1(int s)
{
	(void)s;
	nsig++;
}

void b_sigaction(struct ctx *c)
{
	struct sigaction sa = { .sa_handler = on_usr1 };
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++)
			CHECK(!sigaction(SIGUSR1, &sa, 0), "sigaction");
	} while (r_end(c));
out:
	signal(SIGUSR1, SIG_DFL);
}

void b_signal(struct ctx *c)
{
	struct sigaction sa = { .sa_handler = on_usr1 };
	pid_t me = getpid();
	CHECK(!sigaction(SIGUSR1, &sa, 0), "sigaction");
	do {
		int s0 = nsig;
		r_begin(c);
		for (u64 i = 0; i < c->n; i++)
			kill(me, SIGUSR1);
		int more = r_end(c);
		errno = 0;
		CHECK((u64)(nsig - s0) == c->n, "signals lost");
		if (!more)
			break;
	} while (1);
out:
	signal(SIGUSR1, SIG_DFL);
}

void b_sigprocmask(struct ctx *c)
{
	sigset_t s;
	sigemptyset(&s);
	sigaddset(&s, SIGUSR2);
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++)
			CHECK(!sigprocmask(i & 1 ? SIG_UNBLOCK : SIG_BLOCK, &s, 0), "sigprocmask");
	} while (r_end(c));
out:
	sigprocmask(SIG_UNBLOCK, &s, 0);
}

static u8 *segv_page;
static void on_segv(int s)
{
	(void)s;
	nsig++;
	if (nsig < 0 || mprotect(segv_page, PG, PROT_READ | PROT_WRITE))
		_exit(3);
}

/* write to a read-only page; the handler opens it and returns; close it again */
void b_segv(struct ctx *c)
{
	struct sigaction sa = { .sa_handler = on_segv };
	segv_page = big(PG);
	CHECK(segv_page, "mmap");
	CHECK(!sigaction(SIGSEGV, &sa, 0), "sigaction");
	do {
		int s0 = nsig;
		r_begin(c);
		for (u64 i = 0; i < c->n; i++) {
			CHECK(!mprotect(segv_page, PG, PROT_READ), "mprotect");
			*(volatile u8 *)segv_page = (u8)i;
		}
		int more = r_end(c);
		errno = 0;
		CHECK((u64)(nsig - s0) == c->n, "faults lost");
		if (!more)
			break;
	} while (1);
out:
	signal(SIGSEGV, SIG_DFL);
	if (segv_page)
		munmap(segv_page, PG);
}

static void poll_common(struct ctx *c, int which)
{
	int p[8][2];
	struct pollfd pf[8];
	memset(p, 0xff, sizeof p);
	for (int i = 0; i < 8; i++) {
		CHECK(!pipe(p[i]), "pipe");
		pf[i].fd = p[i][0];
		pf[i].events = POLLIN;
	}
	CHECK(write(p[7][1], "x", 1) == 1, "write"); /* one of the 8 is ready */
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++) {
			if (which) {
				struct timeval tv = { 0, 0 };
				fd_set s;
				FD_ZERO(&s);
				for (int k = 0; k < 8; k++)
					FD_SET(p[k][0], &s);
				CHECK(select(p[7][1] + 1, &s, 0, 0, &tv) == 1, "select");
			} else {
				CHECK(poll(pf, 8, 0) == 1, "poll");
			}
		}
	} while (r_end(c));
out:
	for (int i = 0; i < 8; i++) {
		xclose(p[i][0]);
		xclose(p[i][1]);
	}
}
void b_poll(struct ctx *c) { poll_common(c, 0); }
void b_select(struct ctx *c) { poll_common(c, 1); }

/* write 1 byte to a pipe, epoll_wait it, read it: one process, 3 calls */
void b_epoll(struct ctx *c)
{
	int p[2] = { -1, -1 }, e = -1;
	char ch = 'a';
	struct epoll_event ev = { .events = EPOLLIN }, got;
	CHECK(!pipe(p), "pipe");
	e = epoll_create1(0);
	CHECK(e >= 0, "epoll_create1");
	CHECK(!epoll_ctl(e, EPOLL_CTL_ADD, p[0], &ev), "epoll_ctl");
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++) {
			CHECK(write(p[1], &ch, 1) == 1, "write");
			CHECK(epoll_wait(e, &got, 1, -1) == 1, "epoll_wait");
			CHECK(read(p[0], &ch, 1) == 1, "read");
		}
	} while (r_end(c));
out:
	xclose(e);
	xclose(p[0]);
	xclose(p[1]);
}
