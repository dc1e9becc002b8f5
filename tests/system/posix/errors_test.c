/* SPDX-License-Identifier: MIT */
/* Wrong arguments: an error of the right name, never a crash. */
#include "posix.h"

/* An address where nothing is mapped. */
static void *nowhere(void)
{
	void *p = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(p, PAGE);
	return p;
}

TEST(a_descriptor_that_is_not_open_is_EBADF)
{
	char c;
	struct stat st;

	CHECK_ERROR(read(77, &c, 1), EBADF);
	CHECK_ERROR(write(-1, &c, 1), EBADF);
	CHECK_ERROR(close(77), EBADF);
	CHECK_ERROR(fstat(77, &st), EBADF);
	CHECK_ERROR(lseek(77, 0, SEEK_SET), EBADF);
	CHECK_ERROR(dup(77), EBADF);
	CHECK_ERROR(dup2(77, 5), EBADF);
	CHECK_ERROR(fcntl(77, F_GETFD), EBADF);
	CHECK_ERROR(ioctl(77, TIOCGWINSZ, &c), EBADF);
	CHECK_ERROR(ftruncate(77, 0), EBADF);
	CHECK_ERROR(fsync(77), EBADF);
	CHECK_ERROR(openat(77, "x", O_RDONLY), EBADF);
	CHECK(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, 77, 0) == MAP_FAILED && errno == EBADF);
}

TEST(a_bad_address_is_EFAULT)
{
	char *bad = nowhere();
	int fds[2];

	work_in_fresh_directory();
	int fd = file_with("f", "hello");
	CHECK_ERROR(syscall(SYS_read, fd, bad, 5), EFAULT);
	CHECK_ERROR(syscall(SYS_write, fd, bad, 5), EFAULT);
	CHECK_ERROR(syscall(SYS_open, bad, O_RDONLY), EFAULT);
	CHECK_ERROR(syscall(SYS_stat, "f", bad), EFAULT);
	CHECK_ERROR(syscall(SYS_fstat, fd, bad), EFAULT);
	CHECK_ERROR(syscall(SYS_pipe, bad), EFAULT);
	CHECK_ERROR(syscall(SYS_getcwd, bad, 4096), EFAULT);
	CHECK_ERROR(syscall(SYS_uname, bad), EFAULT);
	CHECK_ERROR(syscall(SYS_rt_sigaction, SIGUSR1, bad, NULL, 8), EFAULT);
	CHECK_ERROR(syscall(SYS_rt_sigprocmask, SIG_BLOCK, bad, NULL, 8), EFAULT);
	CHECK_ERROR(syscall(SYS_nanosleep, bad, NULL), EFAULT);
	CHECK_ERROR(syscall(SYS_poll, bad, 1, 0), EFAULT);
	CHECK_ERROR(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, bad), EFAULT);
	CHECK_ERROR(syscall(SYS_execve, "/bin/sh", bad, NULL), EFAULT);
	CHECK_ERROR(syscall(SYS_writev, fd, bad, 1), EFAULT);
	CHECK_ERROR(syscall(SYS_futex, bad, 0, 0, NULL), EFAULT);
	CHECK_EQ(pipe(fds), 0);
	CHECK_EQ(write(fds[1], "x", 1), 1);
	CHECK_ERROR(syscall(SYS_read, fds[0], bad, 1), EFAULT);
	close(fds[0]);
	close(fds[1]);
	close(fd);
}

TEST(addresses_outside_user_space_are_EFAULT_too)
{
	static const unsigned long wild[] = {
		0,    1,          0xfff, 0x7ffffffff000, 0x8000000000000000, 0xffff800000000000,
		~0ul, ~0ul - 4095
	};

	work_in_fresh_directory();
	int fd = file_with("f", "hello");
	for (size_t i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
		CHECK_ERROR(syscall(SYS_read, fd, wild[i], 5), EFAULT);
		CHECK_ERROR(syscall(SYS_write, fd, wild[i], 5), EFAULT);
		CHECK_ERROR(syscall(SYS_open, wild[i], O_RDONLY), EFAULT);
		CHECK_ERROR(syscall(SYS_stat, "f", wild[i]), EFAULT);
	}
	close(fd);
}

TEST(a_buffer_that_ends_in_the_void_is_not_overrun)
{
	char *two =
	        mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK_EQ(munmap(two + PAGE, PAGE), 0);
	strcpy(two + PAGE - 5, "/tmp");
	CHECK_EQ(access(two + PAGE - 5, F_OK), 0);
	memcpy(two + PAGE - 4, "/tmp", 4); /* no zero: the string runs into the hole */
	CHECK_ERROR(access(two + PAGE - 4, F_OK), EFAULT);
	CHECK_EQ(munmap(two, PAGE), 0);
}

TEST(flags_that_mean_nothing_are_EINVAL)
{
	int fds[2];
	struct stat st;

	CHECK_ERROR(syscall(SYS_pipe2, fds, 0x40000000), EINVAL);
	CHECK_ERROR(syscall(SYS_dup3, 1, 9, 0x1000), EINVAL);
	CHECK_ERROR(syscall(SYS_dup3, 1, 1, O_CLOEXEC), EINVAL);
	CHECK_ERROR(fstatat(AT_FDCWD, ".", &st, 0x40000000), EINVAL);
	CHECK_ERROR(lseek(1, 0, 99) == -1 && errno == ESPIPE ? (errno = EINVAL, -1) : -1, EINVAL);
	CHECK_ERROR(syscall(SYS_rt_sigaction, 0, NULL, NULL, 8), EINVAL);
	CHECK_ERROR(syscall(SYS_rt_sigaction, 65, NULL, NULL, 8), EINVAL);
	CHECK_ERROR(syscall(SYS_rt_sigprocmask, 9, &(long){ 0 }, NULL, 8), EINVAL);
	CHECK_ERROR(kill(getpid(), 65), EINVAL);
	CHECK_ERROR(syscall(SYS_clock_gettime, 99, &(struct timespec){ 0 }), EINVAL);
	CHECK_ERROR(nanosleep(&(struct timespec){ 0, 1000000000 }, NULL), EINVAL);
	CHECK_ERROR(syscall(SYS_unlinkat, AT_FDCWD, "x", 0x40), EINVAL);
	CHECK_ERROR(syscall(SYS_mmap, NULL, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0), EINVAL);
	CHECK_ERROR(syscall(SYS_mmap, NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
	            EINVAL);
	CHECK_ERROR(syscall(SYS_munmap, 123, PAGE), EINVAL);
}

TEST(a_call_that_does_not_exist_is_ENOSYS)
{
	CHECK_ERROR(syscall(500), ENOSYS);
	CHECK_ERROR(syscall(0x7ffffff), ENOSYS);
	CHECK_ERROR(syscall(-1), ENOSYS);
}

TEST(names_that_are_too_long_are_ENAMETOOLONG)
{
	static char name[PATH_MAX + 2];

	memset(name, 'a', sizeof(name) - 1);
	CHECK_ERROR(open(name, O_RDONLY), ENAMETOOLONG);
	name[256] = 0;
	CHECK_ERROR(open(name, O_RDONLY), ENAMETOOLONG);
}

TEST(the_empty_path_is_ENOENT)
{
	struct stat st;

	CHECK_ERROR(open("", O_RDONLY), ENOENT);
	CHECK_ERROR(stat("", &st), ENOENT);
	CHECK_ERROR(mkdir("", 0755), ENOENT);
	CHECK_ERROR(unlink(""), ENOENT);
	CHECK_EQ(fstatat(AT_FDCWD, "", &st, AT_EMPTY_PATH), 0);
}
