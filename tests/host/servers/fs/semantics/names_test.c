/* SPDX-License-Identifier: MIT */
/* Names: what POSIX and Linux say of making, removing, linking and renaming. */
#include "calls.h"

#include <stdlib.h>

static u32 links(const char *path)
{
	struct file_stat st;

	CHECK_EQ(w_stat(path, DIR_NOFOLLOW, &st), OK);
	return st.nlink;
}

static bool there(const char *path)
{
	struct file_stat st;

	return w_stat(path, DIR_NOFOLLOW, &st) == OK;
}

TEST(rename_replaces_a_file_and_keeps_its_own_contents)
{
	char *data;
	size_t size;

	world_begin();
	CHECK_EQ(w_put("a", "one", 3), OK);
	CHECK_EQ(w_put("b", "other", 5), OK);
	CHECK_EQ(w_rename("a", "b", DIR_NOREPLACE), E_EXISTS);
	CHECK_EQ(w_rename("a", "b", 0), OK);
	CHECK(!there("a"));
	CHECK_EQ(w_get("b", &data, &size), OK);
	CHECK(size == 3 && !memcmp(data, "one", 3));
	free(data);
	CHECK_EQ(w_rename("a", "b", 0), E_NOENT);
	world_finish();
}

TEST(rename_of_two_names_of_one_file_does_nothing)
{
	world_begin();
	CHECK_EQ(w_put("a", "x", 1), OK);
	CHECK_EQ(w_link("a", "b"), OK);
	CHECK_EQ(w_rename("a", "b", 0), OK);
	CHECK(there("a") && there("b"));
	CHECK_EQ(links("a"), 2);
	CHECK_EQ(w_rename("a", "a", 0), OK);
	world_finish();
}

TEST(a_directory_cannot_be_moved_into_itself)
{
	world_begin();
	CHECK_EQ(w_mkdir("a"), OK);
	CHECK_EQ(w_mkdir("a/b"), OK);
	CHECK_EQ(w_mkdir("a/b/c"), OK);
	CHECK_EQ(w_rename("a", "a/b/c/d", 0), E_INVAL);
	CHECK_EQ(w_rename("a", "a/b", 0), E_INVAL);
	CHECK_EQ(w_rename("a", "a/x", 0), E_INVAL);
	CHECK_EQ(w_rename("a/b/c", "a", 0), E_NOTEMPTY);
	CHECK_EQ(w_rename("a/.", "x", 0), E_BUSY);
	CHECK_EQ(w_rename("a", "a/..", 0), E_BUSY);
	world_finish();
}

TEST(moving_a_directory_changes_its_parents_links_and_dot_dot)
{
	struct file_stat st, up;

	world_begin();
	CHECK_EQ(w_mkdir("a"), OK);
	CHECK_EQ(w_mkdir("b"), OK);
	CHECK_EQ(w_mkdir("a/c"), OK);
	CHECK_EQ(links("a"), 3);
	CHECK_EQ(w_rename("a/c", "b/d", 0), OK);
	CHECK_EQ(links("a"), 2);
	CHECK_EQ(links("b"), 3);
	CHECK_EQ(w_stat("b", 0, &st), OK);
	CHECK_EQ(w_stat("b/d/..", 0, &up), OK);
	CHECK_EQ(st.ino, up.ino);
	CHECK_EQ(w_rename("b/d/", "b/e/", 0), OK);
	CHECK(there("b/e"));
	world_finish();
}

TEST(rename_over_a_directory_asks_for_an_empty_one)
{
	world_begin();
	CHECK_EQ(w_mkdir("a"), OK);
	CHECK_EQ(w_mkdir("b"), OK);
	CHECK_EQ(w_put("f", "", 0), OK);
	CHECK_EQ(w_put("b/f", "", 0), OK);
	CHECK_EQ(w_rename("a", "b", 0), E_NOTEMPTY);
	CHECK_EQ(w_rename("a", "f", 0), E_NOTDIR);
	CHECK_EQ(w_rename("f", "a", 0), E_ISDIR);
	CHECK_EQ(w_rename("f", "g/", 0), E_NOTDIR);
	CHECK_EQ(w_rename("b", "a", 0), OK);
	CHECK(there("a/f") && !there("b"));
	CHECK_EQ(links(""), 3 + there("lost+found"));
	world_finish();
}

