/* SPDX-License-Identifier: MIT */
#include "calls.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

u64 w_cross_kind;
char w_rest[DIR_PATH_MAX + 1];

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

u32 world_random(u64 *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return (u32)(*state >> 33);
}

/* --- calls --- */

err_t w_open(const char *path, u32 flags, u32 mode, cap_t *file)
{
	u32 mode_out;
	*file = 0;
	err_t error =
	        dir_open(0, flags, mode, path, strlen(path), w_rest, DIR_PATH_MAX, file, &mode_out);

	*file &= ~CAP_MOVE;
	return error;
}

void w_close(cap_t file) { fake_close(file); }

err_t w_make(const char *path, u32 mode, u64 rdev)
{
	return dir_make(0, mode, rdev, path, strlen(path), w_rest, DIR_PATH_MAX);
}

err_t w_mkdir(const char *path) { return w_make(path, MODE_DIR | 0755, 0); }

err_t w_remove(const char *path, u32 flags)
{
	return dir_remove(0, flags, path, strlen(path), w_rest, DIR_PATH_MAX);
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

	return dir_rename(0, 0, flags, paths, two(paths, from, to), w_rest, DIR_PATH_MAX);
}

err_t w_link(const char *from, const char *to)
{
	static char paths[2 * DIR_PATH_MAX];

	return dir_link(0, 0, DIR_NOFOLLOW, paths, two(paths, from, to), w_rest, DIR_PATH_MAX);
}

err_t w_symlink(const char *target, const char *path)
{
	static char paths[2 * DIR_PATH_MAX];

	return dir_symlink(0, paths, two(paths, target, path), w_rest, DIR_PATH_MAX);
}

err_t w_stat(const char *path, u32 flags, struct file_stat *st)
{
	static struct file_stat out[1 + DIR_PATH_MAX / sizeof(*st)];
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

	return dir_set(0, &set, path, strlen(path), w_rest, DIR_PATH_MAX);
}

err_t w_put(const char *path, const void *data, size_t size)
{
	cap_t file;
	u64 done = 0;
	err_t error = w_open(path, OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE, 0644, &file);

	for (size_t at = 0; !error && at < size; at += done)
		error = file_write(file, FILE_POSITION, 0, (const char *)data + at, size - at,
		                   &done);
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
