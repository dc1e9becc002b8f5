/* SPDX-License-Identifier: MIT */
#include "gpt.h"

#include <string.h>

enum { HEADER_SIZE_MIN = 92, ENTRY_SIZE_MIN = 128, ENTRIES_MAX = 1024 };
#define GPT_SIGNATURE 0x5452415020494645ull /* "EFI PART" */

struct gpt_header {
	u64 signature;
	u32 revision, size, crc, reserved;
	u64 own, other;  /* where this header and the other one are */
	u64 first, last; /* what partitions may use */
	u64 disk[2];
	u64 entries; /* where the table is */
	u32 count, entry_size, entries_crc, padding;
};
_Static_assert(sizeof(struct gpt_header) == 96, "gpt_header: 92 bytes and padding");

struct gpt_entry {
	u64 type[2], unique[2], first, last, attributes;
};

u32 crc32(u32 crc, const void *data, size_t size)
{
	/* A table of 16: four bits a step. */
	static const u32 step[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
		0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	const u8 *bytes = data;

	crc = ~crc;
	for (size_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		crc = crc >> 4 ^ step[crc & 15];
		crc = crc >> 4 ^ step[crc & 15];
	}
	return ~crc;
}

/* The disk's own sectors, each this many of BLOCK_SECTOR bytes. */
static u64 ratio(const struct gpt_source *source) { return source->sector_size / BLOCK_SECTOR; }
static u64 disk_size(const struct gpt_source *source) { return source->sectors / ratio(source); }

static err_t read_own(struct gpt_source *source, u64 sector)
{
	if (sector >= disk_size(source))
		return E_CORRUPT;
	return source->read(source, sector * ratio(source), source->page);
}

/* The sizes and places a header names are possible on this disk. */
static bool header_plausible(const struct gpt_source *source, const struct gpt_header *header)
{
	u64 size = disk_size(source);

	if (header->entry_size < ENTRY_SIZE_MIN || header->entry_size > PAGE_SIZE ||
	    header->entry_size & (header->entry_size - 1) || header->count > ENTRIES_MAX)
		return false;
	u64 table = ((u64)header->count * header->entry_size + source->sector_size - 1) /
	            source->sector_size;
	return range_fits(header->entries, table, size) && header->first <= header->last &&
	       header->last < size;
}

static err_t header_read(struct gpt_source *source, u64 sector, struct gpt_header *header)
{
	err_t error = read_own(source, sector);
	if (error)
		return error;
	memcpy(header, source->page, sizeof(*header));
	if (header->signature != GPT_SIGNATURE)
		return E_NOENT;
	if (header->size < HEADER_SIZE_MIN || header->size > source->sector_size ||
	    header->own != sector)
		return E_CORRUPT;
	/* The checksum counts as zero in itself. */
	memset(source->page + offsetof(struct gpt_header, crc), 0, sizeof(header->crc));
	if (crc32(0, source->page, header->size) != header->crc ||
	    !header_plausible(source, header))
		return E_CORRUPT;
	return OK;
}

/* Take over an entry that makes sense; others are as if not there. */
static void entry_use(const struct gpt_source *source, const struct gpt_header *header,
                      const u8 *bytes, struct block_partition *partition)
{
	struct gpt_entry entry;

	memcpy(&entry, bytes, sizeof(entry));
	if (!(entry.type[0] | entry.type[1]) || entry.first < header->first ||
	    entry.last > header->last || entry.first > entry.last)
		return;
	*partition = (struct block_partition){
		.sector = entry.first * ratio(source),
		.sectors = (entry.last - entry.first + 1) * ratio(source),
		.type = { entry.type[0], entry.type[1] },
		.unique = { entry.unique[0], entry.unique[1] },
	};
}

static err_t entries_read(struct gpt_source *source, const struct gpt_header *header,
                          struct gpt *gpt)
{
	u64 sector = header->entries * ratio(source);
	u32 size = header->count * header->entry_size, crc = 0;

	*gpt = (struct gpt){ .count = header->count < GPT_PARTITIONS_MAX ? header->count
		                                                         : GPT_PARTITIONS_MAX };
	for (u32 at = 0; at < size; at += PAGE_SIZE, sector += PAGE_SIZE / BLOCK_SECTOR) {
		u32 part = size - at < PAGE_SIZE ? size - at : PAGE_SIZE;
		err_t error = source->read(source, sector, source->page);
		if (error)
			return error;
		crc = crc32(crc, source->page, part);
		for (u32 i = 0; i < part; i += header->entry_size)
			if ((at + i) / header->entry_size < GPT_PARTITIONS_MAX)
				entry_use(source, header, source->page + i,
				          &gpt->partition[(at + i) / header->entry_size]);
	}
	return crc == header->entries_crc ? OK : E_CORRUPT;
}

static err_t table_read(struct gpt_source *source, u64 sector, struct gpt *gpt)
{
	struct gpt_header header;
	err_t error = header_read(source, sector, &header);

	return error ? error : entries_read(source, &header, gpt);
}

err_t gpt_read(struct gpt_source *source, struct gpt *gpt)
{
	if (disk_size(source) < 3) {
		*gpt = (struct gpt){ 0 };
		return E_NOENT;
	}
	err_t primary = table_read(source, 1, gpt);
	if (!primary)
		return OK;
	err_t backup = table_read(source, disk_size(source) - 1, gpt);
	if (!backup)
		return OK;
	*gpt = (struct gpt){ 0 };
	return primary == E_NOENT ? backup : primary;
}
