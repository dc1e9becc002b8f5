/* SPDX-License-Identifier: MIT */
/* Partition tables, good ones and all kinds of bad ones. */
#include "block/virtio_blk/gpt.h"
#include "test.h"

#include <stdlib.h>

enum { DISK_SECTORS = 2048, ENTRIES = 128, ENTRY = 128, HEADER = 92 };

static u8 disk[DISK_SECTORS * BLOCK_SECTOR];
static u8 work[PAGE_SIZE];
static u32 sector_size, reads_fail_from; /* the how manieth read fails; 0: none */
static u32 reads;

static err_t disk_read(struct gpt_source *source, u64 sector, u8 page[PAGE_SIZE])
{
	if (sector >= source->sectors)
		return E_RANGE;
	if (++reads >= reads_fail_from && reads_fail_from)
		return E_IO;
	u64 left = (source->sectors - sector) * BLOCK_SECTOR;
	memset(page, 0xee, PAGE_SIZE);
	memcpy(page, disk + sector * BLOCK_SECTOR, left < PAGE_SIZE ? left : PAGE_SIZE);
	return OK;
}

static err_t table_read(struct gpt *gpt)
{
	struct gpt_source source = {
		.read = disk_read, .sectors = DISK_SECTORS, .sector_size = sector_size, .page = work
	};

	return gpt_read(&source, gpt);
}

static void put(u8 *at, u64 value, size_t size) { memcpy(at, &value, size); }
static u64 last_lba(void) { return DISK_SECTORS * BLOCK_SECTOR / sector_size - 1; }
static u8 *lba(u64 number) { return disk + number * sector_size; }

static void header_seal(u64 own)
{
	u8 *header = lba(own);

	put(header + 16, 0, 4);
	put(header + 16, crc32(0, header, HEADER), 4);
}

static void header_put(u64 own, u64 other, u64 entries)
{
	u8 *header = lba(own);

	memset(header, 0, sector_size);
	memcpy(header, "EFI PART", 8);
	put(header + 8, 0x10000, 4);
	put(header + 12, HEADER, 4);
	put(header + 24, own, 8);
	put(header + 32, other, 8);
	put(header + 40, 34, 8);
	put(header + 48, last_lba() - 33, 8);
	put(header + 72, entries, 8);
	put(header + 80, ENTRIES, 4);
	put(header + 84, ENTRY, 4);
	put(header + 88, crc32(0, lba(entries), ENTRIES * ENTRY), 4);
	header_seal(own);
}

static void entry_put(u64 table, u32 number, u64 first, u64 last)
{
	u8 *entry = lba(table) + (number - 1) * ENTRY;

	put(entry, 0x1111 * number, 8);
	put(entry + 16, 0x2222 * number, 8);
	put(entry + 32, first, 8);
	put(entry + 40, last, 8);
}

static u64 backup_table(void) { return last_lba() - ENTRIES * ENTRY / sector_size; }

/* Partitions 1 and 3, and a backup. */
static void disk_make(u32 size)
{
	sector_size = size;
	reads = reads_fail_from = 0;
	memset(disk, 0, sizeof(disk));
	u64 tables[] = { 2, backup_table() };
	for (u32 i = 0; i < 2; i++) {
		entry_put(tables[i], 1, 40, 99);
		entry_put(tables[i], 3, 100, 100);
	}
	header_put(1, last_lba(), tables[0]);
	header_put(last_lba(), 1, tables[1]);
}

static void check_good(void)
{
	struct gpt gpt;
	u32 ratio = sector_size / BLOCK_SECTOR;

	CHECK_EQ(table_read(&gpt), OK);
	CHECK_EQ(gpt.partition[0].sector, 40 * ratio);
	CHECK_EQ(gpt.partition[0].sectors, 60 * ratio);
	CHECK_EQ(gpt.partition[0].type[0], 0x1111);
	CHECK_EQ(gpt.partition[0].unique[0], 0x2222);
	CHECK_EQ(gpt.partition[1].sectors, 0);
	CHECK_EQ(gpt.partition[2].sector, 100 * ratio);
	CHECK_EQ(gpt.partition[2].sectors, ratio);
}

TEST(checksum_is_the_usual_one) { CHECK_EQ(crc32(0, "123456789", 9), 0xcbf43926); }

