/* SPDX-License-Identifier: MIT */
#include "events.h"

TEST(eventfd_counts_and_reading_takes_all)
{
	int fd = eventfd(3, EFD_NONBLOCK);

	CHECK(fd >= 0);
	add(fd, 4);
	CHECK_EQ(take(fd), 7);
	CHECK_EQ(take(fd), -EAGAIN);
	close(fd);
}

TEST(eventfd_as_semaphore_gives_one_at_a_time)
{
	int fd = eventfd(2, EFD_NONBLOCK | EFD_SEMAPHORE);

	CHECK_EQ(take(fd), 1);
	CHECK_EQ(take(fd), 1);
	CHECK_EQ(take(fd), -EAGAIN);
	close(fd);
}

TEST(eventfd_does_not_overflow)
{
	int fd = eventfd(0, EFD_NONBLOCK);
	uint64_t one = 1, all = UINT64_MAX;

	CHECK_EQ(ready(fd, POLLIN | POLLOUT), POLLOUT);
	add(fd, UINT64_MAX - 1);
	CHECK_EQ(ready(fd, POLLIN | POLLOUT), POLLIN);
	CHECK_ERROR(write(fd, &one, 8), EAGAIN);
	CHECK_ERROR(write(fd, &all, 8), EINVAL);
	CHECK_EQ(take(fd), (int64_t)(UINT64_MAX - 1));
	add(fd, 0);
	CHECK_EQ(take(fd), -EAGAIN);
	close(fd);
}

TEST(eventfd_refuses_what_the_manual_refuses)
{
	int fd = eventfd(1, 0);
	uint32_t small;

	CHECK_ERROR(eventfd(0, 0x40), EINVAL);
	CHECK_ERROR(read(fd, &small, 4), EINVAL);
	CHECK_ERROR(write(fd, &small, 4), EINVAL);
	CHECK_ERROR(read(fd, BAD_ADDRESS, 8), EFAULT);
	CHECK_ERROR(write(fd, BAD_ADDRESS, 8), EFAULT);
	CHECK_ERROR(pread(fd, &small, 8, 0), ESPIPE);
	close(fd);
	CHECK_ERROR(read(fd, &small, 8), EBADF);
}

TEST(eventfd_blocks_until_another_process_writes)
{
	int fd = eventfd(0, EFD_CLOEXEC);
	pid_t pid = fork();

	if (!pid) {
		sleep_ms(20);
		add(fd, 5);
		_exit(0);
	}
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(take(fd), 5);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	close(fd);
}

TEST(eventfd_that_is_full_blocks_the_writer)
{
	int fd = eventfd(0, 0);
	pid_t pid;

	add(fd, UINT64_MAX - 1);
	pid = fork();
	if (!pid) {
		add(fd, 9);
		_exit(0);
	}
	sleep_ms(20);
	CHECK_EQ(take(fd), (int64_t)(UINT64_MAX - 1));
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	CHECK_EQ(take(fd), 9);
	close(fd);
}

static void on_alarm(int signal) { (void)signal; }

TEST(eventfd_read_ends_with_a_signal)
{
	int fd = eventfd(0, 0);
	struct sigaction action = { .sa_handler = on_alarm };
	struct itimerval soon = { .it_value = { 0, 20000 } };

	CHECK_EQ(sigaction(SIGALRM, &action, NULL), 0);
	CHECK_EQ(setitimer(ITIMER_REAL, &soon, NULL), 0);
	CHECK_EQ(take(fd), -EINTR);
	close(fd);
}

TEST(eventfd_shares_flags_and_count_among_duplicates)
{
	int fd = eventfd(0, 0), copy = dup(fd);

	CHECK_EQ(fcntl(copy, F_SETFL, O_NONBLOCK), 0);
	CHECK_EQ(take(fd), -EAGAIN);
	CHECK_EQ(fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK), O_RDWR | O_NONBLOCK);
	add(copy, 2);
	CHECK_EQ(take(fd), 2);
	close(fd);
	close(copy);
}

TEST(eventfd_has_a_name_and_no_type)
{
	int fd = eventfd(0, 0);
	char path[64], name[64];
	struct stat st;

	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_mode & S_IFMT, 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ssize_t size = readlink(path, name, sizeof(name) - 1);
	CHECK(size > 0);
	name[size] = 0;
	CHECK_STR(name, "anon_inode:[eventfd]");
	close(fd);
}
