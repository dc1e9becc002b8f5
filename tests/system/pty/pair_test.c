/* SPDX-License-Identifier: MIT */
/* Both ends of a pair: opening, names, bytes, the end of either side. */
#include "pty.h"

#include <dirent.h>
#include <sys/sysmacros.h>

TEST(each_open_of_ptmx_is_a_new_pair)
{
	struct pair a = pair_open(), b = pair_open();
	unsigned int first, second;

	CHECK_EQ(ioctl(a.master, TIOCGPTN, &first), 0);
	CHECK_EQ(ioctl(b.master, TIOCGPTN, &second), 0);
	CHECK(first != second);
	CHECK(strcmp(a.name, b.name) != 0);
	pair_close(&a);
	pair_close(&b);
}

TEST(bytes_go_both_ways)
{
	struct pair p = pair_open();

	raw(p.slave, 1, 0);
	CHECK_EQ(write(p.master, "to slave", 8), 8);
	CHECK(reads(p.slave, "to slave"));
	CHECK_EQ(write(p.slave, "to master", 9), 9);
	CHECK(reads(p.master, "to master"));
	pair_close(&p);
}

TEST(one_read_gets_all_there_is_wherever_it_lies)
{
	struct pair p = pair_open();
	char out[700], in[700];

	raw(p.slave, 1, 0);
	memset(out, 'x', sizeof(out));
	for (int i = 0; i < 40; i++) {
		CHECK_EQ(write(p.slave, out, sizeof(out)), (ssize_t)sizeof(out));
		CHECK_EQ(read(p.master, in, sizeof(in)), (ssize_t)sizeof(in));
	}
	pair_close(&p);
}

TEST(a_slave_has_a_name_and_a_number)
{
	struct pair p = pair_open();
	struct stat by_fd, by_name;
	unsigned int number, dev;
	char name[64], expected[32];

	CHECK_EQ(ioctl(p.master, TIOCGPTN, &number), 0);
	snprintf(expected, sizeof(expected), "/dev/pts/%u", number);
	CHECK(!strcmp(p.name, expected));
	CHECK_EQ(fstat(p.slave, &by_fd), 0);
	CHECK_EQ(stat(p.name, &by_name), 0);
	CHECK(S_ISCHR(by_fd.st_mode));
	CHECK_EQ(major(by_fd.st_rdev), 136);
	CHECK_EQ(minor(by_fd.st_rdev), number);
	CHECK_EQ(by_fd.st_rdev, by_name.st_rdev);
	CHECK_EQ(by_fd.st_ino, by_name.st_ino);
	CHECK_EQ(by_fd.st_dev, by_name.st_dev);
	CHECK_EQ(ttyname_r(p.slave, name, sizeof(name)), 0);
	CHECK(!strcmp(name, p.name));
	CHECK(isatty(p.slave) && isatty(p.master));
	CHECK_EQ(ioctl(p.slave, (int)0x80045432 /* TIOCGDEV */, &dev), 0);
	CHECK_EQ(dev, by_fd.st_rdev);
	CHECK_EQ(fstat(p.master, &by_fd), 0);
	CHECK_EQ(by_fd.st_rdev, makedev(5, 2));
	pair_close(&p);
}

static bool listed(const char *name)
{
	DIR *dir = opendir("/dev/pts");
	bool found = false;

	CHECK(dir != NULL);
	for (struct dirent *entry; (entry = readdir(dir));)
		found = found || !strcmp(entry->d_name, name);
	closedir(dir);
	return found;
}

TEST(the_directory_lists_those_whose_master_is_open)
{
	struct pair p = pair_open();
	struct stat st;
	char name[32];

	memcpy(name, p.name, sizeof(name));
	CHECK(listed(name + 9));
	CHECK(listed("ptmx"));
	CHECK(listed("..") && listed("."));
	close(p.master);
	CHECK(!listed(name + 9));
	CHECK_ERROR(stat(name, &st), ENOENT);
	CHECK_ERROR(open(name, O_RDWR | O_NOCTTY), ENOENT);
	p.master = -1;
	pair_close(&p);
}