TEST(table_is_read_with_sectors_of_512_and_of_4096)
{
	disk_make(512);
	check_good();
	disk_make(4096);
	check_good();
}

TEST(backup_stands_in_for_a_damaged_header)
{
	disk_make(512);
	lba(1)[50] ^= 1;
	check_good();
	memset(lba(1), 0, 512);
	check_good();
}

TEST(backup_stands_in_for_damaged_entries)
{
	disk_make(512);
	lba(2)[300] ^= 1;
	check_good();
}

TEST(two_damaged_tables_are_corrupt_and_none_is_no_table)
{
	struct gpt gpt;

	disk_make(512);
	lba(2)[300] ^= 1;
	lba(last_lba())[60] ^= 1;
	CHECK_EQ(table_read(&gpt), E_CORRUPT);
	CHECK_EQ(gpt.count, 0);
	memset(disk, 0, sizeof(disk));
	CHECK_EQ(table_read(&gpt), E_NOENT);
}

TEST(partitions_outside_the_usable_part_are_left_out)
{
	struct gpt gpt;

	disk_make(512);
	entry_put(2, 4, 1, 50);                  /* over the table */
	entry_put(2, 5, 60, 59);                 /* backwards */
	entry_put(2, 6, 50, last_lba() - 10);    /* over the backup */
	entry_put(2, 7, 50, UINT64_MAX);         /* wraps */
	entry_put(2, 8, UINT64_MAX, UINT64_MAX); /* beyond */
	header_put(1, last_lba(), 2);
	CHECK_EQ(table_read(&gpt), OK);
	for (u32 i = 3; i < 8; i++)
		CHECK_EQ(gpt.partition[i].sectors, 0);
	CHECK_EQ(gpt.partition[0].sectors, 60);
}

/* Each header with good checksum, but one field that no good one has; only the primary one. */
TEST(header_with_impossible_fields_is_corrupt)
{
	static const struct {
		u32 offset, size;
		u64 value;
	} changes[] = {
		{ 12, 4, 91 },
		{ 12, 4, 513 },
		{ 12, 4, UINT32_MAX },
		{ 24, 8, 2 },
		{ 72, 8, UINT64_MAX },
		{ 72, 8, 2040 },
		{ 72, 8, DISK_SECTORS },
		{ 80, 4, 1025 },
		{ 80, 4, UINT32_MAX },
		{ 84, 4, 64 },
		{ 84, 4, 127 },
		{ 84, 4, 384 },
		{ 84, 4, 8192 },
		{ 84, 4, UINT32_MAX },
		{ 88, 4, 7 },
		{ 48, 8, DISK_SECTORS },
		{ 40, 8, UINT64_MAX },
	};
	struct gpt gpt;

	for (u32 i = 0; i < COUNT_OF(changes); i++) {
		disk_make(512);
		memset(lba(last_lba()), 0, 512);
		put(lba(1) + changes[i].offset, changes[i].value, changes[i].size);
		header_seal(1);
		CHECK_EQ(table_read(&gpt), E_CORRUPT);
	}
}

TEST(errors_of_reading_are_passed_on)
{
	struct gpt gpt;

	disk_make(512);
	reads_fail_from = 1;
	CHECK_EQ(table_read(&gpt), E_IO);
	CHECK_EQ(gpt.count, 0);
}

/* Whatever is on the disk: no crash, and no partition outside it. */
TEST(random_damage_never_leads_outside_the_disk)
{
	struct gpt gpt;

	srand(2);
	for (u32 turn = 0; turn < 20000; turn++) {
		disk_make(turn % 2 ? 512 : 4096);
		for (u32 i = (u32)rand() % 4; i-- > 0;)
			lba(rand() % 2 ? 1 : last_lba())[rand() % HEADER] = (u8)rand();
		lba(2)[rand() % 1024] = (u8)rand();
		if (rand() % 2)
			header_seal(1);
		if (rand() % 2)
			header_seal(last_lba());
		if (table_read(&gpt))
			continue;
		for (u32 i = 0; i < gpt.count; i++)
			CHECK(range_fits(gpt.partition[i].sector, gpt.partition[i].sectors,
			                 DISK_SECTORS));
	}
}
