/* SPDX-License-Identifier: MIT */
/* The devices of devfs and their names. */
#include <stdlib.h>

#include "fs/devfs/tree.h"
#include "proto/file_server.h"
#include "proto/log.h"
#include "servers/fake/fake.h"
#include "test.h"

enum { TERMINAL = 77, ENTRIES = 32 };

/* --- what the library and the log server do --- */

const struct file_ops fs_file_ops;

void fiber_lock_init(struct fiber_lock *lock) { memset(lock, 0, sizeof(*lock)); }

struct list_sink {
	char name[ENTRIES][16];
	u32 count, room;
};

bool list_put(struct list_sink *sink, u64 ino, u32 mode, const char *name, size_t size, u64 next)
{
	(void)ino;
	(void)mode;
	(void)next;
	if (!sink->room)
		return false;
	sink->room--;
	memcpy(sink->name[sink->count], name, size);
	sink->name[sink->count++][size] = 0;
	return true;
}

bool list_put_dots(struct list_sink *sink, const struct node *dir, u64 parent_ino, u64 *position)
{
	static const char *const dots[] = { ".", ".." };

	(void)dir;
	(void)parent_ino;
	for (; *position < 2; ++*position)
		if (!list_put(sink, 0, 0, dots[*position], *position + 1, *position + 1))
			return false;
	return true;
}

static char log_text[64];

err_t log_read(cap_t log, u64 start, void *text, size_t size, u64 *start_out, u64 *count)
{
	size_t left = start < strlen(log_text) ? strlen(log_text) - start : 0;

	(void)log;
	*start_out = start;
	*count = left < size ? left : size;
	memcpy(text, log_text + start, *count);
	return OK;
}

err_t log_write(cap_t log, const void *text, size_t size)
{
	(void)log;
	strncat(log_text, text, size);
	return OK;
}

/* --- the world --- */

static struct fs fs;
static struct open_file open_file;

static void dispatch(struct server *server, struct request *rq)
{
	(void)server;
	rq->object = &open_file;
	file_serve(open_file.node->file_ops, rq);
}

static struct node *find(const char *name)
{
	struct node *node = NULL;

	CHECK_EQ(fs.ops->lookup(fs.root, name, strlen(name), &node), OK);
	return node;
}

/* One gate for each name. */
static cap_t gate(const char *name)
{
	static const char *const names[] = { "terminal", "console", "tty", "pts" };

	for (u32 i = 0; i < COUNT_OF(names); i++)
		if (!strcmp(name, names[i]))
			return TERMINAL + i;
	CHECK(false);
	return 0;
}

static void begin(const char *name)
{
	fake_reset(dispatch, NULL);
	log_text[0] = 0;
	tree_start(&fs, gate);
	devices_start(5);
	open_file = (struct open_file){ .fs = &fs, .flags = OPEN_BOTH, .node = find(name) };
}

static err_t call(struct msg *m) { return fake_finish(fake_send(1, m), m); }

static long do_read(void *buf, size_t size)
{
	struct msg m = { .word = { CALL(1, 1), (u64)FILE_POSITION }, .out = buf, .out_size = size };
	err_t error = call(&m);

	return error ? -(long)error : (long)m.word[1];
}

static long do_write(const void *buf, size_t size)
{
	struct msg m = { .word = { CALL(1, 2), (u64)FILE_POSITION }, .in = buf, .in_size = size };
	err_t error = call(&m);

	return error ? -(long)error : (long)m.word[1];
}

/* --- tests --- */

TEST(null_swallows_and_is_empty)
{
	char buf[8];

	begin("null");
	CHECK_EQ(do_write("abc", 3), 3);
	CHECK_EQ(do_read(buf, 8), 0);
}

TEST(zero_gives_zeros_of_any_size)
{
	u8 *buf = malloc(100000);

	begin("zero");
	memset(buf, 1, 100000);
	CHECK_EQ(do_read(buf, 99999), 99999);
	CHECK(!buf[0] && !buf[99998] && buf[99999] == 1);
	CHECK_EQ(do_write("abc", 3), 3);
	free(buf);
}

TEST(full_is_full)
{
	char buf[8];

	begin("full");
	CHECK_EQ(do_write("abc", 3), -(long)E_NOSPACE);
	CHECK_EQ(do_write("", 0), 0);
	CHECK_EQ(do_read(buf, 8), 8);
}