TEST(paths_into_the_directory_are_checked)
{
	struct pair p = pair_open();
	struct stat st;
	char path[64];

	CHECK_EQ(stat("/dev/pts", &st), 0);
	CHECK(S_ISDIR(st.st_mode));
	CHECK_EQ(stat("/dev/pts/../null", &st), 0);
	CHECK_EQ(st.st_rdev, makedev(1, 3));
	snprintf(path, sizeof(path), "%s/x", p.name);
	CHECK_ERROR(stat(path, &st), ENOTDIR);
	snprintf(path, sizeof(path), "%s/", p.name);
	CHECK_ERROR(stat(path, &st), ENOTDIR);
	CHECK_ERROR(stat("/dev/pts/x", &st), ENOENT);
	CHECK_ERROR(stat("/dev/pts/4000000000", &st), ENOENT);
	CHECK_ERROR(stat("/dev/pts/-1", &st), ENOENT);
	CHECK_ERROR(open("/dev/pts/new", O_RDWR | O_CREAT, 0600), EACCES);
	CHECK_ERROR(mkdir("/dev/pts/new", 0700), EPERM);
	CHECK_ERROR(open("/dev/pts", O_RDWR), EISDIR);
	CHECK_ERROR(open(p.name, O_RDONLY | O_DIRECTORY), ENOTDIR);
	CHECK_EQ(access(p.name, R_OK | W_OK), 0);
	CHECK_EQ(chmod(p.name, 0600), 0);
	CHECK_EQ(stat(p.name, &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0600);
	pair_close(&p);
}

TEST(a_locked_slave_cannot_be_opened)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), lock = -1;
	char name[32];

	CHECK(master >= 0);
	CHECK_EQ(ptsname_r(master, name, sizeof(name)), 0);
	CHECK_EQ(ioctl(master, (int)0x80045439 /* TIOCGPTLCK */, &lock), 0);
	CHECK_EQ(lock, 1);
	CHECK_ERROR(open(name, O_RDWR | O_NOCTTY), EIO);
	CHECK_ERROR(ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY), EIO);
	lock = 0;
	CHECK_EQ(ioctl(master, TIOCSPTLCK, &lock), 0);
	int peer = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	CHECK(peer >= 0);
	CHECK_EQ(fcntl(peer, F_GETFD), FD_CLOEXEC);
	char by_fd[32];
	CHECK_EQ(ttyname_r(peer, by_fd, sizeof(by_fd)), 0);
	CHECK(!strcmp(by_fd, name));
	close(peer);
	int slave = open(name, O_RDWR | O_NOCTTY);
	CHECK(slave >= 0);
	CHECK_ERROR(ioctl(slave, TIOCSPTLCK, &lock), ENOTTY);
	CHECK_ERROR(ioctl(slave, TIOCGPTN, &lock), ENOTTY);
	CHECK_ERROR(ioctl(slave, TIOCGPTPEER, O_RDWR), EIO);
	close(slave);
	close(master);
}

TEST(the_last_slave_s_close_is_EIO_after_the_data_until_one_opens_again)
{
	struct pair p = pair_open();
	char c;

	raw(p.slave, 1, 0);
	CHECK_EQ(write(p.slave, "last", 4), 4);
	int second = dup(p.slave);
	close(p.slave);
	CHECK(!(ready(p.master) & POLLHUP));
	close(second);
	CHECK(reads(p.master, "last"));
	CHECK_ERROR(read(p.master, &c, 1), EIO);
	CHECK(ready(p.master) & POLLHUP);
	p.slave = open(p.name, O_RDWR | O_NOCTTY);
	CHECK(p.slave >= 0);
	CHECK(!(ready(p.master) & POLLHUP));
	CHECK_EQ(write(p.slave, "again", 5), 5);
	CHECK(reads(p.master, "again"));
	CHECK_EQ(fcntl(p.master, F_SETFL, O_NONBLOCK), 0);
	CHECK_ERROR(read(p.master, &c, 1), EAGAIN);
	pair_close(&p);
}

TEST(the_master_s_close_hangs_up_the_slave)
{
	struct pair p = pair_open();
	struct termios t;
	int group = 1;
	char c;

	raw(p.slave, 1, 0);
	CHECK_EQ(write(p.master, "lost", 4), 4);
	close(p.master);
	p.master = -1;
	CHECK_EQ(read(p.slave, &c, 1), 0);
	CHECK_ERROR(write(p.slave, "x", 1), EIO);
	CHECK_EQ(ready(p.slave) & (POLLIN | POLLOUT | POLLHUP | POLLERR),
	         POLLIN | POLLOUT | POLLHUP | POLLERR);
	CHECK_ERROR(tcgetattr(p.slave, &t), EIO);
	CHECK_ERROR(ioctl(p.slave, TIOCSPGRP, &group), ENOTTY);
	CHECK_ERROR(ioctl(p.slave, TIOCGWINSZ, &t), EIO);
	pair_close(&p);
}

static pid_t reader_start(int fd, int other)
{
	fflush(stdout);
	pid_t pid = fork();
	char c;

	if (pid)
		return pid;
	close(other);
	ssize_t count = read(fd, &c, 1);
	_exit(count < 0 ? errno : (int)count + 100);
}

TEST(a_waiting_reader_learns_of_the_other_end)
{
	struct pair p = pair_open();

	raw(p.slave, 1, 0);
	pid_t reader = reader_start(p.slave, p.master);
	usleep(100000);
	close(p.master);
	p.master = -1;
	CHECK_EQ(exit_of(reader), EIO);
	pair_close(&p);

	p = pair_open();
	reader = reader_start(p.master, p.slave);
	usleep(100000);
	close(p.slave);
	p.slave = -1;
	CHECK_EQ(exit_of(reader), EIO);
	pair_close(&p);
}

