/* SPDX-License-Identifier: MIT */
/* Open files and their contents: flags, positions, sizes, times, permissions, locks. */
#include "calls.h"

#include <stdlib.h>

TEST(open_flags_mean_what_they_say)
{
	cap_t file, other;

	world_begin();
	CHECK_EQ(w_open("f", OPEN_READ, 0, &file), E_NOENT);
	CHECK_EQ(w_open("f", OPEN_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE, 0600, &file), OK);
	CHECK_EQ(w_open("f", OPEN_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE, 0600, &other), E_EXISTS);
	w_close(file);
	CHECK_EQ(w_mkdir("d"), OK);
	CHECK_EQ(w_open("d", OPEN_WRITE, 0, &file), E_ISDIR);
	CHECK_EQ(w_open("d", OPEN_READ | OPEN_CREATE, 0, &file), E_ISDIR);
	CHECK_EQ(w_open("f", OPEN_READ | OPEN_DIRECTORY, 0, &file), E_NOTDIR);
	CHECK_EQ(w_open("g/", OPEN_WRITE | OPEN_CREATE, 0600, &file), E_ISDIR);
	CHECK_EQ(w_open("f/", OPEN_READ, 0, &file), E_NOTDIR);
	CHECK_EQ(w_symlink("f", "l"), OK);
	CHECK_EQ(w_open("l", OPEN_READ | OPEN_NOFOLLOW, 0, &file), E_LOOP);
	CHECK_EQ(w_open("l", OPEN_PATH | OPEN_NOFOLLOW, 0, &file), OK);
	w_close(file);
	CHECK_EQ(w_open("l", OPEN_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE, 0600, &file), E_EXISTS);
	CHECK_EQ(w_symlink("made", "dangling"), OK);
	CHECK_EQ(w_open("dangling", OPEN_READ, 0, &file), E_NOENT);
	CHECK_EQ(w_open("dangling", OPEN_WRITE | OPEN_CREATE, 0600, &file), OK);
	w_close(file);
	CHECK_EQ(w_open("made", OPEN_READ, 0, &file), OK);
	w_close(file);
	CHECK_EQ(w_open("f", OPEN_ACCESS, 0, &file), E_INVAL);
	CHECK_EQ(w_make("s", MODE_SOCKET | 0600, 0), OK);
	CHECK_EQ(w_open("s", OPEN_READ, 0, &file), E_NXIO);
	world_finish();
}

TEST(access_mode_is_kept_to)
{
	struct file_attributes set = { .mask = FILE_SET_SIZE, .size = 1 };
	char text[4];
	cap_t file;
	u64 count;

	world_begin();
	CHECK_EQ(w_put("f", "abc", 3), OK);
	CHECK_EQ(w_open("f", OPEN_READ, 0, &file), OK);
	CHECK_EQ(file_write(file, 0, 0, "x", 1, &count), E_CAP);
	CHECK_EQ(file_set(file, &set), E_INVAL);
	CHECK_EQ(file_read(file, -2, 0, text, 3, &count), E_INVAL);
	w_close(file);
	CHECK_EQ(w_open("f", OPEN_WRITE, 0, &file), OK);
	CHECK_EQ(file_read(file, 0, 0, text, 3, &count), E_CAP);
	CHECK_EQ(file_set(file, &set), OK);
	w_close(file);
	CHECK_EQ(w_open("f", OPEN_PATH, 0, &file), OK);
	CHECK_EQ(file_read(file, 0, 0, text, 3, &count), E_CAP);
	w_close(file);
	world_finish();
}

