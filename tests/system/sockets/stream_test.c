/* SPDX-License-Identifier: MIT */
/* Stream sockets: connecting, data, the end. */
#include "sockets.h"

#include <sys/ioctl.h>

TEST(a_pair_carries_bytes_both_ways)
{
	int s[2];
	char buf[16] = "";

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	CHECK_EQ(write(s[0], "hello", 5), 5);
	CHECK_EQ(send(s[1], "you", 3, 0), 3);
	CHECK_EQ(read(s[1], buf, 3), 3);
	CHECK_EQ(recv(s[1], buf + 3, 10, 0), 2);
	CHECK(!memcmp(buf, "hello", 5));
	CHECK_EQ(read(s[0], buf, 16), 3);
	CHECK_EQ(close(s[0]), 0);
	CHECK_EQ(read(s[1], buf, 16), 0);
	close(s[1]);
}

TEST(a_server_accepts_clients_by_path)
{
	work_in_fresh_directory();
	int listener = bound(SOCK_STREAM, "server"), client = socket(AF_UNIX, SOCK_STREAM, 0);
	struct stat st;
	char c;

	CHECK_EQ(stat("server", &st), 0);
	CHECK(S_ISSOCK(st.st_mode));
	CHECK_ERROR(connect_to(client, "server"), ECONNREFUSED);
	CHECK_EQ(listen(listener, 4), 0);
	CHECK_EQ(ready(listener, POLLIN), 0);
	CHECK_EQ(connect_to(client, "server"), 0);
	CHECK_EQ(ready(listener, POLLIN), POLLIN);
	CHECK_EQ(write(client, "x", 1), 1);
	struct sockaddr_un name;
	socklen_t size = sizeof(name);
	int fd = accept4(listener, (struct sockaddr *)&name, &size, SOCK_CLOEXEC);
	CHECK(fd >= 0);
	CHECK_EQ(size, 2);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(read(fd, &c, 1), 1);
	size = sizeof(name);
	CHECK_EQ(getpeername(client, (struct sockaddr *)&name, &size), 0);
	CHECK_EQ(size, 2 + 7);
	CHECK(!strcmp(name.sun_path, "server"));
	struct ucred who;
	size = sizeof(who);
	CHECK_EQ(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size), 0);
	CHECK_EQ(who.pid, getpid());
	CHECK_EQ(connect_to(client, "server"), -1);
	CHECK_EQ(errno, EISCONN);
	close(listener);
	close(fd);
	close(client);
	client = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK_ERROR(connect_to(client, "server"), ECONNREFUSED);
	CHECK_EQ(unlink("server"), 0);
	CHECK_ERROR(connect_to(client, "server"), ENOENT);
	close(client);
}

TEST(an_abstract_name_is_free_again_when_its_socket_is_closed)
{
	struct sockaddr_un address;
	socklen_t size = abstract_address(&address, "drove-test");

	for (int i = 0; i < 3; i++) {
		int a = socket(AF_UNIX, SOCK_STREAM, 0), b = socket(AF_UNIX, SOCK_STREAM, 0);
		CHECK_EQ(bind(a, (struct sockaddr *)&address, size), 0);
		CHECK_ERROR(bind(b, (struct sockaddr *)&address, size), EADDRINUSE);
		CHECK_EQ(listen(a, 1), 0);
		CHECK_EQ(connect(b, (struct sockaddr *)&address, size), 0);
		close(a);
		char c;
		CHECK_ERROR(read(b, &c, 1), ECONNRESET);
		close(b);
	}
	int c = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK_ERROR(connect(c, (struct sockaddr *)&address, size), ECONNREFUSED);
	close(c);
}

TEST(a_full_socket_answers_EAGAIN_and_then_takes_more)
{
	int s[2];
	char block[4096] = "";
	long sent = 0, got = 0, n;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s), 0);
	CHECK_EQ(ready(s[0], POLLOUT), POLLOUT);
	while ((n = write(s[0], block, sizeof(block))) > 0)
		sent += n;
	CHECK_EQ(n, -1);
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(ready(s[0], POLLOUT), 0);
	CHECK(sent > 65536);
	while ((n = read(s[1], block, sizeof(block))) > 0)
		got += n;
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(got, sent);
	CHECK_EQ(ready(s[0], POLLOUT), POLLOUT);
	close(s[0]);
	close(s[1]);
}

TEST(a_large_send_waits_for_its_reader)
{
	enum { SIZE = 1 << 20 };
	int s[2], status;
	static char data[SIZE];

	for (int i = 0; i < SIZE; i++)
		data[i] = (char)(i * 7 + (i >> 9));
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	pid_t pid = fork();
	if (!pid) {
		close(s[0]);
		static char copy[SIZE];
		long n = recv(s[1], copy, SIZE, MSG_WAITALL);
		_exit(n == SIZE && !memcmp(copy, data, SIZE) ? 0 : 1);
	}
	close(s[1]);
	CHECK_EQ(send(s[0], data, SIZE, 0), SIZE);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	close(s[0]);
}

