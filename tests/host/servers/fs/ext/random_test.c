/* SPDX-License-Identifier: MIT */
/* The same random operations on ext and on a folder of the host must have the same results and end
 * in the same tree; and a full disk, a full inode table and a failing disk must leave a file system
 * that e2fsck finds whole. */
#include "world.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const kinds[] = {
	"-t ext4 -b 4096 -O "
	"^has_journal,^metadata_csum,^64bit,^dir_index,^orphan_file,^resize_inode,^huge_file",
	"-t ext4 -b 1024 -O ^has_journal,^metadata_csum,uninit_bg -g 2048",
	"-t ext2 -b 1024",
};

static int error_host(err_t error)
{
	switch (error) {
	case OK:
		return 0;
	case E_NOENT:
		return ENOENT;
	case E_EXISTS:
		return EEXIST;
	case E_NOTDIR:
		return ENOTDIR;
	case E_ISDIR:
		return EISDIR;
	case E_NOTEMPTY:
		return ENOTEMPTY;
	case E_INVAL:
		return EINVAL;
	case E_PERM:
		return EPERM;
	case E_LOOP:
		return ELOOP;
	case E_BUSY:
		return EBUSY;
	case E_NOSPACE:
		return ENOSPC;
	default:
		return 10000 + (int)error;
	}
}

/* A path of up to three names out of few, so that operations meet. */
static void random_path(u64 *seed, char *path)
{
	static const char *const names[] = { "a", "b", "c", "d", "a-longer-name", "e" };
	u32 depth = 1 + world_random(seed) % 3;

	path[0] = 0;
	for (u32 i = 0; i < depth; i++) {
		if (i)
			strcat(path, "/");
		strcat(path, names[world_random(seed) % COUNT_OF(names)]);
	}
}

static void host_path(char *to, const char *path) { sprintf(to, "%s/%s", world.folder, path); }

/* The host's error, or 0. */
static int host_result(int result) { return result < 0 ? errno : 0; }

struct step {
	u64 seed;
	char a[128], b[128], host_a[256], host_b[256];
};

static void step_write(struct step *s)
{
	static char data[60000];
	u64 offset = world_random(&s->seed) % 4 ? world_random(&s->seed) % 20000
	                                        : world_random(&s->seed) % 3000000;
	size_t size = world_random(&s->seed) % (world_random(&s->seed) % 8 ? 3000 : sizeof(data));
	u64 count = 0;
	cap_t file = 0;

	for (size_t i = 0; i < size; i++)
		data[i] = (char)(world_random(&s->seed) % 255 + 1);
	int fd = open(s->host_a, O_WRONLY | O_CREAT, 0644);
	int expected = fd < 0 ? errno : 0;
	CHECK_EQ(error_host(w_open(s->a, OPEN_WRITE | OPEN_CREATE, 0644, &file)), expected);
	if (fd < 0)
		return;
	CHECK_EQ(pwrite(fd, data, size, (off_t)offset), size);
	for (size_t at = 0; at < size; at += count)
		CHECK_EQ(file_write(file, (i64)(offset + at), 0, data + at, size - at, &count), OK);
	close(fd);
	w_close(file);
}

static void step_truncate(struct step *s)
{
	u64 size = world_random(&s->seed) % (world_random(&s->seed) % 2 ? 5000 : 1000000);

	int expected = host_result(truncate(s->host_a, (off_t)size));
	CHECK_EQ(error_host(w_truncate(s->a, size)), expected);
}

static void step_run(struct step *s)
{
	random_path(&s->seed, s->a);
	random_path(&s->seed, s->b);
	host_path(s->host_a, s->a);
	host_path(s->host_b, s->b);
	int expected;
	switch (world_random(&s->seed) % 12) {
	case 0:
	case 1:
		expected = host_result(mkdir(s->host_a, 0755));
		CHECK_EQ(error_host(w_mkdir(s->a)), expected);
		break;
	case 2:
		expected = host_result(rmdir(s->host_a));
		CHECK_EQ(error_host(w_remove(s->a, DIR_DIRECTORY)), expected);
		break;
	case 3:
		expected = host_result(unlink(s->host_a));
		CHECK_EQ(error_host(w_remove(s->a, 0)), expected);
		break;
	case 4:
	case 5:
		expected = host_result(rename(s->host_a, s->host_b));
		CHECK_EQ(error_host(w_rename(s->a, s->b, 0)), expected);
		break;
	case 6:
		expected = host_result(link(s->host_a, s->host_b));
		CHECK_EQ(error_host(w_link(s->a, s->b)), expected);
		break;
	case 7:
		expected = host_result(symlink(s->b, s->host_a));
		CHECK_EQ(error_host(w_symlink(s->b, s->a)), expected);
		break;
	case 8:
		step_truncate(s);
		break;
	default:
		step_write(s);
	}
}

