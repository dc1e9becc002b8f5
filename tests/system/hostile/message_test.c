/* SPDX-License-Identifier: MIT */
/* Messages that no client of ours would send: to the kernel's message calls with wild sizes and
 * addresses, and to every server that a process can reach. */
#include "proto/process.h"
#include "rt/rt.h"
#include "system/posix/posix.h"

enum {
	INTERFACES = 16,
	CALLS = 24, /* of an interface, at most */
	MESSAGES = 1500,
	GATES = 64,
	PAGES = 8,
	WAIT_S = 30,
};

static char *memory; /* PAGES pages, then nothing */

static void start(void)
{
	memory = mmap(NULL, (PAGES + 1) * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
	              -1, 0);
	CHECK(memory != MAP_FAILED);
	CHECK_EQ(munmap(memory + PAGES * PAGE, PAGE), 0);
}

/* --- the kernel's part --- */

static bool is_gate(cap_t cap)
{
	u64 info;

	return cap_info(cap, &info) == OK && (info & 0xff) == KIND_GATE;
}

/* A gate to a fresh file of tmpfs: the one that opening it has brought. */
static cap_t file_gate(void)
{
	bool was[200];
	cap_t cap;

	/* The first path there gets a handle too. */
	CHECK_EQ(access("/tmp/.", F_OK), 0);
	for (cap = 0; cap < COUNT_OF(was); cap++)
		was[cap] = is_gate(cap);
	CHECK(open("/tmp/fuzz", O_CREAT | O_RDWR | O_TRUNC, 0644) >= 0);
	for (cap = 1; cap < COUNT_OF(was) && (was[cap] || !is_gate(cap)); cap++)
		;
	CHECK(cap < COUNT_OF(was));
	return cap;
}

/* Write what lies at `addr`; how much was written. */
static u64 write_from(cap_t file, const void *addr, u64 size, cap_t cap, err_t *error)
{
	struct msg m = { .word = { CALL(1, 2) }, .in = addr, .in_size = size, .cap[0] = cap };

	*error = ipc_call(CALL_IPC_CALL, file, &m);
	return *error || m.word[0] ? 0 : m.word[1];
}

TEST(lent_memory_that_is_not_there_is_not_read)
{
	static const u64 bad[] = { 0,          8,          1ull << 46, USER_END - 8,
		                   1ull << 47, 1ull << 63, UINT64_MAX, 0xffffffff80000000 };
	err_t error;

	start();
	memset(memory, 'x', PAGES * PAGE);
	cap_t file = file_gate();
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		CHECK_EQ(write_from(file, (const void *)bad[i], 100, 0, &error), 0);
	CHECK(write_from(file, memory + PAGES * PAGE - 4, 100, 0, &error) <= 4);
	for (u64 size = 1ull << 16; size <= UINT32_MAX; size = size * 2 + 1)
		CHECK(write_from(file, memory, size, 0, &error) <= PAGES * PAGE);
	CHECK(write_from(file, memory, UINT32_MAX, 0, &error) <= PAGES * PAGE);
	CHECK_EQ(write_from(file, memory, PAGES * PAGE, 0, &error), PAGES * PAGE);
}

TEST(capabilities_that_are_not_there_cannot_be_sent)
{
	static const cap_t bad[] = { 5000, 1 << 17, 0x7fffffff, UINT32_MAX, 5000 | CAP_MOVE };
	err_t error;

	start();
	cap_t file = file_gate();
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		(void)write_from(file, memory, 1, bad[i], &error);
		CHECK_EQ(error, E_CAP);
	}
}

TEST(what_is_no_gate_cannot_be_called)
{
	struct msg m = { .word = { 1 } };

	for (cap_t cap = 0; cap < 6000; cap++) {
		if (is_gate(cap))
			continue;
		CHECK_EQ(ipc_call(CALL_IPC_CALL, cap, &m), E_CAP);
		CHECK_EQ(ipc_call(CALL_IPC_CALL_INTERRUPTIBLE, cap, &m), E_CAP);
	}
	CHECK_EQ(ipc_call(CALL_IPC_CALL, UINT32_MAX, &m), E_CAP);
}

TEST(what_is_no_port_or_reply_cannot_be_used_as_one)
{
	struct msg m = { .word = { 1 } };
	struct ipc_received received;

	start();
	for (cap_t cap = 0; cap < 200; cap++) {
		u64 info = 0;
		if (cap_info(cap, &info) == OK &&
		    ((info & 0xff) == KIND_PORT || (info & 0xff) == KIND_REPLY))
			continue;
		ipc_receive(cap, memory, PAGE, &received);
		CHECK_EQ(received.kind, RECEIVE_ERROR);
		CHECK_EQ(received.word[0], E_CAP);
		ipc_reply_receive(cap, &m, NULL, 0, memory, PAGE, &received);
		CHECK_EQ(received.kind, RECEIVE_ERROR);
	}
}

/* --- the servers' part --- */

static u64 state;

static u64 below(u64 end)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 11) % end;
}

static u64 word(void)
{
	static const u64 wild[] = { 0,          1,          2,          7,
		                    100,        4095,       4096,       4097,
		                    1ull << 20, 1ull << 31, 0x7fffffff, UINT32_MAX,
		                    1ull << 32, 1ull << 47, 1ull << 62, (1ull << 63) - 1,
		                    1ull << 63, UINT64_MAX, -4096ull,   -4095ull };

	return below(4) ? wild[below(COUNT_OF(wild))] : below(1ull << 32);
}

