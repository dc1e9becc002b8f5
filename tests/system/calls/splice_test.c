/* SPDX-License-Identifier: MIT */
#include "calls.h"

#include <sys/sendfile.h>
#include <sys/socket.h>

static char text[PAGE];

/* What a pipe holds now: its first bytes as text. */
static const char *drain(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	CHECK_EQ(fcntl(fd, F_SETFL, flags | O_NONBLOCK), 0);
	ssize_t size = read(fd, text, sizeof(text) - 1);
	text[size < 0 ? 0 : size] = 0;
	CHECK_EQ(fcntl(fd, F_SETFL, flags), 0);
	return text;
}

static void close_both(const int *fds)
{
	close(fds[0]);
	close(fds[1]);
}

TEST(splice_moves_between_pipes)
{
	int a[2], b[2];

	CHECK_EQ(pipe(a), 0);
	CHECK_EQ(pipe(b), 0);
	CHECK_EQ(write(a[1], "abcdef", 6), 6);
	CHECK_EQ(splice(a[0], NULL, b[1], NULL, 4, 0), 4);
	CHECK_STR(drain(b[0]), "abcd");
	CHECK_EQ(splice(a[0], NULL, b[1], NULL, 100, SPLICE_F_MOVE | SPLICE_F_MORE), 2);
	CHECK_STR(drain(b[0]), "ef");
	CHECK_ERROR(splice(a[0], NULL, b[1], NULL, 1, SPLICE_F_NONBLOCK), EAGAIN);
	CHECK_EQ(splice(a[0], NULL, b[1], NULL, 0, 0), 0);
	close(a[1]);
	CHECK_EQ(splice(a[0], NULL, b[1], NULL, 1, 0), 0);
	close(a[0]);
	close_both(b);
}

TEST(splice_takes_nothing_that_finds_no_room)
{
	static char data[65536];
	int a[2], b[2];

	CHECK_EQ(pipe(a), 0);
	CHECK_EQ(pipe2(b, O_NONBLOCK), 0);
	CHECK_EQ(write(b[1], data, sizeof(data)), sizeof(data));
	CHECK_EQ(write(a[1], "kept", 4), 4);
	CHECK_ERROR(splice(a[0], NULL, b[1], NULL, 4, SPLICE_F_NONBLOCK), EAGAIN);
	CHECK_ERROR(splice(a[0], NULL, b[1], NULL, 4, 0), EAGAIN);
	CHECK_STR(drain(a[0]), "kept");
	close_both(a);
	close_both(b);
}

TEST(splice_waits_for_data_and_for_room)
{
	static char data[65536];
	int a[2], b[2], status;

	CHECK_EQ(pipe(a), 0);
	CHECK_EQ(pipe(b), 0);
	CHECK_EQ(write(b[1], data, sizeof(data)), sizeof(data));
	if (!fork()) {
		sleep_ms(20);
		if (write(a[1], "late", 4) != 4)
			_exit(1);
		sleep_ms(20);
		_exit(read(b[0], data, sizeof(data)) != sizeof(data));
	}
	CHECK_EQ(splice(a[0], NULL, b[1], NULL, 100, 0), 4);
	CHECK(wait(&status) > 0);
	CHECK_EQ(status, 0);
	CHECK_STR(drain(b[0]), "late");
	close_both(a);
	close_both(b);
}

TEST(splice_reads_and_writes_files_at_offsets)
{
	work_in_fresh_directory();
	int fd = file_with("data", "0123456789"), out = file_with("out", "----------"), p[2];
	off64_t at = 4;

	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(splice(fd, &at, p[1], NULL, 3, 0), 3);
	CHECK_EQ(at, 7);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
	at = 2;
	CHECK_EQ(splice(p[0], NULL, out, &at, 100, 0), 3);
	CHECK_EQ(at, 5);
	CHECK_EQ(pread(out, text, 10, 0), 10);
	CHECK_EQ(memcmp(text, "--456-----", 10), 0);
	CHECK_EQ(splice(fd, NULL, p[1], NULL, 100, 0), 10);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 10);
	CHECK_EQ(splice(fd, NULL, p[1], NULL, 100, 0), 0);
	CHECK_STR(drain(p[0]), "0123456789");
	close_both(p);
	close(fd);
	close(out);
}

