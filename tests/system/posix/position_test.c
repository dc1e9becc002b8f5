/* SPDX-License-Identifier: MIT */
/* The position of an open file, and who shares it. */
#include <stdio.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include "posix.h"

static int digits(void)
{
	work_in_fresh_directory();
	int fd = open("digits", O_RDWR | O_CREAT | O_TRUNC, 0600);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "0123456789", 10), 10);
	return fd;
}

static int next(int fd)
{
	char c;

	return read(fd, &c, 1) == 1 ? c : -1;
}

TEST(lseek_moves_the_position)
{
	int fd = digits();

	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 10);
	CHECK_EQ(lseek(fd, 3, SEEK_SET), 3);
	CHECK_EQ(next(fd), '3');
	CHECK_EQ(lseek(fd, -2, SEEK_CUR), 2);
	CHECK_EQ(next(fd), '2');
	CHECK_EQ(lseek(fd, -1, SEEK_END), 9);
	CHECK_EQ(next(fd), '9');
	CHECK_EQ(next(fd), -1);
	CHECK_EQ(lseek(fd, 5, SEEK_END), 15);
	CHECK_EQ(next(fd), -1);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 15);
	CHECK_ERROR(lseek(fd, -1, SEEK_SET), EINVAL);
	CHECK_ERROR(lseek(fd, -16, SEEK_CUR), EINVAL);
	CHECK_ERROR(lseek(fd, -11, SEEK_END), EINVAL);
	CHECK_ERROR(lseek(fd, INT64_MAX, SEEK_CUR), EOVERFLOW);
	CHECK_ERROR(lseek(fd, 0, 99), EINVAL);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 15);
	CHECK_EQ(lseek(fd, 4, SEEK_DATA), 4);
	CHECK_EQ(next(fd), '4');
	CHECK_EQ(lseek(fd, 4, SEEK_HOLE), 10);
	CHECK_ERROR(lseek(fd, 10, SEEK_DATA), ENXIO);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 10);
	/* What names an offset leaves the position. */
	char c;
	CHECK_EQ(pread(fd, &c, 1, 7), 1);
	CHECK_EQ(pwrite(fd, &c, 1, 7), 1);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 10);
	CHECK_ERROR(read(fd, (void *)16, 1), EFAULT);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 10);
	/* Another opening has another position, a duplicate the same. */
	int other = open("digits", O_RDONLY), same = dup(fd);
	CHECK_EQ(next(other), '0');
	CHECK_EQ(lseek(same, 6, SEEK_SET), 6);
	CHECK_EQ(next(fd), '6');
	CHECK_EQ(next(other), '1');
	close(other);
	close(same);
	close(fd);
	fd = open("/dev", O_RDONLY | O_DIRECTORY);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	close(fd);
	int fds[2];
	CHECK_EQ(pipe(fds), 0);
	CHECK_ERROR(lseek(fds[0], 0, SEEK_CUR), ESPIPE);
	close(fds[0]);
	close(fds[1]);
}

static void child_takes(int fd, char wanted)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(next(fd) != wanted);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

TEST(a_child_shares_the_position)
{
	int fd = digits();

	lseek(fd, 2, SEEK_SET);
	child_takes(fd, '2');
	CHECK_EQ(next(fd), '3');
	child_takes(fd, '4');
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 5);
	close(fd);
	/* Back to the beginning after a look at the end. */
	fd = open("digits", O_RDWR);
	lseek(fd, 0, SEEK_END);
	lseek(fd, 0, SEEK_SET);
	child_takes(fd, '0');
	CHECK_EQ(next(fd), '1');
	close(fd);
}

TEST(a_program_goes_on_at_the_position)
{
	int status, fds[2], fd = digits();
	char out[16] = "";

	CHECK_EQ(pipe(fds), 0);
	lseek(fd, 4, SEEK_SET);
	pid_t pid = vfork();
	if (!pid) {
		dup2(fd, 0);
		dup2(fds[1], 1);
		execlp("sh", "sh", "-c", "exec dd bs=1 count=3 2>/dev/null", NULL);
		_exit(1);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(read(fds[0], out, sizeof(out)), 3);
	CHECK(!memcmp(out, "456", 3));
	CHECK_EQ(next(fd), '7');
	close(fd);
	close(fds[0]);
	close(fds[1]);
}

TEST(a_descriptor_that_was_sent_shares_the_position)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)),
		                  .cmsg_level = SOL_SOCKET,
		                  .cmsg_type = SCM_RIGHTS } };
	struct iovec part = { "x", 1 };
	struct msghdr message = { .msg_iov = &part,
		                  .msg_iovlen = 1,
		                  .msg_control = &control,
		                  .msg_controllen = sizeof(control) };
	int s[2], got, fd = digits();
	char c;

	lseek(fd, 5, SEEK_SET);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	CHECK_EQ(sendmsg(s[0], &message, 0), 1);
	part.iov_base = &c;
	CHECK_EQ(recvmsg(s[1], &message, 0), 1);
	memcpy(&got, CMSG_DATA(&control.header), sizeof(got));
	CHECK_EQ(next(got), '5');
	CHECK_EQ(next(fd), '6');
	CHECK_EQ(lseek(got, 0, SEEK_CUR), 7);
	close(got);
	close(fd);
	close(s[0]);
	close(s[1]);
}

