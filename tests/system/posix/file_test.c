/* SPDX-License-Identifier: MIT */
/* Descriptors and bytes. */
#include "posix.h"

#include <sys/file.h>

TEST(what_is_written_can_be_read)
{
	char buffer[16];

	work_in_fresh_directory();
	int fd = file_with("f", "hello, world");
	CHECK_EQ(read(fd, buffer, 5), 5);
	CHECK(!memcmp(buffer, "hello", 5));
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 5);
	CHECK_EQ(read(fd, buffer, sizeof(buffer)), 7);
	CHECK_EQ(read(fd, buffer, sizeof(buffer)), 0);
	CHECK_EQ(pread(fd, buffer, 5, 7), 5);
	CHECK(!memcmp(buffer, "world", 5));
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 12);
	close(fd);
}

TEST(writing_beyond_the_end_leaves_zeroes)
{
	char buffer[200];

	work_in_fresh_directory();
	int fd = file_with("f", "a");
	CHECK_EQ(pwrite(fd, "b", 1, 100), 1);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 101);
	CHECK_EQ(pread(fd, buffer, sizeof(buffer), 0), 101);
	CHECK(buffer[0] == 'a' && buffer[100] == 'b');
	for (int i = 1; i < 100; i++)
		CHECK_EQ(buffer[i], 0);
	close(fd);
}

TEST(append_always_goes_to_the_end)
{
	char buffer[16] = { 0 };

	work_in_fresh_directory();
	close(file_with("f", "one"));
	int fd = open("f", O_RDWR | O_APPEND);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(write(fd, "two", 3), 3);
	CHECK_EQ(pread(fd, buffer, 10, 0), 6);
	CHECK_STR(buffer, "onetwo");
	CHECK(fcntl(fd, F_GETFL) & O_APPEND);
	close(fd);
}

TEST(vectors_are_read_and_written_in_order)
{
	char a[3] = { 0 }, b[5] = { 0 };
	static char large[3][4000];

	work_in_fresh_directory();
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	struct iovec out[] = { { "ab", 2 }, { NULL, 0 }, { "cdef", 4 } };
	CHECK_EQ(writev(fd, out, 3), 6);
	lseek(fd, 0, SEEK_SET);
	struct iovec in[] = { { a, 2 }, { b, 4 } };
	CHECK_EQ(readv(fd, in, 2), 6);
	CHECK_STR(a, "ab");
	CHECK_STR(b, "cdef");
	for (int i = 0; i < 3; i++)
		memset(large[i], 'x' + i, sizeof(large[i]));
	struct iovec more[] = { { large[0], 4000 }, { large[1], 4000 }, { large[2], 4000 } };
	CHECK_EQ(writev(fd, more, 3), 12000);
	memset(large, 0, sizeof(large));
	CHECK_EQ(preadv(fd, more, 3, 6), 12000);
	for (int i = 0; i < 3; i++)
		CHECK(large[i][0] == 'x' + i && large[i][3999] == 'x' + i);
	CHECK_ERROR(syscall(SYS_readv, fd, in, -1), EINVAL);
	close(fd);
}

TEST(dup_shares_the_position_and_close_does_not)
{
	char c;

	work_in_fresh_directory();
	int fd = file_with("f", "abc"), copy = dup(fd);
	CHECK_EQ(read(fd, &c, 1), 1);
	CHECK_EQ(read(copy, &c, 1), 1);
	CHECK_EQ(c, 'b');
	close(fd);
	CHECK_EQ(read(copy, &c, 1), 1);
	CHECK_EQ(c, 'c');
	CHECK_EQ(dup2(copy, 50), 50);
	CHECK_EQ(close(50), 0);
	CHECK_EQ(fcntl(copy, F_DUPFD, 40), 40);
	close(40);
	close(copy);
}

TEST(the_lowest_free_number_is_given)
{
	int a = open("/", O_RDONLY), b = open("/", O_RDONLY);

	CHECK(a > 2 && b > a);
	close(a);
	CHECK_EQ(open("/", O_RDONLY), a);
	close(a);
	close(b);
}