TEST(the_position_moves_and_is_shared)
{
	char text[8] = { 0 };
	cap_t file;
	u64 count;
	i64 position;

	world_begin();
	CHECK_EQ(w_open("f", OPEN_BOTH | OPEN_CREATE, 0644, &file), OK);
	CHECK_EQ(file_write(file, FILE_POSITION, 0, "hello", 5, &count), OK);
	CHECK_EQ(file_write(file, 10, 0, "x", 1, &count), OK);
	CHECK_EQ(file_seek(file, 0, 1, &position), OK);
	CHECK_EQ(position, 5);
	CHECK_EQ(file_read(file, FILE_POSITION, 0, text, 8, &count), OK);
	CHECK_EQ(count, 6);
	CHECK(!memcmp(text, "\0\0\0\0\0x", 6));
	CHECK_EQ(file_read(file, FILE_POSITION, 0, text, 8, &count), OK);
	CHECK_EQ(count, 0);
	CHECK_EQ(file_seek(file, -1, 2, &position), OK);
	CHECK_EQ(position, 10);
	CHECK_EQ(file_seek(file, -20, 1, &position), E_INVAL);
	CHECK_EQ(file_seek(file, 0, 9, &position), E_INVAL);
	CHECK_EQ(file_seek(file, 100, 0, &position), OK);
	CHECK_EQ(file_read(file, FILE_POSITION, 0, text, 8, &count), OK);
	CHECK_EQ(count, 0);
	w_close(file);
	world_finish();
}

TEST(appending_ignores_the_position)
{
	char *data;
	size_t size;
	cap_t a, b;
	u64 count;
	u32 flags;

	world_begin();
	CHECK_EQ(w_open("f", OPEN_WRITE | OPEN_CREATE | OPEN_APPEND, 0644, &a), OK);
	CHECK_EQ(w_open("f", OPEN_WRITE | OPEN_APPEND, 0, &b), OK);
	CHECK_EQ(file_write(a, FILE_POSITION, 0, "1", 1, &count), OK);
	CHECK_EQ(file_write(b, FILE_POSITION, 0, "2", 1, &count), OK);
	CHECK_EQ(file_write(a, 0, 0, "3", 1, &count), OK);
	CHECK_EQ(file_flags(a, OPEN_APPEND | OPEN_ACCESS, 0, &flags), OK);
	CHECK_EQ(flags, OPEN_WRITE);
	CHECK_EQ(file_write(a, 0, 0, "4", 1, &count), OK);
	w_close(a);
	w_close(b);
	CHECK_EQ(w_get("f", &data, &size), OK);
	CHECK(size == 3 && !memcmp(data, "423", 3));
	free(data);
	world_finish();
}

TEST(truncation_zeroes_what_comes_back)
{
	static char block[10000];
	char *data;
	size_t size;
	cap_t file;

	world_begin();
	memset(block, 'x', sizeof(block));
	CHECK_EQ(w_put("f", block, sizeof(block)), OK);
	CHECK_EQ(w_truncate("f", 5), OK);
	CHECK_EQ(w_truncate("f", 9000), OK);
	CHECK_EQ(w_get("f", &data, &size), OK);
	CHECK_EQ(size, 9000);
	for (size_t i = 0; i < size; i++)
		CHECK_EQ(data[i], i < 5 ? 'x' : 0);
	free(data);
	CHECK_EQ(w_open("f", OPEN_WRITE | OPEN_TRUNCATE, 0, &file), OK);
	w_close(file);
	struct file_stat st;
	CHECK_EQ(w_stat("f", 0, &st), OK);
	CHECK_EQ(st.size, 0);
	CHECK_EQ(st.blocks, 0);
	CHECK_EQ(w_mkdir("d"), OK);
	CHECK_EQ(w_truncate("d", 0), E_ISDIR);
	CHECK_EQ(w_truncate("x", 0), E_NOENT);
	CHECK_EQ(w_truncate("f", UINT64_MAX), E_FBIG);
	world_finish();
}

