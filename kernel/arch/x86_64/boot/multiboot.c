/* SPDX-License-Identifier: MIT */
/* The Multiboot2 information structure (Multiboot2 specification 2.0, 3.6). The loader is trusted
 * to tell the truth, but no size in it is believed: every tag is checked against the structure, the
 * structure against 4 GiB. */
#include "boot.h"

#include "x86.h"

enum {
	TAG_END = 0,
	TAG_COMMAND_LINE = 1,
	TAG_MODULE = 3,
	TAG_MEMORY_MAP = 6,
	TAG_ELF_SECTIONS = 9,
	TAG_RSDP_OLD = 14,
	TAG_RSDP_NEW = 15,
};
enum { INFO_SIZE_MAX = 1 << 20, SYMBOLS_SIZE_MAX = 16 << 20 };
enum { SECTION_SYMBOLS = 2 }; /* SHT_SYMTAB, ELF gABI 4 */

struct tag {
	u32 type, size;
};

struct tag_module {
	struct tag tag;
	u32 start, end;
};

struct tag_memory_map {
	struct tag tag;
	u32 entry_size, entry_version;
};

struct memory_map_entry {
	u64 base, size;
	u32 type, reserved;
};
enum { MEMORY_AVAILABLE = 1 };

struct tag_elf_sections {
	struct tag tag;
	u32 count, entry_size, names;
};

struct elf_section {
	u32 name, type;
	u64 flags, addr, offset, size;
	u32 link, info;
	u64 alignment, entry_size;
} __attribute__((packed)); /* they follow a header of 20 bytes */

static void multiboot_command_line(const struct tag *tag, struct boot_info *info)
{
	const char *text = (const char *)(tag + 1);
	u64 size = tag->size - sizeof(*tag);

	for (u64 i = 0; i < size && i < COMMAND_LINE_MAX - 1 && text[i]; i++)
		info->command_line[i] = text[i];
}

static void multiboot_module(const struct tag *tag, struct loader *loader)
{
	const struct tag_module *module = (const void *)tag;

	if (tag->size < sizeof(*module) || module->end <= module->start ||
	    loader->module_count == MODULES_MAX)
		return;
	loader->modules[loader->module_count++] =
	        (struct boot_range){ .start = module->start, .end = module->end };
}

static void multiboot_memory_map(const struct tag *tag, struct loader *loader)
{
	const struct tag_memory_map *map = (const void *)tag;
	struct memory_map_entry entry;

	if (tag->size < sizeof(*map) || map->entry_size < sizeof(entry))
		return;
	for (u64 at = sizeof(*map); range_fits(at, map->entry_size, tag->size);
	     at += map->entry_size) {
		__builtin_memcpy(&entry, (const char *)tag + at, sizeof(entry));
		if (!range_fits(entry.base, entry.size, PTE_ADDR))
			continue;
		struct boot_range range = { .start = entry.base, .end = entry.base + entry.size };
		if (entry.type == MEMORY_AVAILABLE && loader->memory_count < BOOT_RANGES_MAX)
			loader->memory[loader->memory_count++] = range;
		if (entry.type != MEMORY_AVAILABLE && loader->reserved_count < BOOT_RANGES_MAX)
			loader->reserved[loader->reserved_count++] = range;
	}
}

static struct boot_range section_range(const struct elf_section *section)
{
	if (section->size > SYMBOLS_SIZE_MAX ||
	    !range_fits(section->addr, section->size, UINT32_MAX))
		return (struct boot_range){ 0 };
	return (struct boot_range){ .start = section->addr, .end = section->addr + section->size };
}

/* 3.6.7: the section headers of the kernel file; the loader has put the tables that are not part of
 * the image somewhere and entered their addresses. */
static void multiboot_elf_sections(const struct tag *tag, struct loader *loader)
{
	const struct tag_elf_sections *elf = (const void *)tag;
	const struct elf_section *sections = (const void *)((const char *)tag + sizeof(*elf));

	if (tag->size < sizeof(*elf) || elf->entry_size != sizeof(*sections) ||
	    (tag->size - sizeof(*elf)) / sizeof(*sections) < elf->count)
		return;
	for (u32 i = 0; i < elf->count; i++) {
		if (sections[i].type != SECTION_SYMBOLS || sections[i].link >= elf->count)
			continue;
		loader->symbols = section_range(&sections[i]);
		loader->strings = section_range(&sections[sections[i].link]);
	}
}

/* 3.6.14, 3.6.15: copies of ACPI's root pointer; the newer one is preferred. */
static void multiboot_rsdp(const struct tag *tag, struct loader *loader)
{
	u64 size = tag->size - sizeof(*tag);

	if (size > RSDP_MAX)
		size = RSDP_MAX;
	if (tag->type == TAG_RSDP_OLD && loader->rsdp_size)
		return;
	__builtin_memcpy(loader->rsdp, tag + 1, size);
	loader->rsdp_size = (u32)size;
}

static void multiboot_tag(const struct tag *tag, struct loader *loader, struct boot_info *info)
{
	switch (tag->type) {
	case TAG_COMMAND_LINE:
		multiboot_command_line(tag, info);
		break;
	case TAG_MODULE:
		multiboot_module(tag, loader);
		break;
	case TAG_MEMORY_MAP:
		multiboot_memory_map(tag, loader);
		break;
	case TAG_ELF_SECTIONS:
		multiboot_elf_sections(tag, loader);
		break;
	case TAG_RSDP_OLD:
	case TAG_RSDP_NEW:
		multiboot_rsdp(tag, loader);
		break;
	default:
		break;
	}
}

void multiboot_parse(paddr_t address, struct loader *loader, struct boot_info *info)
{
	const char *start = arch_ptr(address);
	u64 size = *(const u32 *)(const void *)start;

	if (address % 8 || size > INFO_SIZE_MAX || !range_fits(address, size, UINT32_MAX))
		boot_fail("the boot loader's information is malformed");
	for (u64 at = 8; range_fits(at, sizeof(struct tag), size);) {
		const struct tag *tag = (const void *)(start + at);
		if (tag->type == TAG_END || tag->size < sizeof(*tag) ||
		    !range_fits(at, tag->size, size))
			break;
		multiboot_tag(tag, loader, info);
		at += (tag->size + 7u) & ~7ull;
	}
	if (loader->memory_count == 0)
		boot_fail("the boot loader gave no memory map");
}
