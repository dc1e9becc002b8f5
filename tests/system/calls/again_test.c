/* SPDX-License-Identifier: MIT */
/* Opening /proc/self/fd/N opens the file anew. */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "calls.h"

static int again(int fd, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, flags);
}

TEST(a_file_that_is_opened_again_has_a_position_of_its_own)
{
	char text[8] = { 0 };

	work_in_fresh_directory();
	int fd = file_with("f", "abcdef");
	CHECK_EQ(read(fd, text, 3), 3);
	int other = again(fd, O_RDONLY);
	CHECK(other >= 0);
	CHECK_EQ(read(other, text, 2), 2);
	CHECK(!memcmp(text, "ab", 2));
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 3);
	CHECK_ERROR(write(other, "x", 1), EBADF);
	CHECK_STR(name_of(other), name_of(fd));
	close(other);
	/* Flags of its own; what creates finds it there. */
	other = again(fd, O_WRONLY | O_APPEND | O_CREAT);
	CHECK(other >= 0);
	CHECK_EQ(write(other, "gh", 2), 2);
	CHECK_EQ(fcntl(fd, F_GETFL) & O_APPEND, 0);
	CHECK_EQ(pread(fd, text, 8, 0), 8);
	CHECK(!memcmp(text, "abcdefgh", 8));
	close(other);
	other = again(fd, O_WRONLY | O_TRUNC);
	CHECK_EQ(pread(fd, text, 8, 0), 0);
	CHECK_ERROR(again(fd, O_RDONLY | O_DIRECTORY), ENOTDIR);
	close(other);
	close(fd);
	CHECK_ERROR(again(fd, O_RDONLY), ENOENT);
}

TEST(a_file_without_a_name_can_be_opened_again)
{
	char text[8] = { 0 };
	struct stat one, two;

	work_in_fresh_directory();
	int fd = file_with("f", "abcdef");
	CHECK_EQ(unlink("f"), 0);
	int other = again(fd, O_RDWR);
	CHECK(other >= 0);
	CHECK_EQ(fstat(fd, &one), 0);
	CHECK_EQ(fstat(other, &two), 0);
	CHECK_EQ(one.st_ino, two.st_ino);
	CHECK_EQ(write(other, "XY", 2), 2);
	CHECK_EQ(read(fd, text, 6), 6);
	CHECK_STR(text, "XYcdef");
	close(other);
	close(fd);
	fd = memfd_create("memory", 0);
	CHECK_EQ(write(fd, "abc", 3), 3);
	other = again(fd, O_RDONLY);
	CHECK(other >= 0);
	CHECK_EQ(read(other, text, 8), 3);
	CHECK_ERROR(write(other, "x", 1), EBADF);
	CHECK_STR(name_of(other), name_of(fd));
	close(other);
	close(fd);
}

static void nobody_opens(void)
{
	int fd = open("secret", O_RDONLY);

	if (fd < 0 || setgid(1000) || setuid(1000))
		_exit(1);
	if (again(fd, O_RDONLY) != -1 || errno != EACCES)
		_exit(2);
}

TEST(who_may_not_open_a_file_cannot_open_it_again)
{
	work_in_fresh_directory();
	CHECK_EQ(chmod(".", 0755), 0);
	close(file_with("secret", "x"));
	CHECK_EQ(chmod("secret", 0600), 0);
	CHECK_EQ(in_child(nobody_opens), 0);
}

TEST(a_pipe_is_opened_again_by_each_side)
{
	int p[2];
	char c;

	CHECK_EQ(pipe(p), 0);
	int in = again(p[0], O_RDONLY | O_NONBLOCK), out = again(p[1], O_WRONLY);
	CHECK(in >= 0);
	CHECK(out >= 0);
	CHECK_ERROR(read(in, &c, 1), EAGAIN);
	CHECK_EQ(fcntl(p[0], F_GETFL) & O_NONBLOCK, 0);
	close(p[1]);
	CHECK_EQ(write(out, "x", 1), 1);
	close(p[0]);
	CHECK_EQ(read(in, &c, 1), 1);
	close(out);
	CHECK_EQ(read(in, &c, 1), 0);
	close(in);
}

TEST(what_is_no_file_cannot_be_opened_again)
{
	int pair[2], event = eventfd(0, 0), epoll = epoll_create1(0);

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	CHECK_ERROR(again(pair[0], O_RDWR), ENXIO);
	CHECK_ERROR(again(event, O_RDWR), ENXIO);
	CHECK_ERROR(again(epoll, O_RDWR), ENXIO);
	close(pair[0]);
	close(pair[1]);
	close(event);
	close(epoll);
}

TEST(devices_and_directories_are_opened_again)
{
	int null = open("/dev/null", O_WRONLY), dir = open("/tmp", O_RDONLY | O_DIRECTORY);
	struct stat one, two;
	char c;

	int other = again(null, O_RDONLY);
	CHECK(other >= 0);
	CHECK_EQ(read(other, &c, 1), 0);
	close(other);
	close(null);
	other = again(dir, O_RDONLY | O_DIRECTORY);
	CHECK(other >= 0);
	CHECK_EQ(fstat(dir, &one), 0);
	CHECK_EQ(fstat(other, &two), 0);
	CHECK_EQ(one.st_ino, two.st_ino);
	CHECK_ERROR(again(dir, O_WRONLY), EISDIR);
	close(other);
	close(dir);
}
