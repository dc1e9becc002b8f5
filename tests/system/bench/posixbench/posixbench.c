/* SPDX-License-Identifier: MIT */
/*
 * posixbench.c - per-operation cost of common POSIX calls.
 *
 * One static program, C11 + POSIX + the raw futex and epoll calls, no other
 * dependency:      musl-gcc -O2 -static -o posixbench posixbench.c
 *
 * Output, one line per benchmark, single spaces:
 *     name ops_per_round ticks_per_op ns_per_op min_ticks_per_op min_ns_per_op
 * The first pair is the MEDIAN over the timed rounds, the second the MINIMUM.
 * ticks are rdtsc ticks; ns is CLOCK_MONOTONIC.  A benchmark that cannot run
 * prints            name skip reason
 * Lines starting with '#' are comments.
 *
 * Every benchmark runs 1 untimed (warm-up) round and up to ROUNDS timed rounds
 * of a FIXED number of operations, so a deterministic machine (qemu -icount)
 * gives the same counts every time.  Under  -icount shift=0  a tick is one
 * guest instruction (1 ns of virtual time); check it with calib_loop1000, which
 * must print 2000 + a small constant.
 *
 * Options: --list  --dir D  --exe PATH  --scale PERCENT  --rounds N
 *          --limit SECONDS (per benchmark)  --timeout SECONDS (kill if stuck)
 *          -v (name each benchmark on stderr before it runs)  --tsc  --exit
 * Remaining arguments: names of the benchmarks to run (default: all);
 * a trailing '*' matches a prefix.
 */
#include "bench.h"

