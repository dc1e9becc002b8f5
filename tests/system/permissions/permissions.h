/* SPDX-License-Identifier: MIT */
/* What the tests of permissions share. They need root to begin with; each body that runs as
 * somebody else does so in a child. */
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <grp.h>
#include <sys/fsuid.h>

#include "posix.h"

enum { ALICE = 1000, BOB = 1001, STAFF = 2000 };

/* Run `body` as a user with a group of the same number, and one supplementary group (0: none): all
 * CHECKs of it hold. For good: real, effective and saved ids. */
__attribute__((unused)) static void as(uid_t user, gid_t more, void (*body)(void))
{
	int status;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (!pid) {
		if (setjmp(test_end))
			_exit(1);
		CHECK_EQ(setgroups(more ? 1 : 0, &more), 0);
		CHECK_EQ(setgid(user), 0);
		CHECK_EQ(setuid(user), 0);
		body();
		fflush(stdout);
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

/* A fresh directory that anybody may enter, with this mode. */
__attribute__((unused)) static void work_in_directory(mode_t mode)
{
	umask(022);
	work_in_fresh_directory();
	CHECK_EQ(chmod(".", mode), 0);
}

__attribute__((unused)) static void make_file(const char *name, uid_t user, gid_t group,
                                              mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "text", 4), 4);
	CHECK_EQ(fchown(fd, user, group), 0);
	CHECK_EQ(fchmod(fd, mode), 0);
	CHECK_EQ(close(fd), 0);
}

__attribute__((unused)) static mode_t mode_of(const char *name)
{
	struct stat st;

	CHECK_EQ(lstat(name, &st), 0);
	return st.st_mode & 07777;
}