TEST(a_write_whose_data_is_not_at_hand_changes_nothing)
{
	static char block[20000];
	struct file_stat st;
	cap_t file;
	u64 count;

	world_begin();
	CHECK_EQ(w_open("f", OPEN_BOTH | OPEN_CREATE, 0644, &file), OK);
	/* Not the first page, then with all pages touched, but one gone again in the middle of the
	 * copying. */
	for (u32 left = 0; left < 12; left++) {
		fake.copies_left = left;
		err_t error = file_write(file, FILE_POSITION, 0, block, sizeof(block), &count);
		fake.copies_left = UINT32_MAX;
		CHECK(error == E_TOUCH || error == OK);
		CHECK_EQ(file_stat(file, &st, sizeof(st)), OK);
		i64 position;
		CHECK_EQ(file_seek(file, 0, 1, &position), OK);
		CHECK_EQ(st.size, (u64)position);
		if (error == E_TOUCH)
			CHECK_EQ(position, 0);
		CHECK_EQ(w_truncate("f", 0), OK);
		CHECK_EQ(file_seek(file, 0, 0, &position), OK);
	}
	w_close(file);
	world_finish();
}

TEST(times_change_when_they_should)
{
	const i64 second = 1000000000;
	struct file_attributes set = { .mask = FILE_SET_ATIME | FILE_SET_MTIME,
		                       .atime_ns = 5 * second + 7,
		                       .mtime_ns = 1234567890123456789 };
	struct file_stat st, before;
	char *data;
	size_t size;

	world_begin();
	CHECK_EQ(w_put("f", "abc", 3), OK);
	CHECK_EQ(w_stat("f", 0, &before), OK);
	CHECK_EQ(before.mtime_ns, fake.realtime);
	fake.realtime += 10000000000u;
	CHECK_EQ(dir_set(0, &set, "f", 1, w_rest, DIR_PATH_MAX), OK);
	CHECK_EQ(w_stat("f", 0, &st), OK);
	CHECK_EQ(st.atime_ns, 5 * second + 7);
	CHECK_EQ(st.mtime_ns, 1234567890123456789);
	CHECK_EQ(st.ctime_ns, fake.realtime);
	fake.realtime += 1000000000u;
	CHECK_EQ(w_get("f", &data, &size), OK); /* older than mtime: a read changes it */
	free(data);
	CHECK_EQ(w_stat("f", 0, &st), OK);
	CHECK_EQ(st.atime_ns, fake.realtime);
	i64 read_at = st.atime_ns;
	fake.realtime += 1000000000u;
	CHECK_EQ(w_get("f", &data, &size), OK); /* not again so soon */
	free(data);
	CHECK_EQ(w_stat("f", 0, &st), OK);
	CHECK_EQ(st.atime_ns, read_at);
	set.mask = FILE_SET_MTIME_NOW;
	CHECK_EQ(dir_set(0, &set, "f", 1, w_rest, DIR_PATH_MAX), OK);
	CHECK_EQ(w_stat("f", 0, &st), OK);
	CHECK_EQ(st.mtime_ns, fake.realtime);
	CHECK_EQ(st.atime_ns, read_at);
	fake.realtime += 1000000000u;
	CHECK_EQ(w_mkdir("d"), OK);
	CHECK_EQ(w_stat("", 0, &st), OK);
	CHECK_EQ(st.mtime_ns, fake.realtime);
	CHECK_EQ(w_link("f", "g"), OK);
	CHECK_EQ(w_stat("f", 0, &st), OK);
	CHECK_EQ(st.ctime_ns, fake.realtime);
	world_finish();
}

