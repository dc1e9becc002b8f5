/* SPDX-License-Identifier: MIT */
/* Joining paths as text. */
#include "file/walk.h"

#include "test.h"

static const char *join(const char *base, const char *path)
{
	static char buffer[PATH_MAX];
	i64 size = path_join(base, path, buffer);

	if (size < 0)
		return "(error)";
	return (size_t)size == strlen(buffer) ? buffer : "(wrong size)";
}

TEST(relative_paths_continue_the_base)
{
	CHECK_STR(join("/usr", "bin"), "/usr/bin");
	CHECK_STR(join("/", "bin"), "/bin");
	CHECK_STR(join("/usr", ""), "/usr");
	CHECK_STR(join("/usr", "."), "/usr");
}

TEST(absolute_paths_stand_alone)
{
	CHECK_STR(join("/usr", "/bin/sh"), "/bin/sh");
	CHECK_STR(join("/usr", "/"), "/");
	CHECK_STR(join("/usr", "//a///b/"), "/a/b");
}

TEST(dots_go_and_stop_at_the_root)
{
	CHECK_STR(join("/a/b/c", "../d"), "/a/b/d");
	CHECK_STR(join("/a", "../../../.."), "/");
	CHECK_STR(join("/a", ".././b/./../c"), "/c");
	CHECK_STR(join("/a", "..b"), "/a/..b");
	CHECK_STR(join("/a", "..."), "/a/...");
	CHECK_STR(join("/tmp", ".."), "/");
}

TEST(too_long_a_path_is_refused_not_cut)
{
	char base[PATH_MAX], name[PATH_MAX], buffer[PATH_MAX];

	memset(base, 'a', sizeof(base));
	base[0] = '/';
	for (size_t size = PATH_MAX - 8; size < PATH_MAX; size++) {
		memset(base, 'a', sizeof(base));
		base[0] = '/';
		base[size] = 0;
		for (size_t more = 1; more < 12; more++) {
			memset(name, 'b', more);
			name[more] = 0;
			i64 result = path_join(base, name, buffer);
			if (size + 1 + more < PATH_MAX)
				CHECK_EQ(result, size + 1 + more);
			else
				CHECK_EQ(result, -ENAMETOOLONG);
		}
	}
}
