/* SPDX-License-Identifier: MIT */
/* Epoll descriptors that are watched themselves. */
#include "events.h"

TEST(poll_on_an_epoll_descriptor)
{
	int epoll = epoll_create1(0), fd = eventfd(0, 0);

	CHECK_EQ(ready(epoll, POLLIN), 0);
	CHECK_EQ(watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN), 0);
	CHECK_EQ(ready(epoll, POLLIN), 0);
	add(fd, 1);
	CHECK_EQ(ready(epoll, POLLIN), POLLIN);
	CHECK_EQ(only_event(epoll, fd, 0), EPOLLIN);
	CHECK_EQ(take(fd), 1);
	CHECK_EQ(ready(epoll, POLLIN), 0);
	pid_t pid = fork();
	if (!pid) {
		sleep_ms(20);
		add(fd, 1);
		_exit(0);
	}
	struct pollfd list = { epoll, POLLIN, 0 };
	CHECK_EQ(poll(&list, 1, 10000), 1);
	CHECK_EQ(list.revents, POLLIN);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	close(fd);
	CHECK_EQ(ready(epoll, POLLIN), 0);
	close(epoll);
}

TEST(an_edge_that_was_told_does_not_make_the_epoll_ready)
{
	int epoll = epoll_create1(0), fd = eventfd(1, 0);

	CHECK_EQ(watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLET), 0);
	CHECK_EQ(ready(epoll, POLLIN), POLLIN);
	CHECK_EQ(only_event(epoll, fd, 0), EPOLLIN);
	CHECK_EQ(ready(epoll, POLLIN), 0);
	add(fd, 1);
	CHECK_EQ(ready(epoll, POLLIN), POLLIN);
	CHECK_EQ(only_event(epoll, fd, 0), EPOLLIN);
	close(fd);
	close(epoll);
}

TEST(an_epoll_in_an_epoll)
{
	int outer = epoll_create1(0), inner = epoll_create1(0), fd = eventfd(0, 0);

	CHECK_EQ(watch(inner, EPOLL_CTL_ADD, fd, EPOLLIN), 0);
	CHECK_EQ(watch(outer, EPOLL_CTL_ADD, inner, EPOLLIN), 0);
	for (int round = 0; round < 3; round++) {
		CHECK_EQ(only_event(outer, inner, 0), 0);
		add(fd, 1);
		CHECK_EQ(only_event(outer, inner, 10000), EPOLLIN);
		CHECK_EQ(only_event(inner, fd, 0), EPOLLIN);
		CHECK_EQ(take(fd), 1);
	}
	close(fd);
	close(inner);
	CHECK_EQ(only_event(outer, inner, 0), 0);
	close(outer);
}

TEST(circles_and_towers_are_refused)
{
	int epoll[7];

	for (int i = 0; i < 7; i++)
		epoll[i] = epoll_create1(0);
	CHECK_EQ(watch(epoll[0], EPOLL_CTL_ADD, epoll[1], EPOLLIN), 0);
	CHECK_ERROR(watch(epoll[1], EPOLL_CTL_ADD, epoll[0], EPOLLIN), ELOOP);
	CHECK_EQ(watch(epoll[1], EPOLL_CTL_ADD, epoll[2], EPOLLIN), 0);
	CHECK_ERROR(watch(epoll[2], EPOLL_CTL_ADD, epoll[0], EPOLLIN), ELOOP);
	CHECK_EQ(watch(epoll[2], EPOLL_CTL_ADD, epoll[3], EPOLLIN), 0);
	CHECK_EQ(watch(epoll[3], EPOLL_CTL_ADD, epoll[4], EPOLLIN), 0);
	CHECK_ERROR(watch(epoll[4], EPOLL_CTL_ADD, epoll[5], EPOLLIN), ELOOP);
	CHECK_EQ(watch(epoll[5], EPOLL_CTL_ADD, epoll[6], EPOLLIN), 0);
	CHECK_ERROR(watch(epoll[4], EPOLL_CTL_ADD, epoll[5], EPOLLIN), ELOOP);
	for (int i = 0; i < 7; i++)
		close(epoll[i]);
}
