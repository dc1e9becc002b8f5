/* SPDX-License-Identifier: MIT */
/* The boot bundle: one file that GRUB loads as a module beside the kernel, made by mk/bundle.
 *
 * A header, `count` entries, then the files, each starting at a page boundary (so that a file can
 * be mapped or cloned in place) and zero-filled to the next. All offsets are from the start of the
 * bundle. The kernel looks at the header's `sigma0_*` fields only: sigma0 is stored as a flat
 * memory image of its ELF file (zeroes of .bss included), copied into sigma0's own memory at
 * sigma0_address. */
#pragma once

#include "abi/types.h"

#define BUNDLE_MAGIC 0x31454c444e554244ull /* "DBUNDLE1" */
enum { BUNDLE_NAME_MAX = 48 };

struct bundle_header {
	u64 magic;
	u64 size; /* of the whole bundle, a multiple of PAGE_SIZE */
	u32 count;
	u32 reserved;
	u64 sigma0_offset, sigma0_size; /* flat image, multiples of PAGE_SIZE */
	u64 sigma0_text_size; /* its first part: read and execute; the rest: read and write */
	u64 sigma0_address, sigma0_entry; /* both in user space, page-aligned address */
};

struct bundle_entry {
	char name[BUNDLE_NAME_MAX]; /* zero-terminated: "memory", "personality", "boot.manifest" */
	u64 offset, size;           /* bytes; size is the file's, not rounded */
};
_Static_assert(sizeof(struct bundle_header) == 64, "bundle_header");
_Static_assert(sizeof(struct bundle_entry) == 64, "bundle_entry");
