/* SPDX-License-Identifier: MIT */
/* What the kernel's operations cost, in ticks of the time-stamp counter: instructions, when the
 * machine runs with -icount shift=0 (tests/guest --icount). A program like any other, which
 * enters the kernel by itself: every process holds its own task and bank.
 *
 * Output: one line an operation: name, median and least ticks over the rounds. Lines with # are
 * comments. kbench [--short] [NAME...]: only these; --short: one round of few operations, for
 * tests/system/bench/profile. */
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

#include "memory.h"
#include "proto/process.h"
#include "rt/rt.h"

enum { ROUNDS = 9, OPERATIONS = 500, SHORT = 20, PAGES = 64, LENT = 4096 };

/* One figure: `run` does `operations` of them and returns the ticks that took. */
struct figure {
	const char *name;
	u64 (*run)(u32 operations);
	u32 operations;
	bool (*start)(void); /* false: it cannot be measured here */
	void (*stop)(void);
};

static void must(err_t error, const char *what)
{
	if (!error)
		return;
	printf("# %s: error %u\n", what, error);
	exit(1);
}

/* --- kernel calls --- */

static u64 run_loop(u32 operations)
{
	u64 start = __rdtsc();

	for (u32 i = 0; i < operations; i++)
		__asm__ volatile("");
	return __rdtsc() - start;
}

static u64 run_null(u32 operations)
{
	u64 start = __rdtsc();

	for (u32 i = 0; i < operations; i++)
		(void)null_call();
	return __rdtsc() - start;
}

/* A Linux system call that the personality answers by itself: by the instruction, and by libc's own
 * way. */
static u64 run_reflected(u32 operations)
{
	u64 start = __rdtsc();

	for (u32 i = 0; i < operations; i++) {
		long result;
		__asm__ volatile("syscall"
		                 : "=a"(result)
		                 : "a"(SYS_getuid)
		                 : "rcx", "r11", "memory");
	}
	return __rdtsc() - start;
}

static u64 run_libc(u32 operations)
{
	u64 start = __rdtsc();

	for (u32 i = 0; i < operations; i++)
		(void)getuid();
	return __rdtsc() - start;
}

/* --- events --- */

static cap_t ping, pong;

static bool start_event(void)
{
	must(event_create(PROCESS_BANK, &ping), "event_create");
	must(event_create(PROCESS_BANK, &pong), "event_create");
	return true;
}

static void stop_event(void)
{
	(void)cap_close(ping);
	(void)cap_close(pong);
}

static u64 run_event(u32 operations)
{
	u64 start = __rdtsc(), bits;

	for (u32 i = 0; i < operations; i++) {
		(void)event_signal(ping, 1);
		(void)event_wait(ping, 1, DEADLINE_NEVER, &bits);
	}
	return __rdtsc() - start;
}

/* --- two tasks --- */

static pid_t partner;

static bool partner_start(void (*main)(void))
{
	fflush(stdout);
	partner = fork();
	if (partner == 0) {
		main();
		_exit(0);
	}
	return partner > 0;
}

static void partner_stop(void)
{
	kill(partner, SIGKILL);
	waitpid(partner, NULL, 0);
}

static void event_partner(void)
{
	u64 bits;

	while (!event_wait(ping, 1, DEADLINE_NEVER, &bits))
		(void)event_signal(pong, 1);
}

static bool start_event_tasks(void) { return start_event() && partner_start(event_partner); }

static void stop_event_tasks(void)
{
	partner_stop();
	stop_event();
}

static u64 run_event_tasks(u32 operations)
{
	u64 start = __rdtsc(), bits;

	for (u32 i = 0; i < operations; i++) {
		(void)event_signal(ping, 1);
		(void)event_wait(pong, 1, DEADLINE_NEVER, &bits);
	}
	return __rdtsc() - start;
}

/* The server: a port and a reply object, and nothing else. word[1] says how many bytes go back. */
static cap_t port, gate;
static char lent_in[LENT], lent_out[LENT];

static void server(void)
{
	static char buffer[LENT];
	struct ipc_received received;
	struct msg answer = { 0 };
	cap_t reply;

	must(reply_create(PROCESS_BANK, port, &reply), "reply_create");
	ipc_receive(port, buffer, LENT, &received);
	while (received.kind == RECEIVE_MESSAGE) {
		answer.word[0] = OK;
		ipc_reply_receive(received.reply, &answer, lent_out, received.word[1], buffer, LENT,
		                  &received);
	}
}

static bool start_server(void)
{
	must(port_create(PROCESS_BANK, &port), "port_create");
	must(gate_create(port, PROCESS_BANK, 1, &gate), "gate_create");
	return partner_start(server);
}

static void stop_server(void)
{
	partner_stop();
	(void)cap_close(gate);
	(void)cap_close(port);
}

