/* SPDX-License-Identifier: MIT */
/* What a program finds when it starts, and what is left when it does not. */
#include <elf.h>
#include <stdlib.h>

#include "test.h"
#include "world.h"

enum { AT_DROVE = 0x44524f56 };

static u64 auxiliary(u64 key)
{
	const struct personality_start *start = NULL;
	u64 sp = world_word(world.argument + offsetof(struct personality_start, program_sp));

	(void)start;
	u64 at = sp + 8 * (1 + world_word(sp) + 1);
	while (world_word(at))
		at += 8;
	for (at += 8; world_word(at); at += 16) {
		if (world_word(at) == key)
			return world_word(at + 8);
	}
	return UINT64_MAX;
}

static u64 started(size_t offset) { return world_word(world.argument + offset); }
#define STARTED(field) started(offsetof(struct personality_start, field))

static const struct world_map *map_of(u64 addr)
{
	for (u32 i = 0; i < world.map_count; i++) {
		if (world.map[i].addr == addr)
			return &world.map[i];
	}
	return NULL;
}

static void load(bool with_interpreter)
{
	u32 need;

	CHECK_EQ(world_exec(with_interpreter, &need), OK);
	CHECK_EQ(need, EXEC_DONE);
	CHECK(world.started && !world.destroyed);
	CHECK_EQ(world_left(), 1); /* the personality's pristine data */
}

TEST(the_thread_starts_in_the_personality)
{
	world_start();
	load(false);
	CHECK_EQ(world.ip, PERSONALITY_BASE + 0x100);
	CHECK_EQ(world.control, PERSONALITY_BASE + 0x1080);
	CHECK_EQ(world.entries[0], PERSONALITY_BASE + 0x200);
	CHECK_EQ(world.entries[1], PERSONALITY_BASE + 0x300);
	CHECK_EQ(world.sp, STARTED(stack_top));
	CHECK(world_mapped(world.sp - 0x10000, 0x10000));
	CHECK(!world_mapped(world.sp, 1));
	CHECK_EQ(world_byte(PERSONALITY_BASE + 0x10ff), 0x77);
	CHECK_EQ(world_byte(PERSONALITY_BASE + 0x1100), 0);
	CHECK_EQ(world.kept, 3);
}

TEST(arguments_and_environment_are_where_the_abi_wants_them)
{
	world_start();
	load(false);
	u64 sp = STARTED(program_sp);
	CHECK_EQ(sp % 16, 0);
	CHECK_EQ(world_word(sp), 3);
	CHECK_STR(world_string(world_word(sp + 8)), "prog");
	CHECK_STR(world_string(world_word(sp + 16)), "one");
	CHECK_STR(world_string(world_word(sp + 24)), "");
	CHECK_EQ(world_word(sp + 32), 0);
	CHECK_STR(world_string(world_word(sp + 40)), "A=1");
	CHECK_STR(world_string(world_word(sp + 48)), "PATH=/bin");
	CHECK_EQ(world_word(sp + 56), 0);
	CHECK_STR(world_string(auxiliary(AT_EXECFN)), "/bin/prog");
	CHECK_STR(world_string(STARTED(name)), "/bin/prog");
	CHECK_STR(world_string(auxiliary(AT_PLATFORM)), "x86_64");
}

TEST(the_auxiliary_vector_is_complete)
{
	world_start();
	load(false);
	CHECK_EQ(auxiliary(AT_PHDR), 0x400040);
	CHECK_EQ(auxiliary(AT_PHENT), 56);
	CHECK_EQ(auxiliary(AT_PHNUM), 4);
	CHECK_EQ(auxiliary(AT_PAGESZ), 4096);
	CHECK_EQ(auxiliary(AT_BASE), 0);
	CHECK_EQ(auxiliary(AT_ENTRY), 0x401000);
	CHECK_EQ(auxiliary(AT_SYSINFO), PERSONALITY_BASE + 0x400);
	CHECK_EQ(auxiliary(AT_SYSINFO_EHDR), PERSONALITY_BASE + 0x100);
	CHECK_EQ(auxiliary(AT_DROVE), 1);
	CHECK_EQ(auxiliary(AT_SECURE), 0);
	CHECK_EQ(auxiliary(AT_CLKTCK), 100);
	u64 random = auxiliary(AT_RANDOM), first = world_word(random);
	load(false);
	CHECK(world_word(auxiliary(AT_RANDOM)) != first);
}

