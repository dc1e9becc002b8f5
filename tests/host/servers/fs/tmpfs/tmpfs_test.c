/* SPDX-License-Identifier: MIT */
/* tmpfs, asked what ../semantics asks every file system, and what is its own: accounting, and the
 * archive. */
#include "fs/tmpfs/tmpfs.h"

#include <stdlib.h>
#include <unistd.h>

#include "../semantics/calls.h"
#include "fs/lib/internal.h"

enum { LIMIT = 1000 };

static struct tmpfs tmpfs;

static void begin(u64 limit)
{
	fake_reset(NULL, NULL);
	CHECK_EQ(tmpfs_start(&tmpfs, limit, 0755), OK);
	tmpfs.fs.top = true;
	fs_init(&tmpfs.fs);
	fs_serve_with(&tmpfs.fs, &fake.server);
}

void world_begin(void) { begin(LIMIT); }

/* Of each node no references but those of names below it are left. */
static void check_references(struct tmp_node *dir)
{
	u32 below = 0;

	list_each (entry, &dir->entries, struct tmp_entry, link) {
		if (node_is(&entry->node->node, MODE_DIR)) {
			below++;
			check_references(entry->node);
		} else {
			CHECK_EQ(entry->node->node.users, 0);
		}
	}
	CHECK_EQ(dir->node.users, below + (dir->parent == dir));
	CHECK_EQ(dir->node.nlink, 2 + below);
}

static void top_put(struct open_file *open)
{
	tmpfs.fs.open_count++;
	tmpfs.fs.root->opens++;
	open_put(open);
}

void world_finish(void)
{
	top_put(tmpfs.fs.top_open);
	top_put(tmpfs.fs.system_open);
	check_references(tmp_of(tmpfs.fs.root));
	tmpfs_end(&tmpfs);
	CHECK_EQ(tmpfs.used, 0);
	CHECK_EQ(tmpfs.nodes, 0);
}

TEST(a_full_tmpfs_says_so_and_gives_everything_back)
{
	static char block[64 << 10];
	struct file_system_stat *st = malloc(DIR_PATH_MAX);
	cap_t file;
	u64 count, total = 0;
	err_t error = OK;

	begin(100);
	CHECK_EQ(w_open("f", OPEN_BOTH | OPEN_CREATE, 0644, &file), OK);
	while (!error) {
		error = file_write(file, FILE_POSITION, 0, block, sizeof(block), &count);
		total += error ? 0 : count;
	}
	CHECK_EQ(error, E_NOSPACE);
	CHECK_EQ(total, 99 * PAGE_SIZE); /* one page is a table */
	CHECK_EQ(tmpfs.used, 100);
	CHECK_EQ(w_put("g", "x", 1), E_NOSPACE);
	CHECK_EQ(file_write(file, 1ll << 40, 0, "x", 1, &count), E_NOSPACE);
	struct file_stat stat;
	CHECK_EQ(file_stat(file, &stat, sizeof(stat)), OK);
	CHECK_EQ(stat.size, total);
	CHECK_EQ(w_truncate("f", 10), OK);
	CHECK_EQ(tmpfs.used, 2);
	CHECK_EQ(file_write(file, 1ll << 40, 0, "x", 1, &count), OK);
	CHECK_EQ(dir_statfs(0, "", 0, st, DIR_PATH_MAX), OK);
	CHECK_EQ(st->blocks, 100);
	CHECK_EQ(st->blocks_free, 100 - tmpfs.used);
	CHECK_EQ(w_remove("f", 0), OK);
	w_close(file);
	CHECK_EQ(tmpfs.used, 0);
	free(st);
	world_finish();
}

TEST(directories_that_are_removed_while_in_use_end_one_after_the_other)
{
	char path[4000] = "";
	cap_t dir;

	begin(LIMIT);
	for (int i = 0; i < 1000; i++) {
		strcat(path, i ? "/d" : "d");
		CHECK_EQ(w_mkdir(path), OK);
	}
	CHECK_EQ(w_open(path, OPEN_READ, 0, &dir), OK);
	for (int i = 0; i < 1000; i++) {
		CHECK_EQ(w_remove(path, DIR_DIRECTORY), OK);
		if (strrchr(path, '/'))
			*strrchr(path, '/') = 0;
	}
	CHECK_EQ(tmpfs.nodes, 1001);
	w_close(dir);
	CHECK_EQ(tmpfs.nodes, 1);
	world_finish();
}