TEST(modes_and_owners_are_stored)
{
	struct file_attributes set = { .mask = FILE_SET_MODE, .mode = 07751 };
	struct file_stat st;

	world_begin();
	CHECK_EQ(w_put("f", "", 0), OK);
	CHECK_EQ(dir_set(0, &set, "f", 1, w_rest, DIR_PATH_MAX), OK);
	CHECK_EQ(w_stat("f", 0, &st), OK);
	CHECK_EQ(st.mode, MODE_FILE | 07751);
	set = (struct file_attributes){ .mask = FILE_SET_UID | FILE_SET_GID,
		                        .uid = 100000,
		                        .gid = 70000 };
	CHECK_EQ(dir_set(0, &set, "f", 1, w_rest, DIR_PATH_MAX), OK);
	CHECK_EQ(w_stat("f", 0, &st), OK);
	CHECK_EQ(st.uid, 100000);
	CHECK_EQ(st.gid, 70000);
	CHECK_EQ(st.mode, MODE_FILE | 01751);
	CHECK_EQ(w_mkdir("d"), OK);
	set = (struct file_attributes){ .mask = FILE_SET_MODE | FILE_SET_GID,
		                        .mode = 03777,
		                        .gid = 12 };
	CHECK_EQ(dir_set(0, &set, "d", 1, w_rest, DIR_PATH_MAX), OK);
	CHECK_EQ(w_mkdir("d/e"), OK);
	CHECK_EQ(w_stat("d/e", 0, &st), OK);
	CHECK_EQ(st.gid, 12);
	CHECK_EQ(st.mode, MODE_DIR | MODE_SETGID | 0755);
	CHECK_EQ(dir_access(0, 0, MAY_EXECUTE, "f", 1, w_rest, DIR_PATH_MAX), OK);
	CHECK_EQ(w_put("plain", "", 0), OK);
	CHECK_EQ(dir_access(0, 0, MAY_EXECUTE, "plain", 5, w_rest, DIR_PATH_MAX), E_ACCESS);
	CHECK_EQ(dir_access(0, 0, MAY_READ | MAY_WRITE, "plain", 5, w_rest, DIR_PATH_MAX), OK);
	world_finish();
}

TEST(a_file_without_a_name_can_get_one)
{
	char *data;
	size_t size;
	cap_t file;
	u64 count;

	world_begin();
	CHECK_EQ(w_open("", OPEN_BOTH | OPEN_UNNAMED | OPEN_DIRECTORY, 0600, &file), OK);
	CHECK_EQ(file_write(file, 0, 0, "secret", 6, &count), OK);
	CHECK_EQ(dir_link(file, 0, 0, "\0name", 5, w_rest, DIR_PATH_MAX), E_NOTDIR);
	cap_t dir;
	CHECK_EQ(w_open("", OPEN_READ, 0, &dir), OK);
	CHECK_EQ(dir_link(file, dir, 0, "\0name", 5, w_rest, DIR_PATH_MAX),
	         OK); /* takes `dir` along */
	w_close(file);
	CHECK_EQ(w_get("name", &data, &size), OK);
	CHECK(size == 6 && !memcmp(data, "secret", 6));
	free(data);
	CHECK_EQ(w_open("", OPEN_BOTH | OPEN_UNNAMED | OPEN_DIRECTORY, 0600, &file), OK);
	CHECK_EQ(file_write(file, 100000, 0, "x", 1, &count), OK);
	w_close(file);
	world_finish();
}

TEST(locks_conflict_wait_and_go_with_their_owner)
{
	cap_t a, b;

	world_begin();
	CHECK_EQ(w_put("f", "", 0), OK);
	CHECK_EQ(w_open("f", OPEN_BOTH, 0, &a), OK);
	CHECK_EQ(w_open("f", OPEN_BOTH, 0, &b), OK);
	CHECK_EQ(file_lock(a, 0, 1, 0, 0, false), OK);
	CHECK_EQ(file_lock(b, 0, 0, 0, 0, false), E_AGAIN);
	CHECK_EQ(file_lock(a, 0, 0, 0, 0, false), OK);
	CHECK_EQ(file_lock(b, 0, 0, 0, 0, false), OK);
	CHECK_EQ(file_lock(b, 0, 2, 0, 0, false), OK);
	/* POSIX: by process and range. */
	CHECK_EQ(file_lock(a, 7, 1, 0, 100, false), OK);
	CHECK_EQ(file_lock(a, 7, 2, 40, 20, false), OK);
	CHECK_EQ(file_lock(b, 8, 1, 40, 20, false), OK);
	CHECK_EQ(file_lock(b, 8, 1, 39, 1, false), E_AGAIN);
	CHECK_EQ(file_lock(b, 8, 1, 60, 0, false), E_AGAIN);
	struct msg m = { .word = { CALL(1, 13), 8, 1, 60, 0, true } };
	struct fake_call *waiting = fake_send_to(b, &m);
	CHECK(!fake_answered(waiting));
	CHECK_EQ(file_lock(a, 7, 1, 45, 1, true), E_DEADLK);
	CHECK_EQ(file_unlock_all(a, 7), OK);
	CHECK(fake_answered(waiting));
	CHECK_EQ(fake_finish(waiting, NULL), OK);
	m = (struct msg){ .word = { CALL(1, 13), 7, 1, 60, 0, true } };
	waiting = fake_send_to(a, &m);
	CHECK(!fake_answered(waiting));
	fake_cancel(waiting);
	CHECK_EQ(fake_finish(waiting, NULL), E_INTR);
	w_close(b);
	CHECK_EQ(file_lock(a, 7, 1, 0, 0, false), OK);
	w_close(a);
	world_finish();
}