TEST(the_file_is_mapped_as_its_headers_say)
{
	world_start();
	load(false);
	CHECK_EQ(map_of(0x400000)->access, ACCESS_READ | MAP_SHARED);
	CHECK_EQ(map_of(0x401000)->access, ACCESS_READ | ACCESS_EXEC | MAP_SHARED);
	CHECK_EQ(map_of(0x402000)->access, ACCESS_READ | ACCESS_WRITE);
	CHECK_EQ(world_byte(0x401000), 0x10);
	CHECK_EQ(world_byte(0x402fff), 0x2f);
	CHECK_EQ(world_byte(0x403e0f), 0x3e);
	CHECK(world_mapped(0x400000, 0x7000));
	CHECK(!world_mapped(0x407000, 1));
	CHECK_EQ(STARTED(program_entry), 0x401000);
	CHECK(STARTED(brk_start) >= 0x407000 && STARTED(brk_start) < 0x407000 + (32ull << 20));
}

TEST(bss_is_zero_although_the_file_goes_on)
{
	for (int cached = 0; cached < 2; cached++) {
		world_start();
		world.file.cached = cached;
		load(false);
		CHECK_EQ(world_byte(0x403e0f), 0x3e);
		for (u64 at = 0x403e10; at < 0x407000; at++)
			CHECK_EQ(world_byte(at), 0);
	}
}

TEST(the_stack_has_room_and_no_known_place)
{
	u64 seen = 0, differing = 0;

	for (int i = 0; i < 64; i++) {
		world_start();
		load(false);
		CHECK_EQ(STARTED(stack_high) - STARTED(stack_low), 8 << 20);
		CHECK(STARTED(stack_high) <= PROGRAM_STACK_TOP);
		CHECK(STARTED(stack_low) > PROGRAM_MAP_TOP);
		CHECK(world_mapped(STARTED(stack_low), 8 << 20));
		if (i)
			differing |= seen ^ STARTED(program_sp);
		seen = STARTED(program_sp);
	}
	CHECK(__builtin_popcountll(differing) >= 28);
}

TEST(movable_programs_and_interpreters_have_no_known_place)
{
	u64 entries[2] = { 0 }, differing[2] = { 0 };
	u32 need;

	for (int i = 0; i < 64; i++) {
		world_start();
		world_elf(&world.file, ET_DYN, 0, "/lib/ld.so");
		CHECK_EQ(world_exec(false, &need), OK);
		CHECK_EQ(need, EXEC_INTERPRETER);
		CHECK_STR(world.text, "/lib/ld.so");
		CHECK(!world.reset);
		load(true);
		CHECK_EQ(STARTED(program_entry), auxiliary(AT_BASE) + 0x1000);
		CHECK(world_mapped(auxiliary(AT_BASE), 0x7000));
		CHECK(world_mapped(auxiliary(AT_ENTRY) - 0x1000, 0x7000));
		for (int k = 0; k < 2; k++) {
			u64 entry = auxiliary(k ? AT_BASE : AT_ENTRY);
			differing[k] |= i ? entry ^ entries[k] : 0;
			entries[k] = entry;
		}
	}
	CHECK(__builtin_popcountll(differing[0]) >= 28);
	CHECK(__builtin_popcountll(differing[1]) >= 28);
}