TEST(exchange_swaps_files_and_directories)
{
	struct file_stat a, b;

	world_begin();
	CHECK_EQ(w_mkdir("d"), OK);
	CHECK_EQ(w_mkdir("d/e"), OK);
	CHECK_EQ(w_put("f", "f", 1), OK);
	CHECK_EQ(w_rename("d/e", "missing", DIR_EXCHANGE), E_NOENT);
	CHECK_EQ(w_rename("d/e", "f", DIR_EXCHANGE), OK);
	CHECK_EQ(w_stat("f/..", 0, &a), OK);
	CHECK_EQ(w_stat("", 0, &b), OK);
	CHECK_EQ(a.ino, b.ino);
	CHECK_EQ(links("d"), 2);
	CHECK_EQ(w_stat("d/e", 0, &a), OK);
	CHECK_EQ(a.size, 1);
	CHECK_EQ(w_rename("d", "d/e", DIR_EXCHANGE), E_INVAL);
	CHECK_EQ(w_rename("d/e", "d", DIR_EXCHANGE), E_INVAL);
	world_finish();
}

TEST(removing_asks_for_the_right_kind)
{
	world_begin();
	CHECK_EQ(w_mkdir("d"), OK);
	CHECK_EQ(w_put("d/f", "", 0), OK);
	CHECK_EQ(w_remove("d", 0), E_ISDIR);
	CHECK_EQ(w_remove("d", DIR_DIRECTORY), E_NOTEMPTY);
	CHECK_EQ(w_remove("d/f", DIR_DIRECTORY), E_NOTDIR);
	CHECK_EQ(w_remove("d/f/", 0), E_NOTDIR);
	CHECK_EQ(w_remove("d/.", DIR_DIRECTORY), E_INVAL);
	CHECK_EQ(w_remove("d/..", DIR_DIRECTORY), E_NOTEMPTY);
	CHECK_EQ(w_remove("", DIR_DIRECTORY), E_BUSY);
	CHECK_EQ(w_remove("d/x", 0), E_NOENT);
	CHECK_EQ(w_remove("d/f", 0), OK);
	CHECK_EQ(w_remove("d/", DIR_DIRECTORY), OK);
	CHECK(!there("d"));
	world_finish();
}

TEST(an_unlinked_file_lives_until_it_is_closed)
{
	struct file_stat st;
	char text[4] = { 0 };
	cap_t file;
	u64 count;

	world_begin();
	CHECK_EQ(w_put("f", "abc", 3), OK);
	CHECK_EQ(w_open("f", OPEN_BOTH, 0, &file), OK);
	CHECK_EQ(w_remove("f", 0), OK);
	CHECK(!there("f"));
	CHECK_EQ(file_stat(file, &st, sizeof(st)), OK);
	CHECK_EQ(st.nlink, 0);
	CHECK_EQ(file_write(file, 3, 0, "d", 1, &count), OK);
	CHECK_EQ(file_read(file, 1, 0, text, 3, &count), OK);
	CHECK_STR(text, "bcd");
	w_close(file);
	world_finish();
}

TEST(an_open_directory_may_be_removed)
{
	char list[512];
	u32 mode;
	cap_t dir, file;
	u64 count;

	world_begin();
	CHECK_EQ(w_mkdir("d"), OK);
	CHECK_EQ(w_open("d", OPEN_READ | OPEN_DIRECTORY, 0, &dir), OK);
	CHECK_EQ(w_remove("d", DIR_DIRECTORY), OK);
	CHECK_EQ(file_list(dir, list, sizeof(list), &count), OK);
	CHECK_EQ(count, 0);
	CHECK_EQ(dir_open(dir, OPEN_WRITE | OPEN_CREATE, 0644, "x", 1, w_rest, DIR_PATH_MAX, &file,
	                  &mode),
	         E_NOENT);
	w_close(dir);
	world_finish();
}

TEST(links_are_counted_and_directories_have_none)
{
	world_begin();
	CHECK_EQ(w_put("a", "", 0), OK);
	CHECK_EQ(w_mkdir("d"), OK);
	CHECK_EQ(w_link("a", "b"), OK);
	CHECK_EQ(w_link("a", "d/c"), OK);
	CHECK_EQ(links("d/c"), 3);
	CHECK_EQ(w_link("a", "b"), E_EXISTS);
	CHECK_EQ(w_link("d", "e"), E_PERM);
	CHECK_EQ(w_link("x", "e"), E_NOENT);
	CHECK_EQ(w_link("a", "e/"), E_NOENT);
	CHECK_EQ(w_remove("b", 0), OK);
	CHECK_EQ(links("a"), 2);
	CHECK_EQ(w_symlink("a", "s"), OK);
	CHECK_EQ(w_link("s", "s2"), OK);
	CHECK_EQ(links("s"), 2);
	CHECK_EQ(links("a"), 2);
	world_finish();
}