static char *archive_read(size_t *size)
{
	FILE *f = fopen("/tmp/drove-tmpfs.tar", "r");
	char *data = malloc(1 << 20);

	*size = fread(data, 1, 1 << 20, f);
	fclose(f);
	unlink("/tmp/drove-tmpfs.tar");
	return data;
}

TEST(an_archive_is_unpacked)
{
	struct file_stat st;
	char *data, *archive;
	size_t size, archive_size;

	CHECK_EQ(host("rm -rf /tmp/drove-tar; mkdir -p /tmp/drove-tar/bin /tmp/drove-tar/a/b; cd "
	              "/tmp/drove-tar; "
	              "echo hello > a/b/c; chmod 4755 a/b/c; ln a/b/c bin/hard; ln -s ../a/b/c "
	              "bin/soft; mkfifo fifo; "
	              "head -c 10000 /dev/zero | tr '\\0' z > large; "
	              "mkdir -p a/$(printf 'x%%.0s' $(seq 90))/y; echo deep > a/$(printf 'x%%.0s' "
	              "$(seq 90))/y/deep; "
	              "tar --format=ustar --owner=0 --group=0 -cf /tmp/drove-tmpfs.tar .; rm -r "
	              "/tmp/drove-tar"),
	         0);
	archive = archive_read(&archive_size);
	begin(LIMIT);
	CHECK_EQ(archive_unpack(&tmpfs, archive, archive_size), OK);
	CHECK_EQ(w_get("bin/soft", &data, &size), OK);
	CHECK(size == 6 && !memcmp(data, "hello\n", 6));
	free(data);
	CHECK_EQ(w_stat("bin/hard", 0, &st), OK);
	CHECK_EQ(st.nlink, 2);
	CHECK_EQ(st.mode, MODE_FILE | 04755);
	CHECK_EQ(w_stat("fifo", 0, &st), OK);
	CHECK_EQ(w_stat("large", 0, &st), OK);
	CHECK_EQ(st.size, 10000);
	CHECK_EQ(w_stat("a/"
	                "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	                "xxxxxxxxxxxxxxxx/y/deep",
	                0, &st),
	         OK);
	world_finish();
	free(archive);
}

TEST(a_damaged_archive_does_no_harm)
{
	char *archive, *copy;
	size_t size;
	u64 seed = 5;

	CHECK_EQ(host("mkdir -p /tmp/drove-tar/a; cd /tmp/drove-tar; echo x > a/f; ln a/f g; ln -s "
	              "a l; "
	              "tar --format=ustar -cf /tmp/drove-tmpfs.tar .; rm -r /tmp/drove-tar"),
	         0);
	archive = archive_read(&size);
	for (int i = 0; i < 3000; i++) {
		size_t length = world_random(&seed) % 4 ? size : world_random(&seed) % size;
		copy = malloc(length ? length : 1);
		memcpy(copy, archive, length);
		for (u32 n = world_random(&seed) % 8; n > 0 && length; n--)
			copy[world_random(&seed) % length] = (char)world_random(&seed);
		/* Damage that the checksum sees teaches little: make it right again. */
		for (size_t at = 0; at + 512 <= length && i % 2; at += 512) {
			u32 sum = 0;
			char digits[9];
			memset(copy + at + 148, ' ', 8);
			for (size_t k = 0; k < 512; k++)
				sum += (u8)copy[at + k];
			snprintf(digits, sizeof(digits), "%07o", sum);
			memcpy(copy + at + 148, digits, 7);
		}
		begin(LIMIT);
		err_t error = archive_unpack(&tmpfs, copy, length);
		(void)error; /* any, but no crash */
		world_finish();
		free(copy);
	}
	free(archive);
}
