/* SPDX-License-Identifier: MIT */
/* Programs that take all they can get. They meet their limits; the others go on. */
#include <sys/syscall.h>

#include "system/posix/posix.h"

enum { OPENS = 10000, BOMB_LIMIT = 40, WAIT_S = 60 };

TEST(ten_thousand_opens_end_with_EMFILE)
{
	int opened = 0;

	work_in_fresh_directory();
	for (int i = 0; i < OPENS; i++) {
		int fd = open("file", O_CREAT | O_RDWR, 0644);
		if (fd < 0)
			CHECK_EQ(errno, EMFILE);
		opened += fd >= 0;
	}
	struct rlimit limit;
	CHECK_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
	CHECK(opened <= (int)limit.rlim_cur && opened > (int)limit.rlim_cur - 20);
}

/* Every process may have as many as it likes: the servers must stand what all have together. */
static void open_all(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	while (open("file", O_CREAT | O_RDWR, 0644) >= 0)
		;
	_exit(errno == EMFILE || errno == ENOMEM || errno == ENFILE ? 0 : errno);
}

TEST(ten_thousand_opens_by_several_processes_harm_nobody)
{
	work_in_fresh_directory();
	for (int i = 0; i < 4; i++)
		CHECK(fork() != 0 || (open_all(), 0));
	for (int i = 0; i < 4; i++) {
		int status;
		CHECK(wait(&status) > 0);
		CHECK_EQ(status, 0);
	}
	CHECK(open("file", O_RDWR) >= 0);
}

TEST(pipes_without_end_end_with_an_error)
{
	int ends[2], made = 0;

	while (pipe(ends) == 0)
		made++;
	CHECK(errno == EMFILE || errno == ENFILE || errno == ENOMEM);
	CHECK(made > 100);
}

/* --- the stack --- */

static volatile char sink;

__attribute__((noinline)) static int deeper(int n)
{
	volatile char frame[2000];

	frame[0] = (char)n;
	sink = frame[0];
	return n == 0 ? 0 : deeper(n + 1) + frame[0];
}

static void overflow(void) { _exit(deeper(1)); }

static void *overflow_thread(void *argument)
{
	deeper(1);
	return argument;
}

static void overflow_in_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, overflow_thread, NULL);
	pthread_join(thread, NULL);
}

/* The handler needs a stack too, and there is none. */
static void handler(int signal) { _exit(signal); }
static void overflow_with_handler(void)
{
	signal(SIGSEGV, handler);
	overflow();
}

static void overflow_with_stack_for_the_handler(void)
{
	static char room[32768];
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_ONSTACK };

	sigaltstack(&(stack_t){ .ss_sp = room, .ss_size = sizeof(room) }, NULL);
	sigaction(SIGSEGV, &action, NULL);
	overflow();
}

TEST(a_stack_that_overflows_is_SIGSEGV)
{
	CHECK_EQ(in_child(overflow), SIGSEGV);
	CHECK_EQ(in_child(overflow_in_thread), SIGSEGV);
	CHECK_EQ(in_child(overflow_with_handler), SIGSEGV);
	CHECK_EQ(in_child(overflow_with_stack_for_the_handler), SIGSEGV << 8);
}

static void wild_stack_pointer(void)
{
	__asm__ volatile("mov $0x7ffffffff000, %%rsp; push %%rax; ud2" ::: "memory");
}

static void wild_stack_pointer_in_a_call(void)
{
	__asm__ volatile("mov $-8, %%rsp; syscall; ud2" ::"a"((long)SYS_getpid) : "memory");
}

TEST(a_wild_stack_pointer_kills_only_the_process)
{
	CHECK(WIFSIGNALED(in_child(wild_stack_pointer)));
	CHECK(WIFSIGNALED(in_child(wild_stack_pointer_in_a_call)));
}

/* --- fork bombs --- */

static void bomb(void)
{
	for (;;)
		if (fork() < 0)
			sleep_ms(10);
}

static void kill_group(pid_t group)
{
	for (int i = 0; i < 100 && kill(-group, SIGKILL) == 0; i++) {
		while (waitpid(-group, NULL, WNOHANG) > 0)
			;
		sleep_ms(20);
	}
}

TEST(a_fork_bomb_in_a_limited_process_stays_small)
{
	int refused[2];
	char errors = 0;
	pid_t child;

	CHECK_EQ(pipe(refused), 0);
	child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		struct rlimit limit = { BOMB_LIMIT, BOMB_LIMIT };
		setpgid(0, 0);
		setrlimit(RLIMIT_NPROC, &limit);
		while (fork() >= 0)
			;
		errors = (char)errno;
		(void)!write(refused[1], &errors, 1);
		bomb();
	}
	setpgid(child, child);
	CHECK_EQ(read(refused[0], &errors, 1), 1);
	CHECK_EQ(errors, EAGAIN);
	/* It goes on, and we can work. */
	CHECK_EQ(WEXITSTATUS(system("echo works | grep -q works")), 0);
	CHECK_EQ(WEXITSTATUS(system("ls -l / > /dev/null && mkdir /tmp/bomb && rmdir /tmp/bomb")),
	         0);
	kill_group(child);
}

TEST(whoever_takes_all_memory_leaves_enough_to_the_others)
{
	pid_t child = fork();
	int status;

	CHECK(child >= 0);
	if (child == 0) {
		for (char *p; (p = malloc(1 << 16));)
			memset(p, 1, 1 << 16);
		_exit(WEXITSTATUS(system("true")) == 0 ? 0 : 1); /* fails, or has just enough */
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(WEXITSTATUS(system("echo works | grep -q works")), 0);
}
