/* SPDX-License-Identifier: MIT */
/* Open files and credentials that go with messages. */
#include "sockets.h"

enum { FDS_MAX = 253 };
union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(FDS_MAX * sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
};

static long send_fds(int s, const int *fds, unsigned count)
{
	char c = 'f';
	struct iovec part = { &c, 1 };
	static union control control;
	struct msghdr m = { .msg_iov = &part,
		            .msg_iovlen = 1,
		            .msg_control = &control,
		            .msg_controllen = CMSG_SPACE(count * sizeof(int)) };

	struct cmsghdr *head = CMSG_FIRSTHDR(&m);
	*head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(count * sizeof(int)),
		                  .cmsg_level = SOL_SOCKET,
		                  .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(head), fds, count * sizeof(int));
	return sendmsg(s, &m, 0);
}

static long receive_fds(int s, int *fds, unsigned room, int flags, int *told)
{
	char c;
	struct iovec part = { &c, 1 };
	static union control control;
	struct msghdr m = { .msg_iov = &part,
		            .msg_iovlen = 1,
		            .msg_control = &control,
		            .msg_controllen = room ? CMSG_LEN(room * sizeof(int)) : 0 };
	long n = recvmsg(s, &m, flags);

	*told = m.msg_flags;
	struct cmsghdr *head = n >= 0 ? CMSG_FIRSTHDR(&m) : NULL;
	if (!head)
		return 0;
	CHECK_EQ(head->cmsg_type, SCM_RIGHTS);
	size_t size = head->cmsg_len - CMSG_LEN(0);
	memcpy(fds, CMSG_DATA(head), size);
	return (long)(size / sizeof(int));
}

TEST(an_open_file_travels)
{
	int s[2], p[2], fd, told;
	char buf[4];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(send_fds(s[0], &p[1], 1), 1);
	close(p[1]);
	CHECK_EQ(receive_fds(s[1], &fd, 1, MSG_CMSG_CLOEXEC, &told), 1);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(fd, F_GETFL) & O_ACCMODE, O_WRONLY);
	CHECK_EQ(write(fd, "hey", 3), 3);
	CHECK_EQ(read(p[0], buf, 4), 3);
	close(fd);
	CHECK_EQ(read(p[0], buf, 4), 0);
	close(p[0]);
	close(s[0]);
	close(s[1]);
}

TEST(many_files_travel_and_what_has_no_room_is_lost)
{
	int s[2], out[40], in[FDS_MAX], told;
	struct stat a, b;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	for (int i = 0; i < 40; i++)
		out[i] = open(i & 1 ? "/tmp" : "/", O_RDONLY);
	CHECK_EQ(send_fds(s[0], out, 40), 1);
	CHECK_EQ(receive_fds(s[1], in, 40, 0, &told), 40);
	CHECK_EQ(told & MSG_CTRUNC, 0);
	for (int i = 0; i < 40; i++) {
		CHECK_EQ(fstat(out[i], &a) | fstat(in[i], &b), 0);
		CHECK(a.st_ino == b.st_ino && a.st_dev == b.st_dev);
		close(in[i]);
	}
	CHECK_EQ(send_fds(s[0], out, 3), 1);
	CHECK_EQ(receive_fds(s[1], in, 1, 0, &told), 1);
	CHECK(told & MSG_CTRUNC);
	close(in[0]);
	CHECK_EQ(send_fds(s[0], out, 2), 1);
	char c;
	CHECK_EQ(read(s[1], &c, 1), 1);
	for (int i = 0; i < 40; i++)
		close(out[i]);
	close(s[0]);
	close(s[1]);
}

TEST(a_receive_goes_up_to_the_byte_that_brings_files)
{
	int s[2], fd = open("/", O_RDONLY), in, told;
	char buf[8];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	CHECK_EQ(write(s[0], "ab", 2), 2);
	CHECK_EQ(send_fds(s[0], &fd, 1), 1);
	CHECK_EQ(write(s[0], "cd", 2), 2);
	CHECK_EQ(recv(s[1], buf, sizeof(buf), 0), 3);
	CHECK_EQ(recv(s[1], buf, sizeof(buf), 0), 2);
	CHECK_EQ(send_fds(s[0], &fd, 1), 1);
	CHECK_EQ(write(s[0], "ef", 2), 2);
	CHECK_EQ(receive_fds(s[1], &in, 1, 0, &told), 1);
	CHECK_EQ(recv(s[1], buf, sizeof(buf), 0), 2);
	close(in);
	close(fd);
	close(s[0]);
	close(s[1]);
}

TEST(sockets_that_carry_themselves_are_given_back)
{
	for (int i = 0; i < 2500; i++) {
		int s[2];
		CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
		CHECK_EQ(send_fds(s[0], s, 2), 1);
		CHECK_EQ(send_fds(s[1], s, 2), 1);
		close(s[0]);
		close(s[1]);
	}
}

TEST(a_socket_in_flight_still_works)
{
	int s[2], t[2], fd, told;
	char c;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, t), 0);
	CHECK_EQ(send_fds(s[0], &t[1], 1), 1);
	close(t[1]);
	CHECK_EQ(write(t[0], "q", 1), 1);
	CHECK_EQ(receive_fds(s[1], &fd, 1, 0, &told), 1);
	CHECK_EQ(read(fd, &c, 1), 1);
	CHECK_EQ(c, 'q');
	close(fd);
	CHECK_EQ(read(t[0], &c, 1), 0);
	close(t[0]);
	close(s[0]);
	close(s[1]);
}

TEST(credentials_come_if_asked_for)
{
	int s[2], on = 1;
	char c;
	struct iovec part = { &c, 1 };
	union control control;
	struct msghdr m = { .msg_iov = &part,
		            .msg_iovlen = 1,
		            .msg_control = &control,
		            .msg_controllen = sizeof(control) };

	CHECK_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, s), 0);
	CHECK_EQ(setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)), 0);
	CHECK_EQ(send(s[0], "x", 1, 0), 1);
	CHECK_EQ(recvmsg(s[1], &m, 0), 1);
	struct cmsghdr *head = CMSG_FIRSTHDR(&m);
	CHECK(head && head->cmsg_type == SCM_CREDENTIALS);
	struct ucred who;
	memcpy(&who, CMSG_DATA(head), sizeof(who));
	CHECK_EQ(who.pid, getpid());
	CHECK_EQ(who.uid, getuid());
	close(s[0]);
	close(s[1]);
}
