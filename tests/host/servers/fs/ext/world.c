/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/lib/internal.h"

struct world world;

int host(const char *format, ...)
{
	char command[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	int status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

void world_make_image(const char *options, const char *size)
{
	snprintf(world.image, sizeof(world.image), "/tmp/drove-ext-%d.img", getpid());
	snprintf(world.folder, sizeof(world.folder), "/tmp/drove-ext-%d.dir", getpid());
	CHECK_EQ(host("rm -rf %s %s; mkdir %s", world.image, world.folder, world.folder), 0);
	CHECK_EQ(host("/sbin/mke2fs -q -F %s %s %s >/dev/null 2>&1", options, world.image, size), 0);
}

err_t world_try_mount(bool readonly, const char **why)
{
	world.disk = fake_disk_open(world.image);
	err_t error = ext_mount(&world.ext, world.disk, 256, readonly, why);
	if (error) {
		ext_unmount(&world.ext);
		fake_disk_close(world.disk);
		return error;
	}
	fake_reset(NULL, NULL);
	world.ext.fs.top = true;
	fs_init(&world.ext.fs);
	fs_serve_with(&world.ext.fs, &fake.server);
	world.mounted = true;
	return OK;
}

void world_mount(void)
{
	const char *why;

	if (world_try_mount(false, &why))
		TEST_FAIL("cannot mount: %s", why);
}

void world_make(const char *options, const char *size)
{
	world_make_image(options, size);
	world_mount();
}

void world_drop(void)
{
	struct open_file *top = world.ext.fs.top_open;

	world.ext.fs.open_count++;
	world.ext.fs.root->opens++;
	open_put(top);
	free(world.ext.fs.maps);
	ext_unmount(&world.ext);
	fake_disk_close(world.disk);
	world.mounted = false;
}

int world_fsck(const char *options)
{
	return host("/sbin/e2fsck %s %s > %s.fsck 2>&1", options, world.image, world.folder);
}

void world_check(void)
{
	CHECK_EQ(w_sync(), OK);
	world_drop();
	int status = world_fsck("-fn");
	if (status)
		host("sed 's/^/# /' %s.fsck", world.folder);
	CHECK_EQ(status, 0);
	CHECK_EQ(host("/sbin/dumpe2fs -h %s 2>/dev/null | grep -q 'state: *clean$'", world.image), 0);
	world_mount();
}

void world_end(void)
{
	if (world.mounted)
		world_drop();
	host("rm -rf %s %s %s.fsck", world.image, world.folder, world.folder);
}

u32 world_random(u64 *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return (u32)(*state >> 33);
}

/* --- calls --- */

static char rest[DIR_PATH_MAX];

err_t w_open(const char *path, u32 flags, u32 mode, cap_t *file)
{
	u32 mode_out;
	err_t error = dir_open(0, flags, mode, path, strlen(path), rest, sizeof(rest), file, &mode_out);

	*file &= ~CAP_MOVE;
	return error;
}

void w_close(cap_t file) { fake_close(file); }

err_t w_make(const char *path, u32 mode, u64 rdev)
{
	return dir_make(0, mode, rdev, path, strlen(path), rest, sizeof(rest));
}

err_t w_mkdir(const char *path) { return w_make(path, MODE_DIR | 0755, 0); }

err_t w_remove(const char *path, u32 flags)
{
	return dir_remove(0, flags, path, strlen(path), rest, sizeof(rest));
}

static size_t two(char *to, const char *a, const char *b)
{
	strcpy(to, a);
	strcpy(to + strlen(a) + 1, b);
	return strlen(a) + 1 + strlen(b);
}

err_t w_rename(const char *from, const char *to, u32 flags)
{
	static char paths[2 * DIR_PATH_MAX];

	return dir_rename(0, 0, flags, paths, two(paths, from, to), rest, sizeof(rest));
}

err_t w_link(const char *from, const char *to)
{
	static char paths[2 * DIR_PATH_MAX];

	return dir_link(0, 0, DIR_NOFOLLOW, paths, two(paths, from, to), rest, sizeof(rest));
}

err_t w_symlink(const char *target, const char *path)
{
	static char paths[2 * DIR_PATH_MAX];

	return dir_symlink(0, paths, two(paths, target, path), rest, sizeof(rest));
}

err_t w_stat(const char *path, u32 flags, struct file_stat *st)
{
	static struct file_stat out[1 + sizeof(rest) / sizeof(*st)];
	err_t error = dir_stat(0, flags, path, strlen(path), out, sizeof(out));

	*st = out[0];
	return error;
}

err_t w_readlink(const char *path, char *target, size_t size, u64 *length)
{
	return dir_readlink(0, path, strlen(path), target, size, length);
}

err_t w_truncate(const char *path, u64 size)
{
	struct file_attributes set = { .mask = FILE_SET_SIZE, .size = size };

	return dir_set(0, &set, path, strlen(path), rest, sizeof(rest));
}

err_t w_put(const char *path, const void *data, size_t size)
{
	cap_t file;
	u64 done = 0;
	err_t error = w_open(path, OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE, 0644, &file);

	for (size_t at = 0; !error && at < size; at += done)
		error = file_write(file, FILE_POSITION, 0, (const char *)data + at, size - at, &done);
	if (file)
		w_close(file);
	return error;
}

err_t w_get(const char *path, char **data, size_t *size)
{
	struct file_stat st;
	cap_t file;
	u64 done = 1;
	err_t error = w_open(path, OPEN_READ, 0, &file);

	if (error)
		return error;
	CHECK_EQ(file_stat(file, &st, sizeof(st)), OK);
	*data = malloc(st.size + 1);
	*size = 0;
	while (!error && done && *size < st.size) {
		error = file_read(file, FILE_POSITION, 0, *data + *size, st.size - *size, &done);
		*size += done;
	}
	w_close(file);
	if (error)
		free(*data);
	return error;
}

err_t w_sync(void) { return dir_sync(0); }
