/* SPDX-License-Identifier: MIT */
#include "calls.h"

#include <sys/socket.h>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 16
#endif

static int sealable(size_t size)
{
	int fd = memfd_create("sealed", MFD_ALLOW_SEALING);

	CHECK(fd >= 0);
	CHECK_EQ(ftruncate(fd, (off_t)size), 0);
	return fd;
}

static char *map(int fd, int protection, int flags)
{
	char *at = mmap(NULL, PAGE, protection, flags, fd, 0);

	CHECK(at != MAP_FAILED);
	return at;
}

TEST(memfd_is_a_file_without_a_name)
{
	int fd = memfd_create("some name", MFD_CLOEXEC);
	struct stat st;
	char text[8] = "";

	CHECK(fd >= 0);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK(S_ISREG(st.st_mode));
	CHECK_EQ(st.st_mode & 07777, 0777);
	CHECK_EQ(st.st_nlink, 0);
	CHECK_EQ(st.st_size, 0);
	CHECK_EQ(write(fd, "content", 7), 7);
	CHECK_EQ(pread(fd, text, 8, 0), 7);
	CHECK_STR(text, "content");
	CHECK_STR(name_of(fd), "/memfd:some name (deleted)");
	close(fd);
	fd = memfd_create("", 0);
	CHECK_EQ(fcntl(fd, F_GETFD), 0);
	CHECK_STR(name_of(fd), "/memfd: (deleted)");
	close(fd);
}

TEST(memfd_refuses_what_the_manual_refuses)
{
	char name[252];

	CHECK_ERROR(memfd_create("x", 0x100), EINVAL);
	CHECK_ERROR(memfd_create(BAD_ADDRESS, 0), EFAULT);
	CHECK_ERROR(memfd_create(BAD_ADDRESS, 0x100), EINVAL);
	memset(name, 'n', 250);
	name[250] = 0;
	CHECK_ERROR(memfd_create(name, 0), EINVAL);
	name[249] = 0;
	int fd = memfd_create(name, 0);
	CHECK(fd >= 0);
	close(fd);
}

TEST(memfd_is_shared_by_fork_and_sockets)
{
	int fd = sealable(PAGE), pair[2], other;
	char *at = map(fd, PROT_READ | PROT_WRITE, MAP_SHARED), byte = 'x';
	struct iovec part = { &byte, 1 };
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)),
		                  .cmsg_level = SOL_SOCKET,
		                  .cmsg_type = SCM_RIGHTS } };
	struct msghdr message = { .msg_iov = &part,
		                  .msg_iovlen = 1,
		                  .msg_control = &control,
		                  .msg_controllen = sizeof(control) };
	int status;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	if (!fork()) {
		at[0] = 'c';
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
		_exit(sendmsg(pair[1], &message, 0) != 1);
	}
	CHECK_EQ(wait(&status) > 0 ? status : -1, 0);
	CHECK_EQ(at[0], 'c');
	CHECK_EQ(recvmsg(pair[0], &message, 0), 1);
	memcpy(&other, CMSG_DATA(&control.header), sizeof(other));
	CHECK(other != fd);
	CHECK_STR(name_of(other), "/memfd:sealed (deleted)");
	CHECK_EQ(fcntl(other, F_ADD_SEALS, F_SEAL_GROW), 0);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_GROW);
	close(other);
	close(fd);
	close(pair[0]);
	close(pair[1]);
	CHECK_EQ(at[0], 'c');
	munmap(at, PAGE);
}

TEST(seals_are_for_files_that_allow_them)
{
	int fd = memfd_create("plain", 0), pipes[2];

	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_SEAL);
	CHECK_ERROR(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
	close(fd);
	CHECK_EQ(pipe(pipes), 0);
	CHECK_ERROR(fcntl(pipes[0], F_GET_SEALS), EINVAL);
	CHECK_ERROR(fcntl(pipes[1], F_ADD_SEALS, F_SEAL_WRITE), EINVAL);
	close(pipes[0]);
	close(pipes[1]);
	CHECK_ERROR(fcntl(pipes[0], F_GET_SEALS), EBADF);
	fd = sealable(0);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), 0);
	CHECK_ERROR(fcntl(fd, F_ADD_SEALS, 0x100), EINVAL);
	CHECK_EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	CHECK_EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_GROW), 0);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW);
	CHECK_ERROR(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
	CHECK_ERROR(fcntl(fd, F_ADD_SEALS, 0), EPERM);
	close(fd);
}

