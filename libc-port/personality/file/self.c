/* SPDX-License-Identifier: MIT */
/* The links in /proc/self, which say what the process itself knows best: answered here, so that
 * they exist without a procfs too. */
#include "core/text.h"
#include "file/walk.h"
#include "process/process.h"

static bool name_is(const char *path, const char *name, const char **rest)
{
	size_t size = strlen(name);

	if (memcmp(path, name, size) || (path[size] && path[size] != '/'))
		return false;
	*rest = path + size;
	return true;
}

/* Replace what stands before `rest` by `target`. */
static bool link_replace(char *path, const char *target, const char *rest)
{
	size_t size = strlen(target), rest_size = strlen(rest) + 1;

	if (size + rest_size > PATH_MAX)
		return false;
	memmove(path + size, rest, rest_size);
	memcpy(path, target, size);
	return true;
}

bool self_link(char *path, i32 *fd)
{
	const char *name = path + sizeof("/proc/self/") - 1, *rest;

	*fd = -1;
	if (memcmp(path, "/proc/self/", sizeof("/proc/self/") - 1))
		return false;
	if (name_is(name, "exe", &rest))
		return process_path[0] && link_replace(path, process_path, rest);
	if (name_is(name, "cwd", &rest))
		return link_replace(path, cwd.path, rest);
	if (name_is(name, "root", &rest))
		return link_replace(path, "/", rest);
	if (memcmp(name, "fd/", 3))
		return false;
	size_t digits = 0;
	while (name[3 + digits] && name[3 + digits] != '/')
		digits++;
	i64 number = text_number(name + 3, digits);
	if (number < 0 || name[3 + digits])
		return false;
	*fd = (i32)number;
	return true;
}