static const struct bench {
	const char *name;
	void (*fn)(struct ctx *);
	u64 n;
	const char *what;
} tab[] = {
	{ "calib_loop1000", b_calib, 2000, "1000 x (dec; jnz): 2000 instructions + ~5" },
	{ "calib_rdtsc", b_rdtsc, 20000, "one rdtsc in a loop" },
	{ "calib_rep_movsb4k", b_movsb, 200, "one rep movsb of 4096 bytes" },
	{ "calib_rep_movsq4k", b_movsq, 1000, "one rep movsq of 4096 bytes" },
	{ "calib_rep_stosq4k", b_stosq, 1000, "one rep stosq of 4096 bytes" },
	{ "calib_memcpy4k", b_memcpy, 1000, "libc memcpy of 4096 bytes" },
	{ "calib_sse_copy4k", b_sse, 1000, "4096 bytes by 16-byte movups, unrolled x4" },
	{ "calib_mov_copy4k", b_u64, 1000, "4096 bytes by a loop of 8-byte mov" },
	{ "getpid", b_getpid, 5000, "syscall(SYS_getpid)" },
	{ "clock_gettime", b_clock_real, 5000,
	  "clock_gettime(CLOCK_REALTIME), libc (vDSO if any)" },
	{ "clock_gettime_sys", b_clock_sys, 5000, "the same as a real system call" },
	{ "gettimeofday", b_gettimeofday, 5000, "gettimeofday, libc" },
	{ "read_zero_1", b_read_zero, 5000, "read 1 byte of /dev/zero" },
	{ "write_null_1", b_write_null, 5000, "write 1 byte to /dev/null" },
	{ "dup_close", b_dup_close, 3000, "dup + close" },
	{ "lseek", b_lseek, 5000, "lseek on a regular file" },
	{ "fstat", b_fstat, 3000, "fstat" },
	{ "stat", b_stat, 2000, "stat of an existing file" },
	{ "stat_deep", b_stat_deep, 2000, "stat, 4 components below the directory" },
	{ "stat_noent", b_stat_noent, 2000, "stat of a missing file" },
	{ "open_close", b_open_close, 1000, "open + close of an existing file" },
	{ "pread_1", b_pread1, 3000, "pread 1 byte, cached" },
	{ "pread_4k", b_pread4k, 1000, "pread 4 KiB, cached" },
	{ "pread_64k", b_pread64k, 64, "pread 64 KiB, cached" },
	{ "read_seq_MiB", b_read_seq, 1, "read a cached 4 MiB file, 64 KiB buffer: per MiB" },
	{ "write_4k", b_write4k, 1000, "pwrite 4 KiB over existing blocks" },
	{ "append_4k", b_append4k, 2, "grow a file by 4 KiB writes (+1/256 truncate)" },
	{ "create_unlink", b_create_unlink, 300, "open O_CREAT|O_EXCL + close + unlink" },
	{ "mkdir_rmdir", b_mkdir_rmdir, 300, "mkdir + rmdir" },
	{ "rename", b_rename, 500, "rename a file in one directory" },
	{ "readdir_32", b_readdir, 100, "opendir + 32 entries + closedir" },
	{ "pipe_self", b_pipe_self, 2000, "write 1 + read 1 on a pipe, one process" },
	{ "pipe_pingpong", b_pipe_pp, 500, "1 byte there and back, two processes" },
	{ "pipe_tput_MiB", b_pipe_tput, 4, "64 KiB writes, two processes: per MiB" },
	{ "unix_pingpong", b_unix_pp, 500, "AF_UNIX stream, 1 byte there and back" },
	{ "unix_tput_MiB", b_unix_tput, 4, "AF_UNIX stream, 64 KiB writes: per MiB" },
	{ "tcp_pingpong", b_tcp_pp, 200, "TCP 127.0.0.1, 1 byte there and back" },
	{ "tcp_tput_MiB", b_tcp_tput, 4, "TCP 127.0.0.1, 64 KiB writes: per MiB" },
	{ "tcp_connect", b_tcp_connect, 50, "socket+connect+accept+close both, one process" },
	{ "futex_wake", b_futex_wake, 5000, "FUTEX_WAKE with no waiter" },
	{ "futex_pingpong", b_futex_pp, 500, "wake/wait there and back, two threads" },
	{ "cond_pingpong", b_cond_pp, 500, "pthread mutex+cond there and back, two threads" },
	{ "sched_yield1", b_yield1, 3000, "sched_yield, nobody else runnable" },
	{ "sched_yield2", b_yield2, 1000, "sched_yield against a second process" },
	{ "thread_create", b_thread, 100, "pthread_create + join" },
	{ "fork_exit_wait", b_fork, 20, "fork + _exit + waitpid" },
	{ "spawn_exec", b_spawn, 20, "posix_spawn (vfork+exec) of itself + wait" },
	{ "fork_exec", b_fork_exec, 20, "fork + exec of itself + wait" },
	{ "spawn_sh", b_spawn_sh, 10, "posix_spawn /bin/sh -c : + wait" },
	{ "mmap_munmap", b_mmap_only, 1000, "mmap + munmap of 1 page, not touched" },
	{ "mmap_anon_page", b_mmap_anon, 4, "mmap anon 1 MiB, touch, munmap: per page" },
	{ "mmap_file_page", b_mmap_file, 8, "mmap a cached 1 MiB file, touch, munmap: per page" },
	{ "cow_fault_page", b_cow, 1, "write to a page shared by fork: per page" },
	{ "sigaction", b_sigaction, 3000, "install a handler" },
	{ "sigprocmask", b_sigprocmask, 3000, "block or unblock one signal" },
	{ "signal_self", b_signal, 1000, "kill(self, SIGUSR1), handler runs and returns" },
	{ "segv_mprotect", b_segv, 500,
	  "mprotect RO + write fault + SIGSEGV handler + mprotect RW" },
	{ "poll_8", b_poll, 1000, "poll 8 pipes, one ready" },
	{ "select_8", b_select, 1000, "select 8 pipes, one ready" },
	{ "epoll_ping", b_epoll, 1000, "pipe write + epoll_wait + read, one process" },
};
#define NTAB (sizeof tab / sizeof tab[0])

static int cmp(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;
	return x < y ? -1 : x > y;
}

static const char *cur = "?";
static void on_alarm(int s)
{
	char b[128];
	(void)s;
	int l = snprintf(b, sizeof b, "%s skip timeout, giving up\n", cur);
	if (write(1, b, (size_t)l) < 0)
		_exit(5);
	_exit(4);
}

/* v/div with two decimals */
static const char *fx(char *b, size_t z, u64 v, u64 div)
{
	u64 h = (v * 100 + div / 2) / div;
	snprintf(b, z, "%llu.%02llu", h / 100, h % 100);
	return b;
}

static struct ctx C;