TEST(a_full_slave_holds_its_writer_until_the_master_reads)
{
	enum { SIZE = 100000 };
	struct pair p = pair_open();
	char buf[4096];
	size_t got = 0;

	raw(p.slave, 1, 0);
	fflush(stdout);
	pid_t writer = fork();
	if (!writer) {
		static char data[SIZE];
		for (int i = 0; i < SIZE; i++)
			data[i] = (char)('a' + i % 23);
		close(p.master);
		_exit(write(p.slave, data, SIZE) == SIZE ? 0 : 1);
	}
	while (got < SIZE) {
		ssize_t count = read(p.master, buf, sizeof(buf));
		CHECK(count > 0);
		if (count <= 0)
			break;
		for (ssize_t i = 0; i < count; i++)
			CHECK(buf[i] == (char)('a' + (got + (size_t)i) % 23));
		got += (size_t)count;
	}
	CHECK_EQ(exit_of(writer), 0);
	pair_close(&p);
}

TEST(nonblocking_writes_stop_when_it_is_full)
{
	struct pair p = pair_open();
	char buf[1024] = { 0 };
	size_t sum = 0;
	ssize_t count;

	raw(p.slave, 1, 0);
	CHECK_EQ(fcntl(p.master, F_SETFL, O_NONBLOCK), 0);
	CHECK_EQ(fcntl(p.slave, F_SETFL, O_NONBLOCK), 0);
	for (int end = 0; end < 2; end++) {
		int from = end ? p.slave : p.master, to = end ? p.master : p.slave;
		for (sum = 0; (count = write(from, buf, sizeof(buf))) > 0 && sum < 1 << 24;)
			sum += (size_t)count;
		CHECK_EQ(count, -1);
		CHECK_EQ(errno, EAGAIN);
		CHECK(!(ready(from) & POLLOUT));
		for (size_t left = sum; left && (count = read(to, buf, sizeof(buf))) > 0;) {
			left -= (size_t)count;
			if (!left)
				sum = 0;
		}
		CHECK_EQ(sum, 0);
		CHECK(ready(from) & POLLOUT);
	}
	pair_close(&p);
}

TEST(bytes_that_wait_are_counted)
{
	struct pair p = pair_open();
	int count = -1;

	CHECK_EQ(write(p.master, "line\npart", 9), 9);
	wait_input(p.slave);
	CHECK_EQ(ioctl(p.slave, FIONREAD, &count), 0);
	CHECK_EQ(count, 5);
	CHECK_EQ(ioctl(p.slave, TIOCOUTQ, &count), 0);
	CHECK_EQ(count, 0);
	CHECK(reads(p.slave, "line\n"));
	raw(p.slave, 1, 0);
	CHECK_EQ(ioctl(p.slave, FIONREAD, &count), 0);
	CHECK_EQ(count, 4);
	pair_close(&p);
}

TEST(opening_without_opening_is_only_a_name)
{
	struct pair p = pair_open();
	int fd = open(p.name, O_PATH);
	struct stat st;
	char c;

	CHECK(fd >= 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(major(st.st_rdev), 136);
	CHECK_ERROR(read(fd, &c, 1), EBADF);
	close(p.slave);
	p.slave = -1;
	CHECK(ready(p.master) & POLLHUP);
	close(fd);
	pair_close(&p);
}

TEST(more_pairs_than_there_are_is_ENOSPC_or_EMFILE)
{
	enum { MANY = 400 };
	static int masters[MANY];
	int count = 0;

	while (count < MANY && (masters[count] = open("/dev/ptmx", O_RDWR | O_NOCTTY)) >= 0)
		count++;
	CHECK(count >= 100);
	CHECK(count == MANY || errno == ENOSPC || errno == EMFILE);
	while (count)
		close(masters[--count]);
	struct pair p = pair_open();
	pair_close(&p);
}

TEST(descriptors_have_names_in_dev)
{
	int pipes[2];
	char c = 0, path[32];
	struct stat st;

	CHECK_EQ(pipe(pipes), 0);
	snprintf(path, sizeof(path), "/dev/fd/%d", pipes[0]);
	CHECK_EQ(stat(path, &st), 0);
	CHECK(S_ISFIFO(st.st_mode));
	int fd = open(path, O_RDONLY);
	CHECK(fd >= 0);
	CHECK_EQ(write(pipes[1], "x", 1), 1);
	CHECK_EQ(read(fd, &c, 1), 1);
	CHECK_EQ(c, 'x');
	CHECK_EQ(lstat("/dev/stdin", &st), 0);
	CHECK(S_ISLNK(st.st_mode));
	CHECK_EQ(readlink("/dev/stdout", path, sizeof(path)), 15);
	CHECK(!memcmp(path, "/proc/self/fd/1", 15));
	close(fd);
	close(pipes[0]);
	close(pipes[1]);
}
