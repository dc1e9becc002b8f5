/* SPDX-License-Identifier: MIT */
/* Names: directories, links, paths. */
#include "posix.h"

#include <dirent.h>
#include <sys/xattr.h>

TEST(directories_are_made_and_removed)
{
	work_in_fresh_directory();
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_ERROR(mkdir("d", 0755), EEXIST);
	CHECK_ERROR(rmdir("none"), ENOENT);
	close(file_with("d/f", "x"));
	CHECK_ERROR(rmdir("d"), ENOTEMPTY);
	CHECK_ERROR(unlink("d"), EISDIR);
	CHECK_EQ(unlink("d/f"), 0);
	CHECK_EQ(rmdir("d"), 0);
	CHECK_ERROR(open("d/f", O_RDONLY), ENOENT);
}

TEST(a_file_is_no_directory)
{
	work_in_fresh_directory();
	close(file_with("f", "x"));
	CHECK_ERROR(open("f/x", O_RDONLY), ENOTDIR);
	CHECK_ERROR(chdir("f"), ENOTDIR);
	CHECK_ERROR(open("f", O_RDONLY | O_DIRECTORY), ENOTDIR);
	CHECK_ERROR(open(".", O_RDWR), EISDIR);
	CHECK_ERROR(open("f", O_CREAT | O_EXCL | O_RDWR, 0600), EEXIST);
	CHECK_ERROR(rmdir("f"), ENOTDIR);
}

TEST(listing_a_directory_gives_every_name_once)
{
	enum { COUNT = 300 };
	char name[32], seen[COUNT] = { 0 };
	struct dirent *entry;
	int number, others = 0;

	work_in_fresh_directory();
	for (int i = 0; i < COUNT; i++) {
		snprintf(name, sizeof(name), "file-%d", i);
		close(open(name, O_CREAT | O_WRONLY, 0600));
	}
	DIR *dir = opendir(".");
	CHECK(dir);
	while ((entry = readdir(dir))) {
		if (sscanf(entry->d_name, "file-%d", &number) == 1) {
			CHECK_EQ(seen[number]++, 0);
			CHECK(entry->d_type == DT_REG || entry->d_type == DT_UNKNOWN);
		} else {
			others++;
		}
	}
	closedir(dir);
	CHECK_EQ(others, 2);
	for (int i = 0; i < COUNT; i++) {
		CHECK_EQ(seen[i], 1);
		snprintf(name, sizeof(name), "file-%d", i);
		CHECK_EQ(unlink(name), 0);
	}
}

TEST(links_share_the_file)
{
	struct stat a, b;

	work_in_fresh_directory();
	close(file_with("a", "x"));
	CHECK_EQ(link("a", "b"), 0);
	CHECK_EQ(stat("a", &a), 0);
	CHECK_EQ(stat("b", &b), 0);
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK_EQ(a.st_nlink, 2);
	CHECK_ERROR(link("a", "b"), EEXIST);
	CHECK_EQ(unlink("a"), 0);
	CHECK_EQ(stat("b", &b), 0);
	CHECK_EQ(b.st_nlink, 1);
}

TEST(symbolic_links_are_followed_and_read)
{
	char text[64] = { 0 }, here[PATH_MAX], absolute[PATH_MAX + 8];
	struct stat st;

	work_in_fresh_directory();
	CHECK(getcwd(here, sizeof(here)));
	CHECK_EQ(mkdir("d", 0755), 0);
	close(file_with("d/f", "hello"));
	CHECK_EQ(symlink("d/f", "relative"), 0);
	snprintf(absolute, sizeof(absolute), "%s/d", here);
	CHECK_EQ(symlink(absolute, "absolute"), 0);
	CHECK_EQ(stat("relative", &st), 0);
	CHECK_EQ(st.st_size, 5);
	CHECK_EQ(stat("absolute/f", &st), 0);
	CHECK_EQ(st.st_size, 5);
	CHECK_EQ(lstat("relative", &st), 0);
	CHECK(S_ISLNK(st.st_mode));
	CHECK_EQ(readlink("relative", text, sizeof(text)), 3);
	CHECK_STR(text, "d/f");
	CHECK_EQ(readlink("relative", text, 2), 2);
	CHECK_ERROR(readlink("d/f", text, sizeof(text)), EINVAL);
	CHECK_ERROR(readlink("none", text, sizeof(text)), ENOENT);
	CHECK_ERROR(open("relative", O_RDONLY | O_NOFOLLOW), ELOOP);
	CHECK_EQ(symlink("loop", "loop"), 0);
	CHECK_ERROR(open("loop", O_RDONLY), ELOOP);
	CHECK_EQ(symlink("/", "root"), 0);
	CHECK_EQ(stat("root/tmp", &st), 0);
	CHECK_EQ(stat("../../tmp", &st), 0);
}

