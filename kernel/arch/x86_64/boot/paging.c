/* SPDX-License-Identifier: MIT */
/* The kernel's own address space: the image with the protection its segments ask for, and the
 * direct map of all RAM and of the low 4 GiB. It is complete before the first user space is made
 * and never changes afterwards, so that every root table can have a copy of its upper half. */
#include "boot.h"

#include "x86.h"

enum { LOW_GIGABYTES = 4, SHIFT_2M = 21, SHIFT_1G = 30, SHIFT_512G = 39 };
#define SIZE_2M     (1ull << SHIFT_2M)
#define SIZE_1G     (1ull << SHIFT_1G)
#define TABLE_FLAGS (PTE_PRESENT | PTE_WRITE)
#define RAM_FLAGS   (PTE_PRESENT | PTE_WRITE | PTE_ACCESSED | PTE_DIRTY | PTE_GLOBAL)
#define DIRECT_MAX  (127ull << SHIFT_512G) /* root entries 256 to 382 */
enum { ROOT_DIRECT = 256, ROOT_IMAGE = 511, IMAGE_TABLE3 = 510 };

/* CPUID 80000001H:EDX[26]: pages of 1 GiB. */
static bool has_gigabyte_pages(void) { return cpuid(0x80000001, 0).d >> 26 & 1; }

static bool range_has_ram(const struct boot_info *info, paddr_t start, u64 size)
{
	for (u32 i = 0; i < info->ram_count; i++)
		if (info->ram[i].start < start + size && start < info->ram[i].end)
			return true;
	return false;
}

/* 4 KiB pages: code executable, constants read-only, data writable, never two of them. */
static void paging_map_image(void)
{
	const u64 ram = PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY | PTE_GLOBAL;

	for (const char *page = kernel_start; page < kernel_end; page += PAGE_SIZE) {
		u64 flags = page < kernel_rodata ? ram
		            : page < kernel_data ? ram | PTE_NX
		                                 : RAM_FLAGS | PTE_NX;
		kernel_table1[arch_image_paddr(page) >> PAGE_SHIFT] =
		        arch_image_paddr(page) | flags;
	}
	kernel_table2[0] = arch_image_paddr(kernel_table1) | TABLE_FLAGS;
	kernel_table2[1] = arch_image_paddr(kernel_table1 + TABLE_ENTRIES) | TABLE_FLAGS;
	kernel_table3[IMAGE_TABLE3] = arch_image_paddr(kernel_table2) | TABLE_FLAGS;
}

void paging_map_stack(u64 window, paddr_t addr)
{
	kernel_table1[(window - KERNEL_OFFSET) >> PAGE_SHIFT] = addr | RAM_FLAGS | PTE_NX;
}

/* In the low 4 GiB, where there is no RAM there are devices, among them the APICs: uncached, so
 * that nothing depends on the firmware's memory type ranges (SDM vol. 3A, 11.5.2.2). */
static void paging_map_low(const struct boot_info *info)
{
	for (u64 i = 0; i < LOW_GIGABYTES * TABLE_ENTRIES; i++) {
		paddr_t addr = i << SHIFT_2M;
		u64 flags = RAM_FLAGS | PTE_LARGE;
		if (!range_has_ram(info, addr, SIZE_2M))
			flags |= PTE_PCD | PTE_PWT;
		direct_low[i] = addr | flags;
	}
}

static u64 *table_at(u64 *entry)
{
	if (!*entry)
		*entry = arch_paddr(boot_take_pages(1)) | TABLE_FLAGS;
	return arch_ptr(*entry & PTE_ADDR);
}

/* RAM above 4 GiB. A page of 1 GiB or 2 MiB that sticks out of the RAM is of no consequence here:
 * nothing is ever read there, and what the memory type ranges say still holds. */
static void paging_map_high(paddr_t start, paddr_t end, bool gigabyte_pages)
{
	u64 step = gigabyte_pages ? SIZE_1G : SIZE_2M;

	for (paddr_t addr = start & ~(step - 1); addr < end; addr += step) {
		u64 *root_entry = &kernel_root[ROOT_DIRECT + (addr >> SHIFT_512G)];
		u64 *table3 = table_at(root_entry);
		*root_entry |= PTE_NX;
		u64 *entry = &table3[(addr >> SHIFT_1G) % TABLE_ENTRIES];
		if (!gigabyte_pages)
			entry = &table_at(entry)[(addr >> SHIFT_2M) % TABLE_ENTRIES];
		*entry = addr | RAM_FLAGS | PTE_LARGE;
	}
}

void paging_init(const struct boot_info *info)
{
	bool gigabyte_pages = has_gigabyte_pages();

	paging_map_image();
	paging_map_low(info);
	for (u32 i = 0; i < info->ram_count; i++) {
		struct boot_range ram = info->ram[i];
		if (ram.start < LOW_GIGABYTES * SIZE_1G)
			ram.start = LOW_GIGABYTES * SIZE_1G;
		if (ram.end > DIRECT_MAX)
			boot_fail("more memory than the kernel can map");
		paging_map_high(ram.start, ram.end, gigabyte_pages);
	}
	/* NX stands in the root, since smp_root has the same tables without it. Before CR4.PGE is
	 * set, nothing of the identity map stays behind in the TLB. */
	kernel_root[ROOT_DIRECT] |= PTE_NX;
	kernel_root[0] = 0;
	write_cr3(arch_image_paddr(kernel_root));
}

void paging_init_start(u64 *root)
{
	for (u32 i = ROOT_USER_ENTRIES; i < TABLE_ENTRIES; i++)
		root[i] = kernel_root[i];
	root[0] = arch_image_paddr(direct_table3) | TABLE_FLAGS;
}