TEST(appending_moves_the_position_to_the_end)
{
	int fd = digits();

	lseek(fd, 2, SEEK_SET);
	CHECK_EQ(fcntl(fd, F_SETFL, O_APPEND), 0);
	CHECK_EQ(next(fd), '2');
	CHECK_EQ(write(fd, "ab", 2), 2);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 12);
	CHECK_EQ(lseek(fd, 10, SEEK_SET), 10);
	CHECK_EQ(next(fd), 'a');
	close(fd);
}

TEST(sendfile_and_vectors_move_the_position)
{
	int fd = digits(), to = open("copy", O_RDWR | O_CREAT, 0600);
	char a[2], b[2];
	struct iovec parts[2] = { { a, 2 }, { b, 2 } };

	lseek(fd, 1, SEEK_SET);
	CHECK_EQ(readv(fd, parts, 2), 4);
	CHECK(!memcmp(a, "12", 2) && !memcmp(b, "34", 2));
	CHECK_EQ(sendfile(to, fd, NULL, 3), 3);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 8);
	CHECK_EQ(lseek(to, 0, SEEK_CUR), 3);
	CHECK_EQ(pread(to, a, 2, 1), 2);
	CHECK(!memcmp(a, "67", 2));
	close(fd);
	close(to);
}

TEST(locks_and_fionread_count_from_the_position)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_CUR, .l_start = 1, .l_len = 2 };
	int left, status, fd = digits();

	lseek(fd, 4, SEEK_SET);
	CHECK_EQ(ioctl(fd, FIONREAD, &left), 0);
	CHECK_EQ(left, 6);
	CHECK_EQ(fcntl(fd, F_SETLK, &lock), 0);
	pid_t pid = fork();
	if (!pid) {
		struct flock found = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
		_exit(fcntl(fd, F_GETLK, &found) || found.l_start != 5 || found.l_len != 2);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	close(fd);
}

TEST(fdinfo_tells_the_position)
{
	char name[40], text[200] = "";
	int fd = digits();

	lseek(fd, 6, SEEK_SET);
	snprintf(name, sizeof(name), "/proc/self/fdinfo/%d", fd);
	int info = open(name, O_RDONLY);
	CHECK(read(info, text, sizeof(text) - 1) > 0);
	CHECK(!strncmp(text, "pos:\t6\n", 7));
	close(info);
	close(fd);
}

enum { BLOCK = 8, BLOCKS = 2000, READERS = 4 };
static unsigned char seen[BLOCKS];

static void *take_blocks(void *arg)
{
	unsigned block[BLOCK / sizeof(unsigned)];
	int fd = *(int *)arg;
	long mine = 0;

	while (read(fd, block, BLOCK) == BLOCK) {
		__atomic_add_fetch(&seen[block[0]], 1, __ATOMIC_RELAXED);
		mine++;
	}
	return (void *)mine;
}

/* Each part is read once, whoever reads it, although a child is made in the midst of it. */
TEST(threads_that_read_one_file_get_each_part_once)
{
	static unsigned data[BLOCKS][BLOCK / sizeof(unsigned)];
	pthread_t threads[READERS];
	int status, fd = digits();

	for (unsigned i = 0; i < BLOCKS; i++)
		data[i][0] = i;
	lseek(fd, 0, SEEK_SET);
	CHECK_EQ(write(fd, data, sizeof(data)), (long)sizeof(data));
	lseek(fd, 0, SEEK_SET);
	memset(seen, 0, sizeof(seen));
	for (int i = 0; i < READERS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, take_blocks, &fd), 0);
	pid_t pid = fork();
	if (!pid)
		_exit(0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	for (int i = 0; i < READERS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < BLOCKS; i++)
		CHECK_EQ(seen[i], 1);
	close(fd);
}