/* Compare the folder below `path` with what ext says. */
static void compare_tree(const char *path)
{
	char full[512], target[256], other[256], *data;
	struct stat hs;
	struct file_stat st;
	size_t size;

	host_path(full, path);
	CHECK_EQ(lstat(full, &hs), 0);
	CHECK_EQ(w_stat(path, DIR_NOFOLLOW, &st), OK);
	CHECK_EQ(st.mode & MODE_TYPE, hs.st_mode & S_IFMT);
	if (S_ISREG(hs.st_mode)) {
		CHECK_EQ(st.nlink, hs.st_nlink);
		CHECK_EQ(st.size, hs.st_size);
		CHECK_EQ(w_get(path, &data, &size), OK);
		FILE *f = fopen(full, "r");
		char *expected = malloc(size + 1);
		CHECK_EQ(fread(expected, 1, size, f), size);
		fclose(f);
		CHECK(memcmp(data, expected, size) == 0);
		free(expected);
		free(data);
	} else if (S_ISLNK(hs.st_mode)) {
		u64 length;
		ssize_t n = readlink(full, target, sizeof(target));
		CHECK_EQ(w_readlink(path, other, sizeof(other), &length), OK);
		CHECK_EQ(length, n);
		CHECK(memcmp(target, other, length) == 0);
	} else {
		u32 count = 0;
		DIR *dir = opendir(full);
		struct dirent *e;
		while ((e = readdir(dir))) {
			char child[600];
			if (e->d_name[0] == '.')
				continue;
			snprintf(child, sizeof(child), "%s%s%s", path, path[0] ? "/" : "",
			         e->d_name);
			compare_tree(child);
			count++;
		}
		closedir(dir);
		cap_t file;
		static char list[4096];
		u64 listed;
		CHECK_EQ(w_open(path, OPEN_READ, 0, &file), OK);
		while (file_list(file, list, sizeof(list), &listed) == OK && listed)
			for (u64 at = 0; at < listed;
			     at += ((struct file_entry *)(void *)(list + at))->size) {
				const char *name = ((struct file_entry *)(void *)(list + at))->name;
				count -= name[0] != '.' && strcmp(name, "lost+found");
			}
		w_close(file);
		CHECK_EQ(count, 0);
	}
}

TEST(random_operations_have_the_same_results_as_on_linux)
{
	for (size_t kind = 0; kind < COUNT_OF(kinds); kind++) {
		for (u64 run = 0; run < 4; run++) {
			struct step s = { .seed = 1000 * kind + run };
			world_make(kinds[kind], "64M");
			for (int i = 0; i < 1500; i++) {
				step_run(&s);
				if (i % 500 == 499)
					world_check();
			}
			compare_tree("");
			world_check();
			compare_tree("");
			world_end();
		}
	}
}

/* --- full --- */

TEST(a_full_disk_says_so_and_stays_whole)
{
	static char block[100000];

	for (size_t kind = 0; kind < COUNT_OF(kinds); kind++) {
		char name[64];
		err_t error = OK;
		u64 seed = kind;
		world_make(kinds[kind], "4M");
		for (int i = 0; !error; i++) {
			snprintf(name, sizeof(name), "f%d", i);
			error = w_put(name, block, world_random(&seed) % sizeof(block));
		}
		CHECK_EQ(error, E_NOSPACE);
		/* What needs a block fails, what does not goes on. */
		for (int i = 0; i < 300; i++) {
			snprintf(name, sizeof(name), "d%d", i);
			error = w_mkdir(name);
			CHECK(error == OK || error == E_NOSPACE);
			snprintf(name, sizeof(name), "s%d", i);
			error = w_symlink("a-target-that-is-too-long-to-be-kept-in-the-inode-"
			                  "itself-and-needs-a-block",
			                  name);
			CHECK(error == OK || error == E_NOSPACE);
			snprintf(name, sizeof(name), "a-rather-long-name-for-an-empty-file-%d", i);
			error = w_put(name, "", 0);
			CHECK(error == OK || error == E_NOSPACE);
		}
		CHECK(w_put("f0", block, sizeof(block)) != E_CORRUPT);
		world_check();
		CHECK_EQ(w_remove("f1", 0), OK);
		CHECK_EQ(w_remove("f2", 0), OK);
		CHECK_EQ(w_put("again", block, 10000), OK);
		world_check();
		world_end();
	}
}