TEST(names_and_paths_have_their_limits)
{
	static char name[300], path[DIR_PATH_MAX + 10];
	struct file_stat st;

	world_begin();
	memset(name, 'n', sizeof(name));
	name[255] = 0;
	CHECK_EQ(w_put(name, "", 0), OK);
	CHECK(there(name));
	name[255] = 'n', name[256] = 0;
	CHECK_EQ(w_mkdir(name), E_NAMETOOLONG);
	CHECK_EQ(w_stat(name, 0, &st), E_NAMETOOLONG);
	memset(path, '/', sizeof(path) - 1);
	CHECK_EQ(w_stat(path, 0, &st), E_NAMETOOLONG);
	path[DIR_PATH_MAX] = 0;
	CHECK_EQ(w_stat(path, 0, &st), OK);
	CHECK_EQ(w_mkdir("x/y"), E_NOENT);
	CHECK_EQ(w_put("f", "", 0), OK);
	CHECK_EQ(w_mkdir("f/y"), E_NOTDIR);
	CHECK_EQ(w_mkdir("f"), E_EXISTS);
	CHECK_EQ(w_mkdir("."), E_EXISTS);
	CHECK_EQ(w_mkdir("d/"), OK);
	CHECK_EQ(w_make("g/", MODE_FILE | 0644, 0), E_NOENT);
	CHECK_EQ(w_stat("f/", 0, &st), E_NOTDIR);
	CHECK_EQ(w_stat("f/.", 0, &st), E_NOTDIR);
	CHECK_EQ(w_stat("d/../d/./", 0, &st), OK);
	world_finish();
}

TEST(symbolic_links_are_followed_but_not_for_ever)
{
	struct file_stat st;
	char name[16], target[16];
	u64 length;

	world_begin();
	CHECK_EQ(w_mkdir("d"), OK);
	CHECK_EQ(w_put("d/f", "12345", 5), OK);
	CHECK_EQ(w_symlink("d", "l"), OK);
	CHECK_EQ(w_symlink("../d/f", "d/g"), OK);
	CHECK_EQ(w_stat("l/g", 0, &st), OK);
	CHECK_EQ(st.size, 5);
	CHECK_EQ(w_stat("l/g", DIR_NOFOLLOW, &st), OK);
	CHECK_EQ(st.size, 6);
	CHECK_EQ(st.mode, MODE_LINK | 0777);
	CHECK_EQ(w_stat("l/", DIR_NOFOLLOW, &st), OK);
	CHECK(st.mode & MODE_DIR);
	CHECK_EQ(w_readlink("d/g", target, sizeof(target), &length), OK);
	CHECK(length == 6 && !memcmp(target, "../d/f", 6));
	CHECK_EQ(w_readlink("d/g", target, 2, &length), OK);
	CHECK_EQ(length, 2);
	CHECK_EQ(w_readlink("d/f", target, 2, &length), E_INVAL);
	CHECK_EQ(w_symlink("loop", "loop"), OK);
	CHECK_EQ(w_stat("loop", 0, &st), E_LOOP);
	CHECK_EQ(w_symlink("", "empty"), E_NOENT);
	CHECK_EQ(w_symlink("x", "d"), E_EXISTS);
	for (int i = 0; i < 41; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		snprintf(target, sizeof(target), "c%d", i + 1);
		CHECK_EQ(w_symlink(i == 40 ? "d" : target, name), OK);
	}
	CHECK_EQ(w_stat("c1", 0, &st), OK);
	CHECK_EQ(w_stat("c0", 0, &st), E_LOOP);
	CHECK_EQ(w_symlink("/etc/x", "abs"), OK);
	CHECK_EQ(w_stat("abs/y", 0, &st), E_CROSS);
	world_finish();
}

