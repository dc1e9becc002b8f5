/* SPDX-License-Identifier: MIT */
/* What the tests of system calls share. They run on Linux too: that is how the tests themselves
 * are tested. */
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host/test.h"

#define PAGE ((size_t)4096)

/* The call fails, with this error. */
#define CHECK_ERROR(call, error)                                                                   \
	do {                                                                                       \
		errno = 0;                                                                         \
		long check_result = (long)(call);                                                  \
		if (check_result != -1 || errno != (error))                                        \
			TEST_FAIL("%s gives %ld, errno %d, not %s", #call, check_result, errno,    \
			          #error);                                                         \
	} while (0)

/* A fresh directory to work in, removed by the next call; every test that makes files begins so. */
__attribute__((unused)) static void work_in_fresh_directory(void)
{
	char name[64];
	const char *base = getenv("TMPDIR");

	snprintf(name, sizeof(name), "%s/posix-XXXXXX", base ? base : "/tmp");

	CHECK(mkdtemp(name));
	CHECK_EQ(chdir(name), 0);
}

/* A file with these bytes, open for reading and writing at its start. */
__attribute__((unused)) static int file_with(const char *name, const char *text)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* Run `body` in a child; the wait status. */
__attribute__((unused)) static int in_child(void (*body)(void))
{
	int status;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (!pid) {
		body();
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	return status;
}

__attribute__((unused)) static void sleep_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}
