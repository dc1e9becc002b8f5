/* SPDX-License-Identifier: MIT */
/* What the tests of sockets share. */
#pragma once

#include "../posix/posix.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static inline struct sockaddr_un path_address(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	return address;
}

static inline socklen_t abstract_address(struct sockaddr_un *address, const char *name)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	strcpy(address->sun_path + 1, name);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
}

static inline int bound(int type, const char *path)
{
	struct sockaddr_un address = path_address(path);
	int fd = socket(AF_UNIX, type, 0);

	CHECK(fd >= 0);
	CHECK_EQ(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static inline int connect_to(int fd, const char *path)
{
	struct sockaddr_un address = path_address(path);

	return connect(fd, (struct sockaddr *)&address, sizeof(address));
}

static inline short ready(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	CHECK(poll(&p, 1, 0) >= 0);
	return p.revents;
}