TEST(close_on_exec_is_per_descriptor)
{
	int fd = open("/", O_RDONLY | O_CLOEXEC), copy = dup(fd);

	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(copy, F_GETFD), 0);
	CHECK_EQ(fcntl(fd, F_SETFD, 0), 0);
	CHECK_EQ(fcntl(fd, F_GETFD), 0);
	close(fd);
	close(copy);
}

TEST(ten_thousand_opens_end_at_the_limit_and_leave_nothing)
{
	struct rlimit limit;
	int count = 0, fds[5000];

	CHECK_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = 256;
	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
	for (int i = 0; i < 10000; i++) {
		int fd = open("/", O_RDONLY);
		if (fd < 0) {
			CHECK_EQ(errno, EMFILE);
			continue;
		}
		fds[count++] = fd;
	}
	CHECK(count > 200 && count < 256);
	while (count)
		CHECK_EQ(close(fds[--count]), 0);
	limit.rlim_cur = 1024;
	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

TEST(a_pipe_carries_bytes_and_ends)
{
	int fds[2];
	char buffer[8];

	CHECK_EQ(pipe(fds), 0);
	CHECK_EQ(write(fds[1], "abc", 3), 3);
	CHECK_EQ(read(fds[0], buffer, 2), 2);
	CHECK_EQ(read(fds[0], buffer, 8), 1);
	close(fds[1]);
	CHECK_EQ(read(fds[0], buffer, 8), 0);
	close(fds[0]);
	CHECK_ERROR(lseek(fds[0], 0, SEEK_SET), EBADF);
}

TEST(a_pipe_without_reader_is_EPIPE)
{
	int fds[2];

	signal(SIGPIPE, SIG_IGN);
	CHECK_EQ(pipe(fds), 0);
	close(fds[0]);
	CHECK_ERROR(write(fds[1], "x", 1), EPIPE);
	CHECK_ERROR(lseek(fds[1], 0, SEEK_SET), ESPIPE);
	close(fds[1]);
	signal(SIGPIPE, SIG_DFL);
}

TEST(a_nonblocking_pipe_says_EAGAIN)
{
	int fds[2];
	char c;
	static char block[4096];
	long total = 0;

	CHECK_EQ(pipe2(fds, O_NONBLOCK), 0);
	CHECK_ERROR(read(fds[0], &c, 1), EAGAIN);
	for (ssize_t n; (n = write(fds[1], block, sizeof(block))) > 0;)
		total += n;
	CHECK_EQ(errno, EAGAIN);
	CHECK(total >= 4096);
	while (total > 0) {
		ssize_t n = read(fds[0], block, sizeof(block));
		CHECK(n > 0);
		total -= n;
	}
	CHECK_EQ(fcntl(fds[0], F_SETFL, 0), 0);
	CHECK_EQ(fcntl(fds[0], F_GETFL) & O_NONBLOCK, 0);
	close(fds[0]);
	close(fds[1]);
}

TEST(large_writes_to_a_pipe_arrive_whole)
{
	enum { SIZE = 300000 };
	int fds[2], status;
	static unsigned char buffer[SIZE];
	size_t got = 0;

	CHECK_EQ(pipe(fds), 0);
	pid_t pid = fork();
	if (!pid) {
		close(fds[0]);
		for (size_t i = 0; i < SIZE; i++)
			buffer[i] = (unsigned char)(i * 7);
		_exit(write(fds[1], buffer, SIZE) != SIZE);
	}
	close(fds[1]);
	for (ssize_t n; (n = read(fds[0], buffer + got, SIZE - got)) > 0;)
		got += (size_t)n;
	CHECK_EQ(got, SIZE);
	for (size_t i = 0; i < SIZE; i++)
		CHECK_EQ(buffer[i], (unsigned char)(i * 7));
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	close(fds[0]);
}

TEST(truncate_cuts_and_extends)
{
	struct stat st;

	work_in_fresh_directory();
	int fd = file_with("f", "hello");
	CHECK_EQ(ftruncate(fd, 2), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 2);
	CHECK_EQ(truncate("f", 5000), 0);
	CHECK_EQ(stat("f", &st), 0);
	CHECK_EQ(st.st_size, 5000);
	CHECK_ERROR(ftruncate(fd, -1), EINVAL);
	close(fd);
}

TEST(only_terminals_are_terminals)
{
	int fds[2];

	work_in_fresh_directory();
	int fd = file_with("f", "x");
	CHECK(!isatty(fd));
	CHECK_EQ(errno, ENOTTY);
	CHECK_EQ(pipe(fds), 0);
	CHECK(!isatty(fds[0]));
	int null = open("/dev/null", O_RDWR);
	CHECK(null >= 0);
	CHECK(!isatty(null));
	CHECK_EQ(errno, ENOTTY);
	close(fd);
	close(null);
	close(fds[0]);
	close(fds[1]);
}

TEST(devices_do_what_they_are_for)
{
	char buffer[64], zero[64] = { 0 };
	int fd = open("/dev/null", O_RDWR);

	CHECK_EQ(write(fd, buffer, 64), 64);
	CHECK_EQ(read(fd, buffer, 64), 0);
	CHECK_EQ(pread(fd, buffer, 64, 1000), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
	close(fd);
	fd = open("/dev/null", O_RDONLY);
	CHECK_ERROR(write(fd, buffer, 1), EBADF);
	close(fd);
	fd = open("/dev/null", O_WRONLY);
	CHECK_ERROR(read(fd, buffer, 1), EBADF);
	close(fd);
	fd = open("/dev/zero", O_RDONLY);
	struct stat st;
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_mode, S_IFCHR | 0666u);
	memset(buffer, 1, sizeof(buffer));
	CHECK_EQ(read(fd, buffer, 64), 64);
	CHECK(!memcmp(buffer, zero, 64));
	memset(buffer, 1, sizeof(buffer));
	struct iovec parts[2] = { { buffer, 10 }, { buffer + 20, 10 } };
	CHECK_EQ(readv(fd, parts, 2), 20);
	CHECK(!memcmp(buffer, zero, 10) && buffer[10] == 1 && !memcmp(buffer + 20, zero, 10));
	CHECK_ERROR(read(fd, (void *)16, 64), EFAULT);
	CHECK_ERROR(write(fd, buffer, 1), EBADF);
	close(fd);
	fd = open("/dev/zero", O_PATH);
	CHECK_ERROR(read(fd, buffer, 1), EBADF);
	close(fd);
	fd = open("/dev/full", O_WRONLY);
	CHECK_ERROR(write(fd, "x", 1), ENOSPC);
	close(fd);
	CHECK_EQ(syscall(SYS_getrandom, buffer, 64, 0), 64);
	CHECK(memcmp(buffer, zero, 64));
}

TEST(sendfile_and_copy_file_range_copy)
{
	static char data[20000], back[20000];
	loff_t from = 100;

	work_in_fresh_directory();
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * 31);
	int in = open("in", O_RDWR | O_CREAT, 0600), out = open("out", O_RDWR | O_CREAT, 0600);
	CHECK_EQ(write(in, data, sizeof(data)), sizeof(data));
	CHECK_EQ(syscall(SYS_copy_file_range, in, &from, out, NULL, 30000ul, 0), 19900);
	CHECK_EQ(from, 20000);
	CHECK_EQ(pread(out, back, sizeof(back), 0), 19900);
	CHECK(!memcmp(back, data + 100, 19900));
	lseek(in, 0, SEEK_SET);
	CHECK_EQ(syscall(SYS_sendfile, out, in, NULL, 1000ul), 1000);
	CHECK_EQ(lseek(in, 0, SEEK_CUR), 1000);
	close(in);
	close(out);
}

