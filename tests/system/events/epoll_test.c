/* SPDX-License-Identifier: MIT */
#include "events.h"

#include <sys/socket.h>

TEST(epoll_by_level_tells_as_long_as_it_holds)
{
	int epoll = epoll_create1(0), fds[2];
	char byte;

	CHECK_EQ(pipe(fds), 0);
	CHECK_EQ(watch(epoll, EPOLL_CTL_ADD, fds[0], EPOLLIN), 0);
	CHECK_EQ(only_event(epoll, fds[0], 0), 0);
	CHECK_EQ(write(fds[1], "ab", 2), 2);
	CHECK_EQ(only_event(epoll, fds[0], -1), EPOLLIN);
	CHECK_EQ(only_event(epoll, fds[0], -1), EPOLLIN);
	CHECK_EQ(read(fds[0], &byte, 1), 1);
	CHECK_EQ(only_event(epoll, fds[0], 0), EPOLLIN);
	CHECK_EQ(read(fds[0], &byte, 1), 1);
	CHECK_EQ(only_event(epoll, fds[0], 0), 0);
	close(fds[1]);
	CHECK_EQ(only_event(epoll, fds[0], -1), EPOLLHUP);
	close(fds[0]);
	CHECK_EQ(only_event(epoll, fds[0], 0), 0);
	close(epoll);
}

TEST(epoll_by_edge_tells_news_once)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC), fds[2];
	char byte;

	CHECK_EQ(pipe(fds), 0);
	CHECK_EQ(watch(epoll, EPOLL_CTL_ADD, fds[0], EPOLLIN | EPOLLET), 0);
	CHECK_EQ(write(fds[1], "ab", 2), 2);
	CHECK_EQ(only_event(epoll, fds[0], -1), EPOLLIN);
	CHECK_EQ(only_event(epoll, fds[0], 0), 0);
	CHECK_EQ(read(fds[0], &byte, 1), 1);
	CHECK_EQ(only_event(epoll, fds[0], 0), 0);
	CHECK_EQ(write(fds[1], "c", 1), 1);
	CHECK_EQ(only_event(epoll, fds[0], -1), EPOLLIN);
	CHECK_EQ(only_event(epoll, fds[0], 0), 0);
	/* A change asks anew. */
	CHECK_EQ(watch(epoll, EPOLL_CTL_MOD, fds[0], EPOLLIN | EPOLLET), 0);
	CHECK_EQ(only_event(epoll, fds[0], 0), EPOLLIN);
	close(fds[1]);
	CHECK_EQ(only_event(epoll, fds[0], -1), EPOLLIN | EPOLLHUP);
	close(fds[0]);
	close(epoll);
}

TEST(epoll_oneshot_waits_for_a_change)
{
	int epoll = epoll_create(1), fd = eventfd(1, 0);

	CHECK_EQ(watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLONESHOT), 0);
	CHECK_EQ(only_event(epoll, fd, -1), EPOLLIN);
	CHECK_EQ(only_event(epoll, fd, 0), 0);
	add(fd, 1);
	CHECK_EQ(only_event(epoll, fd, 0), 0);
	CHECK_EQ(watch(epoll, EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLOUT | EPOLLONESHOT), 0);
	CHECK_EQ(only_event(epoll, fd, -1), EPOLLIN | EPOLLOUT);
	CHECK_EQ(watch(epoll, EPOLL_CTL_MOD, fd, 0), 0);
	CHECK_EQ(only_event(epoll, fd, 0), 0);
	close(fd);
	close(epoll);
}

TEST(epoll_forgets_a_file_with_its_last_duplicate)
{
	int epoll = epoll_create1(0), fd = eventfd(1, 0), copy = dup(fd);

	CHECK_EQ(watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN), 0);
	close(fd);
	CHECK_EQ(only_event(epoll, fd, 0), EPOLLIN); /* the old number's data */
	close(copy);
	CHECK_EQ(only_event(epoll, fd, 0), 0);
	/* The number may stand for something else now. */
	CHECK_EQ(eventfd(0, 0), fd);
	CHECK_ERROR(watch(epoll, EPOLL_CTL_MOD, fd, EPOLLIN), ENOENT);
	CHECK_EQ(watch(epoll, EPOLL_CTL_ADD, fd, EPOLLOUT), 0);
	CHECK_EQ(only_event(epoll, fd, 0), EPOLLOUT);
	close(fd);
	close(epoll);
}

TEST(epoll_knows_descriptors_apart_that_share_a_file)
{
	int epoll = epoll_create1(0), fd = eventfd(1, 0), copy = dup(fd);
	struct epoll_event events[4];

	CHECK_EQ(watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN), 0);
	CHECK_EQ(watch(epoll, EPOLL_CTL_ADD, copy, EPOLLOUT), 0);
	CHECK_EQ(epoll_wait(epoll, events, 4, 0), 2);
	CHECK_EQ(epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL), 0);
	CHECK_EQ(only_event(epoll, copy, 0), EPOLLOUT);
	close(fd);
	close(copy);
	close(epoll);
}