TEST(random_gives_bytes_and_takes_some)
{
	u8 a[9000] = { 0 }, b[9000] = { 0 };

	begin("urandom");
	CHECK_EQ(do_read(a, sizeof(a)), sizeof(a));
	CHECK_EQ(do_write(a, sizeof(a)), sizeof(a));
	begin("random");
	CHECK_EQ(do_read(b, sizeof(b)), sizeof(b));
	CHECK(memcmp(a, b, sizeof(a)));
	CHECK(a[8990] | a[8991] | a[8992] | a[8993] | a[8994]);
}

TEST(a_page_that_is_not_at_hand_is_asked_for)
{
	static u8 buf[5000];

	begin("zero");
	fake.copies_left = 1;
	CHECK_EQ(do_read(buf, sizeof(buf)), -(long)E_TOUCH);
	begin("random");
	fake.copies_left = 0;
	CHECK_EQ(do_read(buf, 64), -(long)E_TOUCH);
}

TEST(the_log_is_read_from_the_open_files_position)
{
	char buf[16];

	begin("kmsg");
	CHECK_EQ(do_read(buf, 16), 0);
	CHECK_EQ(do_write("one\n", 4), 4);
	CHECK_EQ(do_read(buf, 2), 2);
	CHECK_EQ(do_read(buf, 16), 2);
	CHECK_EQ(do_read(buf, 16), 0);
	struct msg m = { .word = { CALL(1, 3), 0, 0 } };
	CHECK_EQ(call(&m), OK);
	CHECK_EQ(do_read(buf, 16), 4);
}

TEST(access_modes_are_kept)
{
	char buf[4];

	begin("null");
	open_file.flags = OPEN_READ;
	CHECK_EQ(do_write("x", 1), -(long)E_CAP);
	open_file.flags = OPEN_WRITE;
	CHECK_EQ(do_read(buf, 4), -(long)E_CAP);
	open_file.flags = OPEN_PATH;
	CHECK_EQ(do_read(buf, 4), -(long)E_CAP);
}

TEST(nodes_have_the_numbers_that_programs_know)
{
	begin("null");
	CHECK_EQ(open_file.node->rdev, 0x103);
	CHECK_EQ(open_file.node->mode, MODE_CHAR | FILE_EMPTY | 0666);
	CHECK_EQ(find("urandom")->rdev, 0x109);
	struct node *none;
	CHECK_EQ(fs.ops->lookup(fs.root, "nul", 3, &none), E_NOENT);
	CHECK_EQ(fs.ops->lookup(fs.root, "nulls", 5, &none), E_NOENT);
}

TEST(the_terminal_is_attached_under_its_names)
{
	begin("null");
	CHECK_EQ(find("ttyS0")->attached, TERMINAL);
	CHECK_EQ(find("console")->attached, TERMINAL + 1);
	CHECK_EQ(find("tty")->attached, TERMINAL + 2);
	CHECK_EQ(find("pts")->attached, TERMINAL + 3);
	CHECK_EQ(find("null")->attached, 0);
}

TEST(directories_lead_up_again)
{
	struct node *above;

	begin("null");
	struct node *pts = find("shm");
	CHECK(node_is(pts, MODE_DIR));
	CHECK_EQ(fs.ops->lookup(pts, "..", 2, &above), OK);
	CHECK(above == fs.root);
	CHECK_EQ(fs.ops->lookup(pts, "null", 4, &above), E_NOENT);
	CHECK_EQ(fs.root->nlink, 4);
}

TEST(listing_gives_every_name_once_in_any_pieces)
{
	struct list_sink all = { .room = ENTRIES }, pieces = { 0 };
	u64 position = 0, before;

	begin("null");
	CHECK_EQ(fs.ops->list(fs.root, &position, &all), OK);
	CHECK(all.count >= 13);
	position = 0;
	do {
		before = position;
		pieces.room = 3;
		CHECK_EQ(fs.ops->list(fs.root, &position, &pieces), OK);
	} while (position > before);
	CHECK_EQ(pieces.count, all.count);
	for (u32 i = 0; i < all.count; i++)
		CHECK_STR(pieces.name[i], all.name[i]);
	struct list_sink empty = { .room = 5 };
	position = 0;
	CHECK_EQ(fs.ops->list(find("shm"), &position, &empty), OK);
	CHECK_EQ(empty.count, 2);
}
