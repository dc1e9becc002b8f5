/* SPDX-License-Identifier: MIT */
/* What one process may do to another. */
#include "permissions.h"

static pid_t target;

/* A process of somebody's that waits for a signal. */
static pid_t sleeper(uid_t user)
{
	int ready[2];
	char byte;

	CHECK_EQ(pipe(ready), 0);
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		if (setgid(user) || setuid(user) || write(ready[1], "r", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	CHECK_EQ(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void may_not_signal(void)
{
	CHECK_ERROR(kill(target, 0), EPERM);
	CHECK_ERROR(kill(target, SIGKILL), EPERM);
	CHECK_ERROR(kill(1, SIGTERM), EPERM);
	CHECK_ERROR(kill(999999, 0), ESRCH);
	CHECK_EQ(kill(target, SIGCONT), 0); /* of one session */
	CHECK_ERROR(prlimit(target, RLIMIT_NOFILE, NULL, &(struct rlimit){ 0, 0 }), EPERM);
}

static void may_signal(void)
{
	CHECK_EQ(kill(target, 0), 0);
	CHECK_EQ(prlimit(target, RLIMIT_NOFILE, NULL, &(struct rlimit){ 0, 0 }), 0);
	CHECK_EQ(kill(target, SIGTERM), 0);
}

TEST(signals_go_to_ones_own_processes)
{
	int status;

	target = sleeper(BOB);
	as(ALICE, 0, may_not_signal);
	as(BOB, 0, may_signal);
	CHECK_EQ(waitpid(target, &status, 0), target);
	CHECK_EQ(status, SIGTERM);
}

static void limits(void)
{
	struct rlimit limit;

	CHECK_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_max--;
	limit.rlim_cur = limit.rlim_max;
	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_max++;
	CHECK_ERROR(setrlimit(RLIMIT_NOFILE, &limit), EPERM);
}

TEST(who_is_not_root_cannot_raise_a_hard_limit) { as(ALICE, 0, limits); }

static void privileged_calls(void) { CHECK_ERROR(chroot("/"), EPERM); }

TEST(some_calls_are_roots) { as(ALICE, 0, privileged_calls); }
