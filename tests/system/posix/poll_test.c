/* SPDX-License-Identifier: MIT */
/* Waiting for several descriptors. */
#include <sys/socket.h>

#include "posix.h"

static void on_alarm(int signal) { (void)signal; }

TEST(poll_sees_what_is_ready)
{
	int fds[2];

	CHECK_EQ(pipe(fds), 0);
	struct pollfd list[] = { { fds[0], POLLIN, 0 },
		                 { fds[1], POLLOUT, 0 },
		                 { -1, POLLIN, 77 } };
	CHECK_EQ(poll(list, 3, 0), 1);
	CHECK_EQ(list[0].revents, 0);
	CHECK_EQ(list[1].revents, POLLOUT);
	CHECK_EQ(list[2].revents, 0);
	CHECK_EQ(write(fds[1], "x", 1), 1);
	CHECK_EQ(poll(list, 1, -1), 1);
	CHECK_EQ(list[0].revents, POLLIN);
	close(fds[1]);
	CHECK_EQ(poll(list, 1, -1), 1);
	CHECK_EQ(list[0].revents, POLLIN | POLLHUP);
	close(fds[0]);
	CHECK_EQ(poll(list, 1, 0), 1);
	CHECK_EQ(list[0].revents, POLLNVAL);
}

TEST(poll_waits_no_longer_than_told)
{
	int fds[2];
	struct timespec before, after;

	CHECK_EQ(pipe(fds), 0);
	struct pollfd list = { fds[0], POLLIN, 0 };
	clock_gettime(CLOCK_MONOTONIC, &before);
	CHECK_EQ(poll(&list, 1, 100), 0);
	clock_gettime(CLOCK_MONOTONIC, &after);
	long ms =
	        (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
	CHECK(ms >= 99 && ms < 5000);
	CHECK_EQ(poll(NULL, 0, 10), 0);
	close(fds[0]);
	close(fds[1]);
}

TEST(poll_wakes_when_something_comes)
{
	int fds[2];

	CHECK_EQ(pipe(fds), 0);
	for (int round = 0; round < 10; round++) {
		pid_t pid = fork();
		if (!pid) {
			sleep_ms(20);
			_exit(write(fds[1], "x", 1) != 1);
		}
		struct pollfd list = { fds[0], POLLIN, 0 };
		CHECK_EQ(poll(&list, 1, 10000), 1);
		char c;
		CHECK_EQ(read(fds[0], &c, 1), 1);
		CHECK_EQ(poll(&list, 1, 0), 0);
		waitpid(pid, NULL, 0);
	}
	close(fds[0]);
	close(fds[1]);
}

TEST(a_full_pipe_is_not_writable_until_it_is_read)
{
	int fds[2];
	static char block[4096];

	CHECK_EQ(pipe2(fds, O_NONBLOCK), 0);
	while (write(fds[1], block, sizeof(block)) > 0)
		;
	struct pollfd list = { fds[1], POLLOUT, 0 };
	CHECK_EQ(poll(&list, 1, 0), 0);
	pid_t pid = fork();
	if (!pid) {
		sleep_ms(30);
		while (read(fds[0], block, sizeof(block)) > 0)
			;
		_exit(0);
	}
	CHECK_EQ(poll(&list, 1, 10000), 1);
	CHECK_EQ(list.revents, POLLOUT);
	waitpid(pid, NULL, 0);
	close(fds[0]);
	close(fds[1]);
}

static int poll_now(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, 0) == 1 ? p.revents : 0;
}

/* What is known from one call to the next is only what still holds. */
TEST(poll_sees_every_change_between_calls)
{
	char c;
	int p[2], old[2];

	CHECK_EQ(pipe(p), 0);
	for (int i = 0; i < 10; i++) {
		CHECK_EQ(poll_now(p[0], POLLIN), 0);
		CHECK_EQ(poll_now(p[0], POLLIN), 0);
		CHECK_EQ(poll_now(p[0], POLLIN), 0);
		CHECK_EQ(write(p[1], "x", 1), 1);
		CHECK_EQ(poll_now(p[0], POLLIN), POLLIN);
		CHECK_EQ(poll_now(p[0], POLLIN), POLLIN);
		CHECK_EQ(read(p[0], &c, 1), 1);
	}
	CHECK_EQ(poll_now(p[0], POLLIN), 0);
	CHECK_EQ(poll_now(p[0], POLLIN), 0);
	/* Another file in the same place. */
	memcpy(old, p, sizeof(p));
	close(p[0]);
	close(p[1]);
	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(p[0], old[0]);
	CHECK_EQ(write(p[1], "x", 1), 1);
	CHECK_EQ(poll_now(p[0], POLLIN), POLLIN);
	CHECK_EQ(read(p[0], &c, 1), 1);
	CHECK_EQ(poll_now(p[0], POLLIN), 0);
	CHECK_EQ(poll_now(p[0], POLLIN), 0);
	/* An end that nobody asked for. */
	CHECK_EQ(poll_now(p[0], 0), 0);
	close(p[1]);
	CHECK_EQ(poll_now(p[0], 0), POLLHUP);
	CHECK_EQ(poll_now(p[0], POLLIN), POLLHUP);
	close(p[0]);
}

