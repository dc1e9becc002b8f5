/* SPDX-License-Identifier: MIT */
/* Files and requests that are damaged or made to do damage: refused, or loaded into mappings that
 * are all right (the world checks each). Nothing is left over, and nobody crashes. */
#include <elf.h>

#include "test.h"
#include "world.h"

enum { ROUNDS = 10000 };

static u64 state;

static u32 pick(u32 n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (u32)(state >> 33) % n;
}

static void damage(u8 *data, u32 size)
{
	static const u64 values[] = {
		0,          1,          0x7f,       0xfff,    0x1000,           0x7fffffff,
		UINT64_MAX, 1ull << 47, 1ull << 63, USER_END, PERSONALITY_BASE, (u64)-0x1000
	};

	for (u32 n = 1 + pick(4); n > 0; n--) {
		u32 at = pick(size - 8);
		switch (pick(3)) {
		case 0:
			data[at] = (u8)pick(256);
			break;
		case 1:
			data[at] ^= (u8)(1 << pick(8));
			break;
		case 2:
			memcpy(data + (at & ~7u), &values[pick(COUNT_OF(values))], 8);
			break;
		}
	}
}

static u32 attempt(bool with_interpreter)
{
	u32 need;
	err_t error = world_exec(with_interpreter, &need);

	CHECK_EQ(world_left(), 1);
	CHECK_EQ(error == OK && need == EXEC_DONE, world.started);
	CHECK_EQ(world.reset && !world.started, world.destroyed);
	return error;
}

TEST(damaged_programs_are_refused_or_loaded)
{
	u32 refused = 0, loaded = 0;

	for (state = 1; refused + loaded < ROUNDS;) {
		u32 kind = pick(4);
		u64 now = state;
		world_start();
		state = now;
		if (kind == 1)
			world_elf(&world.file, ET_DYN, 0, NULL);
		if (kind == 2)
			world_elf(&world.file, ET_DYN, 0, "/lib/ld.so");
		damage(kind == 3 ? world.interpreter.data : world.file.data, 64 + 5 * 56);
		if (kind == 3)
			world_elf(&world.file, ET_DYN, 0, "/lib/ld.so");
		if (pick(8) == 0)
			world.file.size = pick(0x5000);
		world.file.cached = pick(2);
		*(attempt(kind >= 2) ? &refused : &loaded) += 1;
	}
	CHECK(refused > ROUNDS / 4 && loaded > ROUNDS / 20);
}

TEST(damaged_requests_are_refused_or_served)
{
	u32 refused = 0, served = 0;

	for (state = 2; refused + served < ROUNDS;) {
		u64 now = state;
		world_start();
		state = now;
		damage(world.request, (u32)world.request_size);
		if (pick(8) == 0)
			world.request_size = pick(300);
		*(attempt(false) ? &refused : &served) += 1;
	}
	CHECK(refused > ROUNDS / 4 && served > ROUNDS / 20);
}

TEST(a_file_that_shrinks_meanwhile_is_an_error)
{
	u32 need;

	world_start();
	world.file.cached = false;
	world.file.size = 0x100000; /* says stat; reading ends at FILE_MAX */
	Elf64_Phdr header;
	memcpy(&header, world.file.data + 64 + 2 * 56, sizeof(header));
	header.p_filesz = header.p_memsz = 0x50000;
	memcpy(world.file.data + 64 + 2 * 56, &header, sizeof(header));
	CHECK_EQ(world_exec(false, &need), E_IO);
	CHECK(!world.reset);
	CHECK_EQ(world_left(), 1);
}
