/* SPDX-License-Identifier: MIT */
/* ACPI tables as firmware has them, and damaged in every way. */
#include "power/acpi.h"
#include "test.h"

#include <stdlib.h>

enum {
	MEMORY = 8192,
	RSDP = 0x100,
	ROOT = 0x200,
	FADT = 0x400,
	DSDT = 0x800,
	SSDT = 0x1000,
	FADT_SIZE = 244
};

static u8 memory[MEMORY];
static u32 mapped;

/* Each mapping is a piece of its own, so that the sanitizer sees a step beyond it. */
static const u8 *map(struct acpi_source *source, paddr_t addr, u32 size)
{
	(void)source;
	if (!range_fits(addr, size, MEMORY))
		return NULL;
	u8 *copy = malloc(size);
	memcpy(copy, memory + addr, size);
	mapped++;
	return copy;
}

static void unmap(struct acpi_source *source, const u8 *ptr, u32 size)
{
	(void)source, (void)size;
	free((void *)(u64)ptr);
	mapped--;
}

static struct acpi_source source = { .map = map, .unmap = unmap };

static void put(u32 at, u64 value, size_t size) { memcpy(memory + at, &value, size); }

static void seal(u32 at, u32 size, u32 checksum)
{
	u8 sum = 0;

	memory[at + checksum] = 0;
	for (u32 i = 0; i < size; i++)
		sum = (u8)(sum + memory[at + i]);
	memory[at + checksum] = (u8)-sum;
}

static void table_put(u32 at, const char *signature, u32 size)
{
	memcpy(memory + at, signature, 4);
	put(at + 4, size, 4);
	seal(at, size, 9);
}

static void root_put(bool wide)
{
	memcpy(memory + RSDP, "RSD PTR ", 8);
	memory[RSDP + 15] = wide ? 2 : 0;
	put(RSDP + 16, wide ? 0 : ROOT, 4);
	put(RSDP + 20, 36, 4);
	put(RSDP + 24, wide ? ROOT : 0, 8);
	seal(RSDP, 20, 8);
	seal(RSDP, 36, 32);
	u32 width = wide ? 8 : 4;
	put(ROOT + 36, SSDT, width);
	put(ROOT + 36 + width, FADT, width);
	table_put(ROOT, wide ? "XSDT" : "RSDT", 36 + 2 * width);
}

/* \_S5 as QEMU's firmware has it, somewhere between other things. */
static const u8 s5_bytes[] = { 0x10, 0x05, 0x08, 0x5c, '_',  'S',  '5',  '_',  0x12,
	                       0x08, 0x04, 0x0a, 0x05, 0x0a, 0x03, 0x00, 0x00, 0xa4 };

static void tables_make(bool wide)
{
	memset(memory, 0, sizeof(memory));
	memcpy(memory + DSDT + 100, s5_bytes, sizeof(s5_bytes));
	table_put(DSDT, "DSDT", 400);
	table_put(SSDT, "SSDT", 200);
	put(FADT + 40, DSDT, 4);
	put(FADT + 48, 0xb2, 4);
	memory[FADT + 52] = 0xf1;
	put(FADT + 64, 0x604, 4);
	put(FADT + 112, 1 << 10, 4);
	memory[FADT + 116] = 1;
	put(FADT + 120, 0xcf9, 8);
	memory[FADT + 128] = 0xf;
	table_put(FADT, "FACP", FADT_SIZE);
	root_put(wide);
}

static void check_good(void)
{
	struct acpi_power power;

	CHECK_EQ(acpi_read(&source, RSDP, &power), OK);
	CHECK(power.can_off && power.control_a == 0x604 && power.control_b == 0);
	CHECK(power.type_a == 5 && power.type_b == 3);
	CHECK(power.smi_command == 0xb2 && power.smi_enable == 0xf1);
	CHECK(power.can_reset && power.reset_space == ACPI_IO && power.reset_addr == 0xcf9 &&
	      power.reset_value == 0xf);
	CHECK_EQ(mapped, 0);
}

TEST(tables_are_found_through_either_root)
{
	tables_make(false);
	check_good();
	tables_make(true);
	check_good();
}

TEST(sleep_type_is_found_in_a_second_definition_block)
{
	tables_make(true);
	memset(memory + DSDT + 36, 0, 300);
	table_put(DSDT, "DSDT", 400);
	memcpy(memory + SSDT + 36, s5_bytes, sizeof(s5_bytes));
	table_put(SSDT, "SSDT", 200);
	check_good();
}

TEST(extended_address_of_the_definition_block_wins)
{
	tables_make(true);
	put(FADT + 40, 0x1800, 4);
	put(FADT + 140, DSDT, 8);
	table_put(FADT, "FACP", FADT_SIZE);
	check_good();
}

static bool s5(const char *bytes, u32 size, u8 *a, u8 *b)
{
	u8 *exact = malloc(size ? size : 1); /* the sanitizer watches its end */

	memcpy(exact, bytes, size);
	bool found = acpi_find_s5(exact, size, a, b);
	free(exact);
	return found;
}

