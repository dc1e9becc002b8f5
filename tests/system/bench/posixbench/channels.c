/* SPDX-License-Identifier: MIT */
/* Pipes and sockets. */
#include "bench.h"

static void pp_loop(struct ctx *c, int in, int outfd)
{
	char ch = 'a';
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++) {
			CHECK(write(outfd, &ch, 1) == 1, "write");
			CHECK(read(in, &ch, 1) == 1, "read");
		}
	} while (r_end(c));
out:;
}

static void tput_loop(struct ctx *c, int outfd, int ackfd)
{
	char ch;
	u8 *b = big(CHUNK);
	CHECK(b, "mmap");
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n * (MIB / CHUNK); i++)
			CHECK(!write_full(outfd, b, CHUNK), "write");
		CHECK(!read_full(ackfd, &ch, 1), "read ack");
	} while (r_end(c));
out:
	if (b)
		munmap(b, CHUNK);
}

/* write 1 byte into a pipe and read it back, no other process */
void b_pipe_self(struct ctx *c)
{
	int p[2] = { -1, -1 };
	char ch = 'a';
	CHECK(!pipe(p), "pipe");
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++) {
			CHECK(write(p[1], &ch, 1) == 1, "write");
			CHECK(read(p[0], &ch, 1) == 1, "read");
		}
	} while (r_end(c));
out:
	xclose(p[0]);
	xclose(p[1]);
}

static void pipe_common(struct ctx *c, int tput)
{
	int a[2] = { -1, -1 }, b[2] = { -1, -1 };
	pid_t p = -1;
	CHECK(!pipe(a), "pipe");
	CHECK(!pipe(b), "pipe");
	p = fork();
	CHECK(p >= 0, "fork");
	if (!p) {
		close(a[1]);
		close(b[0]);
		if (tput)
			sink_loop(a[0], b[1], c->n * MIB);
		echo_loop(a[0], b[1]);
	}
	close(a[0]);
	close(b[1]);
	a[0] = b[1] = -1;
	if (tput)
		tput_loop(c, a[1], b[0]);
	else
		pp_loop(c, b[0], a[1]);
out:
	xclose(a[0]);
	xclose(a[1]);
	xclose(b[0]);
	xclose(b[1]);
	reap(p);
}
void b_pipe_pp(struct ctx *c) { pipe_common(c, 0); }
void b_pipe_tput(struct ctx *c) { pipe_common(c, 1); }

static void unix_common(struct ctx *c, int tput)
{
	int s[2] = { -1, -1 };
	pid_t p = -1;
	CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, s), "socketpair");
	p = fork();
	CHECK(p >= 0, "fork");
	if (!p) {
		close(s[0]);
		if (tput)
			sink_loop(s[1], s[1], c->n * MIB);
		echo_loop(s[1], s[1]);
	}
	close(s[1]);
	s[1] = -1;
	if (tput)
		tput_loop(c, s[0], s[0]);
	else
		pp_loop(c, s[0], s[0]);
out:
	xclose(s[0]);
	xclose(s[1]);
	reap(p);
}
void b_unix_pp(struct ctx *c) { unix_common(c, 0); }
void b_unix_tput(struct ctx *c) { unix_common(c, 1); }

static int tcp_listen(struct ctx *c, struct sockaddr_in *sa)
{
	socklen_t l = sizeof *sa;
	int one = 1, s = socket(AF_INET, SOCK_STREAM, 0);
	if (s < 0) {
		fail(c, "socket AF_INET");
		return -1;
	}
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	memset(sa, 0, sizeof *sa);
	sa->sin_family = AF_INET;
	sa->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(s, (struct sockaddr *)sa, sizeof *sa)) {
		fail(c, "bind 127.0.0.1");
		close(s);
		return -1;
	}
	if (listen(s, 8) || getsockname(s, (struct sockaddr *)sa, &l)) {
		fail(c, "listen");
		close(s);
		return -1;
	}
	return s;
}

static void tcp_common(struct ctx *c, int tput)
{
	struct sockaddr_in sa;
	pid_t p = -1;
	int one = 1, cl = -1, s = tcp_listen(c, &sa);
	if (s < 0)
		return;
	cl = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(cl >= 0, "socket");
	p = fork();
	CHECK(p >= 0, "fork");
	if (!p) {
		close(cl);
		int k = accept(s, 0, 0);
		if (k < 0)
			_exit(1);
		close(s);
		setsockopt(k, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		if (tput)
			sink_loop(k, k, c->n * MIB);
		echo_loop(k, k);
	}
	if (connect(cl, (struct sockaddr *)&sa, sizeof sa)) {
		fail(c, "connect 127.0.0.1");
		kill(p, SIGKILL);
		goto out;
	}
	setsockopt(cl, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (tput)
		tput_loop(c, cl, cl);
	else
		pp_loop(c, cl, cl);
out:
	xclose(cl);
	xclose(s);
	reap(p);
}
void b_tcp_pp(struct ctx *c) { tcp_common(c, 0); }
void b_tcp_tput(struct ctx *c) { tcp_common(c, 1); }

/* connect + accept + close both ends, one process */
void b_tcp_connect(struct ctx *c)
{
	struct sockaddr_in sa;
	struct linger lg = { 1, 0 }; /* close with RST: no TIME_WAIT pile */
	int s = tcp_listen(c, &sa);
	if (s < 0)
		return;
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++) {
			int a = socket(AF_INET, SOCK_STREAM, 0);
			CHECK(a >= 0, "socket");
			CHECK(!connect(a, (struct sockaddr *)&sa, sizeof sa), "connect");
			int b = accept(s, 0, 0);
			CHECK(b >= 0, "accept");
			setsockopt(a, SOL_SOCKET, SO_LINGER, &lg, sizeof lg);
			close(a);
			close(b);
		}
	} while (r_end(c));
out:
	close(s);
}