TEST(a_full_inode_table_says_so_and_stays_whole)
{
	for (size_t kind = 0; kind < COUNT_OF(kinds); kind++) {
		char options[256], name[64];
		err_t error = OK;
		int count = 0;
		snprintf(options, sizeof(options), "%s -N 256", kinds[kind]);
		world_make(options, "8M");
		for (; !error; count++) {
			snprintf(name, sizeof(name), "f%d", count);
			error = w_put(name, "x", 1);
		}
		CHECK_EQ(error, E_NOSPACE);
		CHECK(count > 200);
		CHECK_EQ(w_mkdir("d"), E_NOSPACE);
		world_check();
		CHECK_EQ(w_remove("f10", 0), OK);
		CHECK_EQ(w_mkdir("d"), OK);
		world_check();
		world_end();
	}
}

/* --- crashes and errors --- */

TEST(what_was_unlinked_but_open_is_ended_after_a_crash)
{
	static char block[50000];
	cap_t a, b, c;

	world_make(kinds[0], "16M");
	CHECK_EQ(w_put("a", block, sizeof(block)), OK);
	CHECK_EQ(w_put("b", block, sizeof(block)), OK);
	CHECK_EQ(w_put("c", block, sizeof(block)), OK);
	CHECK_EQ(w_open("a", OPEN_READ, 0, &a), OK);
	CHECK_EQ(w_open("b", OPEN_READ, 0, &b), OK);
	CHECK_EQ(w_open("c", OPEN_READ, 0, &c), OK);
	CHECK_EQ(w_remove("a", 0), OK);
	CHECK_EQ(w_remove("b", 0), OK);
	CHECK_EQ(w_remove("c", 0), OK);
	w_close(b); /* out of the middle of the list */
	CHECK_EQ(w_sync(), OK);
	world_drop();
	CHECK_EQ(host("cp %s %s/copy", world.image, world.folder), 0);
	/* e2fsck can do it. */
	CHECK_EQ(world_fsck("-fy") & ~1, 0);
	CHECK_EQ(world_fsck("-fn"), 0);
	/* And so can we. */
	CHECK_EQ(host("cp %s/copy %s", world.folder, world.image), 0);
	world_mount();
	u64 free_blocks = world.ext.free_blocks;
	CHECK_EQ(w_put("d", block, sizeof(block)), OK);
	CHECK_EQ(w_remove("d", 0), OK);
	CHECK_EQ(world.ext.free_blocks, free_blocks);
	CHECK_EQ(w_sync(), OK);
	world_drop();
	CHECK_EQ(world_fsck("-fy") & ~1, 0);
	CHECK_EQ(host("grep -qi 'orphan\\|Deleted\\|incorrect\\|wrong\\|differences' %s.fsck",
	              world.folder),
	         1);
	world_end();
}

TEST(a_failing_disk_gives_errors_and_nothing_else)
{
	static char block[30000];

	for (long after = 0; after < 60; after++) {
		char *data;
		size_t size;
		u64 seed = (u64)after;
		world_make(kinds[(size_t)after % COUNT_OF(kinds)], "4M");
		CHECK_EQ(w_mkdir("d"), OK);
		CHECK_EQ(w_put("d/f", block, sizeof(block)), OK);
		CHECK_EQ(w_sync(), OK);
		world_drop();
		world_mount();
		fake_disk_fail_after(world.disk, after / 3);
		for (int i = 0; i < 20; i++) {
			char name[16];
			snprintf(name, sizeof(name), "d/g%u", world_random(&seed) % 10);
			err_t error = w_put(name, block, world_random(&seed) % sizeof(block));
			CHECK(error == OK || error == E_IO);
			error = w_get("d/f", &data, &size);
			if (!error)
				free(data);
			error = w_remove(name, 0);
			error = w_sync();
		}
		fake_disk_fail_after(world.disk, -1);
		world_drop();
		CHECK_EQ(world_fsck("-fy") & ~5, 0);
		world_end();
	}
}

/* --- damage --- */