TEST(the_personality_is_told_what_is_mapped)
{
	world_start();
	load(false);
	CHECK(STARTED(region_count) >= 6);
	u64 pages = 0;
	for (u64 i = 0; i < STARTED(region_count); i++) {
		u64 at = STARTED(regions) + i * sizeof(struct start_region);
		CHECK(map_of(world_word(at)) != NULL);
		CHECK_EQ(map_of(world_word(at))->size, world_word(at + 8));
		CHECK(world_word(at) < PERSONALITY_BASE);
		pages += world_word(at + 8) / PAGE_SIZE;
	}
	CHECK_EQ(pages, 7 + (8 << 20) / PAGE_SIZE);
	CHECK_EQ(STARTED(inherit_size), 5);
	char left[6] = { 0 };
	for (u32 i = 0; i < 5; i++)
		left[i] = (char)world_byte(STARTED(inherit) + i);
	CHECK_STR(left, "leave");
}

/* I:all-or-nothing */
TEST(whatever_cannot_be_paid_the_task_is_whole_or_gone)
{
	u32 need, before = 0, after = 0;
	err_t error;

	for (int cached = 0; cached < 2; cached++) {
		u32 failures = 0;
		do {
			world_start();
			world.file.cached = cached;
			world_elf(&world.file, ET_DYN, 0, "/lib/ld.so");
			world.steps_left = failures++;
			error = world_exec(true, &need);
			CHECK_EQ(world_left(), 1);
			if (error) {
				CHECK_EQ(error, E_FUNDS);
				CHECK_EQ(world.reset, world.destroyed);
				CHECK_EQ(world.map_count, 0);
				before += !world.reset;
				after += world.reset;
			}
		} while (error);
	}
	CHECK(before > 20 && after > 20);
	CHECK(world.started);
}

TEST(files_that_are_no_programs_are_refused)
{
	u32 need;

	world_start();
	world.file.mode = 0100644;
	CHECK_EQ(world_exec(false, &need), E_ACCESS);
	world.file.mode = 0040755;
	CHECK_EQ(world_exec(false, &need), E_ACCESS);
	world_start();
	world.file.error = E_IO;
	CHECK_EQ(world_exec(false, &need), E_IO);
	world_start();
	world.file.size = 0;
	CHECK_EQ(world_exec(false, &need), E_NOEXEC);
	world_start();
	world_elf(&world.interpreter, ET_EXEC, 0x400000, NULL);
	world_elf(&world.file, ET_DYN, 0, "/lib/ld.so");
	CHECK_EQ(world_exec(true, &need), E_NOEXEC); /* an interpreter that cannot be moved */
	world_elf(&world.interpreter, ET_DYN, 0, "/lib/ld.so");
	CHECK_EQ(world_exec(true, &need), E_NOEXEC); /* one that needs another */
	CHECK(!world.reset);
	CHECK_EQ(world_left(), 1);
}

TEST(programs_must_not_lie_where_others_do)
{
	static const u64 bases[] = { 0, PERSONALITY_BASE, PROGRAM_MAP_TOP,
		                     PROGRAM_STACK_TOP - 0x10000, 0x7d0000000000 };
	u32 need;

	for (u32 i = 0; i < COUNT_OF(bases); i++) {
		world_start();
		world_elf(&world.file, ET_EXEC, bases[i], NULL);
		CHECK_EQ(world_exec(false, &need), E_NOEXEC);
		CHECK(!world.reset);
	}
}

TEST(large_arguments_fit_and_larger_ones_are_refused)
{
	static char large[40000];
	const char *arguments[] = { "prog", large, NULL };
	static const char *const none[] = { NULL };

	world_start();
	memset(large, 'x', sizeof(large) - 1);
	world_request("/bin/prog", arguments, none);
	load(false);
	u64 sp = STARTED(program_sp);
	CHECK_EQ(world_byte(world_word(sp + 16) + sizeof(large) - 2), 'x');
	CHECK_EQ(world_byte(world_word(sp + 16) + sizeof(large) - 1), 0);
	u32 need;
	world.request_size = EXEC_SIZE_MAX + 1;
	CHECK_EQ(world_exec(false, &need), E_2BIG);
}