static u64 calls(u32 operations, const struct msg *m)
{
	u64 start = __rdtsc();

	for (u32 i = 0; i < operations; i++) {
		struct msg copy = *m;
		must(ipc_call(CALL_IPC_CALL, gate, &copy), "ipc_call");
	}
	return __rdtsc() - start;
}

/* A word each way. */
static u64 run_call(u32 operations)
{
	u64 start = __rdtsc();
	struct msg m = { 0 };

	for (u32 i = 0; i < operations; i++) {
		m.word[1] = 0;
		must(ipc_call(CALL_IPC_CALL, gate, &m), "ipc_call");
	}
	return __rdtsc() - start;
}

static u64 run_call_in(u32 operations)
{
	struct msg m = { .in = lent_in, .in_size = LENT };

	return calls(operations, &m);
}

static u64 run_call_out(u32 operations)
{
	struct msg m = { .word = { 0, LENT }, .out = lent_out, .out_size = LENT };

	return calls(operations, &m);
}

/* --- objects --- */

static u64 run_create(u32 operations)
{
	u64 start = __rdtsc();
	cap_t event;

	for (u32 i = 0; i < operations; i++) {
		must(event_create(PROCESS_BANK, &event), "event_create");
		(void)cap_close(event);
	}
	return __rdtsc() - start;
}

/* --- faults: PAGES at a time --- */

static u64 run_zero_fill(u32 operations)
{
	u64 ticks = 0;

	for (u32 done = 0; done < operations; done += PAGES) {
		char *memory = memory_take(PAGES);
		ticks += memory_touch(memory, PAGES);
		memory_give(memory, PAGES);
	}
	return ticks;
}

/* Pages that a child shares with us are written to by the child, which tells the ticks as its exit
 * status cannot: in shared memory. */
static u64 run_copy(u32 operations)
{
	volatile u64 *ticks = memory_take_shared();
	char *memory = memory_take(PAGES);

	*ticks = 0;
	memory_touch(memory, PAGES);
	for (u32 done = 0; done < operations; done += PAGES) {
		pid_t child = fork();
		if (child == 0) {
			*ticks += memory_touch(memory, PAGES);
			_exit(0);
		}
		if (child < 0)
			must(E_FUNDS, "fork");
		waitpid(child, NULL, 0);
	}
	u64 sum = *ticks;
	memory_give(memory, PAGES);
	memory_give_shared((void *)ticks);
	return sum;
}

/* --- all of them --- */

static const struct figure figures[] = {
	{ "loop", run_loop, OPERATIONS, NULL, NULL },
	{ "null_call", run_null, OPERATIONS, NULL, NULL },
	{ "reflected_call", run_reflected, OPERATIONS, NULL, NULL },
	{ "libc_call", run_libc, OPERATIONS, NULL, NULL },
	{ "event_signal_wait", run_event, OPERATIONS, start_event, stop_event },
	{ "event_two_tasks", run_event_tasks, OPERATIONS, start_event_tasks, stop_event_tasks },
	{ "call_reply", run_call, OPERATIONS, start_server, stop_server },
	{ "call_reply_in_4k", run_call_in, OPERATIONS, start_server, stop_server },
	{ "call_reply_out_4k", run_call_out, OPERATIONS, start_server, stop_server },
	{ "event_create_close", run_create, OPERATIONS, NULL, NULL },
	{ "zero_fill_fault", run_zero_fill, 2 * PAGES, NULL, NULL },
	{ "copy_on_write_fault", run_copy, PAGES, NULL, NULL },
};

static int compare(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static void measure(const struct figure *figure, bool brief)
{
	u64 ticks[ROUNDS];
	int rounds = brief ? 1 : ROUNDS;
	u32 count = brief && figure->operations > SHORT ? SHORT : figure->operations;

	if (figure->start && !figure->start()) {
		printf("%s skip\n", figure->name);
		return;
	}
	(void)figure->run(count); /* warm */
	for (int i = 0; i < rounds; i++)
		ticks[i] = figure->run(count);
	if (figure->stop)
		figure->stop();
	qsort(ticks, (size_t)rounds, sizeof(*ticks), compare);
	double operations = count;
	printf("%s %.1f %.1f\n", figure->name, (double)ticks[rounds / 2] / operations,
	       (double)ticks[0] / operations);
	fflush(stdout);
}

/* No names: all. */
static bool wanted(const char *name, char **names)
{
	for (char **at = names; *at; at++)
		if (!strcmp(*at, name))
			return true;
	return !*names;
}

int main(int argc, char **argv)
{
	bool brief = argc > 1 && !strcmp(argv[1], "--short");
	char **names = argv + 1 + brief;

	printf("# name median least (ticks an operation)\n");
	for (size_t i = 0; i < COUNT_OF(figures); i++)
		if (wanted(figures[i].name, names))
			measure(&figures[i], brief);
	return 0;
}