TEST(a_lock_query_names_the_first_in_the_way)
{
	const u64 by_open = (u64)FILE_LOCK_OPEN;
	struct file_lock_found found;
	cap_t a, b;

	world_begin();
	CHECK_EQ(w_put("f", "", 0), OK);
	CHECK_EQ(w_open("f", OPEN_BOTH, 0, &a), OK);
	CHECK_EQ(w_open("f", OPEN_BOTH, 0, &b), OK);
	CHECK_EQ(file_lock_query(a, 7, 1, 0, 0, &found), OK);
	CHECK_EQ(found.type, 2);
	CHECK_EQ(file_lock(a, 0, 1, 0, 0, false), OK); /* flock is not in the way */
	CHECK_EQ(file_lock(a, 7, 0, 5, 0, false), OK);
	CHECK_EQ(file_lock(a, by_open, 1, 1, 2, false), OK);
	CHECK_EQ(file_lock(b, by_open, 1, 1, 2, false), E_AGAIN);
	CHECK_EQ(file_lock_query(b, by_open, 0, 0, 0, &found), OK);
	CHECK_EQ(found.owner, by_open);
	CHECK_EQ(found.start, 1);
	CHECK_EQ(found.size, 2);
	CHECK_EQ(found.type, 1);
	CHECK_EQ(file_lock_query(b, 8, 1, 4, 10, &found), OK);
	CHECK_EQ(found.owner, 7);
	CHECK_EQ(found.start, 5);
	CHECK_EQ(found.size, 0);
	CHECK_EQ(file_lock_query(b, 8, 0, 4, 10, &found), OK);
	CHECK_EQ(found.type, 2);
	CHECK_EQ(file_lock_query(b, 0, 1, 0, 0, &found), E_INVAL);
	CHECK_EQ(file_lock_query(b, 8, 2, 0, 0, &found), E_INVAL);
	w_close(a);
	CHECK_EQ(file_lock_query(b, 8, 1, 0, 0, &found), OK);
	CHECK_EQ(found.type, 2);
	w_close(b);
	world_finish();
}

TEST(allocating_reserves_blocks_of_zeros)
{
	struct file_stat st;
	char text[3] = { 1, 1, 1 };
	cap_t file;
	u64 count;

	world_begin();
	CHECK_EQ(w_open("f", OPEN_BOTH | OPEN_CREATE, 0644, &file), OK);
	CHECK_EQ(file_allocate(file, 0, 100, 50000), OK);
	CHECK_EQ(file_stat(file, &st, sizeof(st)), OK);
	CHECK_EQ(st.size, 50100);
	CHECK(st.blocks * 512 >= 50000);
	CHECK_EQ(file_read(file, 40000, 0, text, 3, &count), OK);
	CHECK(!text[0] && !text[1] && !text[2]);
	CHECK_EQ(file_allocate(file, 0, 0, 0), E_INVAL);
	CHECK_EQ(file_allocate(file, 2, 0, 10), E_NOTSUP);
	w_close(file);
	world_finish();
}
