/* SPDX-License-Identifier: MIT */
/* Who may read, write, look up, and run. */
#include "permissions.h"

#include <stdbool.h>
#include <sys/utsname.h>

static void alice_reads(void)
{
	CHECK(open("alices", O_RDONLY) >= 0);
	CHECK_ERROR(open("alices", O_WRONLY), EACCES);
	CHECK_ERROR(open("roots", O_RDONLY), EACCES);
	/* The owner is judged as the owner, even if others may more. */
	CHECK_ERROR(open("not-alices", O_RDONLY), EACCES);
	CHECK(open("staffs", O_RDWR) >= 0);
	CHECK_ERROR(open("not-staffs", O_RDONLY), EACCES);
	CHECK_ERROR(open("closed/f", O_RDONLY), EACCES);
	CHECK_ERROR(open("closed", O_RDONLY | O_DIRECTORY), EACCES);
	CHECK(open("passage/f", O_RDONLY) >= 0);
	CHECK_ERROR(open("passage", O_RDONLY | O_DIRECTORY), EACCES);
	CHECK_ERROR(open("new", O_WRONLY | O_CREAT, 0644), EACCES);
	CHECK_ERROR(mkdir("new", 0755), EACCES);
	CHECK_ERROR(symlink("a", "new"), EACCES);
	CHECK_ERROR(mknod("new", S_IFIFO | 0644, 0), EACCES);
	CHECK_ERROR(truncate("alices", 0), EACCES);
	CHECK_ERROR(chdir("closed"), EACCES);
	CHECK_EQ(chdir("passage"), 0);
	CHECK_ERROR(open(".", O_RDONLY | O_DIRECTORY), EACCES);
	CHECK(open("f", O_RDONLY) >= 0);
}

TEST(permission_bits_are_owners_groups_or_others)
{
	work_in_directory(0755);
	make_file("alices", ALICE, 0, 0400);
	make_file("roots", 0, 0, 0600);
	make_file("not-alices", ALICE, 0, 0077);
	make_file("staffs", 0, STAFF, 0060);
	make_file("not-staffs", 0, STAFF, 0606);
	CHECK_EQ(mkdir("closed", 0700), 0);
	make_file("closed/f", 0, 0, 0666);
	CHECK_EQ(mkdir("passage", 0711), 0);
	make_file("passage/f", 0, 0, 0644);
	as(ALICE, STAFF, alice_reads);
	CHECK(open("not-alices", O_RDWR) >= 0); /* root */
}

TEST(root_runs_only_what_somebody_may_run)
{
	work_in_directory(0755);
	make_file("text", 0, 0, 0644);
	CHECK_ERROR(access("text", X_OK), EACCES);
	CHECK_ERROR(execl("./text", "text", NULL), EACCES);
	CHECK_EQ(chmod("text", 0001), 0);
	CHECK_EQ(access("text", X_OK), 0);
}

static int passed;

static void use_what_was_opened(void)
{
	char text[4];

	CHECK_EQ(pread(passed, text, 4, 0), 4);
	CHECK_EQ(pwrite(passed, "TEXT", 4, 0), 4);
	CHECK_ERROR(fchmod(passed, 0666), EPERM);
	CHECK_ERROR(fchown(passed, ALICE, ALICE), EPERM);
	CHECK_ERROR(futimens(passed, (struct timespec[2]){ { 1, 0 }, { 1, 0 } }), EPERM);
	CHECK_ERROR(open("roots", O_RDWR), EACCES);
}

TEST(an_open_file_gives_what_it_was_opened_for_and_no_more)
{
	work_in_directory(0755);
	make_file("roots", 0, 0, 0600);
	passed = open("roots", O_RDWR);
	CHECK(passed >= 0);
	as(ALICE, 0, use_what_was_opened);
	close(passed);
}

static void use_an_open_directory(void)
{
	CHECK_ERROR(openat(passed, "f", O_RDONLY), EACCES);
	CHECK_ERROR(openat(passed, "new", O_WRONLY | O_CREAT, 0644), EACCES);
	CHECK_ERROR(unlinkat(passed, "f", 0), EACCES);
	CHECK_ERROR(fchdir(passed), EACCES);
}

TEST(an_open_directory_passes_no_authority_on)
{
	work_in_directory(0755);
	CHECK_EQ(mkdir("closed", 0700), 0);
	make_file("closed/f", 0, 0, 0644);
	passed = open("closed", O_RDONLY | O_DIRECTORY);
	CHECK(passed >= 0);
	as(ALICE, 0, use_an_open_directory);
	close(passed);
}

