/* SPDX-License-Identifier: MIT */
/* Reading what others wrote, and writing what others read. */
#include "world.h"

#include <stdlib.h>
#include <unistd.h>

/* The kinds of file system that there are. */
static const char *const kinds[] = {
	"-t ext4 -b 4096 -O "
	"^has_journal,^metadata_csum,^64bit,^dir_index,^orphan_file,^resize_inode,^huge_file",
	"-t ext4 -b 1024 -O ^has_journal,^metadata_csum,^64bit",
	"-t ext4 -b 2048 -O ^has_journal,^metadata_csum,64bit,uninit_bg -I 128",
	"-t ext4 -b 1024 -O ^has_journal,^metadata_csum,uninit_bg,flex_bg -g 1024",
	"-t ext4 -b 4096 -O has_journal,^metadata_csum",
	"-t ext2 -b 1024",
	"-t ext2 -b 4096 -I 128",
	"-t ext3 -b 2048",
};

static void fill(char *data, size_t size, u64 seed)
{
	for (size_t i = 0; i < size; i++)
		data[i] = (char)(world_random(&seed) >> 3);
}

static void check_contents(const char *path, const char *data, size_t size)
{
	char *got;
	size_t got_size;

	CHECK_EQ(w_get(path, &got, &got_size), OK);
	CHECK_EQ(got_size, size);
	CHECK(memcmp(got, data, size) == 0);
	free(got);
}

TEST(ext_reads_what_mke2fs_has_written)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		char options[256], *got;
		size_t size;
		host("rm -rf /tmp/drove-src-%d; mkdir -p /tmp/drove-src-%d/a/b; cd "
		     "/tmp/drove-src-%d; "
		     "head -c 300000 /dev/zero | tr '\\0' x > a/large; echo hello > a/b/small; ln "
		     "-s a/b/small link; "
		     "ln -s /$(head -c 200 /dev/zero | tr '\\0' y) long; ln a/large a/b/again; "
		     "for i in $(seq 300); do : > a/file-with-a-rather-long-name-$i; done",
		     getpid(), getpid(), getpid());
		snprintf(options, sizeof(options), "%s -d /tmp/drove-src-%d", kinds[i], getpid());
		world_make(options, "16M");
		CHECK_EQ(w_get("link", &got, &size), OK);
		CHECK(size == 6 && !memcmp(got, "hello\n", 6));
		free(got);
		CHECK_EQ(w_get("a/b/again", &got, &size), OK);
		CHECK_EQ(size, 300000);
		CHECK(got[0] == 'x' && got[299999] == 'x');
		free(got);
		struct file_stat st;
		CHECK_EQ(w_stat("a/large", 0, &st), OK);
		CHECK_EQ(st.nlink, 2);
		CHECK_EQ(w_stat("a/file-with-a-rather-long-name-300", 0, &st), OK);
		CHECK_EQ(w_stat("a/file-with-a-rather-long-name-301", 0, &st), E_NOENT);
		char target[300];
		u64 length;
		CHECK_EQ(w_readlink("long", target, sizeof(target), &length), OK);
		CHECK_EQ(length, 201);
		CHECK_EQ(w_stat("long", 0, &st), E_CROSS);
		/* Nothing was to be written but access times. */
		world_check();
		host("rm -rf /tmp/drove-src-%d", getpid());
		world_end();
	}
}

TEST(others_read_what_ext_has_written)
{
	static char data[700000];

	fill(data, sizeof(data), 1);
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		world_make(kinds[i], "16M");
		FILE *f = fopen("/dev/null", "r");
		fclose(f);
		CHECK_EQ(w_mkdir("d"), OK);
		CHECK_EQ(w_mkdir("d/e"), OK);
		CHECK_EQ(w_put("d/file", data, sizeof(data)), OK);
		CHECK_EQ(w_put("d/e/small", "hello\n", 6), OK);
		CHECK_EQ(w_link("d/file", "d/e/same"), OK);
		CHECK_EQ(w_symlink("d/e/small", "s"), OK);
		CHECK_EQ(w_symlink("a-target-that-is-too-long-to-be-kept-in-the-inode-itself/"
		                   "because-it-has-so-many-bytes",
		                   "l"),
		         OK);
		CHECK_EQ(w_make("fifo", MODE_FIFO | 0600, 0), OK);
		CHECK_EQ(w_make("null", MODE_CHAR | 0666, 0x103), OK);
		check_contents("d/e/same", data, sizeof(data));
		check_contents("s", "hello\n", 6);
		world_check();
		check_contents("d/e/same", data, sizeof(data));
		f = fopen("/tmp/drove-data", "w");
		fwrite(data, 1, sizeof(data), f);
		fclose(f);
		CHECK_EQ(host("/sbin/debugfs -R 'dump /d/file %s/out' %s 2>/dev/null; cmp %s/out "
		              "/tmp/drove-data",
		              world.folder, world.image, world.folder),
		         0);
		CHECK_EQ(host("/sbin/debugfs -R 'stat /null' %s 2>/dev/null | grep -q '01:03'",
		              world.image),
		         0);
		CHECK_EQ(host("/sbin/debugfs -R 'stat /l' %s 2>/dev/null | grep -q 'symlink'",
		              world.image),
		         0);
		CHECK_EQ(w_remove("d/file", 0), OK);
		CHECK_EQ(w_remove("l", 0), OK);
		CHECK_EQ(w_remove("s", 0), OK);
		CHECK_EQ(w_remove("d/e/same", 0), OK);
		CHECK_EQ(w_remove("d", DIR_DIRECTORY), E_NOTEMPTY);
		CHECK_EQ(w_remove("d/e/small", 0), OK);
		CHECK_EQ(w_remove("d/e", DIR_DIRECTORY), OK);
		CHECK_EQ(w_remove("d", DIR_DIRECTORY), OK);
		world_check();
		world_end();
	}
	unlink("/tmp/drove-data");
}

