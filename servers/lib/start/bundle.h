/* SPDX-License-Identifier: MIT */
/* Finding files in the boot bundle, which is mapped as a whole. */
#pragma once

#include "abi/bundle.h"
#include "abi/errors.h"
#include "abi/types.h"

struct bundle {
	cap_t segment; /* read and execute */
	const struct bundle_header *header;
	const struct bundle_entry *entries;
};

struct bundle_file {
	u64 offset, size; /* in the bundle; bytes. offset is a multiple of PAGE_SIZE */
	const void *data;
};

/* Map the bundle. E_CORRUPT: it is none. */
MUST_CHECK err_t bundle_open(struct bundle *bundle, cap_t segment);
/* E_NOENT, E_CORRUPT. */
MUST_CHECK err_t bundle_find(const struct bundle *bundle, const char *name,
                             struct bundle_file *file);
