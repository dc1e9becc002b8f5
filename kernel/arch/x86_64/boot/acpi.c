/* SPDX-License-Identifier: MIT */
/* The one thing the kernel wants of ACPI: the Multiple APIC Description Table (ACPI 6.4, 5.2.12),
 * which lists processors and I/O APICs. Everything else of ACPI is done by a program. Tables are
 * not believed: addresses, sizes and checksums first. */
#include "boot.h"

#include "x86.h"

enum { RSDP_OLD_SIZE = 20, TABLE_SIZE_MAX = 1 << 20 };
#define TABLES_END (4ull << 30) /* what the direct map surely shows */

/* 5.2.5.3 */
struct rsdp {
	char signature[8];
	u8 checksum;
	char oem[6];
	u8 revision;
	u32 rsdt;
	u32 size;
	u64 xsdt;
	u8 checksum_all;
	u8 reserved[3];
} __attribute__((packed));
_Static_assert(sizeof(struct rsdp) == RSDP_MAX, "rsdp");

/* 5.2.6 */
struct table {
	char signature[4];
	u32 size;
	u8 revision, checksum;
	char oem[26];
} __attribute__((packed));
_Static_assert(sizeof(struct table) == 36, "table");

/* 5.2.12; then entries that begin with their type and size */
struct madt {
	struct table table;
	u32 apic_address, flags;
} __attribute__((packed));

enum { MADT_APIC = 0, MADT_IOAPIC = 1, MADT_OVERRIDE = 2, MADT_X2APIC = 9 };
enum { MADT_CPU_ENABLED = 1 };

struct madt_entry {
	u8 type, size;
	union {
		struct {
			u8 processor, id;
			u32 flags;
		} __attribute__((packed)) apic;
		struct {
			u8 id, reserved;
			u32 address, gsi;
		} __attribute__((packed)) ioapic;
		struct {
			u8 bus, source;
			u32 gsi;
			u16 flags;
		} __attribute__((packed)) override;
		struct {
			u16 reserved;
			u32 id, flags, processor;
		} __attribute__((packed)) x2apic;
	};
} __attribute__((packed));

struct acpi_machine acpi_machine;

static bool sum_is_zero(const void *data, u64 size)
{
	const u8 *bytes = data;
	u8 sum = 0;

	for (u64 i = 0; i < size; i++)
		sum = (u8)(sum + bytes[i]);
	return sum == 0;
}

static bool signature_is(const char *signature, const char *text, u64 size)
{
	for (u64 i = 0; i < size; i++)
		if (signature[i] != text[i])
			return false;
	return true;
}

static bool rsdp_valid(const struct rsdp *rsdp)
{
	return signature_is(rsdp->signature, "RSD PTR ", 8) && sum_is_zero(rsdp, RSDP_OLD_SIZE);
}

/* The table at `addr` if it lies where we can read it and is whole. */
static const struct table *table_find(paddr_t addr)
{
	const struct table *table = arch_ptr(addr);

	if (addr == 0 || !range_fits(addr, sizeof(*table), TABLES_END) ||
	    table->size < sizeof(*table) || table->size > TABLE_SIZE_MAX ||
	    !range_fits(addr, table->size, TABLES_END) || !sum_is_zero(table, table->size))
		return NULL;
	return table;
}

/* 5.2.5.1: on a PC the root pointer lies in the first KiB of the extended BIOS data area or in the
 * BIOS's own memory. */
static paddr_t rsdp_scan(paddr_t start, paddr_t end)
{
	for (paddr_t addr = start; addr + RSDP_MAX <= end; addr += 16)
		if (rsdp_valid(arch_ptr(addr)))
			return addr;
	return 0;
}

/* Where ACPI programs will look for the root pointer. Without a BIOS only the loader's copy is
 * known; it gets a page that counts as device memory, so that it can be mapped. */
