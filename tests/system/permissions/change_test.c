/* SPDX-License-Identifier: MIT */
/* Who may change owners, modes, times and names. */
#include "permissions.h"

static void change_owner_and_mode(void)
{
	CHECK_EQ(chmod("alices", 0640), 0);
	CHECK_ERROR(chmod("bobs", 0666), EPERM);
	CHECK_ERROR(chown("alices", BOB, -1), EPERM);
	CHECK_ERROR(chown("bobs", ALICE, -1), EPERM);
	CHECK_ERROR(chown("alices", -1, BOB), EPERM);
	CHECK_EQ(chown("alices", ALICE, -1), 0);
	CHECK_EQ(chown("alices", -1, STAFF), 0);
	CHECK_EQ(chmod("alices", 06755), 0);
	CHECK_EQ(mode_of("alices"), 06755);
	CHECK_EQ(chown("alices", -1, ALICE), 0); /* takes them off */
	CHECK_EQ(mode_of("alices"), 0755);
	/* Nobody makes a file set-group-id to another's group. */
	CHECK_EQ(chmod("foreign", 02755), 0);
	CHECK_EQ(mode_of("foreign"), 0755);
}

TEST(owners_change_modes_and_root_changes_owners)
{
	work_in_directory(0755);
	make_file("alices", ALICE, ALICE, 0600);
	make_file("foreign", ALICE, BOB, 0600);
	make_file("bobs", BOB, BOB, 0666);
	as(ALICE, STAFF, change_owner_and_mode);
	CHECK_EQ(chown("bobs", ALICE, STAFF), 0);
}

static void write_to_set_id(void)
{
	int fd = open("f", O_WRONLY);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_EQ(truncate("g", 1), 0);
}

TEST(writing_takes_set_ids_off)
{
	work_in_directory(0755);
	make_file("f", 0, 0, 06777);
	make_file("g", 0, 0, 06777);
	make_file("roots", 0, 0, 06777);
	as(ALICE, 0, write_to_set_id);
	CHECK_EQ(mode_of("f"), 0777);
	CHECK_EQ(mode_of("g"), 0777);
	int fd = open("roots", O_WRONLY);
	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_EQ(mode_of("roots"), 06777);
	close(fd);
}

static void set_times(void)
{
	const struct timespec some[2] = { { 5, 0 }, { 6, 0 } };
	const struct timespec half[2] = { { 0, UTIME_NOW }, { 6, 0 } };
	const struct timespec one_now[2] = { { 0, UTIME_NOW }, { 0, UTIME_OMIT } };
	const struct timespec none[2] = { { 0, UTIME_OMIT }, { 0, UTIME_OMIT } };

	CHECK_EQ(utimensat(AT_FDCWD, "alices", some, 0), 0);
	CHECK_EQ(utimensat(AT_FDCWD, "writable", NULL, 0), 0);
	CHECK_ERROR(utimensat(AT_FDCWD, "writable", some, 0), EPERM);
	CHECK_ERROR(utimensat(AT_FDCWD, "writable", half, 0), EPERM);
	CHECK_ERROR(utimensat(AT_FDCWD, "writable", one_now, 0), EPERM);
	CHECK_EQ(utimensat(AT_FDCWD, "readable", none, 0), 0);
	CHECK_ERROR(utimensat(AT_FDCWD, "readable", NULL, 0), EACCES);
}

TEST(owners_set_times_and_writers_set_now)
{
	work_in_directory(0755);
	make_file("alices", ALICE, 0, 0000);
	make_file("writable", 0, 0, 0666);
	make_file("readable", 0, 0, 0644);
	as(ALICE, 0, set_times);
}

static void in_a_sticky_directory(void)
{
	CHECK_ERROR(unlink("bobs"), EPERM);
	CHECK_ERROR(rename("bobs", "mine"), EPERM);
	CHECK_ERROR(rename("alices", "bobs"), EPERM);
	CHECK_ERROR(rmdir("bobs-dir"), EPERM);
	CHECK_EQ(rename("alices", "mine"), 0);
	CHECK_EQ(unlink("mine"), 0);
}

static void remove_bobs(void)
{
	CHECK_EQ(unlink("bobs"), 0);
	CHECK_EQ(rmdir("bobs-dir"), 0);
}

TEST(in_a_sticky_directory_owners_remove)
{
	work_in_directory(01777);
	make_file("alices", ALICE, 0, 0644);
	make_file("bobs", BOB, 0, 0666);
	CHECK_EQ(mkdir("bobs-dir", 0777), 0);
	CHECK_EQ(chown("bobs-dir", BOB, BOB), 0);
	as(ALICE, 0, in_a_sticky_directory);
	CHECK_EQ(chown(".", ALICE, 0), 0);
	as(ALICE, 0, remove_bobs);
}

static void names(void)
{
	CHECK_ERROR(unlink("f"), EACCES);
	CHECK_ERROR(rmdir("d"), EACCES);
	CHECK_ERROR(link("f", "g"), EACCES);
	CHECK_ERROR(rename("f", "open/f"), EACCES);
	CHECK_ERROR(rename("open/o", "o"), EACCES);
	CHECK_EQ(link("f", "open/link"), 0);
	/* A directory that moves is written to: its ".." changes. */
	CHECK_ERROR(rename("open/roots", "other/roots"), EACCES);
	CHECK_EQ(rename("open/roots", "open/there"), 0);
	CHECK_EQ(rename("open/o", "other/o"), 0);
}

TEST(names_belong_to_their_directory)
{
	work_in_directory(0755);
	make_file("f", ALICE, 0, 0666);
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_EQ(mkdir("open", 0777), 0);
	CHECK_EQ(mkdir("other", 0777), 0);
	CHECK_EQ(chmod("open", 0777), 0);
	CHECK_EQ(chmod("other", 0777), 0);
	CHECK_EQ(mkdir("open/roots", 0755), 0);
	make_file("open/o", 0, 0, 0600);
	as(ALICE, 0, names);
}

static void make_things(void)
{
	struct stat st;

	umask(027);
	int fd = open("file", O_WRONLY | O_CREAT, 0666);
	CHECK(fd >= 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0640);
	CHECK_EQ(st.st_uid, ALICE);
	CHECK_EQ(st.st_gid, STAFF);
	CHECK_EQ(mkdir("dir", 0777), 0);
	CHECK_EQ(stat("dir", &st), 0);
	CHECK_EQ(st.st_mode & 07777, 02750);
	CHECK_EQ(st.st_gid, STAFF);
	/* What is made write-only is open all the same. */
	fd = open("none", O_RDWR | O_CREAT, 0000);
	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_ERROR(open("none", O_RDWR), EACCES);
	/* Not ours, and we are not of that group. */
	fd = open("set", O_WRONLY | O_CREAT, 02777);
	CHECK(fd >= 0);
	CHECK_EQ(mode_of("set") & 02000, 0);
}

TEST(what_is_made_belongs_to_its_maker_and_a_set_gid_directorys_group)
{
	work_in_directory(0777);
	CHECK_EQ(chown(".", 0, STAFF), 0);
	CHECK_EQ(chmod(".", 02777), 0);
	as(ALICE, 0, make_things);
}