static void in_roots_directory(void)
{
	CHECK_ERROR(open("f", O_RDONLY), EACCES);
	CHECK_ERROR(open("../closed/f", O_RDONLY), EACCES);
}

TEST(a_working_directory_passes_no_authority_on)
{
	work_in_directory(0755);
	CHECK_EQ(mkdir("closed", 0700), 0);
	make_file("closed/f", 0, 0, 0644);
	CHECK_EQ(chdir("closed"), 0);
	as(ALICE, 0, in_roots_directory);
	CHECK_EQ(chdir(".."), 0);
}

TEST(access_goes_by_the_real_ids)
{
	work_in_directory(0755);
	make_file("alices", ALICE, ALICE, 0600);
	make_file("bobs", BOB, BOB, 0600);
	int status;
	pid_t pid = fork();
	if (!pid) {
		if (setjmp(test_end))
			_exit(1);
		CHECK_EQ(setresgid(ALICE, BOB, BOB), 0);
		CHECK_EQ(setresuid(ALICE, BOB, BOB), 0);
		CHECK_EQ(access("alices", R_OK | W_OK), 0);
		CHECK_ERROR(access("bobs", R_OK), EACCES);
		CHECK_EQ(faccessat(AT_FDCWD, "bobs", R_OK | W_OK, AT_EACCESS), 0);
		CHECK_ERROR(faccessat(AT_FDCWD, "alices", R_OK, AT_EACCESS), EACCES);
		CHECK_ERROR(open("alices", O_RDONLY), EACCES);
		CHECK(open("bobs", O_RDWR) >= 0);
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void read_without_a_trace(void)
{
	CHECK_ERROR(open("roots", O_RDONLY | O_NOATIME), EPERM);
	CHECK(open("alices", O_RDONLY | O_NOATIME) >= 0);
}

TEST(only_the_owner_reads_without_a_trace)
{
	work_in_directory(0755);
	make_file("roots", 0, 0, 0644);
	make_file("alices", ALICE, 0, 0644);
	as(ALICE, 0, read_without_a_trace);
}

/* --- what the system itself attaches to nodes that are no directories --- */

static bool on_drove(void)
{
	struct utsname name;

	CHECK_EQ(uname(&name), 0);
	return !strcmp(name.sysname, "Drove");
}

static void meet_covered_nodes(void)
{
	struct stat st;
	char byte;

	CHECK_EQ(stat("/dev/servers", &st), 0);
	CHECK_EQ(st.st_mode, S_IFREG | 0600);
	CHECK_EQ(st.st_uid, 0);
	CHECK_ERROR(open("/dev/servers", O_WRONLY), EACCES);
	CHECK_ERROR(open("/dev/servers", O_RDONLY), EACCES);
	CHECK_ERROR(open("/dev/servers", O_WRONLY | O_CREAT | O_TRUNC, 0666), EACCES);
	CHECK_ERROR(open("/dev/servers/x", O_RDONLY), ENOTDIR);
	CHECK_ERROR(access("/dev/servers", R_OK), EACCES);
	CHECK_ERROR(access("/dev/servers", W_OK), EACCES);
	CHECK_ERROR(truncate("/dev/servers", 0), EACCES);
	CHECK_ERROR(chmod("/dev/servers", 0666), EPERM);
	CHECK_ERROR(chown("/dev/servers", ALICE, ALICE), EPERM);
	/* A node's path opens nothing, and what was opened does what it was opened for. */
	int fd = open("/dev/servers", O_PATH);
	CHECK(fd >= 0);
	CHECK_ERROR(write(fd, "nobody", 6), EBADF);
	CHECK_ERROR(write(passed, "nobody", 6), EBADF);
	CHECK_EQ(pread(passed, &byte, 1, 0), 1);
	fd = open("/dev/banks", O_RDONLY);
	CHECK(fd >= 0);
	CHECK_EQ(read(fd, &byte, 1), 1);
	CHECK_ERROR(open("/dev/banks", O_WRONLY), EACCES);
	CHECK(open("/dev/processes", O_RDONLY) >= 0);
}

TEST(a_covered_nodes_bits_say_who_is_led_on)
{
	if (!on_drove())
		return;
	passed = open("/dev/servers", O_RDONLY);
	CHECK(passed >= 0);
	as(ALICE, 0, meet_covered_nodes);
	CHECK_ERROR(write(passed, "nobody", 6), EBADF);
	close(passed);
	passed = open("/dev/servers", O_WRONLY);
	CHECK(passed >= 0);
	CHECK_ERROR(read(passed, &(char){ 0 }, 1), EBADF);
	CHECK(write(passed, "nobody", 6) < 0 && errno != EBADF && errno != EACCES);
	close(passed);
}
