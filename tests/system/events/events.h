/* SPDX-License-Identifier: MIT */
/* What the tests of event descriptors share. */
#pragma once

#include "../posix/posix.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#define BAD_ADDRESS ((void *)8)
#define MS          1000000L

/* The readiness of one descriptor now. */
__attribute__((unused)) static int ready(int fd, short wanted)
{
	struct pollfd list = { fd, wanted, 0 };

	CHECK(poll(&list, 1, 0) >= 0);
	return list.revents;
}

/* The count that reading gives; -errno. */
__attribute__((unused)) static int64_t take(int fd)
{
	uint64_t value = 0;
	ssize_t size = read(fd, &value, sizeof(value));

	if (size < 0)
		return -errno;
	CHECK_EQ(size, 8);
	return (int64_t)value;
}

__attribute__((unused)) static void add(int fd, uint64_t value)
{
	CHECK_EQ(write(fd, &value, sizeof(value)), 8);
}

/* --- epoll --- */

__attribute__((unused)) static int watch(int epoll, int op, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };

	return epoll_ctl(epoll, op, fd, &event);
}

/* The only event that there is now (0: none), which is `fd`'s. */
__attribute__((unused)) static uint32_t only_event(int epoll, int fd, int timeout)
{
	struct epoll_event events[4] = { { .events = 0 } };
	int count = epoll_wait(epoll, events, 4, timeout);

	CHECK(count == 0 || count == 1);
	if (count)
		CHECK_EQ(events[0].data.fd, fd);
	return events[0].events;
}
