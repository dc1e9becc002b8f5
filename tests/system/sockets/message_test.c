/* SPDX-License-Identifier: MIT */
/* Datagrams and sequenced packets: boundaries are kept. */
#include "sockets.h"

TEST(datagrams_keep_their_boundaries)
{
	int s[2];
	char buf[8];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, s), 0);
	CHECK_EQ(send(s[0], "first", 5, 0), 5);
	CHECK_EQ(send(s[0], "", 0, 0), 0);
	CHECK_EQ(send(s[0], "second one", 10, 0), 10);
	CHECK_EQ(recv(s[1], buf, sizeof(buf), 0), 5);
	CHECK_EQ(recv(s[1], buf, sizeof(buf), 0), 0);
	CHECK_EQ(recv(s[1], buf, sizeof(buf), MSG_TRUNC), 10);
	CHECK_ERROR(recv(s[1], buf, sizeof(buf), MSG_DONTWAIT), EAGAIN);
	close(s[0]);
	close(s[1]);
}

TEST(a_datagram_tells_who_sent_it)
{
	work_in_fresh_directory();
	int server = bound(SOCK_DGRAM, "server"), client = bound(SOCK_DGRAM, "client");
	struct sockaddr_un to = path_address("server"), from;
	socklen_t size = sizeof(from);
	char buf[8];

	CHECK_EQ(sendto(client, "ping", 4, 0, (struct sockaddr *)&to, sizeof(to)), 4);
	CHECK_EQ(recvfrom(server, buf, sizeof(buf), 0, (struct sockaddr *)&from, &size), 4);
	CHECK_EQ(size, 2 + 7);
	CHECK(!strcmp(from.sun_path, "client"));
	CHECK_EQ(sendto(server, "pong", 4, 0, (struct sockaddr *)&from, size), 4);
	CHECK_EQ(recv(client, buf, sizeof(buf), 0), 4);
	CHECK(!memcmp(buf, "pong", 4));
	CHECK_EQ(connect_to(client, "server"), 0);
	CHECK_EQ(write(client, "x", 1), 1);
	close(server);
	CHECK_ERROR(write(client, "x", 1), ECONNREFUSED);
	close(client);
}

TEST(sequenced_packets_are_connected_messages)
{
	int s[2];
	char buf[4];
	struct iovec part = { buf, sizeof(buf) };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1 };

	CHECK_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s), 0);
	CHECK_EQ(write(s[0], "abcdef", 6), 6);
	CHECK_EQ(write(s[0], "gh", 2), 2);
	CHECK_EQ(recvmsg(s[1], &m, 0), 4);
	CHECK(m.msg_flags & MSG_TRUNC);
	CHECK_EQ(recvmsg(s[1], &m, 0), 2);
	CHECK(!(m.msg_flags & MSG_TRUNC));
	close(s[0]);
	CHECK_EQ(read(s[1], buf, 4), 0);
	close(s[1]);
}

TEST(a_message_that_can_never_fit_is_refused)
{
	int s[2];
	static char data[1 << 20];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, s), 0);
	CHECK_ERROR(send(s[0], data, sizeof(data), 0), EMSGSIZE);
	close(s[0]);
	close(s[1]);
}

TEST(several_messages_go_with_one_call)
{
	int s[2];
	char a[4] = "one", b[4] = "two", in[2][8];
	struct iovec out[2] = { { a, 3 }, { b, 3 } }, to[2] = { { in[0], 8 }, { in[1], 8 } };
	struct mmsghdr m[2] = { { .msg_hdr = { .msg_iov = &out[0], .msg_iovlen = 1 } },
		                { .msg_hdr = { .msg_iov = &out[1], .msg_iovlen = 1 } } };

	CHECK_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, s), 0);
	CHECK_EQ(sendmmsg(s[0], m, 2, 0), 2);
	CHECK_EQ(m[1].msg_len, 3);
	m[0].msg_hdr.msg_iov = &to[0];
	m[1].msg_hdr.msg_iov = &to[1];
	CHECK_EQ(recvmmsg(s[1], m, 2, MSG_DONTWAIT, NULL), 2);
	CHECK(!memcmp(in[1], "two", 3));
	close(s[0]);
	close(s[1]);
}