TEST(epoll_ctl_refuses_what_the_manual_refuses)
{
	int epoll = epoll_create1(0), fd = eventfd(0, 0), file = open("/", O_RDONLY);

	CHECK_ERROR(syscall(SYS_epoll_create, 0), EINVAL);
	CHECK_ERROR(epoll_create1(1), EINVAL);
	CHECK_ERROR(watch(-1, EPOLL_CTL_ADD, fd, EPOLLIN), EBADF);
	CHECK_ERROR(watch(epoll, EPOLL_CTL_ADD, 1000, EPOLLIN), EBADF);
	CHECK_ERROR(watch(epoll, EPOLL_CTL_ADD, file, EPOLLIN), EPERM);
	CHECK_ERROR(watch(epoll, EPOLL_CTL_ADD, epoll, EPOLLIN), EINVAL);
	CHECK_ERROR(watch(fd, EPOLL_CTL_ADD, epoll, EPOLLIN), EINVAL);
	CHECK_ERROR(watch(epoll, 7, fd, EPOLLIN), EINVAL);
	CHECK_ERROR(watch(epoll, EPOLL_CTL_MOD, fd, EPOLLIN), ENOENT);
	CHECK_ERROR(epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL), ENOENT);
	CHECK_ERROR(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, BAD_ADDRESS), EFAULT);
	CHECK_EQ(watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN), 0);
	CHECK_ERROR(watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN), EEXIST);
	close(file);
	close(fd);
	close(epoll);
}

TEST(epoll_exclusive_can_only_be_added)
{
	int epoll = epoll_create1(0), inner = epoll_create1(0), fd = eventfd(1, 0);

	CHECK_ERROR(watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT),
	            EINVAL);
	CHECK_ERROR(watch(epoll, EPOLL_CTL_ADD, inner, EPOLLIN | EPOLLEXCLUSIVE), EINVAL);
	CHECK_EQ(watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLEXCLUSIVE), 0);
	CHECK_EQ(only_event(epoll, fd, 0), EPOLLIN);
	CHECK_ERROR(watch(epoll, EPOLL_CTL_MOD, fd, EPOLLIN), EINVAL);
	CHECK_EQ(epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL), 0);
	CHECK_EQ(watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN), 0);
	CHECK_ERROR(watch(epoll, EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLEXCLUSIVE), EINVAL);
	close(fd);
	close(inner);
	close(epoll);
}

TEST(epoll_wait_refuses_what_the_manual_refuses)
{
	int epoll = epoll_create1(0), fd = eventfd(1, 0);
	struct epoll_event events[2];

	CHECK_ERROR(epoll_wait(epoll, events, 0, 0), EINVAL);
	CHECK_ERROR(epoll_wait(epoll, events, -1, 0), EINVAL);
	CHECK_ERROR(epoll_wait(-1, events, 2, 0), EBADF);
	CHECK_ERROR(epoll_wait(fd, events, 2, 0), EINVAL);
	CHECK_EQ(watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN), 0);
	CHECK_ERROR(epoll_wait(epoll, BAD_ADDRESS, 2, 0), EFAULT);
	CHECK_EQ(only_event(epoll, fd, 0), EPOLLIN);
	CHECK_ERROR(read(epoll, events, 8), EINVAL);
	CHECK_ERROR(write(epoll, events, 8), EINVAL);
	close(fd);
	close(epoll);
}

TEST(epoll_finds_one_among_many)
{
	enum { COUNT = 300 };
	int epoll = epoll_create1(0), fds[COUNT];
	struct epoll_event events[COUNT];

	for (int i = 0; i < COUNT; i++) {
		fds[i] = eventfd(0, EFD_NONBLOCK);
		CHECK_EQ(watch(epoll, EPOLL_CTL_ADD, fds[i], EPOLLIN | (i & 1 ? EPOLLET : 0)), 0);
	}
	CHECK_EQ(epoll_wait(epoll, events, COUNT, 0), 0);
	for (int i = 0; i < COUNT; i += 7) {
		add(fds[i], 1);
		CHECK_EQ(only_event(epoll, fds[i], -1), EPOLLIN);
		CHECK_EQ(take(fds[i]), 1);
		CHECK_EQ(only_event(epoll, fds[i], 0), 0);
	}
	for (int i = 0; i < COUNT; i++)
		add(fds[i], 1);
	int found = 0;
	for (int i = 0; i < COUNT / 10; i++) {
		int count = epoll_wait(epoll, events, 10, 0);
		CHECK_EQ(count, 10);
		for (int k = 0; k < count; k++) {
			CHECK_EQ(events[k].events, EPOLLIN);
			CHECK_EQ(take(events[k].data.fd), 1); /* each is told once */
			found++;
		}
	}
	CHECK_EQ(found, COUNT);
	CHECK_EQ(epoll_wait(epoll, events, COUNT, 0), 0);
	for (int i = 0; i < COUNT; i++)
		close(fds[i]);
	close(epoll);
}

static int shared_epoll, shared_fd;

static void *add_later(void *argument)
{
	sleep_ms(20);
	CHECK_EQ(watch(shared_epoll, EPOLL_CTL_ADD, shared_fd, EPOLLIN), 0);
	return argument;
}

