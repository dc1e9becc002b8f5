/* SPDX-License-Identifier: MIT */
/* The real manifest, small ones, and rubbish. */
#include "lib/manifest/manifest.h"

#include <stdlib.h>

#include "abi/syscalls.h"
#include "host/test.h"

enum { TEXT_MAX = 32 << 10 };

static struct manifest manifest;
static struct manifest_error error;
static char text[TEXT_MAX + 1];

static err_t parse(const char *source, const char *command_line)
{
	strcpy(text, source);
	return manifest_parse(&manifest, text, strlen(source), command_line, &error);
}

/* The manifest as the image has it; tests run from the top of the tree. */
static size_t read_real(void)
{
	FILE *file = fopen("rootfs/boot.manifest", "r");
	size_t size = file ? fread(text, 1, TEXT_MAX, file) : 0;
	if (file)
		fclose(file);
	return size;
}

TEST(the_real_manifest_is_understood_in_both_ways_to_boot)
{
	static const char *const lines[] = { "", "rescue" };
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		size_t size = read_real();
		CHECK(size > 0);
		err_t result = manifest_parse(&manifest, text, size, lines[i], &error);
		if (result)
			printf("# line %u: %s\n", error.line, error.text);
		CHECK_EQ(result, OK);
		CHECK(manifest.root < manifest.server_count);
		CHECK(manifest_find(&manifest, "proc") < manifest.server_count);
		CHECK_EQ(manifest_find(&manifest, "virtio_blk") < manifest.server_count, i == 0);
		CHECK_EQ(manifest.step[manifest.step_count - 1].kind, STEP_START);
		CHECK_EQ(manifest_find(&manifest, "ext"),
		         i == 0 ? manifest.root : manifest_find(&manifest, "rescue"));
	}
}

TEST(a_server_is_all_that_its_lines_say)
{
	CHECK_EQ(parse("server a\n image x # y\n\tbank 64K 0x2000\n priority 3\n ready 7\n "
	               "argument p q\n argument r\n environment E=1\n"
	               " grant g gate b 5\n grant i io 0x3f8 8\n grant n interrupt 4 level low\n "
	               "grant p physical 0x1000 4096 dma\n"
	               " grant m machine\n grant f file z\n grant k bank rest 0\n grant s schedule "
	               "9\n"
	               "server b\n",
	               ""),
	         OK);
	const struct manifest_server *a = &manifest.server[0];
	CHECK_STR(a->image, "x");
	CHECK_EQ(a->limit, 16);
	CHECK_EQ(a->reserve, 2);
	CHECK_EQ(a->priority, 3);
	CHECK_EQ(a->ready_seconds, 7);
	CHECK_EQ(a->argument_count, 3);
	CHECK_STR(a->argument[2], "r");
	CHECK_STR(a->environment[0], "E=1");
	CHECK_EQ(a->grant_count, 8);
	const struct manifest_grant *g = &manifest.grant[a->grant_first];
	CHECK_EQ(g[0].server, 1);
	CHECK_EQ(g[0].number[0], 5);
	CHECK_EQ(g[1].number[1], 8);
	CHECK_EQ(g[2].number[1], INTERRUPT_LEVEL | INTERRUPT_LOW);
	CHECK_EQ(g[3].number[2], 1);
	CHECK_EQ(g[6].number[0], MANIFEST_REST);
	CHECK_STR(manifest.server[1].image, "b");
	CHECK_EQ(manifest.server[1].priority, 16);
}

TEST(a_server_may_renew_one_further_down)
{
	CHECK_EQ(parse("server a\n renews b\nserver b\n", ""), OK);
	CHECK_EQ(manifest.server[0].renews, 1);
	CHECK_EQ(manifest.server[1].renews, 2);
	CHECK_EQ(parse("server a\n renews c\n", ""), E_INVAL);
}

TEST(what_replaces_a_server_that_is_left_out_is_found_under_its_name)
{
	static const char source[] = "unless x\nserver a\nalways\nserver b\n replaces a\n"
	                             "server c\n grant g gate a\nroot a\nattach /p a\n";

	CHECK_EQ(parse(source, ""), OK);
	CHECK_EQ(manifest.server[1].replaces, 0);
	CHECK_EQ(manifest.server[0].replaces, 3);
	CHECK_EQ(manifest.grant[0].server, 0);
	CHECK_EQ(manifest.root, 0);
	CHECK_EQ(parse(source, "x"), OK);
	CHECK_EQ(manifest.server[0].replaces, 2);
	CHECK_EQ(manifest.grant[0].server, 0);
	CHECK_EQ(manifest.root, 0);
	CHECK_EQ(manifest.step[2].server, 0);
	CHECK_EQ(parse("server a\n replaces a\n", ""), E_INVAL);
}

