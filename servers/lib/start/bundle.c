/* SPDX-License-Identifier: MIT */
/* The bundle comes from the boot disk: its numbers are checked before use all the same. */
#include "bundle.h"

#include <string.h>

#include "abi/thread.h"
#include "rt/rt.h"

err_t bundle_open(struct bundle *bundle, cap_t segment)
{
	u64 size;
	err_t error = segment_read(segment, SEGMENT_SIZE, &size);

	if (error)
		return error;
	const struct bundle_header *header = rt_map(segment, 0, size, ACCESS_READ);
	if (!header)
		return E_FUNDS;
	if (header->magic != BUNDLE_MAGIC || header->size > size ||
	    !range_fits(sizeof(*header), (u64)header->count * sizeof(struct bundle_entry),
	                header->size)) {
		rt_unmap((void *)(u64)header, size);
		return E_CORRUPT;
	}
	bundle->segment = segment;
	bundle->header = header;
	bundle->entries = (const struct bundle_entry *)(header + 1);
	return OK;
}

err_t bundle_find(const struct bundle *bundle, const char *name, struct bundle_file *file)
{
	for (u32 i = 0; i < bundle->header->count; i++) {
		const struct bundle_entry *entry = &bundle->entries[i];
		if (strncmp(entry->name, name, BUNDLE_NAME_MAX))
			continue;
		if (entry->offset & PAGE_MASK ||
		    !range_fits(entry->offset, page_round_up(entry->size), bundle->header->size))
			return E_CORRUPT;
		file->offset = entry->offset;
		file->size = entry->size;
		file->data = (const u8 *)bundle->header + entry->offset;
		return OK;
	}
	return E_NOENT;
}
