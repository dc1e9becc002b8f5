/* SPDX-License-Identifier: MIT */
#include "events.h"

static int signals_fd(int a, int b, int flags)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, a);
	sigaddset(&set, b);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	return signalfd(-1, &set, flags);
}

TEST(signalfd_gives_blocked_signals)
{
	int fd = signals_fd(SIGUSR1, SIGUSR2, SFD_NONBLOCK);
	struct signalfd_siginfo info[3];

	CHECK(fd >= 0);
	CHECK_ERROR(read(fd, info, sizeof(info)), EAGAIN);
	CHECK_EQ(ready(fd, POLLIN), 0);
	CHECK_EQ(kill(getpid(), SIGUSR1), 0);
	CHECK_EQ(raise(SIGUSR2), 0);
	CHECK_EQ(ready(fd, POLLIN), POLLIN);
	CHECK_EQ(read(fd, info, sizeof(info)), 2 * sizeof(info[0]));
	CHECK_EQ(info[0].ssi_signo + info[1].ssi_signo, SIGUSR1 + SIGUSR2);
	int first = info[0].ssi_signo == SIGUSR1 ? 0 : 1;
	CHECK_EQ(info[first].ssi_code, SI_USER);
	CHECK_EQ(info[first].ssi_pid, getpid());
	CHECK_EQ(ready(fd, POLLIN), 0);
	close(fd);
}

TEST(signalfd_takes_one_record_at_a_time_if_there_is_no_more_room)
{
	int fd = signals_fd(SIGUSR1, SIGUSR2, SFD_NONBLOCK);
	struct signalfd_siginfo info;

	CHECK_EQ(kill(getpid(), SIGUSR1), 0);
	CHECK_EQ(kill(getpid(), SIGUSR2), 0);
	CHECK_EQ(read(fd, &info, sizeof(info)), sizeof(info));
	CHECK_EQ(info.ssi_signo, SIGUSR1);
	CHECK_EQ(read(fd, &info, sizeof(info)), sizeof(info));
	CHECK_EQ(info.ssi_signo, SIGUSR2);
	CHECK_ERROR(read(fd, &info, sizeof(info) - 1), EINVAL);
	close(fd);
}

TEST(signalfd_read_waits_for_another_process)
{
	int fd = signals_fd(SIGUSR1, SIGCHLD, SFD_CLOEXEC);
	struct signalfd_siginfo info;
	pid_t pid = fork();

	if (!pid) {
		sleep_ms(20);
		_exit(kill(getppid(), SIGUSR1));
	}
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(read(fd, &info, sizeof(info)), sizeof(info));
	CHECK_EQ(info.ssi_signo, SIGUSR1);
	CHECK_EQ(read(fd, &info, sizeof(info)), sizeof(info));
	CHECK_EQ(info.ssi_signo, SIGCHLD);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	close(fd);
}

TEST(poll_and_epoll_wait_for_signals)
{
	int fd = signals_fd(SIGUSR1, SIGUSR2, 0), epoll = epoll_create1(0);
	struct signalfd_siginfo info;

	CHECK_EQ(watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN), 0);
	for (int round = 0; round < 4; round++) {
		pid_t pid = fork();
		if (!pid) {
			sleep_ms(10);
			_exit(kill(getppid(), SIGUSR2));
		}
		struct pollfd list = { fd, POLLIN, 0 };
		if (round & 1) {
			CHECK_EQ(poll(&list, 1, 10000), 1);
			CHECK_EQ(list.revents, POLLIN);
		} else {
			CHECK_EQ(only_event(epoll, fd, 10000), EPOLLIN);
			CHECK_EQ(only_event(epoll, fd, 0), EPOLLIN);
		}
		CHECK_EQ(read(fd, &info, sizeof(info)), sizeof(info));
		CHECK_EQ(info.ssi_pid, pid);
		CHECK_EQ(only_event(epoll, fd, 0), 0);
		CHECK_EQ(waitpid(pid, NULL, 0), pid);
	}
	close(fd);
	close(epoll);
}

TEST(signalfd_can_change_its_mask)
{
	int fd = signals_fd(SIGUSR1, SIGUSR2, SFD_NONBLOCK);
	struct signalfd_siginfo info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	CHECK_EQ(signalfd(fd, &set, 0), fd);
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_EQ(ready(fd, POLLIN), 0);
	CHECK_EQ(raise(SIGUSR2), 0);
	CHECK_EQ(read(fd, &info, sizeof(info)), sizeof(info));
	CHECK_EQ(info.ssi_signo, SIGUSR2);
	sigaddset(&set, SIGUSR1);
	CHECK_EQ(signalfd(fd, &set, 0), fd);
	CHECK_EQ(read(fd, &info, sizeof(info)), sizeof(info));
	CHECK_EQ(info.ssi_signo, SIGUSR1);
	close(fd);
}

TEST(signalfd_refuses_what_the_manual_refuses)
{
	int other = eventfd(0, 0);
	sigset_t set;

	sigemptyset(&set);
	CHECK_ERROR(signalfd(-1, &set, 1), EINVAL);
	CHECK_ERROR(signalfd(other, &set, 0), EINVAL);
	CHECK_ERROR(signalfd(999, &set, 0), EBADF);
	CHECK_ERROR(syscall(SYS_signalfd4, -1, &set, 4, 0), EINVAL);
	CHECK_ERROR(syscall(SYS_signalfd4, -1, BAD_ADDRESS, 8, 0), EFAULT);
	close(other);
}
