/* SPDX-License-Identifier: MIT */
/* The little of ACPI (6.4) that switching a PC off and resetting it takes: the FADT's fixed
 * registers, and the sleep type of \_S5.
 *
 * \_S5 is AML. It is not interpreted: DSDT and SSDTs are searched for a Name of a Package of
 * constants, as firmware has it practically always. A package made by a method, or with elements
 * that are no constants, is not found; neither are the sleep registers of hardware-reduced
 * machines. Tables are firmware's word, and are checked: sizes, checksums, each offset. */
#pragma once

#include "abi/errors.h"
#include "abi/types.h"

/* How tables are looked at. Only one mapping is open at a time per pointer that map gave. */
struct acpi_source {
	/* [addr, addr + size) of physical memory, readable until unmap; NULL: it is not there. */
	const u8 *(*map)(struct acpi_source *source, paddr_t addr, u32 size);
	void (*unmap)(struct acpi_source *source, const u8 *ptr, u32 size);
};

enum acpi_space { ACPI_MEMORY = 0, ACPI_IO = 1 };

struct acpi_power {
	/* Soft off: SLP_TYP values for the control registers (I/O ports; 0: that one does not
	 * exist). */
	bool can_off;
	u32 control_a, control_b;
	u8 type_a, type_b;
	/* Port and value that hand the registers over from firmware; 0: they are ours already. */
	u32 smi_command;
	u8 smi_enable;
	/* Reset. */
	bool can_reset;
	enum acpi_space reset_space;
	u64 reset_addr;
	u8 reset_value;
};

enum { ACPI_TABLE_MAX = 1 << 20 };

/* What the tables at the root pointer say. E_NOENT: no FADT to be found; E_CORRUPT: a table on the
 * way there is damaged. */
MUST_CHECK err_t acpi_read(struct acpi_source *source, paddr_t rsdp, struct acpi_power *power);

/* Search a definition block's bytes for \_S5; false if there is none that we understand. */
bool acpi_find_s5(const u8 *aml, u32 size, u8 *type_a, u8 *type_b);