TEST(conditions_follow_the_command_line)
{
	static const char source[] =
	        "when x\nserver a\nunless x\nserver b\n bank 4K 0\nalways\nserver c\n";
	CHECK_EQ(parse(source, "quiet x"), OK);
	CHECK_EQ(manifest.server_count, 2);
	CHECK_STR(manifest.server[0].name, "a");
	CHECK_EQ(parse(source, "xx quiet"), OK);
	CHECK_STR(manifest.server[0].name, "b");
}

TEST(steps_keep_their_order)
{
	CHECK_EQ(parse("server a\nserver b\nroot a\nattach /dev b\nattach /x supervisor\nattach /y "
	               "b 7\nstart /sbin/init init -x\n",
	               ""),
	         OK);
	CHECK_EQ(manifest.step_count, 6);
	CHECK_EQ(manifest.root, 0);
	CHECK_EQ(manifest.step[2].kind, STEP_ATTACH);
	CHECK_EQ(manifest.step[2].server, 1);
	CHECK_STR(manifest.step[2].path, "/dev");
	CHECK_EQ(manifest.step[3].server, MANIFEST_SUPERVISOR);
	CHECK_EQ(manifest.step[4].label, 7);
	CHECK_EQ(manifest.step[5].argument_count, 2);
	CHECK_STR(manifest.step[5].argument[1], "-x");
}

TEST(mistakes_are_named_with_their_line)
{
	static const struct {
		const char *source;
		u32 line;
	} wrong[] = {
		{ "\nnonsense\n", 2 },
		{ "bank 4K 0\n", 1 },
		{ "server a\nserver a\n", 2 },
		{ "server a\nbank 4K 8K\n", 2 },
		{ "server a\nbank 5 0\n", 2 },
		{ "server a\nbank 4Q 0\n", 2 },
		{ "server a\nbank 99999999999999999999 0\n", 2 },
		{ "server a\npriority 32\n", 2 },
		{ "server a\npriority\n", 2 },
		{ "server a\ngrant x\n", 2 },
		{ "server a\ngrant x what 1\n", 2 },
		{ "server a\n\ngrant x gate b\n", 3 },
		{ "server a\ngrant x io 0x10000 1\n", 2 },
		{ "server a\ngrant x io 0xffff 2\n", 2 },
		{ "server a\ngrant x interrupt 4 loud\n", 2 },
		{ "server a\ngrant x physical 0\n", 2 },
		{ "server a\nargument 1 2 3 4 5 6 7 8 9\n", 2 },
		{ "attach / nobody\n", 1 },
		{ "root nobody\n", 1 },
		{ "server 1 2 3 4 5 6 7 8 9 10 11 12 13\n", 1 },
	};
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		CHECK_EQ(parse(wrong[i].source, ""), E_INVAL);
		CHECK_EQ(error.line, wrong[i].line);
		CHECK(error.text);
	}
}

TEST(tables_that_are_full_are_a_mistake)
{
	static char source[TEXT_MAX];
	size_t size = 0;

	for (int i = 0; i <= MANIFEST_SERVERS_MAX; i++)
		size += (size_t)sprintf(source + size, "server s%d\n", i);
	CHECK_EQ(parse(source, ""), E_INVAL);
	size = (size_t)sprintf(source, "server a\n");
	for (int i = 0; i <= MANIFEST_GRANTS_MAX; i++)
		size += (size_t)sprintf(source + size, "grant g%d machine\n", i);
	CHECK_EQ(parse(source, ""), E_INVAL);
	size = (size_t)sprintf(source, "server a\n");
	for (int i = 0; i < MANIFEST_STEPS_MAX; i++)
		size += (size_t)sprintf(source + size, "attach /%d a\n", i);
	CHECK_EQ(parse(source, ""), E_INVAL);
}

TEST(rubbish_is_refused_or_understood_and_never_harms)
{
	static char real[TEXT_MAX];
	size_t size = read_real();

	memcpy(real, text, size);
	srand(7);
	for (int round = 0; round < 20000; round++) {
		size_t cut = (size_t)rand() % (size + 1);
		memcpy(text, real, cut);
		for (int i = rand() % 8; i > 0 && cut; i--)
			text[(size_t)rand() % cut] = (char)rand();
		err_t result = manifest_parse(&manifest, text, cut, "", &error);
		CHECK(result == OK || (result == E_INVAL && error.text));
		for (u32 i = 0; !result && i < manifest.grant_count; i++)
			CHECK(manifest.grant[i].kind != GRANT_GATE ||
			      manifest.grant[i].server < manifest.server_count);
	}
}