TEST(shutdown_ends_one_direction)
{
	int s[2];
	char c;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	CHECK_EQ(write(s[0], "x", 1), 1);
	CHECK_EQ(shutdown(s[0], SHUT_WR), 0);
	CHECK_EQ(read(s[1], &c, 1), 1);
	CHECK_EQ(read(s[1], &c, 1), 0);
	CHECK_EQ(ready(s[1], POLLIN | POLLRDHUP), POLLIN | POLLRDHUP);
	CHECK_ERROR(send(s[0], "y", 1, MSG_NOSIGNAL), EPIPE);
	CHECK_EQ(write(s[1], "z", 1), 1);
	CHECK_EQ(read(s[0], &c, 1), 1);
	CHECK_ERROR(shutdown(s[0], 9), EINVAL);
	close(s[1]);
	CHECK(ready(s[0], POLLIN) & POLLHUP);
	close(s[0]);
}

static volatile int signals;
static void count_signal(int signal)
{
	(void)signal;
	signals++;
}

TEST(writing_to_a_closed_peer_raises_SIGPIPE)
{
	int s[2];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	close(s[1]);
	signals = 0;
	signal(SIGPIPE, count_signal);
	CHECK_ERROR(write(s[0], "x", 1), EPIPE);
	CHECK_EQ(signals, 1);
	CHECK_ERROR(send(s[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	CHECK_EQ(signals, 1);
	signal(SIGPIPE, SIG_DFL);
	close(s[0]);
}

TEST(peek_looks_and_does_not_take)
{
	int s[2], count;
	char buf[8] = "";

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	CHECK_EQ(write(s[0], "abcd", 4), 4);
	CHECK_EQ(recv(s[1], buf, 2, MSG_PEEK), 2);
	CHECK_EQ(recv(s[1], buf, 8, MSG_PEEK), 4);
	CHECK_EQ(ioctl(s[1], FIONREAD, &count), 0);
	CHECK_EQ(count, 4);
	CHECK_EQ(recv(s[1], buf, 8, 0), 4);
	CHECK_ERROR(recv(s[1], buf, 8, MSG_DONTWAIT), EAGAIN);
	close(s[0]);
	close(s[1]);
}

TEST(a_time_out_ends_a_receive)
{
	int s[2];
	char c;
	struct timeval time = { 0, 20000 };

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	CHECK_EQ(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time)), 0);
	CHECK_ERROR(read(s[0], &c, 1), EAGAIN);
	close(s[0]);
	close(s[1]);
}

TEST(vectors_are_gathered_and_scattered)
{
	int s[2];
	static char big[3][5000], in[15000];
	struct iovec out[3];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	for (int i = 0; i < 3; i++) {
		memset(big[i], 'a' + i, sizeof(big[i]));
		out[i] = (struct iovec){ big[i], sizeof(big[i]) };
	}
	struct msghdr m = { .msg_iov = out, .msg_iovlen = 3 };
	CHECK_EQ(sendmsg(s[0], &m, 0), 15000);
	struct iovec parts[2] = { { in, 7000 }, { in + 7000, 8000 } };
	m = (struct msghdr){ .msg_iov = parts, .msg_iovlen = 2 };
	CHECK_EQ(recvmsg(s[1], &m, MSG_WAITALL), 15000);
	CHECK(!memcmp(in, big, 15000));
	close(s[0]);
	close(s[1]);
}

/* Many writers and readers at once on one pair. */
enum { WRITERS = 4, ROUNDS = 500 };

TEST(racing_processes_lose_and_double_nothing)
{
	int s[2], status;
	long sum = 0;
	unsigned char byte[64];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	for (int w = 0; w < WRITERS; w++) {
		if (!fork()) {
			close(s[1]);
			for (int i = 0; i < ROUNDS; i++) {
				unsigned char c = (unsigned char)(i & 0x7f);
				if (write(s[0], &c, 1) != 1)
					_exit(1);
			}
			_exit(0);
		}
	}
	close(s[0]);
	for (long n; (n = read(s[1], byte, sizeof(byte))) > 0;)
		for (long i = 0; i < n; i++)
			sum += byte[i] + 1;
	long expected = 0;
	for (int i = 0; i < ROUNDS; i++)
		expected += (i & 0x7f) + 1;
	CHECK_EQ(sum, WRITERS * expected);
	for (int w = 0; w < WRITERS; w++) {
		CHECK(wait(&status) > 0);
		CHECK_EQ(status, 0);
	}
	close(s[1]);
}
