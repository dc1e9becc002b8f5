/* SPDX-License-Identifier: MIT */
/* ACPI's list of processors and I/O APICs, whole and damaged. */
#include "host/test.h"

#include "boot/boot.h"

static u8 checksum(const u8 *bytes, u64 size)
{
	u8 sum = 0;
	for (u64 i = 0; i < size; i++)
		sum = (u8)(sum + bytes[i]);
	return (u8)-sum;
}

static void seal(u8 *table, u32 size)
{
	memcpy(table + 4, &size, 4);
	table[9] = 0;
	table[9] = checksum(table, size);
}

/* Two processors that are there and one that is not, an I/O APIC, the timer's line moved. */
static const u8 entries[] = {
	0, 8,  0, 0, 1, 0, 0,    0,                             /* processor 0 */
	0, 8,  1, 4, 1, 0, 0,    0,                             /* processor 4 */
	0, 8,  2, 6, 0, 0, 0,    0,                             /* disabled */
	1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0,  0, 0, 0,             /* at 0xfec00000 */
	2, 10, 0, 0, 2, 0, 0,    0,    0,  0,                   /* ISA 0 is input 2 */
	2, 10, 0, 9, 9, 0, 0,    0,    13, 0,                   /* ISA 9: level, active high */
	9, 16, 0, 0, 0, 1, 0,    0,    1,  0, 0, 0, 7, 0, 0, 0, /* x2APIC 256 */
};
enum { MADT_HEAD = 44, MADT_SIZE = MADT_HEAD + sizeof(entries), ROOT_SIZE = 36 + 16 };

struct tables {
	u8 madt[MADT_SIZE], root[ROOT_SIZE], rsdp[RSDP_MAX];
	u32 madt_size, root_size;
};

static void tables_make(struct tables *t)
{
	memset(t, 0, sizeof(*t));
	memcpy(t->madt, "APIC", 4);
	memcpy(t->madt + MADT_HEAD, entries, sizeof(entries));
	t->madt_size = MADT_SIZE;
	seal(t->madt, MADT_SIZE);
}

/* Put the tables into memory; the kernel finds them through the loader's copy of the pointer. */
static struct boot_info tables_read(struct tables *t)
{
	static struct loader loader;
	struct boot_info info = { 0 };
	u64 other = 0x7fff0000, madt;

	acpi_machine = (struct acpi_machine){ 0 };
	loader = (struct loader){ .memory[0] = { 1 << 20, 32 << 20 }, .memory_count = 1 };
	world_memory(0, 32 << 20);
	world_memory(other, other + PAGE_SIZE); /* an address that is no table */
	madt = world_place(t->madt, t->madt_size, 1);
	memcpy(t->root, "XSDT", 4);
	memcpy(t->root + 36, &other, 8);
	memcpy(t->root + 44, &madt, 8);
	seal(t->root, ROOT_SIZE);
	u64 root = world_place(t->root, ROOT_SIZE, 1);
	memcpy(t->rsdp, "RSD PTR ", 8);
	t->rsdp[15] = 2;
	memcpy(t->rsdp + 24, &root, 8);
	t->rsdp[8] = checksum(t->rsdp, 20);
	memcpy(loader.rsdp, t->rsdp, RSDP_MAX);
	loader.rsdp_size = RSDP_MAX;
	memory_init(&loader, &info);
	acpi_init(&loader, &info);
	memory_finish(&info);
	return info;
}

TEST(acpi_lists_processors_and_interrupt_lines)
{
	struct tables t;
	const struct acpi_machine *m = &acpi_machine;
	world_begin();
	tables_make(&t);
	tables_read(&t);
	CHECK_EQ(m->cpu_count, 3);
	CHECK_EQ(m->apic_ids[1], 4);
	CHECK_EQ(m->apic_ids[2], 256);
	CHECK_EQ(m->ioapic_count, 1);
	CHECK_EQ(m->ioapics[0].address, 0xfec00000);
	CHECK_EQ(m->override_count, 2);
	CHECK_EQ(m->overrides[0].gsi, 2);
	CHECK_EQ(m->overrides[1].flags & MADT_LEVEL, MADT_LEVEL);
}

/* Without a BIOS the pointer is only known as the loader's copy, which must not count as RAM. */
TEST(the_copy_of_the_root_pointer_can_be_mapped_as_a_device)
{
	struct tables t;
	world_begin();
	tables_make(&t);
	struct boot_info info = tables_read(&t);
	CHECK(info.rsdp != 0);
	CHECK(memcmp(arch_ptr(info.rsdp), "RSD PTR ", 8) == 0);
	for (u32 i = 0; i < info.ram_count; i++)
		CHECK(info.rsdp < info.ram[i].start || info.rsdp >= info.ram[i].end);
}

TEST(a_table_with_a_bad_checksum_is_not_read)
{
	struct tables t;
	world_begin();
	tables_make(&t);
	t.madt[MADT_HEAD + 4]++;
	tables_read(&t);
	CHECK_EQ(acpi_machine.cpu_count, 0);
}

TEST(damaged_tables_are_survived)
{
	for (u32 round = 0; round < 1000; round++) {
		struct tables t;
		world_begin();
		tables_make(&t);
		for (u64 i = world_random() % 6; i > 0; i--)
			t.madt[MADT_HEAD + world_random() % sizeof(entries)] = (u8)world_random();
		t.madt_size = MADT_HEAD + (u32)(world_random() % (sizeof(entries) + 1));
		seal(t.madt, t.madt_size);
		tables_read(&t);
		CHECK(acpi_machine.cpu_count <= CPU_MAX);
		CHECK(acpi_machine.ioapic_count <= IOAPICS_MAX);
		CHECK(acpi_machine.override_count <= OVERRIDES_MAX);
	}
}