static u64 size(void)
{
	static const u64 wild[] = { 0,
		                    0,
		                    1,
		                    7,
		                    8,
		                    100,
		                    255,
		                    256,
		                    4095,
		                    4096,
		                    4097,
		                    PAGES * PAGE,
		                    PAGES * PAGE + 1,
		                    1 << 20,
		                    1ull << 31,
		                    UINT32_MAX };

	return wild[below(COUNT_OF(wild))];
}

/* Paths lead below the working directory, if anywhere. */
static void fill(void)
{
	static const char *const texts[] = { "fuzz/a",         "fuzz/a/b",    "fuzz/../fuzz/c",
		                             "fuzz/a\0fuzz/d", "fuzz/link/x", "./fuzz/./e",
		                             "fuzz/f\0f" };

	memset(memory, 0, PAGE);
	switch (below(4)) {
	case 0:
		for (u32 i = 0; i < PAGE; i++)
			memory[i] = (char)below(256) | 1;
		break;
	case 1:
		memset(memory, 'x', PAGE);
		break;
	default:
		strcpy(memory, texts[below(COUNT_OF(texts))]);
		break;
	}
}

/* What a process may rightly do to others, to itself for ever, or to this test's output. */
static bool spared(u64 number)
{
	switch (number) {
	case CALL(2, 12): /* dir_attach */
	case CALL(2, 13): /* dir_detach */
	case CALL(3, 4):  /* process_kill */
	case CALL(3, 6):  /* process_stop */
	case CALL(3, 13): /* process_limit_set, of others too */
	case CALL(12, 1): /* log_write: to the console */
		return true;
	default:
		return false;
	}
}

static cap_t gates[GATES];
static u32 gate_count;

static void find_gates(void)
{
	gate_count = 0;
	for (cap_t cap = 1; cap < 1000 && gate_count < GATES; cap++) {
		if (cap != PROCESS_POWER && is_gate(cap))
			gates[gate_count++] = cap;
	}
}

static void send_one(cap_t gate)
{
	struct msg m = { .word[0] = CALL(1 + below(INTERFACES), 1 + below(CALLS)) };

	if (below(20) == 0)
		m.word[0] = word();
	if (spared(m.word[0]))
		return;
	for (int i = 1; i < MSG_WORDS; i++)
		m.word[i] = word();
	for (int i = 0; i < MSG_CAPS; i++)
		if (below(4) == 0)
			m.cap[i] = below(3) ? gates[below(gate_count)] : (cap_t)below(30);
	fill();
	m.in = memory + (below(4) ? 0 : below(PAGE));
	m.in_size = below(3) ? strnlen(memory, 100) : size();
	m.out = memory + PAGE + (below(4) ? 0 : below(PAGE));
	m.out_size = size();
	/* A path of no length is the directory itself: not the root's, please. */
	if (m.word[0] >> 16 == 2 && m.in_size == 0)
		m.in_size = 6;
	(void)ipc_call(CALL_IPC_CALL_INTERRUPTIBLE, gate, &m);
}

static void on_alarm(int signal) { (void)signal; }

/* Calls that wait are interrupted. */
static void clock_start(void)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct itimerval often = { { 0, 20000 }, { 0, 20000 } };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
}

static const char *const names[] = { "fuzz",          "fuzz/file",  "/tmp/fuzz", "/tmp",
	                             "/dev",          "/dev/null",  "/dev/zero", "/dev/random",
	                             "/dev/kmsg",     "/dev/banks", "/dev/full", "/dev/servers",
	                             "/dev/processes" };

/* A process with one gate of each kind, and none to the terminal. */
static void attack(u64 seed, int kind)
{
	int ends[2];

	state = seed * 0x9e3779b97f4a7c15ull + 1;
	setsid();
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	if (kind < (int)COUNT_OF(names))
		(void)(open(names[kind], O_RDWR) >= 0 || open(names[kind], O_RDONLY));
	else
		(void)pipe(ends);
	find_gates();
	clock_start();
	for (u32 n = 0; n < MESSAGES; n++)
		send_one(gates[below(3) ? gate_count - 1 - below(2) : below(gate_count)]);
	_exit(0);
}

static void reap(pid_t child)
{
	for (int i = 0; i < WAIT_S * 100 && waitpid(child, NULL, WNOHANG) == 0; i++)
		sleep_ms(10);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

TEST(servers_survive_whatever_is_sent_to_them)
{
	start();
	CHECK_EQ(chdir("/"), 0);
	CHECK(mkdir("fuzz", 0755) == 0 || errno == EEXIST);
	CHECK(open("fuzz/file", O_CREAT | O_RDWR, 0644) >= 0);
	CHECK(open("/tmp/fuzz", O_CREAT | O_RDWR, 0644) >= 0);
	for (u64 seed = 1; seed <= 2; seed++) {
		for (int kind = 0; kind <= (int)COUNT_OF(names); kind++) {
			pid_t child = fork();
			CHECK(child >= 0);
			if (child == 0)
				attack(seed * 100 + (u64)kind, kind);
			reap(child);
		}
	}
	/* They answer. */
	int ends[2];
	char byte = 0;
	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(write(ends[1], "x", 1), 1);
	CHECK_EQ(read(ends[0], &byte, 1), 1);
	CHECK_EQ(byte, 'x');
	CHECK_EQ(system("ls -R /fuzz /tmp /dev > /dev/null; [ -c /dev/null ]"), 0);
}