TEST(epoll_wait_sees_what_another_thread_adds)
{
	pthread_t thread;

	shared_epoll = epoll_create1(0);
	shared_fd = eventfd(1, 0);
	CHECK_EQ(pthread_create(&thread, NULL, add_later, NULL), 0);
	CHECK_EQ(only_event(shared_epoll, shared_fd, 10000), EPOLLIN);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	close(shared_fd);
	close(shared_epoll);
}

static void *take_one(void *argument)
{
	struct epoll_event event;

	CHECK_EQ(epoll_wait(shared_epoll, &event, 1, 10000), 1);
	CHECK_EQ(take(event.data.fd), 1);
	return argument;
}

TEST(epoll_wakes_as_many_threads_as_it_has_news_for)
{
	enum { COUNT = 4 };
	pthread_t threads[COUNT];
	int fds[COUNT];

	shared_epoll = epoll_create1(0);
	for (int i = 0; i < COUNT; i++) {
		fds[i] = eventfd(0, 0);
		CHECK_EQ(watch(shared_epoll, EPOLL_CTL_ADD, fds[i], EPOLLIN | EPOLLONESHOT), 0);
		CHECK_EQ(pthread_create(&threads[i], NULL, take_one, NULL), 0);
	}
	sleep_ms(20);
	for (int i = 0; i < COUNT; i++)
		add(fds[i], 1);
	for (int i = 0; i < COUNT; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	for (int i = 0; i < COUNT; i++)
		close(fds[i]);
	close(shared_epoll);
}

TEST(epoll_works_in_a_child_and_stays_the_parents)
{
	int epoll = epoll_create1(0), fd = eventfd(0, 0), status;

	CHECK_EQ(watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN), 0);
	CHECK_EQ(only_event(epoll, fd, 0), 0);
	pid_t pid = fork();
	if (!pid) {
		_exit(only_event(epoll, fd, 10000) != EPOLLIN);
	}
	sleep_ms(10);
	add(fd, 1);
	CHECK_EQ(only_event(epoll, fd, 10000), EPOLLIN);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	close(fd);
	close(epoll);
}

static void on_alarm(int signal) { (void)signal; }

TEST(epoll_wait_ends_with_time_and_signal)
{
	int epoll = epoll_create1(0);
	struct epoll_event event;
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	struct itimerval soon = { .it_value = { 0, 20000 } };

	CHECK_EQ(epoll_wait(epoll, &event, 1, 10), 0);
	CHECK_EQ(sigaction(SIGALRM, &action, NULL), 0);
	CHECK_EQ(setitimer(ITIMER_REAL, &soon, NULL), 0);
	CHECK_ERROR(epoll_wait(epoll, &event, 1, -1), EINTR);
	close(epoll);
}

TEST(epoll_pwait_lets_a_signal_in)
{
	int epoll = epoll_create1(0);
	struct epoll_event event;
	struct sigaction action = { .sa_handler = on_alarm };
	sigset_t alarm, none;

	sigemptyset(&none);
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	CHECK_EQ(sigaction(SIGALRM, &action, NULL), 0);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &alarm, NULL), 0);
	CHECK_EQ(raise(SIGALRM), 0);
	CHECK_EQ(epoll_wait(epoll, &event, 1, 1), 0);
	CHECK_ERROR(epoll_pwait(epoll, &event, 1, -1, &none), EINTR);
	CHECK_EQ(sigprocmask(SIG_UNBLOCK, &alarm, NULL), 0);
	struct timespec time = { 0, 1000000 };
	CHECK_EQ(syscall(441, epoll, &event, 1, &time, NULL, 8), 0);
	time.tv_nsec = -1;
	CHECK_ERROR(syscall(441, epoll, &event, 1, &time, NULL, 8), EINVAL);
	close(epoll);
}

TEST(epoll_tells_when_a_socket_half_closes)
{
	int epoll = epoll_create1(0), fds[2];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	CHECK_EQ(watch(epoll, EPOLL_CTL_ADD, fds[0], EPOLLIN | EPOLLRDHUP | EPOLLET), 0);
	CHECK_EQ(only_event(epoll, fds[0], 0), 0);
	CHECK_EQ(shutdown(fds[1], SHUT_WR), 0);
	CHECK_EQ(only_event(epoll, fds[0], -1), EPOLLIN | EPOLLRDHUP);
	CHECK_EQ(only_event(epoll, fds[0], 0), 0);
	close(fds[1]);
	CHECK_EQ(only_event(epoll, fds[0], -1), EPOLLIN | EPOLLRDHUP | EPOLLHUP);
	close(fds[0]);
	close(epoll);
}

TEST(epoll_reports_errors_nobody_asked_for)
{
	int epoll = epoll_create1(0), fds[2];

	CHECK_EQ(pipe(fds), 0);
	CHECK_EQ(watch(epoll, EPOLL_CTL_ADD, fds[1], 0), 0);
	CHECK_EQ(only_event(epoll, fds[1], 0), 0);
	close(fds[0]);
	CHECK_EQ(only_event(epoll, fds[1], -1), EPOLLERR);
	close(fds[1]);
	close(epoll);
}
