/* SPDX-License-Identifier: MIT */
/* Waiting for several descriptors. */
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
