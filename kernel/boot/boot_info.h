/* SPDX-License-Identifier: MIT */
/* What the machine's start-up code finds out before kernel_main, in a form that knows no boot
 * protocol. */
#pragma once

#include "abi/types.h"

enum { BOOT_RANGES_MAX = 64, COMMAND_LINE_MAX = 1024 };

struct boot_range {
	paddr_t start, end; /* page-aligned */
};

struct boot_info {
	struct boot_range usable[BOOT_RANGES_MAX]; /* RAM free for use, sorted, kernel image, boot
	                                              structures and bundle taken out */
	u32 usable_count;
	struct boot_range ram[BOOT_RANGES_MAX]; /* all RAM that the firmware tells of (not for
	                                           device mappings) */
	u32 ram_count;
	paddr_t bundle; /* page-aligned; 0: none */
	u64 bundle_size;
	paddr_t rsdp;
	u64 kernel_pages; /* image and what start-up code has taken */
	char command_line[COMMAND_LINE_MAX];
};