static int run(const struct bench *b)
{
	struct ctx *c = &C;
	char o[4][40];
	memset(c, 0, sizeof *c);
	cur = c->name = b->name;
	c->n = b->n * scale / 100;
	if (!c->n)
		c->n = 1;
	c->mult = 1;
	errno = 0;
	if (hang_s)
		alarm(hang_s);
	b->fn(c);
	if (hang_s)
		alarm(0);
	if (c->why[0] || !c->got) {
		printf("%s skip %s\n", b->name, c->why[0] ? c->why : "no round finished");
		fflush(stdout);
		return 1;
	}
	int first = c->got > 1 ? 1 : 0, k = c->got - first;
	qsort(c->tk + first, (size_t)k, sizeof(u64), cmp);
	qsort(c->ns + first, (size_t)k, sizeof(u64), cmp);
	u64 ops = c->n * c->mult;
	printf("%s %llu %s %s %s %s\n", b->name, ops, fx(o[0], 40, c->tk[first + k / 2], ops),
	       fx(o[1], 40, c->ns[first + k / 2], ops), fx(o[2], 40, c->tk[first], ops),
	       fx(o[3], 40, c->ns[first], ops));
	if (c->note[0])
		printf("# %s: %s\n", b->name, c->note);
	fflush(stdout);
	return 0;
}

static int match(const char *pat, const char *name)
{
	size_t l = strlen(pat);
	if (l && pat[l - 1] == '*')
		return !strncmp(pat, name, l - 1);
	return !strcmp(pat, name);
}

/* Under which path this program can be started again. */
static const char *own_path(const char *called)
{
	static char self[600];

	if (strchr(called, '/'))
		return called;
	ssize_t l = readlink("/proc/self/exe", self, sizeof self - 1);
	if (l <= 0)
		return called;
	self[l] = 0;
	return self;
}

int main(int argc, char **argv)
{
	int i, verbose = 0, bad = 0, ran = 0;
	struct utsname u;

	if (argc == 2 && !strcmp(argv[1], "--exit"))
		_exit(0);
	if (argc >= 2 && !strcmp(argv[1], "--tsc")) {
		u64 t = tsc();
		printf("tsc %llu %s\n", t, argc > 2 ? argv[2] : "");
		return 0;
	}
	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (!strcmp(argv[i], "--list")) {
			for (size_t k = 0; k < NTAB; k++)
				printf("%-18s %s\n", tab[k].name, tab[k].what);
			return 0;
		} else if (!strcmp(argv[i], "-v")) {
			verbose = 1;
		} else if (i + 1 < argc && !strcmp(argv[i], "--dir")) {
			dir = argv[++i];
		} else if (i + 1 < argc && !strcmp(argv[i], "--exe")) {
			exe = argv[++i];
		} else if (i + 1 < argc && !strcmp(argv[i], "--scale")) {
			scale = strtoull(argv[++i], 0, 10);
		} else if (i + 1 < argc && !strcmp(argv[i], "--rounds")) {
			rounds = atoi(argv[++i]);
		} else if (i + 1 < argc && !strcmp(argv[i], "--limit")) {
			limit_ns = strtoull(argv[++i], 0, 10) * 1000000000ull;
		} else if (i + 1 < argc && !strcmp(argv[i], "--timeout")) {
			hang_s = (unsigned)atoi(argv[++i]);
		} else {
			fprintf(stderr, "usage: posixbench [--list] [-v] [--dir D] [--exe PATH] "
			                "[--scale PCT]\n"
			                "  [--rounds N] [--limit S] [--timeout S] [name...]\n");
			return 2;
		}
	}
	if (rounds < 1 || rounds > MAXR)
		rounds = 7;
	if (!scale)
		scale = 100;
	if (!dir) {
		struct stat st;
		dir = !stat("/tmp", &st) && S_ISDIR(st.st_mode) ? "/tmp" : ".";
	}
	if (!exe)
		exe = own_path(argv[0]);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGALRM, on_alarm);
	memset(&u, 0, sizeof u);
	uname(&u);
	printf("# posixbench 1 on %s %s, dir %s, scale %llu%%, 1+%d rounds\n",
	       u.sysname[0] ? u.sysname : "?", u.release, dir, scale, rounds);
	printf("# name ops_per_round median_ticks/op median_ns/op min_ticks/op min_ns/op\n");
	fflush(stdout);
	u64 t0 = tsc(), n0 = now_ns();
	for (size_t k = 0; k < NTAB; k++) {
		int want = i >= argc;
		for (int a = i; a < argc; a++)
			want |= match(argv[a], tab[k].name);
		if (!want)
			continue;
		if (verbose)
			fprintf(stderr, "# %s ...\n", tab[k].name);
		bad += run(&tab[k]);
		ran++;
	}
	u64 t1 = tsc() - t0, n1 = now_ns() - n0;
	char o[40];
	printf("# %d run, %d skipped, %llu ticks, %llu ns, %s ticks/ns\n", ran - bad, bad, t1, n1,
	       n1 ? fx(o, sizeof o, t1, n1) : "?");
	return 0;
}