TEST(seals_keep_the_size)
{
	int fd = sealable(2 * PAGE);
	static char data[3 * PAGE];
	struct stat st;

	CHECK_EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	CHECK_ERROR(ftruncate(fd, PAGE), EPERM);
	CHECK_EQ(ftruncate(fd, 2 * PAGE), 0);
	CHECK_EQ(ftruncate(fd, 2 * PAGE + 100), 0);
	CHECK_EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), 0);
	CHECK_ERROR(ftruncate(fd, 3 * PAGE), EPERM);
	CHECK_ERROR(fallocate(fd, 0, 0, 3 * PAGE), EPERM);
	CHECK_EQ(fallocate(fd, 0, 0, PAGE), 0);
	CHECK_EQ(pwrite(fd, data, 50, 2 * PAGE + 50), 50);
	CHECK_ERROR(pwrite(fd, data, 51, 2 * PAGE + 50), EPERM);
	CHECK_EQ(pwrite(fd, data, 3 * PAGE, 0), 2 * PAGE);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 2 * PAGE + 100);
	close(fd);
}

TEST(seal_write_needs_that_nobody_can_write)
{
	int fd = sealable(PAGE);
	char *at = map(fd, PROT_READ | PROT_WRITE, MAP_SHARED);

	at[0] = 'a';
	CHECK_ERROR(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), 0);
	CHECK_EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	munmap(at, PAGE);
	char *readable = map(fd, PROT_READ, MAP_PRIVATE);
	CHECK_EQ(readable[0], 'a');
	CHECK_EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), 0);
	CHECK_ERROR(write(fd, "b", 1), EPERM);
	CHECK_ERROR((long)mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), EPERM);
	char *copy = map(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	copy[0] = 'c';
	CHECK_EQ(readable[0], 'a');
	CHECK_EQ(pread(fd, copy, 1, 0), 1);
	CHECK_EQ(copy[0], 'a');
	munmap(copy, PAGE);
	munmap(readable, PAGE);
	close(fd);
}

TEST(seal_future_write_leaves_mappings_alone)
{
	int fd = sealable(PAGE);
	char *at = map(fd, PROT_READ | PROT_WRITE, MAP_SHARED), byte;

	CHECK_EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE), 0);
	at[0] = 'f';
	CHECK_EQ(pread(fd, &byte, 1, 0), 1);
	CHECK_EQ(byte, 'f');
	CHECK_ERROR(pwrite(fd, "x", 1, 0), EPERM);
	CHECK_ERROR((long)mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, fd, 0), EPERM);
	char *readable = map(fd, PROT_READ, MAP_SHARED);
	CHECK_EQ(readable[0], 'f');
	CHECK_ERROR(mprotect(readable, PAGE, PROT_READ | PROT_WRITE), EACCES);
	munmap(readable, PAGE);
	munmap(at, PAGE);
	close(fd);
}

extern char **environ;

TEST(memfd_can_be_executed)
{
	int fd = memfd_create("program", 0), from = open("/bin/true", O_RDONLY), status;
	static char buffer[65536];
	char *argv[] = { "true", NULL };
	ssize_t size;

	CHECK(from >= 0);
	while ((size = read(from, buffer, sizeof(buffer))) > 0)
		CHECK_EQ(write(fd, buffer, (size_t)size), size);
	close(from);
	if (!fork()) {
		syscall(SYS_execveat, fd, "", argv, environ, AT_EMPTY_PATH);
		_exit(99);
	}
	CHECK_EQ(wait(&status) > 0 ? status : -1, 0);
	close(fd);
}
