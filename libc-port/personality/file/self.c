/* SPDX-License-Identifier: MIT */
/* The links in /proc/self, which say what the process itself knows best: answered here, at once,
 * and without a procfs too. Everything else there is procfs's business, by the process's number. */
#include "core/text.h"
#include "file/walk.h"
#include "process/process.h"
#include "proto/file.h"

static bool name_is(const char *path, const char *name, const char **rest)
{
	size_t size = strlen(name);

	if (strlen(path) < size || memcmp(path, name, size) || (path[size] && path[size] != '/'))
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

/* "/proc/" and this process's number. */
static void self_base(struct text *text)
{
	text_put(text, "/proc/");
	text_put_decimal(text, (i64)process_page->pid);
}

/* The links in /dev that lead to descriptors (devfs has them for those who list it). */
static void self_device(char *path, bool follow)
{
	static const struct {
		const char *name, *target;
	} links[] = { { "/dev/fd", "/proc/self/fd" },
		      { "/dev/stdin", "/proc/self/fd/0" },
		      { "/dev/stdout", "/proc/self/fd/1" },
		      { "/dev/stderr", "/proc/self/fd/2" } };
	const char *rest;

	for (u32 i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		if (name_is(path, links[i].name, &rest) && (follow || *rest)) {
			(void)link_replace(path, links[i].target, rest);
			return;
		}
	}
}

bool self_name(char *path, bool follow)
{
	char own[64];
	struct text text = { own, own + sizeof(own) - 1 };
	const char *rest;

	if (!memcmp(path, "/dev/", 5))
		self_device(path, follow);
	self_base(&text);
	if (name_is(path, "/proc/thread-self", &rest)) {
		text_put(&text, "/task/");
		text_put_decimal(&text, (i64)self()->id);
	} else if (!name_is(path, "/proc/self", &rest)) {
		return false;
	}
	*text.at = 0;
	return (follow || *rest) && link_replace(path, own, rest);
}

/* What follows "/proc/self/", or the same by number; NULL: neither. */
static const char *self_inside(const char *path)
{
	char own[32];
	struct text text = { own, own + sizeof(own) - 1 };
	const char *rest;

	self_base(&text);
	*text.at = 0;
	if (!name_is(path, own, &rest) && !name_is(path, "/proc/self", &rest))
		return NULL;
	return *rest ? rest + 1 : NULL;
}

bool self_link(char *path, i32 *fd)
{
	const char *name, *rest;

	*fd = -1;
	if (memcmp(path, "/proc/", sizeof("/proc/") - 1) || !(name = self_inside(path)))
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

/* --- names of descriptors --- */

static bool name_by_number(const struct file *file, char *path)
{
	struct text text = { path, path + PATH_MAX - 1 };
	struct file_stat st;

	if (file_stat(file->cap, &st, sizeof(st)))
		return false;
	text_put(&text, file_is(file, S_IFIFO)    ? "pipe:["
	                : file_is(file, S_IFSOCK) ? "socket:["
	                                          : "anon_inode:[");
	text_put_decimal(&text, (i64)st.ino);
	text_put(&text, "]");
	*text.at = 0;
	return true;
}

RARE bool file_name(const struct file *file, char *path)
{
	char inside[PATH_MAX];
	bool named = false;
	u64 size;

	if (!(file->mode & S_IFMT) && !file_path(file->cap, path, PATH_MAX - 1, &size) &&
	    size < PATH_MAX) {
		path[size] = 0;
		return true;
	}
	if (!file_is(file, S_IFIFO) && !file_is(file, S_IFSOCK) &&
	    !file_path(file->cap, inside, sizeof(inside) - 1, &size) && size < sizeof(inside)) {
		inside[size] = 0;
		if (size || file->mount)
			named = path_join(mounts[file->mount], inside + (inside[0] == '/'), path) >
			        0;
	}
	return named || name_by_number(file, path);
}

bool descriptor_name(u32 fd, char *path)
{
	struct file *file = descriptor_get(fd);

	if (!file)
		return false;
	bool named = file_name(file, path);
	file_put(file);
	return named;
}