TEST(a_directory_holds_ten_thousand_files)
{
	char name[64];
	struct file_stat st;

	world_make(kinds[0], "64M");
	CHECK_EQ(w_mkdir("d"), OK);
	for (int i = 0; i < 10000; i++) {
		snprintf(name, sizeof(name), "d/file-%d", i);
		CHECK_EQ(w_make(name, MODE_FILE | 0644, 0), OK);
	}
	CHECK_EQ(w_stat("d/file-9999", 0, &st), OK);
	world_check();
	for (int i = 0; i < 10000; i++) {
		snprintf(name, sizeof(name), "d/file-%d", i * 7 % 10000);
		CHECK_EQ(w_remove(name, 0), OK);
	}
	CHECK_EQ(w_remove("d", DIR_DIRECTORY), OK);
	world_check();
	world_end();
}

TEST(a_hashed_directory_loses_its_hash_when_it_is_changed)
{
	char options[256];

	host("rm -rf /tmp/drove-src-%d; mkdir -p /tmp/drove-src-%d/a; cd /tmp/drove-src-%d/a; "
	     "for i in $(seq 2000); do : > a-name-that-takes-some-room-$i; done",
	     getpid(), getpid(), getpid());
	snprintf(options, sizeof(options),
	         "-t ext4 -b 1024 -O ^has_journal,^metadata_csum,dir_index -d /tmp/drove-src-%d",
	         getpid());
	world_make_image(options, "16M");
	world_fsck("-fyD"); /* makes the hash */
	CHECK_EQ(host("/sbin/debugfs -R 'htree_dump /a' %s 2>/dev/null | grep -q 'Number of "
	              "entries'",
	              world.image),
	         0);
	world_mount();
	struct file_stat st;
	CHECK_EQ(w_stat("a/a-name-that-takes-some-room-777", 0, &st), OK);
	CHECK_EQ(w_remove("a/a-name-that-takes-some-room-778", 0), OK);
	world_check();
	CHECK_EQ(w_put("a/new", "new", 3), OK);
	CHECK_EQ(w_put("a/b", "new", 3), OK);
	world_check();
	CHECK_EQ(w_stat("a/a-name-that-takes-some-room-2000", 0, &st), OK);
	world_end();
	host("rm -rf /tmp/drove-src-%d", getpid());
}

TEST(a_file_may_be_sparse_and_larger_than_four_gib)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		cap_t file;
		u64 count;
		i64 position;
		char back[4] = { 0 };
		u64 size = 5ull << 30;
		if (i == 5)
			size = 3ull << 30; /* e2fsck takes its time with 1 KiB blocks */
		world_make(kinds[i], "16M");
		CHECK_EQ(w_open("f", OPEN_BOTH | OPEN_CREATE, 0644, &file), OK);
		CHECK_EQ(file_write(file, (i64)size, 0, "end", 3, &count), OK);
		CHECK_EQ(file_write(file, 3 << 20, 0, "mid", 3, &count), OK);
		CHECK_EQ(file_read(file, (i64)size, 0, back, 3, &count), OK);
		CHECK_STR(back, "end");
		CHECK_EQ(file_read(file, 100, 0, back, 3, &count), OK);
		CHECK(back[0] == 0 && back[2] == 0);
		CHECK_EQ(file_seek(file, 0, 3, &position), OK);
		CHECK_EQ(position, 3 << 20);
		CHECK_EQ(file_seek(file, 0, 4, &position), OK);
		CHECK_EQ(position, 0);
		CHECK_EQ(file_seek(file, 4 << 20, 3, &position), OK);
		CHECK(position > 0x80000000ll && position <= (i64)size);
		struct file_stat st;
		CHECK_EQ(file_stat(file, &st, sizeof(st)), OK);
		CHECK_EQ(st.size, size + 3);
		CHECK(st.blocks < 100);
		w_close(file);
		world_check();
		CHECK_EQ(w_truncate("f", (3 << 20) + 1), OK);
		CHECK_EQ(w_truncate("f", 4 << 20), OK);
		CHECK_EQ(w_open("f", OPEN_BOTH, 0644, &file), OK);
		CHECK_EQ(file_read(file, 3 << 20, 0, back, 3, &count), OK);
		CHECK(back[0] == 'm' && back[1] == 0 && back[2] == 0);
		w_close(file);
		world_check();
		world_end();
	}
}
