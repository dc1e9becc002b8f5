/* SPDX-License-Identifier: MIT */
/* User page tables against a plain model of them. */
#include "host/test.h"

#include <stdlib.h>

#include "world.h"

#include "boot/boot.h"
#include "x86.h"

enum { POOL = 4096, PAGES = 600 };
#define POOL_START (1ull << 20)

static struct {
	paddr_t free[POOL];
	u32 count;
} pool;

static paddr_t pool_take(void)
{
	paddr_t page = pool.free[--pool.count];
	arch_page_clear(arch_ptr(page));
	return page;
}

static void begin(struct arch_space *space)
{
	world_begin();
	world_memory(POOL_START, POOL_START + POOL * PAGE_SIZE);
	pool.count = 0;
	for (u64 i = 0; i < POOL; i++)
		pool.free[pool.count++] = POOL_START + i * PAGE_SIZE;
	for (u32 i = 0; i < 512; i++)
		kernel_root[i] = i * 0x1000;
	arch_space_init(space, pool_take());
}

static void map(struct arch_space *space, vaddr_t addr, paddr_t page, u32 access)
{
	paddr_t tables[ARCH_TABLES_MAX];
	unsigned needs = arch_map_needs(space, addr);
	CHECK(needs <= ARCH_TABLES_MAX);
	for (unsigned i = 0; i < needs; i++)
		tables[i] = pool_take();
	arch_map(space, addr, page, access, tables);
	CHECK_EQ(arch_map_needs(space, addr), 0);
}

/* Addresses near one another and far apart, the first and the last among them. */
static vaddr_t address(u32 i)
{
	static const vaddr_t bases[] = {
		USER_START,     0x400000,      0x3fffff000,
		0x7fffff000000, 0x12345678000, USER_END - 100 * PAGE_SIZE
	};
	return bases[i / 100] + i % 100 * PAGE_SIZE;
}

static u32 access_of(u64 random)
{
	static const u32 all[] = { ACCESS_READ, ACCESS_READ | ACCESS_WRITE,
		                   ACCESS_READ | ACCESS_EXEC,
		                   ACCESS_READ | ACCESS_WRITE | ACCESS_EXEC };
	return all[random % COUNT_OF(all)];
}

TEST(a_space_has_the_kernels_half_and_nothing_else)
{
	struct arch_space space;
	begin(&space);
	const u64 *root = arch_ptr(space.root);
	for (u32 i = 0; i < 512; i++)
		CHECK_EQ(root[i], i < 256 ? 0 : kernel_root[i]);
}

TEST(translations_are_those_of_a_model)
{
	struct arch_space space;
	struct {
		paddr_t page;
		u32 access;
	} model[PAGES] = { 0 };
	begin(&space);
	for (u32 round = 0; round < 20000; round++) {
		u32 i = (u32)(world_random() % PAGES), count = (u32)(world_random() % 30) + 1;
		switch (world_random() % 4) {
		case 0:
		case 1:
			model[i].page = (world_random() % 1000 + 1) * PAGE_SIZE;
			model[i].access = access_of(world_random());
			map(&space, address(i), model[i].page, model[i].access);
			break;
		case 2:
			arch_unmap(&space, address(i), count);
			for (u32 j = i; j < i + count && j / 100 == i / 100; j++)
				model[j].page = 0;
			break;
		case 3:
			arch_write_protect(&space, address(i), count);
			for (u32 j = i; j < i + count && j / 100 == i / 100; j++)
				model[j].access &= ~(u32)ACCESS_WRITE;
			break;
		}
		i = (u32)(world_random() % PAGES);
		u32 access = 1u << world_random() % 3;
		paddr_t page = 0;
		bool found = arch_translate(&space, address(i), access, &page);
		CHECK_EQ(found, model[i].page && (access & model[i].access));
		if (found)
			CHECK_EQ(page, model[i].page);
	}
}

TEST(unmapping_everything_tells_what_was_used)
{
	struct arch_space space;
	paddr_t page;
	begin(&space);
	map(&space, 0x400000, 0x5000, ACCESS_READ | ACCESS_WRITE);
	CHECK_EQ(arch_survey(&space, 0x400000), ARCH_REFERENCED);
	CHECK_EQ(arch_survey(&space, 0x400000), 0);
	CHECK(arch_translate(&space, 0x400000, ACCESS_WRITE, &page));
	CHECK_EQ(arch_unmap(&space, 0, USER_END / PAGE_SIZE), ARCH_REFERENCED | ARCH_DIRTY);
	CHECK_EQ(arch_unmap(&space, 0, UINT64_MAX), 0);
	CHECK(!arch_translate(&space, 0x400000, ACCESS_READ, &page));
	CHECK(!arch_translate(&space, UINT64_MAX & ~PAGE_MASK, ACCESS_READ, &page));
}

TEST(device_memory_is_uncached_and_data_is_not_executable)
{
	struct arch_space space;
	begin(&space);
	map(&space, 0x400000, 0xfee00000, ACCESS_READ | ACCESS_WRITE | ARCH_UNCACHED);
	u64 *table = arch_ptr(space.root);
	for (unsigned level = 0; level < 3; level++)
		table = arch_ptr(table[level == 2 ? 2 : 0] & PTE_ADDR);
	CHECK_EQ(table[0] & ~(PTE_ACCESSED | PTE_DIRTY),
	         0xfee00000 | PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_PCD | PTE_PWT | PTE_NX);
}

static int by_number(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;
	return x < y ? -1 : x > y;
}

TEST(taking_tables_gives_back_every_one_of_them_once)
{
	for (u32 round = 0; round < 200; round++) {
		struct arch_space space;
		begin(&space);
		for (u64 i = world_random() % 200; i > 0; i--) {
			vaddr_t addr = world_random() % 2 ? address((u32)(world_random() % PAGES))
			                                  : world_random() % USER_END & ~PAGE_MASK;
			map(&space, addr, 0x1000, ACCESS_READ);
		}
		arch_unmap(&space, 0, UINT64_MAX);
		paddr_t table, last = 0, root = space.root;
		while ((table = arch_space_take_table(&space))) {
			CHECK(pool.count < POOL);
			last = pool.free[pool.count++] = table;
		}
		CHECK_EQ(last, root);
		CHECK_EQ(arch_space_take_table(&space), 0);
		CHECK_EQ(pool.count, POOL);
		qsort(pool.free, POOL, sizeof(pool.free[0]), by_number);
		for (u64 i = 0; i < POOL; i++)
			CHECK_EQ(pool.free[i], POOL_START + i * PAGE_SIZE);
	}
}
