/* SPDX-License-Identifier: MIT */
/* Which RAM there is and which of it is free. What start-up code needs is cut off the start of the
 * first free range that is large enough; the rest is the generic kernel's. */
#include "boot.h"

#include "abi/bundle.h"

enum { LOW_MEMORY_END = 1 << 20, TRAMPOLINE_LIMIT = 0xa0000 };
#define BOOT_MAP_END (4ull << 30)

/* Sorted, disjoint, page-aligned. */
struct ranges {
	struct boot_range *range;
	u32 count;
};

static struct boot_range free_ranges[BOOT_RANGES_MAX];
static struct ranges free_memory = { .range = free_ranges };
static u64 taken_pages;

static void ranges_remove_at(struct ranges *set, u32 index)
{
	for (u32 i = index; i + 1 < set->count; i++)
		set->range[i] = set->range[i + 1];
	set->count--;
}

/* When the set is full the piece is forgotten: less memory, but no wrong one. */
static void ranges_insert_at(struct ranges *set, u32 index, struct boot_range piece)
{
	if (set->count == BOOT_RANGES_MAX)
		return;
	for (u32 i = set->count; i > index; i--)
		set->range[i] = set->range[i - 1];
	set->range[index] = piece;
	set->count++;
}

/* The new range may overlap and touch others; they become one. */
static void ranges_add(struct ranges *set, struct boot_range piece)
{
	u32 at = 0;

	while (at < set->count && set->range[at].end < piece.start)
		at++;
	while (at < set->count && set->range[at].start <= piece.end) {
		if (set->range[at].start < piece.start)
			piece.start = set->range[at].start;
		if (set->range[at].end > piece.end)
			piece.end = set->range[at].end;
		ranges_remove_at(set, at);
	}
	ranges_insert_at(set, at, piece);
}

static void ranges_subtract(struct ranges *set, struct boot_range hole)
{
	for (u32 i = 0; i < set->count && hole.start < hole.end;) {
		struct boot_range range = set->range[i];
		if (hole.end <= range.start || range.end <= hole.start) {
			i++;
			continue;
		}
		ranges_remove_at(set, i);
		if (hole.end < range.end)
			ranges_insert_at(set, i, (struct boot_range){ hole.end, range.end });
		if (range.start < hole.start)
			ranges_insert_at(set, i++, (struct boot_range){ range.start, hole.start });
		if (hole.end < range.end)
			i++;
	}
}

static struct boot_range range_outward(struct boot_range bytes)
{
	return (struct boot_range){ page_round_down(bytes.start), page_round_up(bytes.end) };
}

/* Firmware's lists overlap now and then: what any entry calls reserved is not RAM. */
static void memory_find_ram(const struct loader *loader, struct boot_info *info)
{
	struct ranges ram = { .range = info->ram };

	for (u32 i = 0; i < loader->memory_count; i++) {
		struct boot_range range = { page_round_up(loader->memory[i].start),
			                    page_round_down(loader->memory[i].end) };
		if (range.start < range.end)
			ranges_add(&ram, range);
	}
	for (u32 i = 0; i < loader->reserved_count; i++)
		ranges_subtract(&ram, range_outward(loader->reserved[i]));
	info->ram_count = ram.count;
}

/* The first module that begins as a bundle does and is as long as it says. */
static void memory_find_bundle(const struct loader *loader, struct boot_info *info)
{
	for (u32 i = 0; i < loader->module_count && !info->bundle; i++) {
		struct boot_range module = loader->modules[i];
		const struct bundle_header *header = arch_ptr(module.start);
		if (module.start % PAGE_SIZE || module.end - module.start < sizeof(*header) ||
		    header->magic != BUNDLE_MAGIC)
			continue;
		if (header->size > module.end - module.start || header->size % PAGE_SIZE)
			boot_fail("the boot bundle is cut short");
		info->bundle = module.start;
		info->bundle_size = header->size;
	}
}

void memory_init(const struct loader *loader, struct boot_info *info)
{
	struct boot_range image = { arch_image_paddr(kernel_start), arch_image_paddr(kernel_end) };
	struct boot_range bundle;

	memory_find_ram(loader, info);
	memory_find_bundle(loader, info);
	for (u32 i = 0; i < info->ram_count; i++)
		free_ranges[i] = info->ram[i];
	free_memory.count = info->ram_count;

	/* Page 0: a physical address of 0 means none. */
	ranges_subtract(&free_memory, (struct boot_range){ 0, PAGE_SIZE });
	ranges_subtract(&free_memory, image);
	taken_pages = (image.end - image.start) / PAGE_SIZE;
	bundle = (struct boot_range){ info->bundle, info->bundle + info->bundle_size };
	ranges_subtract(&free_memory, bundle);

	if (loader->symbols.end && loader->strings.end) {
		struct boot_range symbols = range_outward(loader->symbols);
		struct boot_range strings = range_outward(loader->strings);
		u64 before = 0, after = 0;
		for (u32 i = 0; i < free_memory.count; i++)
			before += free_ranges[i].end - free_ranges[i].start;
		ranges_subtract(&free_memory, symbols);
		ranges_subtract(&free_memory, strings);
		for (u32 i = 0; i < free_memory.count; i++)
			after += free_ranges[i].end - free_ranges[i].start;
		taken_pages += (before - after) / PAGE_SIZE;
		symbols_init(arch_ptr(loader->symbols.start),
		             loader->symbols.end - loader->symbols.start,
		             arch_ptr(loader->strings.start),
		             loader->strings.end - loader->strings.start);
	}
}

void *boot_take_pages(u64 count)
{
	u64 size = count * PAGE_SIZE;

	for (u32 i = 0; i < free_memory.count; i++) {
		paddr_t start = free_ranges[i].start;
		if (free_ranges[i].end - start < size || start + size > BOOT_MAP_END)
			continue;
		ranges_subtract(&free_memory, (struct boot_range){ start, start + size });
		taken_pages += count;
		for (u64 at = 0; at < size; at += PAGE_SIZE)
			arch_page_clear(arch_ptr(start + at));
		return arch_ptr(start);
	}
	boot_fail("not enough memory to start");
}

paddr_t boot_take_low_page(void)
{
	for (u32 i = 0; i < free_memory.count; i++) {
		paddr_t start = free_ranges[i].start;
		if (start + PAGE_SIZE > TRAMPOLINE_LIMIT)
			return 0;
		ranges_subtract(&free_memory, (struct boot_range){ start, start + PAGE_SIZE });
		taken_pages++;
		return start;
	}
	return 0;
}

void memory_forget(struct boot_info *info, paddr_t page)
{
	struct ranges ram = { .range = info->ram, .count = info->ram_count };

	ranges_subtract(&ram, (struct boot_range){ page, page + PAGE_SIZE });
	info->ram_count = ram.count;
}

void memory_finish(struct boot_info *info)
{
	for (u32 i = 0; i < free_memory.count; i++)
		info->usable[i] = free_ranges[i];
	info->usable_count = free_memory.count;
	info->kernel_pages = taken_pages;
}