TEST(names_move_by_whatever_path_they_are_reached)
{
	char here[PATH_MAX], old[PATH_MAX + 8], new[PATH_MAX + 8];

	CHECK(getcwd(here, sizeof(here)) != NULL);
	snprintf(old, sizeof(old), "%s/old", here);
	snprintf(new, sizeof(new), "%s//new", here);
	CHECK_EQ(close(creat("old", 0600)), 0);
	CHECK_EQ(rename(old, new), 0);
	CHECK_EQ(rename(new, "old"), 0);
	CHECK_EQ(rename("old", new), 0);
	CHECK_EQ(link(new, old), 0);
	CHECK_EQ(unlink(old), 0);
	CHECK_EQ(symlink(here, "l"), 0);
	CHECK_EQ(rename("l/new", old), 0);
	CHECK_ERROR(rename(old, "/dev/none"), EXDEV);
	CHECK_ERROR(rename("/etc/passwd", "/tmp/passwd"), EXDEV);
	CHECK_ERROR(rename("/tmp/none/none", new), ENOENT);
	CHECK_EQ(unlink("l"), 0);
	CHECK_EQ(unlink("old"), 0);
}

TEST(rename_replaces_and_moves)
{
	struct stat st;

	work_in_fresh_directory();
	close(file_with("a", "aaa"));
	close(file_with("b", "b"));
	CHECK_EQ(rename("a", "b"), 0);
	CHECK_EQ(stat("b", &st), 0);
	CHECK_EQ(st.st_size, 3);
	CHECK_ERROR(stat("a", &st), ENOENT);
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_EQ(rename("b", "d/c"), 0);
	CHECK_EQ(stat("d/c", &st), 0);
	CHECK_ERROR(rename("d", "d/e"), EINVAL);
	CHECK_ERROR(rename("none", "x"), ENOENT);
	CHECK_EQ(syscall(SYS_renameat2, AT_FDCWD, "d/c", AT_FDCWD, "e", 1), 0);
	close(file_with("f", "x"));
	CHECK_ERROR(syscall(SYS_renameat2, AT_FDCWD, "e", AT_FDCWD, "f", 1), EEXIST);
}

TEST(the_working_directory_is_where_paths_begin)
{
	char before[PATH_MAX], now[PATH_MAX], tiny[2];
	struct stat a, b;

	work_in_fresh_directory();
	CHECK(getcwd(before, sizeof(before)));
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_EQ(mkdir("d/e", 0755), 0);
	CHECK_EQ(chdir("d/e"), 0);
	CHECK(getcwd(now, sizeof(now)));
	CHECK(!strncmp(now, before, strlen(before)));
	CHECK_STR(now + strlen(before), "/d/e");
	CHECK_EQ(chdir("../.."), 0);
	CHECK(getcwd(now, sizeof(now)));
	CHECK_STR(now, before);
	int fd = open("d", O_RDONLY);
	CHECK_EQ(fchdir(fd), 0);
	CHECK_EQ(stat("e", &a), 0);
	CHECK_EQ(fstatat(fd, "e", &b, 0), 0);
	CHECK_EQ(a.st_ino, b.st_ino);
	close(fd);
	CHECK_ERROR(chdir("none"), ENOENT);
	CHECK_ERROR(getcwd(tiny, sizeof(tiny)) ? 0 : -1, ERANGE);
	CHECK_EQ(chdir("/"), 0);
	CHECK(getcwd(now, sizeof(now)));
	CHECK_STR(now, "/");
}

TEST(calls_relative_to_a_directory_use_it)
{
	struct stat st;

	work_in_fresh_directory();
	CHECK_EQ(mkdir("d", 0755), 0);
	int dir = open("d", O_RDONLY | O_DIRECTORY);
	int fd = openat(dir, "f", O_CREAT | O_RDWR, 0600);
	CHECK(fd >= 0);
	close(fd);
	CHECK_EQ(mkdirat(dir, "e", 0700), 0);
	CHECK_EQ(renameat(dir, "f", dir, "e/g"), 0);
	CHECK_EQ(fstatat(dir, "e/g", &st, 0), 0);
	CHECK_EQ(unlinkat(dir, "e/g", 0), 0);
	CHECK_EQ(unlinkat(dir, "e", AT_REMOVEDIR), 0);
	CHECK_EQ(faccessat(dir, "../d", F_OK, 0), 0);
	fd = openat(dir, "/tmp", O_RDONLY);
	CHECK(fd >= 0);
	close(fd);
	close(dir);
}

