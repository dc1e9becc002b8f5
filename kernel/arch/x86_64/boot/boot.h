/* SPDX-License-Identifier: MIT */
/* What the files of the start-up code share. All of it runs once, on the first CPU, before
 * kernel_main (boot/smp.c's arch_start_cpus: at its end). */
#pragma once

#include "boot/boot_info.h"
#include "machine.h"

/* --- boot.S --- */
extern u64 kernel_table3[], kernel_table2[], kernel_table1[], direct_table3[], direct_low[];
extern char boot_stack[], boot_ist[];
extern u64 boot_ticks;
extern const char trampoline[], trampoline_end[];
/* kernel.ld */
extern char kernel_start[], kernel_rodata[], kernel_data[], kernel_end[];

_Noreturn void boot_main(u32 multiboot);

/* --- boot/multiboot.c --- */
enum { RSDP_MAX = 36, MODULES_MAX = 16 };
/* What the boot loader told, copied out of its structure. */
struct loader {
	struct boot_range memory[BOOT_RANGES_MAX];   /* type 1, as it came */
	struct boot_range reserved[BOOT_RANGES_MAX]; /* all other types */
	u32 memory_count, reserved_count;
	struct boot_range modules[MODULES_MAX]; /* bytes, not pages */
	u32 module_count;
	struct boot_range symbols, strings; /* the kernel's ELF tables; empty: none */
	u8 rsdp[RSDP_MAX];                  /* ACPI root pointer */
	u32 rsdp_size;                      /* 0: none */
};
void multiboot_parse(paddr_t address, struct loader *loader, struct boot_info *info);

/* --- boot/memory.c --- */
/* Find RAM and bundle in what the loader told; boot_take_* works from here on. */
void memory_init(const struct loader *loader, struct boot_info *info);
/* `count` consecutive zeroed pages below 4 GiB, counted in kernel_pages. There is no way back, and
 * no failure: a machine that has not even these stops with a message. */
void *boot_take_pages(u64 count);
/* One page below 1 MiB; 0 if there is none. */
paddr_t boot_take_low_page(void);
/* Call the page, which has been taken, device memory instead of RAM. */
void memory_forget(struct boot_info *info, paddr_t page);
/* What has not been taken becomes info->usable. */
void memory_finish(struct boot_info *info);

/* --- boot/paging.c --- */
/* Protect the image, map all RAM of `info`. */
void paging_init(const struct boot_info *info);
/* Map the page at `addr` (physical) in the stack window. */
void paging_map_stack(u64 window, paddr_t addr);
/* Fill `root` for the start of other processors: as the kernel's own, and the low 4 GiB at 0. */
void paging_init_start(u64 *root);

/* --- boot/acpi.c --- */
enum { IOAPICS_MAX = 8, OVERRIDES_MAX = 16 };
enum { MADT_LOW = 3, MADT_LEVEL = 12 }; /* masks of flags in override */
struct acpi_override {
	u32 source, gsi, flags;
};
struct acpi_machine {
	u32 apic_ids[CPU_MAX];
	u32 cpu_count; /* the first CPU included, if the table lists it */
	struct {
		paddr_t address;
		u32 gsi;
	} ioapics[IOAPICS_MAX];
	u32 ioapic_count;
	struct acpi_override overrides[OVERRIDES_MAX];
	u32 override_count;
};
extern struct acpi_machine acpi_machine;
/* Read the MADT; `info` gets the address of the root pointer. */
void acpi_init(const struct loader *loader, struct boot_info *info);

/* --- boot/smp.c --- */
/* Set memory aside for the CPUs that acpi_machine lists. */
void smp_prepare(void);
/* The second processor and all further ones, in boot.S; then in C. */
extern u64 smp_stack_top;
extern u32 smp_root;
_Noreturn void smp_enter(void);