TEST(splice_carries_more_than_a_buffer)
{
	work_in_fresh_directory();
	enum { SIZE = 50000 };
	static char data[SIZE], copy[SIZE];
	int fd = open("large", O_RDWR | O_CREAT, 0600), p[2], pair[2];
	size_t done = 0;
	ssize_t size;

	for (int i = 0; i < SIZE; i++)
		data[i] = (char)(i * 7 + i / 256);
	CHECK_EQ(write(fd, data, SIZE), SIZE);
	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	off64_t at = 0;
	CHECK_EQ(splice(fd, &at, p[1], NULL, SIZE, 0), SIZE);
	CHECK_EQ(splice(p[0], NULL, pair[0], NULL, SIZE, 0), SIZE);
	while (done < SIZE && (size = splice(pair[1], NULL, p[1], NULL, SIZE, 0)) > 0) {
		CHECK_EQ(read(p[0], copy + done, SIZE - done), size);
		done += (size_t)size;
	}
	CHECK_EQ(done, SIZE);
	CHECK_EQ(memcmp(data, copy, SIZE), 0);
	close_both(p);
	close_both(pair);
	close(fd);
}

static volatile int broken;
static void note_broken(int signal) { broken = signal; }

TEST(splice_refuses_what_the_manual_refuses)
{
	work_in_fresh_directory();
	int fd = file_with("file", "abc"), append = open("file", O_WRONLY | O_APPEND), p[2], q[2];
	off64_t at = 0;

	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(pipe(q), 0);
	CHECK_EQ(write(p[1], "x", 1), 1);
	CHECK_ERROR(splice(fd, NULL, fd, NULL, 1, 0), EINVAL);
	CHECK_ERROR(splice(p[0], NULL, p[1], NULL, 1, 0), EINVAL);
	CHECK_ERROR(splice(p[0], &at, fd, NULL, 1, 0), ESPIPE);
	CHECK_ERROR(splice(fd, NULL, p[1], &at, 1, 0), ESPIPE);
	CHECK_ERROR(splice(p[0], NULL, append, NULL, 1, 0), EINVAL);
	CHECK_ERROR(splice(p[0], NULL, fd, NULL, 1, 0x100), EINVAL);
	CHECK_ERROR(splice(p[1], NULL, fd, NULL, 1, 0), EBADF);
	CHECK_ERROR(splice(p[0], NULL, q[0], NULL, 1, 0), EBADF);
	CHECK_ERROR(splice(-1, NULL, p[1], NULL, 1, 0), EBADF);
	CHECK_ERROR(splice(append, NULL, p[1], NULL, 1, 0), EBADF);
	CHECK_ERROR(splice(fd, BAD_ADDRESS, p[1], NULL, 1, 0), EFAULT);
	CHECK_EQ(pread(fd, text, 3, 0), 3);
	CHECK_EQ(memcmp(text, "abc", 3), 0);
	signal(SIGPIPE, note_broken);
	close(q[0]);
	CHECK_ERROR(splice(p[0], NULL, q[1], NULL, 1, 0), EPIPE);
	CHECK_EQ(broken, SIGPIPE);
	CHECK_ERROR(splice(fd, NULL, q[1], NULL, 1, 0), EPIPE);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
	signal(SIGPIPE, SIG_DFL);
	CHECK_STR(drain(p[0]), "x");
	close_both(p);
	close(q[1]);
	close(fd);
	close(append);
}

TEST(tee_copies_and_leaves)
{
	int a[2], b[2];

	CHECK_EQ(pipe(a), 0);
	CHECK_EQ(pipe(b), 0);
	CHECK_ERROR(tee(a[0], b[1], 10, SPLICE_F_NONBLOCK), EAGAIN);
	CHECK_EQ(write(a[1], "tee", 3), 3);
	CHECK_EQ(tee(a[0], b[1], 2, 0), 2);
	CHECK_EQ(tee(a[0], b[1], 10, 0), 3);
	CHECK_STR(drain(b[0]), "tetee");
	CHECK_STR(drain(a[0]), "tee");
	CHECK_EQ(tee(a[0], b[1], 0, 0), 0);
	CHECK_ERROR(tee(a[0], b[1], 0, 0x100), EINVAL);
	CHECK_ERROR(tee(a[0], a[1], 1, 0), EINVAL);
	CHECK_ERROR(tee(a[0], 1000, 1, 0), EBADF);
	int fd = open("/dev/null", O_RDWR);
	CHECK_ERROR(tee(a[0], fd, 1, 0), EINVAL);
	close(fd);
	close(a[1]);
	CHECK_EQ(tee(a[0], b[1], 10, 0), 0);
	close(a[0]);
	close_both(b);
}

