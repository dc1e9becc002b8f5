/* SPDX-License-Identifier: MIT */
/* The strings of an exec request. */
#include "process/pack.h"

#include <stdlib.h>

#include "test.h"

/* Put a request together as exec.c does. */
static struct pack request(char *buffer, u64 limit, const char *path, const char *const *arguments,
                           const char *const *environment)
{
	struct pack pack;

	pack_start(&pack, buffer, limit);
	struct exec_arguments *header = pack_header(&pack);
	CHECK(pack_string(&pack, path));
	header->name_size = (u32)strlen(path) + 1;
	for (; *arguments; arguments++, header->arguments++)
		CHECK(pack_string(&pack, *arguments));
	for (; *environment; environment++, header->environment++)
		CHECK(pack_string(&pack, *environment));
	return pack;
}

/* String number `index` behind the header: 0 is the name. */
static const char *nth(const struct pack *pack, u32 index)
{
	const char *string = pack->buffer + sizeof(struct exec_arguments);

	while (index--)
		string += strlen(string) + 1;
	return string;
}

TEST(a_script_is_run_by_its_interpreter)
{
	_Alignas(8) char buffer[256];
	struct pack pack = request(buffer, sizeof(buffer), "/home/run",
	                           (const char *[]){ "run", "-x", "y", NULL },
	                           (const char *[]){ "A=1", NULL });

	CHECK(pack_script(&pack, "/bin/sh", "-e", "/home/run"));
	CHECK_EQ(pack_header(&pack)->arguments, 5);
	CHECK_STR(nth(&pack, 0), "/home/run");
	CHECK_STR(nth(&pack, 1), "/bin/sh");
	CHECK_STR(nth(&pack, 2), "-e");
	CHECK_STR(nth(&pack, 3), "/home/run");
	CHECK_STR(nth(&pack, 4), "-x");
	CHECK_STR(nth(&pack, 5), "y");
	CHECK_STR(nth(&pack, 6), "A=1");
	CHECK(nth(&pack, 7) == pack.buffer + pack.at);
}

TEST(an_interpreter_may_be_a_script_itself)
{
	_Alignas(8) char buffer[256];
	struct pack pack = request(buffer, sizeof(buffer), "/a", (const char *[]){ "a", NULL },
	                           (const char *[]){ NULL });

	CHECK(pack_script(&pack, "/b", "", "/a"));
	CHECK(pack_script(&pack, "/bin/sh", "", "/b"));
	CHECK_EQ(pack_header(&pack)->arguments, 3);
	CHECK_STR(nth(&pack, 1), "/bin/sh");
	CHECK_STR(nth(&pack, 2), "/b");
	CHECK_STR(nth(&pack, 3), "/a");
}

TEST(a_script_without_any_argument_gets_its_own)
{
	_Alignas(8) char buffer[256];
	struct pack pack = request(buffer, sizeof(buffer), "/a", (const char *[]){ NULL },
	                           (const char *[]){ "B=2", NULL });

	CHECK(pack_script(&pack, "/bin/sh", "", "/a"));
	CHECK_EQ(pack_header(&pack)->arguments, 2);
	CHECK_STR(nth(&pack, 3), "B=2");
}

TEST(what_does_not_fit_is_refused_at_every_size)
{
	for (u64 limit = sizeof(struct exec_arguments) + 12; limit < 120; limit++) {
		char *buffer = aligned_alloc(8, 128);
		struct pack pack = request(buffer, limit, "/a", (const char *[]){ "run", NULL },
		                           (const char *[]){ "A=1", NULL });
		u64 needed = pack.at + 8 + 3 + 3 - 4; /* "/bin/sh", "-e", "/a" for "run" */
		bool done = pack_script(&pack, "/bin/sh", "-e", "/a");
		CHECK_EQ(done, needed <= limit);
		CHECK(pack.at <= limit);
		CHECK_STR(nth(&pack, done ? 4 : 2), "A=1");
		free(buffer);
	}
}

TEST(what_follows_the_strings_is_aligned)
{
	_Alignas(8) char buffer[256];
	struct pack pack = request(buffer, sizeof(buffer), "/abc", (const char *[]){ "x", NULL },
	                           (const char *[]){ NULL });
	u64 end = pack.at;

	CHECK_EQ(pack_end(&pack) % 8, 0);
	CHECK_EQ(pack_header(&pack)->strings_size, end - sizeof(struct exec_arguments));
}
