/* SPDX-License-Identifier: MIT */
/* Threads, scheduling and processes. */
#include "bench.h"

static atomic_int fa, fb, fstop;

static long futex(atomic_int *u, int op, int v)
{
	return syscall(SYS_futex, u, op | FUTEX_PRIVATE_FLAG, v, 0, 0, 0);
}

static void *futex_peer(void *x)
{
	(void)x;
	for (;;) {
		while (!atomic_exchange(&fa, 0))
			futex(&fa, FUTEX_WAIT, 0);
		if (atomic_load(&fstop))
			return 0;
		atomic_store(&fb, 1);
		futex(&fb, FUTEX_WAKE, 1);
	}
}

void b_futex_pp(struct ctx *c)
{
	pthread_t t;
	atomic_int probe = 0;
	CHECK(futex(&probe, FUTEX_WAKE, 1) >= 0, "futex");
	fa = fb = fstop = 0;
	errno = pthread_create(&t, 0, futex_peer, 0);
	CHECK(!errno, "pthread_create");
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++) {
			atomic_store(&fa, 1);
			futex(&fa, FUTEX_WAKE, 1);
			while (!atomic_exchange(&fb, 0))
				futex(&fb, FUTEX_WAIT, 0);
		}
	} while (r_end(c));
	atomic_store(&fstop, 1);
	atomic_store(&fa, 1);
	futex(&fa, FUTEX_WAKE, 1);
	pthread_join(t, 0);
out:;
}

void b_futex_wake(struct ctx *c)
{
	atomic_int f = 0;
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++)
			CHECK(futex(&f, FUTEX_WAKE, 1) == 0, "futex");
	} while (r_end(c));
out:;
}

static pthread_mutex_t mtx = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cnd = PTHREAD_COND_INITIALIZER;
static int turn;

static void *cond_peer(void *x)
{
	u64 n = *(u64 *)x;
	pthread_mutex_lock(&mtx);
	while (n--) {
		while (turn != 1)
			pthread_cond_wait(&cnd, &mtx);
		turn = 0;
		pthread_cond_signal(&cnd);
	}
	pthread_mutex_unlock(&mtx);
	return 0;
}

void b_cond_pp(struct ctx *c)
{
	int more;
	do {
		pthread_t t;
		turn = 0;
		errno = pthread_create(&t, 0, cond_peer, &c->n);
		CHECK(!errno, "pthread_create");
		r_begin(c);
		pthread_mutex_lock(&mtx);
		for (u64 i = 0; i < c->n; i++) {
			turn = 1;
			pthread_cond_signal(&cnd);
			while (turn != 0)
				pthread_cond_wait(&cnd, &mtx);
		}
		pthread_mutex_unlock(&mtx);
		more = r_end(c);
		pthread_join(t, 0);
	} while (more);
out:;
}

void b_yield1(struct ctx *c)
{
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++)
			CHECK(!sched_yield(), "sched_yield");
	} while (r_end(c));
out:;
}

/* two processes yield to each other; per yield of the parent, so a round trip
 * where the scheduler alternates strictly (see the note line) */
void b_yield2(struct ctx *c)
{
	pid_t p = -1;
	u64 mine = 0, theirs = 0;
	volatile u64 *sh = mmap(0, PG, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (sh == MAP_FAILED)
		sh = 0;
	p = fork();
	CHECK(p >= 0, "fork");
	if (!p) {
		for (u64 k = 0; k < 400000000ull; k++) {
			if (sched_yield())
				_exit(1);
			if (sh)
				++*sh;
		}
		_exit(0);
	}
	for (int i = 0; i < 50; i++)
		sched_yield();
	do {
		u64 s0 = sh ? *sh : 0;
		r_begin(c);
		for (u64 i = 0; i < c->n; i++)
			CHECK(!sched_yield(), "sched_yield");
		int more = r_end(c);
		mine += c->n;
		theirs += sh ? *sh - s0 : 0;
		if (!more)
			break;
	} while (1);
	if (sh)
		snprintf(c->note, sizeof c->note, "peer yields per own yield: %llu.%02llu",
		         theirs / mine, theirs * 100 / mine % 100);
out:
	if (p > 0) {
		kill(p, SIGKILL);
		reap(p);
	}
	if (sh)
		munmap((void *)sh, PG);
}

static void *nop_thread(void *x) { return x; }

void b_thread(struct ctx *c)
{
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++) {
			pthread_t t;
			errno = pthread_create(&t, 0, nop_thread, 0);
			CHECK(!errno, "pthread_create");
			pthread_join(t, 0);
		}
	} while (r_end(c));
out:;
}

void b_fork(struct ctx *c)
{
	int st;
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++) {
			pid_t p = fork();
			if (!p)
				_exit(0);
			CHECK(p > 0, "fork");
			CHECK(waitpid(p, &st, 0) == p && st == 0, "waitpid");
		}
	} while (r_end(c));
out:;
}

void b_fork_exec(struct ctx *c)
{
	int st;
	char *av[] = { (char *)exe, "--exit", 0 };
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++) {
			pid_t p = fork();
			if (!p) {
				execve(exe, av, environ);
				_exit(127);
			}
			CHECK(p > 0, "fork");
			errno = 0;
			CHECK(waitpid(p, &st, 0) == p && st == 0, "exec of itself (see --exe)");
		}
	} while (r_end(c));
out:;
}

static void spawn_common(struct ctx *c, char **av)
{
	int st;
	pid_t p;
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++) {
			errno = posix_spawn(&p, av[0], 0, 0, av, environ);
			CHECK(!errno, av[0]);
			CHECK(waitpid(p, &st, 0) == p && st == 0, "spawned program");
		}
	} while (r_end(c));
out:;
}

void b_spawn(struct ctx *c)
{
	char *av[] = { (char *)exe, "--exit", 0 };
	spawn_common(c, av);
}

void b_spawn_sh(struct ctx *c)
{
	char *av[] = { "/bin/sh", "-c", ":", 0 };
	spawn_common(c, av);
}