TEST(locks_exclude_each_other)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	work_in_fresh_directory();
	int a = file_with("f", "x"), b = open("f", O_RDWR);
	CHECK_EQ(syscall(SYS_flock, a, 2 | 4), 0);
	CHECK_ERROR(syscall(SYS_flock, b, 2 | 4), EAGAIN);
	CHECK_EQ(syscall(SYS_flock, a, 8), 0);
	CHECK_EQ(syscall(SYS_flock, b, 2 | 4), 0);
	CHECK_EQ(fcntl(a, F_SETLK, &lock), 0);
	pid_t pid = fork();
	if (!pid)
		_exit(fcntl(b, F_SETLK, &lock) == 0 || (errno != EAGAIN && errno != EACCES));
	int status;
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	close(a);
	close(b);
}

static struct flock region(short type, off_t start, off_t size)
{
	return (struct flock){
		.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = size
	};
}

TEST(getlk_tells_who_is_in_the_way)
{
	work_in_fresh_directory();
	int fd = file_with("f", "0123456789"), other = open("f", O_RDWR), status;
	struct flock lock = region(F_WRLCK, 2, 5);

	CHECK_EQ(fcntl(fd, F_SETLK, &lock), 0);
	CHECK_EQ(fcntl(other, F_GETLK, &lock), 0);
	CHECK_EQ(lock.l_type, F_UNLCK); /* one's own are not */
	pid_t pid = fork();
	if (!pid) {
		lock = region(F_RDLCK, 0, 0);
		if (fcntl(fd, F_GETLK, &lock) || lock.l_type != F_WRLCK || lock.l_start != 2 ||
		    lock.l_len != 5 || lock.l_pid != getppid())
			_exit(1);
		lock = region(F_WRLCK, 7, 100);
		_exit(fcntl(fd, F_GETLK, &lock) || lock.l_type != F_UNLCK || lock.l_len != 100);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	lock = region(F_UNLCK, 0, 0);
	CHECK_ERROR(fcntl(fd, F_GETLK, &lock), EINVAL);
	CHECK_ERROR(fcntl(fd, F_GETLK, (void *)8), EFAULT);
	lock = region(F_RDLCK, -1, 1);
	CHECK_ERROR(fcntl(fd, F_GETLK, &lock), EINVAL);
	close(fd);
	close(other);
}

TEST(record_locks_of_open_files_meet_those_of_processes_but_not_flock)
{
	work_in_fresh_directory();
	int fd = file_with("f", "0123456789"), other = open("f", O_RDWR);
	struct flock lock = region(F_WRLCK, 0, 4);

	CHECK_EQ(flock(fd, LOCK_EX), 0);
	CHECK_EQ(fcntl(other, F_OFD_SETLK, &lock), 0);
	CHECK_ERROR(fcntl(fd, F_OFD_SETLK, &lock), EAGAIN);
	CHECK_ERROR(fcntl(fd, F_SETLK, &lock), EAGAIN);
	CHECK_EQ(fcntl(fd, F_GETLK, &lock), 0);
	CHECK_EQ(lock.l_type, F_WRLCK);
	CHECK_EQ(lock.l_pid, -1);
	lock = region(F_RDLCK, 4, 1);
	CHECK_EQ(fcntl(fd, F_OFD_SETLK, &lock), 0);
	close(other);
	lock = region(F_WRLCK, 0, 4);
	CHECK_EQ(fcntl(fd, F_OFD_GETLK, &lock), 0);
	CHECK_EQ(lock.l_type, F_UNLCK);
	lock.l_pid = 1;
	CHECK_ERROR(fcntl(fd, F_OFD_SETLK, &lock), EINVAL);
	close(fd);
}

TEST(pipes_can_be_made_larger_and_smaller)
{
	int fds[2], fd = open("/", O_RDONLY);
	static char block[8192];

	CHECK_EQ(pipe2(fds, O_NONBLOCK), 0);
	CHECK_EQ(fcntl(fds[0], F_GETPIPE_SZ), 65536);
	CHECK_EQ(fcntl(fds[1], F_SETPIPE_SZ, 5000), 8192);
	CHECK_EQ(fcntl(fds[0], F_GETPIPE_SZ), 8192);
	CHECK_EQ(write(fds[1], block, sizeof(block)), sizeof(block));
	CHECK_ERROR(write(fds[1], block, 1), EAGAIN);
	CHECK_ERROR(fcntl(fds[1], F_SETPIPE_SZ, 4096), EBUSY);
	CHECK_EQ(fcntl(fds[1], F_SETPIPE_SZ, 1 << 20), 1 << 20);
	CHECK_EQ(write(fds[1], block, sizeof(block)), sizeof(block));
	CHECK_ERROR(fcntl(fd, F_GETPIPE_SZ), EBADF);
	close(fds[0]);
	close(fds[1]);
	close(fd);
}