static void rsdp_publish(const struct loader *loader, struct boot_info *info)
{
	paddr_t ebda = (paddr_t)(*(const u16 *)arch_ptr(0x40e)) << 4;
	void *copy;

	info->rsdp = ebda >= 0x400 && ebda < 0xa0000 ? rsdp_scan(ebda, ebda + 1024) : 0;
	if (!info->rsdp)
		info->rsdp = rsdp_scan(0xe0000, 0x100000);
	if (info->rsdp || loader->rsdp_size < RSDP_OLD_SIZE ||
	    !rsdp_valid((const void *)loader->rsdp))
		return;
	copy = boot_take_pages(1);
	__builtin_memcpy(copy, loader->rsdp, loader->rsdp_size);
	info->rsdp = arch_paddr(copy);
	memory_forget(info, info->rsdp);
}

static void madt_cpu(u32 id, u32 flags)
{
	struct acpi_machine *m = &acpi_machine;

	if (!(flags & MADT_CPU_ENABLED) || m->cpu_count == CPU_MAX)
		return;
	for (u32 i = 0; i < m->cpu_count; i++)
		if (m->apic_ids[i] == id)
			return;
	m->apic_ids[m->cpu_count++] = id;
}

/* 5.2.12.2, .3, .5, .12 */
static void madt_entry(const struct madt_entry *entry)
{
	struct acpi_machine *m = &acpi_machine;

	if (entry->type == MADT_APIC && entry->size >= 8) {
		madt_cpu(entry->apic.id, entry->apic.flags);
	} else if (entry->type == MADT_X2APIC && entry->size >= 16) {
		madt_cpu(entry->x2apic.id, entry->x2apic.flags);
	} else if (entry->type == MADT_IOAPIC && entry->size >= 12 &&
	           m->ioapic_count < IOAPICS_MAX) {
		m->ioapics[m->ioapic_count].address = entry->ioapic.address;
		m->ioapics[m->ioapic_count++].gsi = entry->ioapic.gsi;
	} else if (entry->type == MADT_OVERRIDE && entry->size >= 10 &&
	           m->override_count < OVERRIDES_MAX) {
		m->overrides[m->override_count++] = (struct acpi_override){
			.source = entry->override.source,
			.gsi = entry->override.gsi,
			.flags = entry->override.flags,
		};
	}
}

static void madt_read(const struct table *table)
{
	const char *start = (const char *)table;

	for (u64 at = sizeof(struct madt); range_fits(at, 2, table->size);) {
		const struct madt_entry *entry = (const void *)(start + at);
		if (entry->size < 2 || !range_fits(at, entry->size, table->size))
			return;
		madt_entry(entry);
		at += entry->size;
	}
}

/* 5.2.7, 5.2.8: the entries of the RSDT have 4 bytes, those of the XSDT 8. */
static void root_table_read(const struct table *root, u64 entry_size)
{
	const char *start = (const char *)root;

	for (u64 at = sizeof(*root); range_fits(at, entry_size, root->size); at += entry_size) {
		paddr_t addr = 0;
		__builtin_memcpy(&addr, start + at, entry_size);
		const struct table *table = table_find(addr);
		if (table && signature_is(table->signature, "APIC", 4) &&
		    table->size >= sizeof(struct madt)) {
			madt_read(table);
			return;
		}
	}
}

void acpi_init(const struct loader *loader, struct boot_info *info)
{
	const struct rsdp *rsdp;
	const struct table *root;

	rsdp_publish(loader, info);
	if (!info->rsdp)
		return;
	rsdp = arch_ptr(info->rsdp);
	if (rsdp->revision >= 2 && (root = table_find(rsdp->xsdt))) {
		if (signature_is(root->signature, "XSDT", 4))
			root_table_read(root, 8);
	} else if ((root = table_find(rsdp->rsdt)) && signature_is(root->signature, "RSDT", 4)) {
		root_table_read(root, 4);
	}
}
