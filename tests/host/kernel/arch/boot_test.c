/* SPDX-License-Identifier: MIT */
/* What the boot loader tells, and which memory is free afterwards. */
#include "host/test.h"

#include "abi/bundle.h"
#include "boot/boot.h"

enum { MIB = 1 << 20 };

/* A Multiboot2 information structure under construction. */
struct info {
	u32 words[1024];
	u32 size; /* bytes */
};

static void info_begin(struct info *info)
{
	memset(info, 0, sizeof(*info));
	info->size = 8;
}

static void info_add(struct info *info, u32 type, const void *data, u32 size)
{
	u32 *tag = info->words + info->size / 4;

	tag[0] = type;
	tag[1] = size + 8;
	memcpy(tag + 2, data, size);
	info->size += (size + 8 + 7) & ~7u;
}

static paddr_t info_end(struct info *info)
{
	info_add(info, 0, "", 0);
	info->words[0] = info->size;
	return world_place(info->words, info->size, 8);
}

struct map_entry {
	u64 base, size;
	u32 type, reserved;
};

static void info_add_map(struct info *info, const struct map_entry *entries, u32 count)
{
	u32 data[2 + 6 * 64] = { sizeof(*entries), 0 };

	memcpy(data + 2, entries, count * sizeof(*entries));
	info_add(info, 6, data, 8 + count * (u32)sizeof(*entries));
}

static const struct map_entry usual[] = {
	{ 0, 0x9fc00, 1, 0 },
	{ 0x9fc00, 0x400, 2, 0 },
	{ 0x100000, 63 * MIB, 1, 0 },
};

static struct loader loader;
static struct boot_info boot;

static void begin(void)
{
	world_begin();
	memset(&loader, 0, sizeof(loader));
	memset(&boot, 0, sizeof(boot));
	world_memory(0, 64 * MIB);
}

static bool in_usable(paddr_t page)
{
	for (u32 i = 0; i < boot.usable_count; i++)
		if (page >= boot.usable[i].start && page < boot.usable[i].end)
			return true;
	return false;
}

TEST(boot_tells_command_line_and_memory)
{
	struct info info;
	begin();
	info_begin(&info);
	info_add(&info, 1, "quiet answer=42", 16);
	info_add_map(&info, usual, COUNT_OF(usual));
	multiboot_parse(info_end(&info), &loader, &boot);
	CHECK_STR(boot.command_line, "quiet answer=42");
	CHECK_EQ(loader.memory_count, 2);
	CHECK_EQ(loader.reserved_count, 1);

	memory_init(&loader, &boot);
	memory_finish(&boot);
	CHECK_EQ(boot.ram_count, 2);
	CHECK_EQ(boot.ram[0].end, 0x9f000);
	CHECK(!in_usable(0));
	CHECK(in_usable(PAGE_SIZE));
	CHECK_EQ(boot.kernel_pages, 4);
}

TEST(a_long_command_line_is_cut)
{
	struct info info;
	char text[2000];
	begin();
	memset(text, 'x', sizeof(text));
	info_begin(&info);
	info_add(&info, 1, text, sizeof(text));
	info_add_map(&info, usual, COUNT_OF(usual));
	multiboot_parse(info_end(&info), &loader, &boot);
	CHECK_EQ(strlen(boot.command_line), COMMAND_LINE_MAX - 1);
}

TEST(the_bundle_is_the_first_module_that_begins_as_one)
{
	struct bundle_header header = { .magic = BUNDLE_MAGIC, .size = 3 * PAGE_SIZE };
	begin();
	memcpy(arch_ptr(9 * MIB), &header, sizeof(header));
	loader.memory[0] = (struct boot_range){ MIB, 64 * MIB };
	loader.memory_count = 1;
	loader.modules[0] = (struct boot_range){ 8 * MIB, 8 * MIB + 100 };
	loader.modules[1] = (struct boot_range){ 9 * MIB, 9 * MIB + 3 * PAGE_SIZE };
	loader.module_count = 2;
	memory_init(&loader, &boot);
	memory_finish(&boot);
	CHECK_EQ(boot.bundle, 9 * MIB);
	CHECK_EQ(boot.bundle_size, 3 * PAGE_SIZE);
	CHECK(in_usable(8 * MIB));
	CHECK(!in_usable(9 * MIB + 2 * PAGE_SIZE));
	CHECK(in_usable(9 * MIB + 3 * PAGE_SIZE));
}

