/* SPDX-License-Identifier: MIT */
/* "#!" */
#include "test.h"
#include "world.h"

static const char *parsed(const char *line, const char **argument)
{
	static char text[SCRIPT_MAX + 2];
	size_t size;

	*argument = "";
	if (script_parse(line, strlen(line), text, &size))
		return "none";
	*argument = text + strlen(text) + 1;
	CHECK_EQ(size, strlen(text) + 1 + strlen(*argument) + 1);
	return text;
}

TEST(a_script_names_its_interpreter_and_one_argument)
{
	static const struct {
		const char *line, *path, *argument;
	} lines[] = {
		{ "#!/bin/sh\necho", "/bin/sh", "" },
		{ "#! /bin/sh \n", "/bin/sh", "" },
		{ "#!\t/bin/sh\t-e  -x \t\n", "/bin/sh", "-e  -x" },
		{ "#!/bin/sh", "/bin/sh", "" },
		{ "#!\n", "none", "" },
		{ "#!  \n/bin/sh", "none", "" },
		{ "#!", "none", "" },
		{ "#/bin/sh\n", "none", "" },
		{ "", "none", "" },
	};
	const char *argument;

	for (u32 i = 0; i < COUNT_OF(lines); i++) {
		CHECK_STR(parsed(lines[i].line, &argument), lines[i].path);
		CHECK_STR(argument, lines[i].argument);
	}
}

TEST(a_line_that_is_too_long_or_has_zeroes_is_none)
{
	char line[SCRIPT_MAX + 10], text[SCRIPT_MAX + 2];
	size_t size;

	memset(line, 'x', sizeof(line));
	memcpy(line, "#!/", 3);
	CHECK_EQ(script_parse(line, sizeof(line), text, &size), E_NOEXEC);
	CHECK_EQ(script_parse(line, SCRIPT_MAX, text, &size), E_NOEXEC);
	CHECK_EQ(script_parse(line, SCRIPT_MAX - 1, text, &size), OK);
	line[SCRIPT_MAX - 1] = '\n';
	CHECK_EQ(script_parse(line, sizeof(line), text, &size), OK);
	line[10] = 0;
	CHECK_EQ(script_parse(line, sizeof(line), text, &size), E_NOEXEC);
}

TEST(a_script_is_told_to_the_caller)
{
	u32 need;

	world_start();
	memcpy(world.file.data, "#!/bin/awk -f\n", 14);
	CHECK_EQ(world_exec(false, &need), OK);
	CHECK_EQ(need, EXEC_SCRIPT);
	CHECK_STR(world.text, "/bin/awk");
	CHECK_STR(world.text + 9, "-f");
	CHECK(!world.reset);
	world.text_room = 10;
	CHECK_EQ(world_exec(false, &need), E_RANGE);
}
