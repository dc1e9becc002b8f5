/* SPDX-License-Identifier: MIT */
/* setuid and its family, as Linux has them. */
#include "permissions.h"

static void check_uids(uid_t real, uid_t effective, uid_t saved)
{
	uid_t r, e, s;

	CHECK_EQ(getresuid(&r, &e, &s), 0);
	CHECK_EQ(r, real);
	CHECK_EQ(e, effective);
	CHECK_EQ(s, saved);
	CHECK_EQ(getuid(), real);
	CHECK_EQ(geteuid(), effective);
}

static void privileges_are_gone(void)
{
	uid_t zero = 0;

	check_uids(ALICE, ALICE, ALICE);
	CHECK_ERROR(setuid(0), EPERM);
	CHECK_ERROR(seteuid(0), EPERM);
	CHECK_ERROR(setreuid(0, -1), EPERM);
	CHECK_ERROR(setreuid(-1, 0), EPERM);
	CHECK_ERROR(setresuid(-1, -1, 0), EPERM);
	CHECK_ERROR(setgid(0), EPERM);
	CHECK_ERROR(setresgid(0, -1, -1), EPERM);
	CHECK_ERROR(setgroups(0, NULL), EPERM);
	CHECK_ERROR(setgroups(1, &zero), EPERM);
	CHECK_EQ(setfsuid(0), ALICE);
	CHECK_EQ(setfsuid(-1), ALICE);
	CHECK_EQ(setuid(ALICE), 0);
	CHECK_EQ(setresuid(-1, -1, -1), 0);
	check_uids(ALICE, ALICE, ALICE);
}

TEST(a_dropped_privilege_is_gone) { as(ALICE, 0, privileges_are_gone); }

static void child_and_program(void)
{
	int status;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (!pid) {
		execl("/bin/sh", "sh", "-c",
		      "test \"$(id -u)\" = 1000 && ! (: < secret) 2> /dev/null", NULL);
		_exit(9);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

TEST(children_and_programs_are_who_their_parent_was)
{
	work_in_directory(0755);
	make_file("secret", 0, 0, 0600);
	as(ALICE, 0, child_and_program);
}

static void setreuid_rules(void)
{
	/* Real and saved are Alice, effective Bob. */
	CHECK_ERROR(setreuid(0, -1), EPERM);
	CHECK_EQ(setreuid(BOB, ALICE), 0);
	check_uids(BOB, ALICE, ALICE);
	CHECK_EQ(setreuid(-1, BOB), 0);
	check_uids(BOB, BOB, ALICE);
	CHECK_EQ(setreuid(BOB, -1), 0);
	check_uids(BOB, BOB, BOB);
	CHECK_ERROR(setreuid(ALICE, -1), EPERM);
}

static void in_child_with(uid_t real, uid_t effective, uid_t saved, void (*body)(void))
{
	int status;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (!pid) {
		if (setjmp(test_end))
			_exit(1);
		CHECK_EQ(setresuid(real, effective, saved), 0);
		body();
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

TEST(setreuid_sets_the_saved_id) { in_child_with(ALICE, BOB, ALICE, setreuid_rules); }

static void take_up_saved(void)
{
	check_uids(ALICE, BOB, 0);
	CHECK_ERROR(setresuid(STAFF, -1, -1), EPERM);
	CHECK_EQ(setuid(ALICE), 0); /* not root: the effective one alone */
	check_uids(ALICE, ALICE, 0);
	CHECK_EQ(seteuid(0), 0);
	check_uids(ALICE, 0, 0);
	CHECK_EQ(setreuid(0, -1), 0);
	check_uids(0, 0, 0);
}

TEST(a_saved_id_can_be_taken_up) { in_child_with(ALICE, BOB, 0, take_up_saved); }

static void as_the_file_systems_user(void)
{
	CHECK_EQ(setfsuid(ALICE), 0);
	CHECK_EQ(setfsuid(-1), ALICE);
	CHECK_ERROR(open("secret", O_RDONLY), EACCES);
	CHECK_EQ(geteuid(), 0);
	CHECK_EQ(access("secret", R_OK), 0); /* by the real id */
	CHECK_EQ(setfsuid(0), ALICE);
	CHECK(open("secret", O_RDONLY) >= 0);
}

TEST(setfsuid_is_for_files)
{
	work_in_directory(0755);
	make_file("secret", 0, 0, 0600);
	in_child_with(0, 0, 0, as_the_file_systems_user);
}

TEST(supplementary_groups_are_kept)
{
	gid_t groups[] = { 7, 8, STAFF }, got[8];
	gid_t before[256];
	int count = getgroups(256, before);

	CHECK(count >= 0);
	CHECK_EQ(setgroups(3, groups), 0);
	CHECK_EQ(getgroups(0, NULL), 3);
	CHECK_ERROR(getgroups(2, got), EINVAL);
	CHECK_EQ(getgroups(8, got), 3);
	CHECK_EQ(got[0] + got[1] + got[2], 7 + 8 + STAFF);
	CHECK_EQ(setgroups((size_t)count, before), 0);
	CHECK_ERROR(setgroups(70000, before), EINVAL);
}

TEST(an_id_of_minus_one_is_none)
{
	CHECK_ERROR(setuid(-1), EINVAL);
	CHECK_ERROR(setgid(-1), EINVAL);
	CHECK_EQ(setresuid(-1, -1, -1), 0);
	check_uids(0, 0, 0);
}