TEST(a_bundle_longer_than_its_module_is_refused)
{
	struct bundle_header header = { .magic = BUNDLE_MAGIC, .size = 4 * PAGE_SIZE };
	begin();
	memcpy(arch_ptr(9 * MIB), &header, sizeof(header));
	loader.memory[0] = (struct boot_range){ MIB, 64 * MIB };
	loader.memory_count = 1;
	loader.modules[0] = (struct boot_range){ 9 * MIB, 9 * MIB + 3 * PAGE_SIZE };
	loader.module_count = 1;
	CHECK(REFUSED(memory_init(&loader, &boot)));
}

TEST(pages_that_are_taken_are_zero_and_no_longer_usable)
{
	begin();
	memset(arch_ptr(0), 0xee, 64 * MIB);
	loader.memory[0] = (struct boot_range){ 0, 0x9f000 };
	loader.memory[1] = (struct boot_range){ MIB, 64 * MIB };
	loader.memory_count = 2;
	memory_init(&loader, &boot);
	paddr_t low = boot_take_low_page();
	u8 *pages = boot_take_pages(5);
	u8 *many = boot_take_pages(1000);
	memory_finish(&boot);
	CHECK(low && low < MIB && !in_usable(low));
	for (u32 i = 0; i < 5 * PAGE_SIZE; i++)
		CHECK(pages[i] == 0);
	CHECK(!in_usable(arch_paddr(pages)) && !in_usable(arch_paddr(many) + 999 * PAGE_SIZE));
	CHECK(arch_paddr(many) >= MIB);
	CHECK_EQ(boot.kernel_pages, 4 + 1 + 5 + 1000);
	CHECK(REFUSED(boot_take_pages(100000)));
}

/* Overlapping, touching and nested entries in any order: usable must be just what is RAM to all. */
TEST(usable_memory_is_what_some_entry_gives_and_none_reserves)
{
	enum { PAGES = 256, BASE = 16 * MIB };
	for (u32 round = 0; round < 500; round++) {
		bool given[PAGES] = { 0 }, taken[PAGES] = { 0 };
		begin();
		for (u32 i = 0; i < 6; i++) {
			u64 start = world_random() % PAGES,
			    count = world_random() % (PAGES - start);
			struct boot_range range = { BASE + start * PAGE_SIZE,
				                    BASE + (start + count) * PAGE_SIZE };
			bool reserved = world_random() % 3 == 0;
			if (reserved)
				loader.reserved[loader.reserved_count++] = range;
			else
				loader.memory[loader.memory_count++] = range;
			for (u64 p = start; p < start + count; p++)
				*(reserved ? &taken[p] : &given[p]) = true;
		}
		memory_init(&loader, &boot);
		memory_finish(&boot);
		for (u32 p = 0; p < PAGES; p++)
			CHECK_EQ(in_usable(BASE + p * PAGE_SIZE), given[p] && !taken[p]);
		for (u32 i = 1; i < boot.usable_count; i++)
			CHECK(boot.usable[i - 1].end < boot.usable[i].start);
	}
}

/* Whatever the structure says, nothing outside it is read. */
TEST(damaged_information_is_survived)
{
	for (u32 round = 0; round < 3000; round++) {
		struct info info;
		u32 sections[5 + 16 * 3] = { 3, 64, 0 };
		begin();
		info_begin(&info);
		info_add(&info, 1, "text", 5);
		info_add(&info, 3, (u32[]){ 8 * MIB, 9 * MIB, 0 }, 12);
		info_add_map(&info, usual, COUNT_OF(usual));
		info_add(&info, 9, sections, sizeof(sections));
		info_add(&info, 14, "RSD PTR xxxxxxxxxxxxxxxxxxxx", 20);
		for (u32 i = world_random() % 8; i > 0; i--)
			info.words[world_random() % (info.size / 4)] =
			        (u32)world_random() >> world_random() % 32;
		paddr_t address = info_end(&info);
		if (world_random() % 2)
			*(u32 *)arch_ptr(address) = (u32)world_random() % info.size;
		(void)REFUSED(multiboot_parse(address, &loader, &boot));
		CHECK(loader.memory_count <= BOOT_RANGES_MAX && loader.module_count <= MODULES_MAX);
	}
}