TEST(poll_knows_apart_what_is_asked_of_one_socket)
{
	static char data[1 << 18];
	int s[2], copy;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s), 0);
	copy = dup(s[0]);
	while (write(s[0], data, sizeof(data)) > 0)
		;
	struct pollfd p[3] = { { .fd = s[0], .events = POLLIN },
		               { .fd = copy, .events = POLLOUT },
		               { .fd = s[0], .events = POLLPRI } };
	for (int i = 0; i < 3; i++)
		CHECK_EQ(poll(p, 3, 0), 0);
	pid_t pid = fork();
	if (!pid) {
		long n;
		struct pollfd q = { .fd = s[1], .events = POLLIN };
		CHECK_EQ(poll(&q, 1, -1), 1);
		while ((n = read(s[1], data, sizeof(data))) > 0)
			;
		_exit(0);
	}
	CHECK_EQ(poll(p, 3, -1), 1);
	CHECK_EQ(p[1].revents, POLLOUT);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	CHECK_EQ(write(s[1], "x", 1), 1);
	CHECK_EQ(poll(p, 3, 0), 2);
	CHECK_EQ(p[0].revents, POLLIN);
	close(s[0]);
	close(copy);
	close(s[1]);
}

/* More descriptors than a thread's event has bits. */
TEST(poll_waits_for_each_of_many)
{
	enum { COUNT = 150 };
	static int p[COUNT][2];
	static struct pollfd fds[COUNT];
	char c;

	for (int i = 0; i < COUNT; i++) {
		CHECK_EQ(pipe(p[i]), 0);
		fds[i] = (struct pollfd){ .fd = p[i][0], .events = POLLIN };
	}
	for (int i = 0; i < COUNT; i += 7) {
		CHECK_EQ(poll(fds, COUNT, 0), 0);
		pid_t pid = fork();
		if (!pid)
			_exit(write(p[i][1], "x", 1) != 1);
		CHECK_EQ(poll(fds, COUNT, -1), 1);
		CHECK_EQ(fds[i].revents, POLLIN);
		CHECK_EQ(read(p[i][0], &c, 1), 1);
		CHECK_EQ(waitpid(pid, NULL, 0), pid);
	}
	for (int i = 0; i < COUNT; i++) {
		close(p[i][0]);
		close(p[i][1]);
	}
}

TEST(a_signal_ends_poll)
{
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	struct itimerval timer = { .it_value = { 0, 50000 } };

	CHECK_EQ(sigaction(SIGALRM, &action, NULL), 0);
	CHECK_EQ(setitimer(ITIMER_REAL, &timer, NULL), 0);
	CHECK_ERROR(poll(NULL, 0, 10000), EINTR);
	signal(SIGALRM, SIG_DFL);
}

TEST(ppoll_changes_the_mask_while_it_waits)
{
	struct sigaction action = { .sa_handler = on_alarm };
	sigset_t set, old, none, now;

	sigemptyset(&none);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, &old), 0);
	raise(SIGUSR1);
	CHECK_ERROR(ppoll(NULL, 0, &(struct timespec){ 5, 0 }, &none), EINTR);
	CHECK_EQ(sigprocmask(SIG_SETMASK, &old, &now), 0);
	CHECK(sigismember(&now, SIGUSR1));
	signal(SIGUSR1, SIG_DFL);
}

TEST(select_sees_the_same_as_poll)
{
	int fds[2];
	fd_set in, out;

	CHECK_EQ(pipe(fds), 0);
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(fds[0], &in);
	FD_SET(fds[1], &out);
	CHECK_EQ(select(fds[1] + 1, &in, &out, NULL, &(struct timeval){ 0, 0 }), 1);
	CHECK(!FD_ISSET(fds[0], &in));
	CHECK(FD_ISSET(fds[1], &out));
	CHECK_EQ(write(fds[1], "x", 1), 1);
	FD_SET(fds[0], &in);
	CHECK_EQ(select(fds[0] + 1, &in, NULL, NULL, NULL), 1);
	CHECK(FD_ISSET(fds[0], &in));
	CHECK_EQ(select(0, NULL, NULL, NULL, &(struct timeval){ 0, 20000 }), 0);
	close(fds[0]);
	close(fds[1]);
	FD_SET(fds[0], &in);
	CHECK_ERROR(select(fds[0] + 1, &in, NULL, NULL, &(struct timeval){ 0, 0 }), EBADF);
}

TEST(files_are_always_ready)
{
	work_in_fresh_directory();
	int fd = file_with("f", "");
	struct pollfd list = { fd, POLLIN | POLLOUT, 0 };
	CHECK_EQ(poll(&list, 1, -1), 1);
	CHECK_EQ(list.revents, POLLIN | POLLOUT);
	close(fd);
}