/* Do a little of everything, and believe nothing. */
static void poke(u64 *seed)
{
	static const char *const paths[] = { "",     "a",    "a/b",        "a/large",   "a/b/small",
		                             "link", "long", "lost+found", "a/indirect" };
	char *data, buffer[1024];
	struct file_stat st;
	size_t size;
	u64 length;
	cap_t file;

	for (int i = 0; i < 12; i++) {
		const char *path = paths[world_random(seed) % COUNT_OF(paths)];
		err_t error = w_stat(path, 0, &st);
		if (!error && (st.mode & MODE_TYPE) == MODE_FILE && st.size < 4 << 20 &&
		    w_get(path, &data, &size) == OK)
			free(data);
		error = w_readlink(path, buffer, sizeof(buffer), &length);
		if (w_open(path, OPEN_READ, 0, &file) == OK) {
			for (int n = 0;
			     n < 20 && !file_list(file, buffer, sizeof(buffer), &length) && length;
			     n++)
				;
			w_close(file);
		}
		switch (world_random(seed) % 6) {
		case 0:
			error = w_put("a/new", "new", 3);
			break;
		case 1:
			error = w_truncate(path, world_random(seed) % 100000);
			break;
		case 2:
			error = w_remove(path, world_random(seed) % 2 ? DIR_DIRECTORY : 0);
			break;
		case 3:
			error = w_mkdir("a/b/dir");
			break;
		case 4:
			error = w_rename(path, "a/moved", 0);
			break;
		case 5:
			error = w_link(path, "another");
			break;
		}
	}
	err_t error = w_sync();
	(void)error;
}

/* Bytes of structure: superblock, descriptors, bitmaps, inodes, directories: they all lie near the
 * start of a small image. */
static void damage(u64 *seed, const char *pristine, size_t size)
{
	char *copy = malloc(size);

	memcpy(copy, pristine, size);
	for (u32 n = 1 + world_random(seed) % 20; n > 0; n--) {
		size_t limit = world_random(seed) % 2 ? 60 << 10 : size;
		size_t at = world_random(seed) % limit;
		switch (world_random(seed) % 4) {
		case 0:
			copy[at] = (char)world_random(seed);
			break;
		case 1:
			copy[at] = (char)(copy[at] ^ (1 << world_random(seed) % 8));
			break;
		case 2:
			memset(copy + at / 4 * 4, world_random(seed) % 2 ? 0xff : 0, 4);
			break;
		case 3:
			memcpy(copy + at / 4 * 4, copy + world_random(seed) % (limit / 4) * 4, 4);
			break;
		}
	}
	/* Mostly leave the superblock as it is, or nothing else is ever reached. */
	if (world_random(seed) % 8)
		memcpy(copy + 1024, pristine + 1024, 1024);
	FILE *f = fopen(world.image, "w");
	CHECK_EQ(fwrite(copy, 1, size, f), size);
	fclose(f);
	free(copy);
}

TEST(a_damaged_image_never_crashes_the_server)
{
	const char *rounds = getenv("EXT_FUZZ_ROUNDS");
	int count = rounds ? atoi(rounds) : 400;

	for (size_t kind = 0; kind < COUNT_OF(kinds); kind++) {
		char options[256];
		u64 seed = 77 + kind;
		host("rm -rf /tmp/drove-src-%d; mkdir -p /tmp/drove-src-%d/a/b; cd "
		     "/tmp/drove-src-%d; "
		     "head -c 30000 /dev/zero | tr '\\0' x > a/large; echo hello > a/b/small; ln "
		     "-s a/b/small link; "
		     "ln -s $(head -c 200 /dev/zero | tr '\\0' y) long; for i in $(seq 100); do : "
		     "> a/file-$i; done; "
		     "for i in $(seq 0 2 400); do echo x | dd of=a/indirect bs=1024 seek=$i "
		     "conv=notrunc 2>/dev/null; done",
		     getpid(), getpid(), getpid());
		snprintf(options, sizeof(options), "%s -N 256 -d /tmp/drove-src-%d", kinds[kind],
		         getpid());
		world_make_image(options, "1M");
		host("rm -rf /tmp/drove-src-%d", getpid());
		FILE *f = fopen(world.image, "r");
		size_t size = 1 << 20;
		char *pristine = malloc(size);
		CHECK_EQ(fread(pristine, 1, size, f), size);
		fclose(f);
		for (int i = 0; i < count; i++) {
			const char *why;
			damage(&seed, pristine, size);
			if (world_try_mount(world_random(&seed) % 8 == 0, &why))
				continue;
			poke(&seed);
			world_drop();
		}
		free(pristine);
		world_end();
	}
}
