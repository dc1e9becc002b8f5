/* SPDX-License-Identifier: MIT */
/* Paths as text: joining and normalising. */
#include "core/text.h"
#include "file/walk.h"

/* Append one component to a normalised absolute path of `size` bytes. */
static i64 path_step(char *buffer, i64 size, const char *name, i64 name_size)
{
	if (name_size == 0 || (name_size == 1 && name[0] == '.'))
		return size;
	if (name_size == 2 && name[0] == '.' && name[1] == '.') {
		while (size > 0 && buffer[--size] != '/')
			;
		return size;
	}
	if (size + 1 + name_size >= PATH_MAX)
		return -ENAMETOOLONG;
	buffer[size++] = '/';
	memcpy(buffer + size, name, (size_t)name_size);
	return size + name_size;
}

static i64 path_append(char *buffer, i64 size, const char *path)
{
	while (*path && size >= 0) {
		const char *end = path;
		while (*end && *end != '/')
			end++;
		size = path_step(buffer, size, path, end - path);
		path = *end ? end + 1 : end;
	}
	return size;
}

i64 path_join(const char *base, const char *path, char *buffer)
{
	i64 size = 0;

	if (path[0] != '/')
		size = path_append(buffer, 0, base);
	if (size >= 0)
		size = path_append(buffer, size, path);
	if (size < 0)
		return size;
	if (size == 0)
		buffer[size++] = '/';
	buffer[size] = 0;
	return size;
}