#define S5(text, a, b) s5(text, sizeof(text) - 1, a, b)

TEST(sleep_types_of_all_constants_are_understood)
{
	u8 a = 9, b = 9;

	CHECK(S5("\x08_S5_\x12\x06\x04\x00\x01\x00\x00", &a, &b) && a == 0 && b == 1);
	CHECK(S5("\x08_S5_\x12\x05\x01\x0b\x07\x00", &a, &b) && a == 7 && b == 0);
	CHECK(S5("\x08_S5_\x12\x07\x01\x0c\x06\x00\x00\x00", &a, &b) && a == 6 && b == 0);
	CHECK(S5("\x08_S5_\x12\x46\x00\x02\x01\x0a\x02", &a, &b) && a == 1 && b == 2);
	/* The first is none, the second is. */
	CHECK(S5("\x08_S5_\xff\x08_S5_\x12\x04\x01\x0a\x04", &a, &b) && a == 4);
}

TEST(what_is_no_package_of_small_constants_is_not_taken)
{
	u8 a, b;

	CHECK(!S5("", &a, &b));
	CHECK(!S5("\x08_S5", &a, &b));
	CHECK(!S5("\x08_S5_", &a, &b));
	CHECK(!S5("\x08_S5_\x12", &a, &b));
	CHECK(!S5("\x08_S5_\x12\x04", &a, &b));
	CHECK(!S5("\x08_S5_\x12\x04\x01\x0a", &a, &b));
	CHECK(!S5("\x08_S5_\x12\x03\x01\x0a\x05", &a, &b));         /* ends before its element */
	CHECK(!S5("\x08_S5_\x12\x40\x00\x01\x00", &a, &b));         /* shorter than itself */
	CHECK(!S5("\x08_S5_\x12\x09\x01\x00", &a, &b));             /* longer than the table */
	CHECK(!S5("\x08_S5_\x12\xc7\xff\xff\xff\x01\x00", &a, &b)); /* much longer */
	CHECK(!S5("\x08_S5_\x12\x03\x00\x00", &a, &b));             /* no elements */
	CHECK(!S5("\x08_S5_\x12\x04\x01\x0a\x08", &a, &b));         /* too large */
	CHECK(!S5("\x08_S5_\x12\x05\x02\x00\x70\x00", &a, &b));     /* not a constant */
	CHECK(!S5("\x08_S4_\x12\x04\x01\x0a\x05", &a, &b));
}

TEST(damaged_tables_are_refused)
{
	static const u32 places[] = { RSDP + 3, RSDP + 17, ROOT + 20, FADT + 64 };
	struct acpi_power power;

	for (u32 i = 0; i < COUNT_OF(places); i++) {
		tables_make(false);
		memory[places[i]] ^= 0x10;
		CHECK(acpi_read(&source, RSDP, &power) != OK);
		CHECK(!power.can_off && !power.can_reset);
	}
	tables_make(true);
	memory[DSDT + 200] ^= 1;
	CHECK_EQ(acpi_read(&source, RSDP, &power), OK);
	CHECK(!power.can_off && power.can_reset);
	CHECK_EQ(acpi_read(&source, 0, &power), E_NOENT);
	CHECK_EQ(acpi_read(&source, MEMORY - 8, &power), E_NOENT);
	CHECK_EQ(mapped, 0);
}

TEST(hardware_reduced_machine_cannot_be_switched_off)
{
	struct acpi_power power;

	tables_make(true);
	put(FADT + 112, 1 << 10 | 1 << 20, 4);
	table_put(FADT, "FACP", FADT_SIZE);
	CHECK_EQ(acpi_read(&source, RSDP, &power), OK);
	CHECK(!power.can_off && power.can_reset);
}

/* Any bytes changed, checksums mended so that the damage gets through: no step outside a table,
 * nothing left mapped. */
TEST(mutated_tables_do_no_harm)
{
	static const struct {
		u32 at, size;
	} tables[] = { { ROOT, 52 }, { FADT, FADT_SIZE }, { DSDT, 400 }, { SSDT, 200 } };
	struct acpi_power power;

	srand(3);
	for (u32 turn = 0; turn < 50000; turn++) {
		tables_make(turn % 2);
		for (u32 n = 1 + (u32)rand() % 6; n-- > 0;) {
			u32 i = (u32)rand() % COUNT_OF(tables);
			memory[tables[i].at + (u32)rand() % tables[i].size] = (u8)rand();
		}
		for (u32 i = 0; i < COUNT_OF(tables); i++) {
			u32 size;
			memcpy(&size, memory + tables[i].at + 4, 4);
			if (range_fits(tables[i].at, size, MEMORY) && size > 36)
				seal(tables[i].at, size, 9);
		}
		err_t error = acpi_read(&source, RSDP, &power);
		CHECK(!power.can_off || (!error && power.type_a <= 7 && power.type_b <= 7));
		CHECK_EQ(mapped, 0);
	}
}