TEST(vmsplice_gives_and_takes_memory)
{
	static char data[100000];
	char one[3] = "ab", two[4] = "cde", back[6] = "";
	struct iovec parts[] = { { one, 2 }, { NULL, 0 }, { two, 3 } }, in = { back, 5 };
	struct iovec large = { data, sizeof(data) }, bad = { BAD_ADDRESS, 4 };
	int p[2];

	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(vmsplice(p[1], parts, 3, SPLICE_F_GIFT), 5);
	CHECK_EQ(vmsplice(p[0], &in, 1, 0), 5);
	CHECK_STR(back, "abcde");
	CHECK_ERROR(vmsplice(p[0], &in, 1, SPLICE_F_NONBLOCK), EAGAIN);
	CHECK_EQ(vmsplice(p[1], &large, 1, 0), 65536);
	CHECK_ERROR(vmsplice(p[1], &large, 1, SPLICE_F_NONBLOCK), EAGAIN);
	CHECK_ERROR(vmsplice(p[1], parts, 3, 0x100), EINVAL);
	CHECK_ERROR(vmsplice(p[0], BAD_ADDRESS, 1, 0), EFAULT);
	CHECK_ERROR(vmsplice(p[0], &bad, 1, 0), EFAULT);
	CHECK_ERROR(vmsplice(p[1], parts, 1025, 0), EINVAL);
	CHECK_EQ(vmsplice(p[1], parts, 0, 0), 0);
	close_both(p);
	CHECK_ERROR(vmsplice(p[1], parts, 3, 0), EBADF);
	int fd = open("/dev/null", O_RDWR);
	CHECK_ERROR(vmsplice(fd, parts, 3, 0), EBADF);
	close(fd);
}

TEST(sendfile_and_copy_file_range_check_as_the_manual_says)
{
	work_in_fresh_directory();
	int fd = file_with("from", "0123456789"), out = file_with("to", ""), p[2];
	int append = open("to", O_WRONLY | O_APPEND), dir = open(".", O_RDONLY);
	off64_t in_at = 0, out_at = 5;

	CHECK_EQ(pipe(p), 0);
	CHECK_ERROR(sendfile(out, p[0], NULL, 1), EINVAL);
	CHECK_ERROR(sendfile(append, fd, NULL, 1), EINVAL);
	CHECK_ERROR(sendfile(p[0], fd, NULL, 1), EBADF);
	CHECK_ERROR(sendfile(out, append, NULL, 1), EBADF);
	CHECK_EQ(sendfile(p[1], fd, NULL, 4), 4);
	CHECK_STR(drain(p[0]), "0123");
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_ERROR(copy_file_range(fd, NULL, out, NULL, 1, 1), EINVAL);
	CHECK_ERROR(copy_file_range(fd, NULL, append, NULL, 1, 0), EBADF);
	CHECK_ERROR(copy_file_range(dir, NULL, out, NULL, 1, 0), EISDIR);
	CHECK_ERROR(copy_file_range(fd, NULL, p[1], NULL, 1, 0), EINVAL);
	CHECK_ERROR(copy_file_range(fd, &in_at, fd, &out_at, 6, 0), EINVAL);
	CHECK_EQ(copy_file_range(fd, &in_at, fd, &out_at, 5, 0), 5);
	CHECK_EQ(in_at, 5);
	CHECK_EQ(out_at, 10);
	CHECK_EQ(pread(fd, text, 10, 0), 10);
	CHECK_EQ(memcmp(text, "0123401234", 10), 0);
	in_at = 100;
	CHECK_EQ(copy_file_range(fd, &in_at, out, NULL, 5, 0), 0);
	close_both(p);
	close(fd);
	close(out);
	close(append);
	close(dir);
}
