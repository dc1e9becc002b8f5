/* SPDX-License-Identifier: MIT */
/* Calls with arguments that are wrong: each names the error that Linux gives. All of them are
 * tried, those that differ are listed. */
#include "calls.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

enum { NOFD = 777 };
static int different;

#define FAILS(error, call, ...)                                                                    \
	do {                                                                                       \
		errno = 0;                                                                         \
		long result_ = syscall(SYS_##call, __VA_ARGS__);                                   \
		if (result_ != -1 || errno != (error)) {                                           \
			printf("# " #call "(" #__VA_ARGS__ ") gives %ld, errno %d, not " #error    \
			       "\n",                                                               \
			       result_, errno);                                                    \
			different++;                                                               \
		}                                                                                  \
	} while (0)

static char buffer[8192], *bad;
static struct timespec never = { -1, 0 }, odd = { 0, 1000000000 };

/* What the calls are tried on. */
static int file, readable, writable, directory, path_only, pipes[2], sockets[2], event, timer,
        epoll;

static void begin(void)
{
	work_in_fresh_directory();
	different = 0;
	bad = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(bad, PAGE);
	file = file_with("f", "hello");
	readable = open("f", O_RDONLY);
	writable = open("f", O_WRONLY);
	directory = open(".", O_RDONLY | O_DIRECTORY);
	path_only = open("f", O_PATH);
	event = eventfd(0, EFD_NONBLOCK);
	timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	epoll = epoll_create1(0);
	CHECK_EQ(pipe(pipes), 0);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_EQ(mkdir("d/e", 0755), 0);
	CHECK_EQ(symlink("loop", "loop"), 0);
	CHECK_EQ(symlink("f", "link"), 0);
}

static void end(void)
{
	int all[] = { file,  readable, writable, directory, path_only,  event,
		      timer, epoll,    pipes[0], pipes[1],  sockets[0], sockets[1] };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		close(all[i]);
	CHECK_EQ(different, 0);
}

TEST(no_such_descriptor)
{
	begin();
	FAILS(EBADF, read, NOFD, buffer, 1);
	FAILS(EBADF, write, NOFD, buffer, 1);
	FAILS(EBADF, pread64, NOFD, buffer, 1, 0);
	FAILS(EBADF, pwrite64, NOFD, buffer, 1, 0);
	FAILS(EBADF, readv, NOFD, buffer, 0);
	FAILS(EBADF, writev, NOFD, buffer, 0);
	FAILS(EBADF, preadv, NOFD, buffer, 0, 0, 0);
	FAILS(EBADF, close, NOFD);
	FAILS(EBADF, fstat, NOFD, buffer);
	FAILS(EBADF, newfstatat, NOFD, "x", buffer, 0);
	FAILS(EBADF, newfstatat, NOFD, "", buffer, AT_EMPTY_PATH);
	FAILS(EBADF, statx, NOFD, "x", 0, 0x7ff, buffer);
	FAILS(EBADF, fstatfs, NOFD, buffer);
	FAILS(EBADF, lseek, NOFD, 0, SEEK_SET);
	FAILS(EBADF, dup, NOFD);
	FAILS(EBADF, dup2, NOFD, 5);
	FAILS(EBADF, dup3, NOFD, 5, 0);
	FAILS(EBADF, fcntl, NOFD, F_GETFD);
	FAILS(EBADF, fcntl, NOFD, F_DUPFD, 0);
	FAILS(EBADF, flock, NOFD, 2);
	FAILS(EBADF, ioctl, NOFD, TIOCGWINSZ, buffer);
	FAILS(EBADF, ftruncate, NOFD, 0);
	FAILS(EBADF, fallocate, NOFD, 0, 0, 10);
	FAILS(EBADF, fsync, NOFD);
	FAILS(EBADF, fdatasync, NOFD);
	FAILS(EBADF, syncfs, NOFD);
	FAILS(EBADF, fchmod, NOFD, 0644);
	FAILS(EBADF, fchown, NOFD, -1, -1);
	FAILS(EBADF, fchdir, NOFD);
	FAILS(EBADF, getdents64, NOFD, buffer, 4096);
	FAILS(EBADF, openat, NOFD, "x", O_RDONLY);
	FAILS(EBADF, mkdirat, NOFD, "x", 0755);
	FAILS(EBADF, mknodat, NOFD, "x", S_IFREG | 0644, 0);
	FAILS(EBADF, unlinkat, NOFD, "x", 0);
	FAILS(EBADF, renameat2, NOFD, "x", AT_FDCWD, "y", 0);
	FAILS(EBADF, renameat, AT_FDCWD, "f", NOFD, "y");
	FAILS(EBADF, linkat, AT_FDCWD, "f", NOFD, "y", 0);
	FAILS(EBADF, symlinkat, "f", NOFD, "y");
	FAILS(EBADF, readlinkat, NOFD, "x", buffer, 10);
	FAILS(EBADF, fchmodat, NOFD, "x", 0644);
	FAILS(EBADF, fchownat, NOFD, "x", -1, -1, 0);
	FAILS(EBADF, faccessat, NOFD, "x", F_OK);
	FAILS(EBADF, utimensat, NOFD, "x", NULL, 0);
	FAILS(EBADF, utimensat, NOFD, NULL, NULL, 0);
	FAILS(EBADF, execveat, NOFD, "", NULL, NULL, AT_EMPTY_PATH);
	FAILS(EBADF, mmap, NULL, 4096, PROT_READ, MAP_PRIVATE, NOFD, 0);
	FAILS(EBADF, sendfile, NOFD, file, NULL, 1);
	FAILS(EBADF, sendfile, file, NOFD, NULL, 1);
	FAILS(EBADF, splice, NOFD, NULL, pipes[1], NULL, 1, 0);
	FAILS(EBADF, tee, NOFD, pipes[1], 1, 0);
	FAILS(EBADF, copy_file_range, NOFD, NULL, file, NULL, 1, 0);
	FAILS(EBADF, epoll_ctl, NOFD, EPOLL_CTL_ADD, event, buffer);
	FAILS(EBADF, epoll_ctl, epoll, EPOLL_CTL_ADD, NOFD, buffer);
	FAILS(EBADF, epoll_wait, NOFD, buffer, 1, 0);
	FAILS(EBADF, timerfd_gettime, NOFD, buffer);
	FAILS(EBADF, timerfd_settime, NOFD, 0, buffer, NULL);
	FAILS(EBADF, fadvise64, NOFD, 0, 0, 0);
	FAILS(EBADF, readahead, NOFD, 0, 0);
	FAILS(EBADF, sync_file_range, NOFD, 0, 0, 0);
	FAILS(EBADF, fgetxattr, NOFD, "user.a", buffer, 1);
	FAILS(EBADF, flistxattr, NOFD, buffer, 1);
	end();
}

TEST(a_descriptor_of_another_kind)
{
	begin();
	FAILS(EBADF, read, writable, buffer, 1);
	FAILS(EBADF, write, readable, buffer, 1);
	FAILS(EBADF, read, path_only, buffer, 1);
	FAILS(EBADF, write, path_only, buffer, 1);
	FAILS(EBADF, fchmod, path_only, 0644);
	FAILS(EBADF, ioctl, path_only, FIONREAD, buffer);
	FAILS(EBADF, lseek, path_only, 0, SEEK_SET);
	FAILS(EBADF, fsync, path_only);
	FAILS(EBADF, flock, path_only, 2);
	FAILS(EBADF, getdents64, path_only, buffer, 4096);
	FAILS(EBADF, mmap, NULL, 4096, PROT_READ, MAP_PRIVATE, path_only, 0);
	FAILS(EBADF, read, pipes[1], buffer, 1);
	FAILS(EBADF, write, pipes[0], buffer, 1);
	FAILS(EISDIR, read, directory, buffer, 1);
	FAILS(EBADF, write, directory, buffer, 1);
	FAILS(ENOTDIR, getdents64, file, buffer, 4096);
	FAILS(ENOTDIR, fchdir, file);
	FAILS(ENOTDIR, openat, file, "x", O_RDONLY);
	FAILS(EINVAL, ftruncate, readable, 0);
	FAILS(EINVAL, ftruncate, directory, 0);
	FAILS(EINVAL, ftruncate, pipes[1], 0);
	FAILS(EBADF, fallocate, readable, 0, 0, 10);
	FAILS(ESPIPE, fallocate, pipes[1], 0, 0, 10);
	FAILS(ESPIPE, lseek, pipes[0], 0, SEEK_CUR);
	FAILS(ESPIPE, lseek, sockets[0], 0, SEEK_CUR);
	FAILS(ESPIPE, pread64, pipes[0], buffer, 1, 0);
	FAILS(ESPIPE, pwrite64, sockets[0], buffer, 1, 0);
	FAILS(EINVAL, fsync, pipes[0]);
	FAILS(EINVAL, fsync, sockets[0]);
	FAILS(ENOTTY, ioctl, file, TIOCGWINSZ, buffer);
	FAILS(ENOTTY, ioctl, pipes[0], TCGETS, buffer);
	FAILS(ENOTTY, ioctl, file, 0x12345678, buffer);
	FAILS(EACCES, mmap, NULL, 4096, PROT_READ, MAP_PRIVATE, writable, 0);
	FAILS(EACCES, mmap, NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, readable, 0);
	FAILS(ENODEV, mmap, NULL, 4096, PROT_READ, MAP_PRIVATE, pipes[0], 0);
	FAILS(ENODEV, mmap, NULL, 4096, PROT_READ, MAP_PRIVATE, directory, 0);
	FAILS(EINVAL, sendfile, file, pipes[0], NULL, 1);
	FAILS(EBADF, sendfile, readable, file, NULL, 1);
	FAILS(EINVAL, splice, file, NULL, writable, NULL, 1, 0);
	FAILS(EINVAL, tee, file, pipes[1], 1, 0);
	FAILS(EINVAL, copy_file_range, pipes[0], NULL, file, NULL, 1, 0);
	FAILS(EISDIR, copy_file_range, directory, NULL, file, NULL, 1, 0);
	FAILS(EPERM, epoll_ctl, epoll, EPOLL_CTL_ADD, file, buffer);
	FAILS(EINVAL, epoll_ctl, epoll, EPOLL_CTL_ADD, epoll, buffer);
	FAILS(EINVAL, epoll_ctl, file, EPOLL_CTL_ADD, event, buffer);
	FAILS(ENOENT, epoll_ctl, epoll, EPOLL_CTL_DEL, event, buffer);
	FAILS(ENOENT, epoll_ctl, epoll, EPOLL_CTL_MOD, event, buffer);
	FAILS(EINVAL, epoll_ctl, epoll, 99, event, buffer);
	FAILS(EINVAL, epoll_wait, file, buffer, 1, 0);
	FAILS(EINVAL, epoll_wait, epoll, buffer, 0, 0);
	FAILS(EINVAL, timerfd_gettime, event, buffer);
	FAILS(EINVAL, timerfd_settime, file, 0, buffer, NULL);
	FAILS(EINVAL, read, event, buffer, 4);
	FAILS(EINVAL, write, event, buffer, 4);
	FAILS(EAGAIN, read, event, buffer, 8);
	FAILS(EINVAL, read, timer, buffer, 4);
	FAILS(EINVAL, write, timer, buffer, 8);
	FAILS(EINVAL, read, epoll, buffer, 8);
	FAILS(EINVAL, signalfd4, file, buffer, 8, 0);
	FAILS(ENOTSOCK, getsockname, file, buffer, buffer);
	FAILS(ENOTSOCK, listen, pipes[0], 1);
	FAILS(ESPIPE, fadvise64, pipes[0], 0, 0, 0);
	end();
}

static void wild_file_calls(const char *no)
{
	FAILS(EFAULT, read, file, no, 5);
	FAILS(EFAULT, read, pipes[0], no, 1);
	FAILS(EFAULT, write, file, no, 5);
	FAILS(EFAULT, write, pipes[1], no, 5);
	FAILS(EFAULT, readv, file, no, 1);
	FAILS(EFAULT, writev, file, no, 1);
	FAILS(EFAULT, open, no, O_RDONLY);
	FAILS(EFAULT, openat, AT_FDCWD, no, O_RDONLY);
	FAILS(EFAULT, stat, no, buffer);
	FAILS(EFAULT, stat, "f", no);
	FAILS(EFAULT, lstat, "f", no);
	FAILS(EFAULT, fstat, file, no);
	FAILS(EFAULT, newfstatat, AT_FDCWD, "f", no, 0);
	FAILS(EFAULT, statx, AT_FDCWD, "f", 0, 0x7ff, no);
	FAILS(EFAULT, statfs, "f", no);
	FAILS(EFAULT, fstatfs, file, no);
	FAILS(EFAULT, access, no, 0);
	FAILS(EFAULT, faccessat, AT_FDCWD, no, 0);
	FAILS(EFAULT, mkdir, no, 0755);
	FAILS(EFAULT, rmdir, no);
	FAILS(EFAULT, unlink, no);
	FAILS(EFAULT, rename, no, "y");
	FAILS(EFAULT, rename, "f", no);
	FAILS(EFAULT, link, "f", no);
	FAILS(EFAULT, symlink, no, "y");
	FAILS(EFAULT, readlink, no, buffer, 10);
	FAILS(EFAULT, readlink, "link", no, 10);
	FAILS(EFAULT, chmod, no, 0644);
	FAILS(EFAULT, chown, no, -1, -1);
	FAILS(EFAULT, truncate, no, 0);
	FAILS(EFAULT, chdir, no);
	FAILS(EFAULT, chroot, no);
	FAILS(EFAULT, getcwd, no, 4096);
	FAILS(EFAULT, utimensat, AT_FDCWD, "f", no, 0);
	FAILS(EFAULT, getdents64, directory, no, 4096);
}

static void wild_other_calls(const char *no)
{
	FAILS(EFAULT, pipe2, no, 0);
	FAILS(EFAULT, poll, no, 1, 0);
	FAILS(EFAULT, ppoll, buffer, 0, no, NULL, 8);
	FAILS(EFAULT, select, 1, no, NULL, NULL, NULL);
	FAILS(EFAULT, fcntl, file, F_SETLK, no);
	FAILS(EFAULT, ioctl, pipes[0], FIONREAD, no);
	FAILS(EFAULT, uname, no);
	FAILS(EFAULT, sysinfo, no);
	FAILS(EFAULT, times, no);
	FAILS(EFAULT, getrusage, RUSAGE_SELF, no);
	FAILS(EFAULT, getrlimit, RLIMIT_NOFILE, no);
	FAILS(EFAULT, setrlimit, RLIMIT_NOFILE, no);
	FAILS(EFAULT, prlimit64, 0, RLIMIT_NOFILE, no, NULL);
	FAILS(EFAULT, gettimeofday, no, NULL);
	FAILS(EFAULT, clock_gettime, CLOCK_MONOTONIC, no);
	FAILS(EFAULT, clock_getres, CLOCK_MONOTONIC, no);
	FAILS(EFAULT, clock_nanosleep, CLOCK_MONOTONIC, 0, no, NULL);
	FAILS(EFAULT, nanosleep, no, NULL);
	FAILS(EFAULT, setitimer, ITIMER_REAL, no, NULL);
	FAILS(EFAULT, getitimer, ITIMER_REAL, no);
	FAILS(EFAULT, timer_create, CLOCK_MONOTONIC, no, buffer);
	FAILS(EFAULT, rt_sigaction, SIGUSR1, no, NULL, 8);
	FAILS(EFAULT, rt_sigaction, SIGUSR1, NULL, no, 8);
	FAILS(EFAULT, rt_sigprocmask, SIG_BLOCK, no, NULL, 8);
	FAILS(EFAULT, rt_sigprocmask, SIG_BLOCK, NULL, no, 8);
	FAILS(EFAULT, rt_sigpending, no, 8);
	FAILS(EFAULT, rt_sigsuspend, no, 8);
	FAILS(EFAULT, rt_sigtimedwait, no, NULL, NULL, 8);
	FAILS(EFAULT, rt_sigqueueinfo, getpid(), 0, no);
	FAILS(EFAULT, sigaltstack, no, NULL);
	FAILS(EFAULT, execve, no, NULL, NULL);
	FAILS(EFAULT, execve, "/bin/sh", no, NULL);
	FAILS(EFAULT, setgroups, 1, no);
	FAILS(EFAULT, getresuid, no, no, no);
	FAILS(EFAULT, sched_getparam, 0, no);
	FAILS(EFAULT, sched_setscheduler, 0, SCHED_OTHER, no);
	FAILS(EFAULT, sched_getaffinity, 0, 128, no);
	FAILS(EFAULT, sched_setaffinity, 0, 128, no);
	FAILS(EFAULT, getrandom, no, 16, 0);
	FAILS(EFAULT, futex, (long)no & ~3l, 0, 0, NULL, NULL, 0);
	FAILS(EFAULT, epoll_ctl, epoll, EPOLL_CTL_ADD, event, no);
	FAILS(EFAULT, timerfd_settime, timer, 0, no, NULL);
	FAILS(EFAULT, timerfd_gettime, timer, no);
	FAILS(EFAULT, signalfd4, -1, no, 8, 0);
	FAILS(EFAULT, memfd_create, no, 0);
	FAILS(EFAULT, socketpair, AF_UNIX, SOCK_STREAM, 0, no);
	FAILS(EFAULT, sendmsg, sockets[0], no, 0);
	FAILS(EFAULT, recvmsg, sockets[0], no, 0);
	FAILS(EFAULT, prctl, 15, no);
	FAILS(EFAULT, prctl, 16, no);
}

TEST(an_address_where_nothing_is)
{
	const char *wild[] = { NULL, (char *)8, (char *)-4096l, (char *)0x800000000000 };

	for (size_t i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
		begin();
		CHECK_EQ(write(pipes[1], "x", 1), 1);
		wild_file_calls(wild[i] ? wild[i] : bad);
		wild_other_calls(wild[i] ? wild[i] : bad);
		end();
	}
}

TEST(flags_and_numbers_that_mean_nothing)
{
	begin();
	FAILS(EINVAL, lseek, file, 0, 99);
	FAILS(EINVAL, lseek, file, -1l, SEEK_SET);
	FAILS(ENXIO, lseek, file, 100, 3);
	FAILS(EINVAL, pread64, file, buffer, 1, -1l);
	FAILS(EINVAL, readv, file, buffer, 1025);
	FAILS(EINVAL, readv, file, buffer, -1);
	FAILS(EINVAL, dup3, file, file, 0);
	FAILS(EINVAL, dup3, file, 50, 1);
	FAILS(EINVAL, fcntl, file, 9999, 0);
	FAILS(EINVAL, fcntl, file, F_DUPFD, -1);
	FAILS(EINVAL, flock, file, 0);
	FAILS(EINVAL, ftruncate, file, -1l);
	FAILS(EINVAL, truncate, "f", -1l);
	FAILS(EINVAL, fallocate, file, 0, 0, 0);
	FAILS(EINVAL, fallocate, file, 0, -1l, 1);
	FAILS(EOPNOTSUPP, fallocate, file, 0x100, 0, 1);
	FAILS(EINVAL, newfstatat, AT_FDCWD, "f", buffer, 0x40000);
	FAILS(EINVAL, statx, AT_FDCWD, "f", 0x40000, 0x7ff, buffer);
	FAILS(EINVAL, faccessat2, AT_FDCWD, "f", 0, 0x40000);
	FAILS(EINVAL, access, "f", 99);
	FAILS(EINVAL, unlinkat, AT_FDCWD, "f", 1);
	FAILS(EINVAL, renameat2, AT_FDCWD, "f", AT_FDCWD, "g", 0x80);
	FAILS(EINVAL, renameat2, AT_FDCWD, "f", AT_FDCWD, "g", 3);
	FAILS(EEXIST, renameat2, AT_FDCWD, "f", AT_FDCWD, "link", 1);
	FAILS(EINVAL, linkat, AT_FDCWD, "f", AT_FDCWD, "g", 1);
	FAILS(EINVAL, fchownat, AT_FDCWD, "f", -1, -1, 1);
	FAILS(EINVAL, utimensat, AT_FDCWD, "f", NULL, 1);
	FAILS(EINVAL, readlink, "link", buffer, 0);
	FAILS(EINVAL, readlink, "f", buffer, 10);
	FAILS(EPERM, mknod, "g", S_IFDIR | 0755, 0);
	FAILS(EINVAL, pipe2, buffer, 1);
	FAILS(EINVAL, poll, buffer, 1000000, 0);
	FAILS(EINVAL, select, -1, NULL, NULL, NULL, NULL);
	FAILS(ERANGE, getcwd, buffer, 2);
	FAILS(EINVAL, getdents64, directory, buffer, 1);
	FAILS(EINVAL, mmap, NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	FAILS(EINVAL, mmap, NULL, 4096, PROT_READ, MAP_ANONYMOUS, -1, 0);
	FAILS(EINVAL, mmap, NULL, 4096, PROT_READ, MAP_PRIVATE, file, 1);
	FAILS(EINVAL, mmap, 4097, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	FAILS(ENOMEM, mmap, NULL, 1l << 60, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	FAILS(EINVAL, munmap, 1, 4096);
	FAILS(EINVAL, munmap, 0x10000, 0);
	FAILS(EINVAL, mprotect, 1, 4096, PROT_READ);
	FAILS(ENOMEM, mprotect, bad, 4096, PROT_READ);
	FAILS(EINVAL, madvise, bad, 4096, 9999);
	FAILS(ENOMEM, madvise, bad, 4096, MADV_DONTNEED);
	FAILS(EINVAL, madvise, 1, 4096, MADV_DONTNEED);
	FAILS(EINVAL, msync, bad, 4096, 99);
	FAILS(EINVAL, msync, bad, 4096, MS_SYNC | MS_ASYNC);
	FAILS(ENOMEM, msync, bad, 4096, MS_SYNC);
	FAILS(ENOMEM, mincore, bad, 4096, buffer);
	FAILS(EINVAL, mincore, 1, 4096, buffer);
	FAILS(EFAULT, mremap, bad, 4096, 8192, 0);
	FAILS(EINVAL, mremap, bad, 4096, 0, 0);
	FAILS(EINVAL, mremap, bad, 4096, 4096, 99);
	FAILS(ENOMEM, mlock, bad, 4096);
	FAILS(ENOMEM, munlock, bad, 4096);
	FAILS(EINVAL, getrusage, 99, buffer);
	FAILS(EINVAL, getrlimit, 99, buffer);
	FAILS(ESRCH, prlimit64, 30000, RLIMIT_NOFILE, NULL, buffer);
	FAILS(EINVAL, getpriority, 99, 0);
	FAILS(ESRCH, getpriority, PRIO_PROCESS, 30000);
	FAILS(EINVAL, setpriority, 99, 0, 0);
	FAILS(ESRCH, setpriority, PRIO_PROCESS, 30000, 0);
	FAILS(EINVAL, clock_gettime, 99, buffer);
	FAILS(EINVAL, clock_getres, 99, NULL);
	FAILS(EINVAL, clock_nanosleep, 99, 0, &never, NULL);
	FAILS(EINVAL, clock_nanosleep, CLOCK_MONOTONIC, 0, &odd, NULL);
	FAILS(EINVAL, nanosleep, &never, NULL);
	end();
}

TEST(signals_and_processes_that_there_are_not)
{
	begin();
	FAILS(EINVAL, setitimer, 99, buffer, NULL);
	FAILS(EINVAL, getitimer, 99, buffer);
	FAILS(EINVAL, timer_create, 99, NULL, buffer);
	FAILS(EINVAL, timer_delete, 99);
	FAILS(EINVAL, timer_settime, 99, 0, buffer, NULL);
	FAILS(EINVAL, timer_gettime, 99, buffer);
	FAILS(EINVAL, rt_sigaction, 0, NULL, NULL, 8);
	FAILS(EINVAL, rt_sigaction, 65, NULL, NULL, 8);
	FAILS(EINVAL, rt_sigaction, SIGUSR1, NULL, NULL, 4);
	FAILS(EINVAL, rt_sigaction, SIGKILL, buffer, NULL, 8);
	FAILS(EINVAL, rt_sigprocmask, 99, buffer, NULL, 8);
	FAILS(EINVAL, rt_sigprocmask, SIG_BLOCK, NULL, NULL, 4);
	FAILS(EINVAL, rt_sigpending, buffer, 16);
	FAILS(EINVAL, rt_sigsuspend, buffer, 4);
	FAILS(EINVAL, rt_sigtimedwait, buffer, NULL, &odd, 8);
	FAILS(EINVAL, kill, getpid(), 65);
	FAILS(ESRCH, kill, 30000, 0);
	FAILS(EINVAL, tgkill, 0, 1, 0);
	FAILS(ESRCH, tgkill, getpid(), 30000, 0);
	FAILS(EINVAL, tkill, 0, 0);
	FAILS(ESRCH, tkill, 30000, 0);
	FAILS(EINVAL, wait4, -1, NULL, 0x100, NULL);
	FAILS(ECHILD, wait4, -1, NULL, 0, NULL);
	FAILS(ECHILD, wait4, 30000, NULL, 0, NULL);
	FAILS(EINVAL, waitid, 99, 0, buffer, 4, NULL);
	FAILS(EINVAL, waitid, 0, 0, buffer, 0, NULL);
	FAILS(ECHILD, waitid, 0, 0, buffer, 4, NULL);
	FAILS(EINVAL, setpgid, -1, 0);
	FAILS(EINVAL, setpgid, 0, -1);
	FAILS(ESRCH, setpgid, 30000, 0);
	FAILS(ESRCH, getpgid, 30000);
	FAILS(ESRCH, getsid, 30000);
	FAILS(EINVAL, setuid, -1);
	FAILS(EINVAL, getgroups, -1, NULL);
	FAILS(EINVAL, setgroups, 65537, NULL);
	FAILS(EINVAL, sched_setscheduler, 0, 99, buffer);
	FAILS(ESRCH, sched_getscheduler, 30000);
	FAILS(EINVAL, sched_getscheduler, -1);
	FAILS(EINVAL, sched_get_priority_max, 99);
	FAILS(EINVAL, sched_getaffinity, 0, 1, buffer);
	FAILS(ESRCH, sched_getaffinity, 30000, 128, buffer);
	FAILS(EINVAL, getrandom, buffer, 1, 99);
	FAILS(EINVAL, futex, 1, 0, 0, NULL, NULL, 0);
	FAILS(ENOSYS, futex, buffer, 99, 0, NULL, NULL, 0);
	FAILS(EAGAIN, futex, buffer, 0, 77, NULL, NULL, 0);
	FAILS(EINVAL, futex, buffer, 0, 0, &odd, NULL, 0);
	end();
}

TEST(flags_of_other_calls_that_mean_nothing)
{
	begin();
	FAILS(EINVAL, epoll_create, 0);
	FAILS(EINVAL, epoll_create1, 1);
	FAILS(EINVAL, eventfd2, 0, 0x100);
	FAILS(EINVAL, timerfd_create, 99, 0);
	FAILS(EINVAL, timerfd_create, CLOCK_MONOTONIC, 0x100);
	FAILS(EINVAL, timerfd_settime, timer, 99, buffer, NULL);
	FAILS(EINVAL, signalfd4, -1, buffer, 4, 0);
	FAILS(EINVAL, signalfd4, -1, buffer, 8, 1);
	FAILS(EINVAL, memfd_create, "x", 0x100);
	FAILS(EINVAL, splice, pipes[0], NULL, file, NULL, 1, 0x100);
	FAILS(EINVAL, copy_file_range, file, NULL, file, NULL, 1, 1);
	FAILS(EINVAL, prctl, 9999, 0, 0, 0, 0);
	FAILS(EINVAL, arch_prctl, 9999, 0);
	FAILS(EINVAL, close_range, 100, 50, 0);
	FAILS(EINVAL, close_range, 100, 200, 99);
	FAILS(EINVAL, membarrier, 9999, 0, 0);
	FAILS(EINVAL, fadvise64, file, 0, 0, 99);
	FAILS(EINVAL, execveat, AT_FDCWD, "f", NULL, NULL, 1);
	FAILS(EACCES, execve, "f", NULL, NULL);
	FAILS(EINVAL, sigaltstack, &(stack_t){ .ss_flags = 99 }, NULL);
	FAILS(ENOMEM, sigaltstack, &(stack_t){ .ss_size = 10 }, NULL);
	FAILS(EINVAL, reboot, 0, 0, 0, NULL);
	end();
}

TEST(paths_that_lead_nowhere)
{
	static char longname[300], longpath[5000];

	memset(longname, 'x', sizeof(longname) - 1);
	memset(longpath, '/', sizeof(longpath) - 1);
	begin();
	FAILS(ENOENT, open, "", O_RDONLY);
	FAILS(ENOENT, open, "none", O_RDONLY);
	FAILS(ENOENT, open, "none/f", O_RDONLY | O_CREAT, 0644);
	FAILS(ENOTDIR, open, "f/x", O_RDONLY);
	FAILS(ENOTDIR, open, "f/", O_RDONLY);
	FAILS(ENOTDIR, open, "f", O_RDONLY | O_DIRECTORY);
	FAILS(EISDIR, open, "d", O_WRONLY);
	FAILS(EISDIR, open, "d/", O_WRONLY | O_CREAT, 0644);
	FAILS(EISDIR, open, "g/", O_WRONLY | O_CREAT, 0644);
	FAILS(EEXIST, open, "f", O_WRONLY | O_CREAT | O_EXCL, 0644);
	FAILS(EEXIST, open, "link", O_WRONLY | O_CREAT | O_EXCL, 0644);
	FAILS(ELOOP, open, "link", O_RDONLY | O_NOFOLLOW);
	FAILS(ELOOP, open, "loop", O_RDONLY);
	FAILS(ELOOP, stat, "loop/x", buffer);
	FAILS(ENAMETOOLONG, open, longname, O_RDONLY);
	FAILS(ENAMETOOLONG, open, longpath, O_RDONLY);
	FAILS(ENAMETOOLONG, mkdir, longname, 0755);
	FAILS(ENOENT, stat, "", buffer);
	FAILS(ENOENT, unlink, "none");
	FAILS(EISDIR, unlink, "d");
	FAILS(ENOTDIR, unlink, "f/");
	FAILS(ENOTDIR, rmdir, "f");
	FAILS(ENOTEMPTY, rmdir, "d");
	FAILS(EINVAL, rmdir, "d/e/.");
	FAILS(ENOTEMPTY, rmdir, "d/e/..");
	FAILS(EEXIST, mkdir, "d", 0755);
	FAILS(EEXIST, mkdir, "f", 0755);
	FAILS(EEXIST, mkdir, "loop", 0755);
	FAILS(ENOENT, mkdir, "", 0755);
	FAILS(ENOENT, rename, "none", "g");
	FAILS(EINVAL, rename, "d", "d/e/x");
	FAILS(ENOTDIR, rename, "d", "f");
	FAILS(EISDIR, rename, "f", "d");
	FAILS(ENOTDIR, rename, "f/", "g");
	FAILS(EBUSY, rename, "d/.", "g");
	FAILS(ENOTEMPTY, rename, "d/e", "d");
	FAILS(ENOENT, link, "none", "g");
	FAILS(EEXIST, link, "f", "link");
	FAILS(EPERM, link, "d", "g");
	FAILS(ENOENT, symlink, "", "g");
	FAILS(EEXIST, symlink, "x", "f");
	FAILS(ENOENT, readlink, "none", buffer, 10);
	FAILS(ENOTDIR, chdir, "f");
	FAILS(ENOENT, chdir, "none");
	FAILS(ENOTDIR, chroot, "f");
	FAILS(EISDIR, truncate, "d", 0);
	FAILS(ENOENT, truncate, "none", 0);
	FAILS(ENOENT, chmod, "none", 0644);
	FAILS(ENOENT, chown, "none", -1, -1);
	FAILS(ENOENT, execve, "none", NULL, NULL);
	FAILS(EACCES, execve, "d", NULL, NULL);
	FAILS(ENOTDIR, execve, "f/x", NULL, NULL);
	FAILS(ENOENT, statfs, "none", buffer);
	FAILS(ENOENT, utimensat, AT_FDCWD, "none", NULL, 0);
	FAILS(EEXIST, mknod, "f", S_IFIFO | 0644, 0);
	end();
}
