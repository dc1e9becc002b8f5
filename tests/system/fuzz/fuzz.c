/* SPDX-License-Identifier: MIT */
/* Wrong calls at random, in processes of their own; afterwards the system is as before.
 *
 * fuzz [SEED [PROCESSES]] */
#define _GNU_SOURCE
#include "fuzz.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KERNEL_COUNT = 120, LINUX_COUNT = 240, PROCESSES = 160, PATIENCE_MS = 100 };

volatile uint64_t *calls_made;
static uint64_t seed;
static unsigned tests, failures, hung;

static void result(int good, const char *sentence)
{
	failures += !good;
	printf("%sok %u - %s\n", good ? "" : "not ", ++tests, sentence);
}

static void nothing(int signal) { (void)signal; }

/* What waits is interrupted, as long as the process has not lost its timer. */
static void child_begin(uint64_t number)
{
	const struct itimerval often = { { 0, 20000 }, { 0, 20000 } };
	const struct sigaction action = { .sa_handler = nothing };
	int null = open("/dev/null", O_RDWR);

	(void)sigaction(SIGALRM, &action, NULL);
	(void)setitimer(ITIMER_REAL, &often, NULL);
	(void)setpgid(0, 0);
	for (int fd = 0; fd < 3; fd++)
		(void)dup2(null, fd);
	random_seed(seed * 1000003 + number);
}

/* Who waits for ever is ended, and with it whatever it has started. */
static void child_end(pid_t pid)
{
	int status;

	for (unsigned i = 0; i < PATIENCE_MS / 2; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return;
		usleep(2000);
	}
	hung++;
	(void)kill(-pid, SIGKILL);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, &status, 0);
}

static void round_run(void (*calls)(unsigned), unsigned count, uint64_t processes)
{
	for (uint64_t i = 0; i < processes; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			child_begin(i);
			calls(count);
			_exit(0);
		}
		if (pid < 0) {
			printf("# process %lu: no fork\n", i);
			failures++;
			return;
		}
		child_end(pid);
	}
}

/* Files and processes can still be made. */
static int system_works(void)
{
	char text[8] = { 0 };
	int fd = open("/tmp/fuzz-check", O_RDWR | O_CREAT | O_TRUNC, 0600);
	int good = fd >= 0 && write(fd, "works", 5) == 5 && pread(fd, text, 5, 0) == 5 &&
	           strcmp(text, "works") == 0 && close(fd) == 0;

	return good && unlink("/tmp/fuzz-check") == 0 && system("ls / > /dev/null") == 0;
}

static unsigned long memory_free(void)
{
	struct sysinfo info;

	return sysinfo(&info) ? 0 : info.freeram / 4096;
}

/* Servers keep what they have grown to; so the first round is not counted. */
static void subject(const char *what, void (*calls)(unsigned), unsigned count, uint64_t processes)
{
	char sentence[80];

	(void)system("rm -rf /tmp/fuzz; mkdir -m 777 /tmp/fuzz");
	round_run(calls, count, processes);
	(void)system("rm -rf /tmp/fuzz; mkdir -m 777 /tmp/fuzz");
	unsigned long before = memory_free();
	uint64_t made = *calls_made;
	round_run(calls, count, processes);
	(void)system("rm -rf /tmp/fuzz; mkdir -m 777 /tmp/fuzz");
	unsigned long after = memory_free();
	printf("# %s: %lu calls, %u processes had to be ended, %lu pages free, then %lu\n", what,
	       2 * (*calls_made - made), hung, before, after);
	hung = 0;
	snprintf(sentence, sizeof(sentence), "the_system_works_after_wrong_%s_calls", what);
	result(system_works(), sentence);
	snprintf(sentence, sizeof(sentence), "wrong_%s_calls_keep_no_memory", what);
	result(after >= before, sentence);
}

int main(int argc, char **argv)
{
	uint64_t processes = argc > 2 ? strtoull(argv[2], NULL, 0) : PROCESSES;

	seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	calls_made = mmap(NULL, sizeof(*calls_made), PROT_READ | PROT_WRITE,
	                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (calls_made == MAP_FAILED)
		return 1;
	printf("# seed %lu\n", seed);
	setvbuf(stdout, NULL, _IOLBF, 0);
	subject("kernel", kernel_calls, KERNEL_COUNT, processes);
	subject("linux", linux_calls, LINUX_COUNT, processes);
	printf("1..%u\n", tests);
	return failures != 0;
}