TEST(modes_owners_and_times_are_kept)
{
	struct stat st;
	struct timespec times[2] = { { 1000, 5 }, { 2000, 7 } };

	work_in_fresh_directory();
	umask(027);
	int fd = open("f", O_CREAT | O_RDWR, 0666);
	umask(022);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_mode, S_IFREG | 0640);
	CHECK_EQ(st.st_uid, geteuid());
	CHECK_EQ(chmod("f", 04711), 0);
	CHECK_EQ(stat("f", &st), 0);
	CHECK_EQ(st.st_mode & 07777, 04711);
	CHECK_EQ(fchmod(fd, 0600), 0);
	CHECK_EQ(utimensat(AT_FDCWD, "f", times, 0), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0600);
	CHECK_EQ(st.st_atim.tv_sec, 1000);
	CHECK_EQ(st.st_mtim.tv_sec, 2000);
	CHECK_EQ(futimens(fd, NULL), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK(st.st_mtim.tv_sec > 1000000);
	if (geteuid() == 0) {
		CHECK_EQ(fchown(fd, 12, 34), 0);
		CHECK_EQ(fstat(fd, &st), 0);
		CHECK_EQ(st.st_uid, 12);
		CHECK_EQ(st.st_gid, 34);
	}
	close(fd);
}

TEST(statx_and_statfs_answer)
{
	struct statfs fs;
	unsigned char statx_buffer[256];

	CHECK_EQ(statfs("/", &fs), 0);
	CHECK(fs.f_bsize > 0);
	CHECK(fs.f_namelen >= 255);
	CHECK_EQ(syscall(SYS_statx, AT_FDCWD, "/", 0, 0x7ff, statx_buffer), 0);
	CHECK(*(unsigned short *)(statx_buffer + 28) & S_IFDIR);
	CHECK_ERROR(syscall(SYS_statx, AT_FDCWD, "/none", 0, 0x7ff, statx_buffer), ENOENT);
}

TEST(a_removed_file_lives_until_it_is_closed)
{
	char buffer[8] = { 0 };

	work_in_fresh_directory();
	int fd = file_with("f", "still");
	CHECK_EQ(unlink("f"), 0);
	CHECK_EQ(read(fd, buffer, 8), 5);
	CHECK_STR(buffer, "still");
	CHECK_EQ(write(fd, "x", 1), 1);
	close(fd);
}

TEST(what_is_in_proc_self_is_there)
{
	char exe[PATH_MAX] = { 0 }, here[PATH_MAX], path[64];

	CHECK(readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0);
	CHECK_EQ(access(exe, X_OK), 0);
	work_in_fresh_directory();
	CHECK(getcwd(here, sizeof(here)));
	memset(exe, 0, sizeof(exe));
	CHECK(readlink("/proc/self/cwd", exe, sizeof(exe) - 1) > 0);
	CHECK_STR(exe, here);
	int fd = file_with("f", "abc");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int again = open(path, O_RDONLY);
	CHECK(again >= 0);
	CHECK_EQ(pread(again, exe, 3, 0), 3);
	close(again);
	close(fd);
}

TEST(files_without_attributes_say_so)
{
	char value[8];

	work_in_fresh_directory();
	int fd = creat("f", 0600);
	CHECK(fd >= 0);
	CHECK_ERROR(getxattr("f", "user.a", value, sizeof(value)), EOPNOTSUPP);
	CHECK_ERROR(setxattr("f", "trusted.a", "1", 1, 0), EOPNOTSUPP);
	CHECK_ERROR(removexattr("f", "trusted.a"), EOPNOTSUPP);
	CHECK_EQ(listxattr("f", value, sizeof(value)), 0);
	CHECK_EQ(flistxattr(fd, NULL, 0), 0);
	CHECK_ERROR(getxattr("none", "user.a", value, sizeof(value)), ENOENT);
	CHECK_ERROR(listxattr("f/g", value, sizeof(value)), ENOTDIR);
	CHECK_ERROR(fgetxattr(99, "user.a", value, sizeof(value)), EBADF);
	CHECK_ERROR(getxattr("f", "", value, sizeof(value)), ERANGE);
	CHECK_ERROR(setxattr("f", "user.a", "1", 1, 8), EINVAL);
	CHECK_ERROR(setxattr("f", "user.a", "1", 65537, 0), E2BIG);
	CHECK_ERROR(getxattr("f", (const char *)8, value, sizeof(value)), EFAULT);
	CHECK_EQ(symlink("none", "l"), 0);
	CHECK_ERROR(listxattr("l", NULL, 0), ENOENT);
	CHECK_EQ(llistxattr("l", NULL, 0), 0);
	CHECK_EQ(close(fd), 0);
}