TEST(a_path_that_leaves_the_server_says_where_and_with_what_rest)
{
	cap_t file = 0;
	u32 mode;

	world_begin();
	CHECK_EQ(w_mkdir("dev"), OK);
	CHECK_EQ(w_symlink("/a//b", "abs"), OK);
	struct msg m = { .word = { CALL(2, 1), OPEN_READ, 0 },
		         .in = "abs/../c",
		         .in_size = 8,
		         .out = w_rest,
		         .out_size = DIR_PATH_MAX };
	CHECK_EQ(rt_call(0, &m), E_CROSS);
	CHECK_EQ(m.word[1], CROSS_ROOT);
	CHECK_EQ(m.word[4], 3);
	CHECK(m.word[3] == 10 && !memcmp(w_rest, "/a//b/../c", 10));
	CHECK_EQ(dir_attach(0, fake_event(1), "dev", 3), OK);
	CHECK_EQ(dir_attach(0, fake_event(1), "dev", 3), E_BUSY);
	m = (struct msg){ .word = { CALL(2, 1), OPEN_READ, 0 },
		          .in = "./dev//tty",
		          .in_size = 10,
		          .out = w_rest,
		          .out_size = DIR_PATH_MAX };
	CHECK_EQ(rt_call(0, &m), E_CROSS);
	CHECK_EQ(m.word[1], CROSS_DOWN);
	CHECK_EQ(m.cap[0], fake_event(1));
	CHECK(m.word[3] == 3 && !memcmp(w_rest, "tty", 3));
	CHECK_EQ(w_remove("dev", DIR_DIRECTORY), E_BUSY);
	CHECK_EQ(w_rename("dev", "x", 0), E_BUSY);
	CHECK_EQ(w_mkdir("dev"), E_EXISTS);
	CHECK_EQ(dir_detach(0, "dev", 3), OK);
	CHECK_EQ(dir_open(0, OPEN_READ, 0, "dev", 3, w_rest, DIR_PATH_MAX, &file, &mode), OK);
	w_close(file & ~CAP_MOVE);
	CHECK_EQ(dir_detach(0, "dev", 3), E_INVAL);
	world_finish();
}

TEST(a_listing_goes_on_while_files_are_removed)
{
	char name[32], *buffer = malloc(600);
	bool seen[200] = { 0 };
	u32 dots = 0;
	cap_t dir;
	u64 count;

	world_begin();
	CHECK_EQ(w_mkdir("d"), OK);
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "d/name-%03d", i);
		CHECK_EQ(w_put(name, "", 0), OK);
	}
	CHECK_EQ(w_open("d", OPEN_READ, 0, &dir), OK);
	CHECK_EQ(file_list(dir, buffer, 10, &count), E_INVAL);
	for (;;) {
		CHECK_EQ(file_list(dir, buffer, 600, &count), OK);
		if (!count)
			break;
		for (u64 at = 0; at < count;) {
			const struct file_entry *e =
			        (const struct file_entry *)(void *)(buffer + at);
			CHECK(e->size % 8 == 0 && e->size > 0);
			if (e->name[0] == '.') {
				CHECK_EQ(e->type, 4);
				dots++;
			} else {
				CHECK_EQ(e->type, 8);
				int i = atoi(e->name + 5);
				CHECK(!seen[i]);
				seen[i] = true;
				snprintf(name, sizeof(name), "d/%s", e->name);
				CHECK_EQ(w_remove(name, 0), OK);
			}
			at += e->size;
		}
	}
	CHECK_EQ(dots, 2);
	for (int i = 0; i < 200; i++)
		CHECK(seen[i]);
	w_close(dir);
	CHECK_EQ(w_remove("d", DIR_DIRECTORY), OK);
	free(buffer);
	world_finish();
}

TEST(an_open_file_and_a_directory_know_their_path)
{
	char path[64];
	cap_t file;
	u64 size;

	world_begin();
	CHECK_EQ(w_mkdir("a"), OK);
	CHECK_EQ(w_mkdir("a/b"), OK);
	CHECK_EQ(w_put("a/b/f", "", 0), OK);
	CHECK_EQ(w_open("a/b/f", OPEN_READ, 0, &file), OK);
	CHECK_EQ(w_rename("a", "c", 0), OK);
	CHECK_EQ(file_path(file, path, sizeof(path), &size), OK);
	path[size] = 0;
	CHECK_STR(path, "/c/b/f");
	w_close(file);
	CHECK_EQ(w_open("c/b/../b", OPEN_READ | OPEN_DIRECTORY, 0, &file), OK);
	CHECK_EQ(file_path(file, path, sizeof(path), &size), OK);
	path[size] = 0;
	CHECK_STR(path, "/c/b");
	w_close(file);
	CHECK_EQ(w_open("", OPEN_READ, 0, &file), OK);
	CHECK_EQ(file_path(file, path, sizeof(path), &size), OK);
	CHECK(size == 1 && path[0] == '/');
	w_close(file);
	world_finish();
}
