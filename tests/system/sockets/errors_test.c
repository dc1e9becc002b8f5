/* SPDX-License-Identifier: MIT */
/* What must be refused, and how. */
#include "sockets.h"

/* A pointer that leads nowhere, which the compiler does not know. */
static void *volatile wild_pointer = (void *)8;
#define WILD wild_pointer

TEST(what_is_no_socket_is_refused)
{
	int fd = open("/", O_RDONLY);
	struct sockaddr_un address = path_address("x");
	char c;

	CHECK_ERROR(listen(fd, 1), ENOTSOCK);
	CHECK_ERROR(accept(fd, NULL, NULL), ENOTSOCK);
	CHECK_ERROR(send(fd, &c, 1, 0), ENOTSOCK);
	CHECK_ERROR(recv(fd, &c, 1, 0), ENOTSOCK);
	CHECK_ERROR(connect(fd, (struct sockaddr *)&address, sizeof(address)), ENOTSOCK);
	CHECK_ERROR(listen(999, 1), EBADF);
	CHECK_ERROR(shutdown(999, 1), EBADF);
	close(fd);
}

TEST(families_types_and_protocols_are_checked)
{
	int s[2];

	CHECK_ERROR(socket(99, SOCK_STREAM, 0), EAFNOSUPPORT);
	CHECK_ERROR(socket(AF_UNIX, 99, 0), EINVAL);
	CHECK_ERROR(socket(AF_UNIX, 9, 0), ESOCKTNOSUPPORT);
	CHECK_ERROR(socket(AF_UNIX, SOCK_STREAM, 77), EPROTONOSUPPORT);
	CHECK_ERROR(socketpair(AF_UNIX, SOCK_STREAM, 0, WILD), EFAULT);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s), 0);
	CHECK_EQ(fcntl(s[1], F_GETFD), FD_CLOEXEC);
	close(s[0]);
	close(s[1]);
}

TEST(wild_pointers_are_EFAULT)
{
	int s[2];
	char c = 'x';
	struct iovec part = { WILD, 10 };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1 };

	CHECK_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, s), 0);
	CHECK_ERROR(send(s[0], WILD, 10, 0), EFAULT);
	/* musl reads the header itself. */
	CHECK_ERROR(syscall(SYS_sendmsg, s[0], WILD, 0), EFAULT);
	CHECK_ERROR(sendmsg(s[0], &m, 0), EFAULT);
	CHECK_ERROR(syscall(SYS_recvmsg, s[0], WILD, MSG_DONTWAIT), EFAULT);
	CHECK_ERROR(connect(s[0], WILD, 10), EFAULT);
	CHECK_ERROR(getsockname(s[0], WILD, WILD), EFAULT);
	CHECK_ERROR(getsockopt(s[0], SOL_SOCKET, SO_TYPE, &c, WILD), EFAULT);
	CHECK_ERROR(setsockopt(s[0], SOL_SOCKET, SO_SNDBUF, WILD, 4), EFAULT);
	m = (struct msghdr){ .msg_control = WILD, .msg_controllen = 64 };
	CHECK_ERROR(syscall(SYS_sendmsg, s[0], &m, 0), EFAULT);
	CHECK_EQ(send(s[0], &c, 1, 0), 1);
	CHECK_ERROR(recv(s[1], WILD, 10, 0), EFAULT);
	close(s[0]);
	close(s[1]);
}

TEST(calls_in_the_wrong_state_are_refused)
{
	work_in_fresh_directory();
	int stream = socket(AF_UNIX, SOCK_STREAM, 0), dgram = bound(SOCK_DGRAM, "d");
	struct sockaddr_un address = path_address("x");
	socklen_t size = sizeof(address);
	char c;

	CHECK_ERROR(listen(stream, 1), EINVAL);
	CHECK_ERROR(accept(stream, NULL, NULL), EINVAL);
	CHECK_ERROR(recv(stream, &c, 1, 0), EINVAL);
	CHECK_ERROR(send(stream, &c, 1, MSG_NOSIGNAL), ENOTCONN);
	CHECK_ERROR(getpeername(stream, (struct sockaddr *)&address, &size), ENOTCONN);
	CHECK_ERROR(listen(dgram, 1), EOPNOTSUPP);
	CHECK_ERROR(accept(dgram, NULL, NULL), EOPNOTSUPP);
	CHECK_ERROR(send(dgram, &c, 1, 0), ENOTCONN);
	CHECK_ERROR(connect_to(stream, "d"), EPROTOTYPE);
	CHECK_ERROR(connect_to(stream, "."), ECONNREFUSED);
	CHECK_ERROR(connect_to(stream, "none"), ENOENT);
	CHECK_ERROR(open("d", O_RDONLY), ENXIO);
	address = path_address("d");
	CHECK_ERROR(bind(stream, (struct sockaddr *)&address, sizeof(address)), EADDRINUSE);
	CHECK_ERROR(bind(stream, (struct sockaddr *)&address, 1), EINVAL);
	address = path_address("e");
	CHECK_ERROR(bind(dgram, (struct sockaddr *)&address, sizeof(address)), EINVAL);
	CHECK_ERROR(lseek(stream, 0, SEEK_SET), ESPIPE);
	close(stream);
	close(dgram);
}

TEST(options_are_kept_and_unknown_ones_refused)
{
	int s = socket(AF_UNIX, SOCK_STREAM, 0), value = 1;
	socklen_t size = sizeof(value);

	CHECK_EQ(setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &value, sizeof(value)), 0);
	value = 0;
	CHECK_EQ(getsockopt(s, SOL_SOCKET, SO_REUSEADDR, &value, &size), 0);
	CHECK_EQ(value, 1);
	CHECK_EQ(getsockopt(s, SOL_SOCKET, SO_TYPE, &value, &size), 0);
	CHECK_EQ(value, SOCK_STREAM);
	CHECK_EQ(getsockopt(s, SOL_SOCKET, SO_ERROR, &value, &size), 0);
	CHECK_EQ(value, 0);
	value = 8192;
	CHECK_EQ(setsockopt(s, SOL_SOCKET, SO_SNDBUF, &value, sizeof(value)), 0);
	CHECK_EQ(getsockopt(s, SOL_SOCKET, SO_SNDBUF, &value, &size), 0);
	CHECK_EQ(value, 16384);
	CHECK_ERROR(setsockopt(s, SOL_SOCKET, 9999, &value, sizeof(value)), ENOPROTOOPT);
	CHECK_ERROR(setsockopt(s, 6, 1, &value, sizeof(value)), EOPNOTSUPP);
	CHECK_ERROR(setsockopt(s, SOL_SOCKET, SO_SNDBUF, &value, 1), EINVAL);
	close(s);
}
