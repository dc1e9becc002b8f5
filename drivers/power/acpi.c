/* SPDX-License-Identifier: MIT */
#include "acpi.h"

#include <string.h>

enum { RSDP_SIZE_1 = 20, RSDP_SIZE_2 = 36, HEADER_SIZE = 36, ROOT_SIZE_MAX = 4096 };

/* Offsets in the root pointer (5.2.5.3), in every table's header (5.2.6), and in the FADT
 * (5.2.9). */
enum { RSDP_REVISION = 15, RSDP_RSDT = 16, RSDP_XSDT = 24 };
enum { TABLE_SIZE = 4 };
enum fadt {
	FADT_DSDT = 40,
	FADT_SMI_COMMAND = 48,
	FADT_ACPI_ENABLE = 52,
	FADT_PM1A_CONTROL = 64,
	FADT_PM1B_CONTROL = 68,
	FADT_FLAGS = 112,
	FADT_SIZE_MIN = 116, /* ACPI 1.0's */
	FADT_RESET = 116,    /* a generic address: space, width, bit, access, address */
	FADT_RESET_VALUE = 128,
	FADT_X_DSDT = 140,
	FADT_SIZE_RESET = 129,
	FADT_SIZE_X_DSDT = 148,
	FADT_CAN_RESET = 1 << 10,
	FADT_HARDWARE_REDUCED = 1 << 20,
	ADDRESS_VALUE = 4,
};

/* AML (20.2). */
enum aml {
	AML_ZERO = 0x00,
	AML_ONE = 0x01,
	AML_NAME = 0x08,
	AML_BYTE = 0x0a,
	AML_WORD = 0x0b,
	AML_DWORD = 0x0c,
	AML_PACKAGE = 0x12,
	AML_ROOT = '\\',
};
enum { SLEEP_TYPE_MAX = 7 };

static u32 load32(const u8 *from)
{
	u32 value;

	memcpy(&value, from, sizeof(value));
	return value;
}

static u64 load64(const u8 *from)
{
	u64 value;

	memcpy(&value, from, sizeof(value));
	return value;
}

static bool sum_is_zero(const u8 *bytes, u32 size)
{
	u8 sum = 0;

	for (u32 i = 0; i < size; i++)
		sum = (u8)(sum + bytes[i]);
	return sum == 0;
}

/* --- \_S5 --- */

/* The rest of the bytes of a definition block; reading never goes beyond `left`. */
struct aml_cursor {
	const u8 *at;
	u32 left;
};

static bool aml_byte(struct aml_cursor *cursor, u8 *value)
{
	if (!cursor->left)
		return false;
	*value = *cursor->at++;
	cursor->left--;
	return true;
}

/* PkgLength (20.2.4): 0 to 3 more bytes; it counts its own. The cursor is cut to the package. */
static bool aml_package(struct aml_cursor *cursor)
{
	u32 before = cursor->left;
	u8 lead, more;

	if (!aml_byte(cursor, &lead))
		return false;
	u32 extra = lead >> 6, size = extra ? lead & 15 : lead & 63;
	for (u32 i = 0; i < extra; i++) {
		if (!aml_byte(cursor, &more))
			return false;
		size |= (u32)more << (4 + 8 * i);
	}
	u32 used = before - cursor->left;
	if (size < used || size > before)
		return false;
	cursor->left = size - used;
	return true;
}

static bool aml_constant(struct aml_cursor *cursor, u32 *value)
{
	u8 op, byte;

	if (!aml_byte(cursor, &op))
		return false;
	u32 size = op == AML_BYTE ? 1 : op == AML_WORD ? 2 : op == AML_DWORD ? 4 : 0;
	*value = op == AML_ONE;
	for (u32 i = 0; i < size; i++) {
		if (!aml_byte(cursor, &byte))
			return false;
		*value |= (u32)byte << 8 * i;
	}
	return size || op == AML_ZERO || op == AML_ONE;
}

/* What follows the name: PackageOp PkgLength NumElements and at least one constant. */
static bool s5_package(struct aml_cursor cursor, u8 *type_a, u8 *type_b)
{
	u8 op, count;
	u32 a, b = 0;

	if (!aml_byte(&cursor, &op) || op != AML_PACKAGE || !aml_package(&cursor) ||
	    !aml_byte(&cursor, &count) || !count || !aml_constant(&cursor, &a))
		return false;
	if (count > 1 && !aml_constant(&cursor, &b))
		return false;
	if (a > SLEEP_TYPE_MAX || b > SLEEP_TYPE_MAX)
		return false;
	*type_a = (u8)a;
	*type_b = (u8)b;
	return true;
}

bool acpi_find_s5(const u8 *aml, u32 size, u8 *type_a, u8 *type_b)
{
	for (u32 i = 0; i + 5 <= size; i++) {
		if (aml[i] != AML_NAME)
			continue;
		u32 name = i + 1 + (aml[i + 1] == AML_ROOT);
		if (!range_fits(name, 4, size) || memcmp(aml + name, "_S5_", 4) != 0)
			continue;
		struct aml_cursor cursor = { .at = aml + name + 4, .left = size - name - 4 };
		if (s5_package(cursor, type_a, type_b))
			return true;
	}
	return false;
}

/* --- tables --- */

/* Map a table with a good size and checksum; unmap it with *size. */
static const u8 *table_open(struct acpi_source *source, paddr_t addr, u32 size_min, u32 size_max,
                            u32 *size)
{
	if (!addr)
		return NULL;
	const u8 *table = source->map(source, addr, HEADER_SIZE);
	if (!table)
		return NULL;
	*size = load32(table + TABLE_SIZE);
	source->unmap(source, table, HEADER_SIZE);
	if (*size < size_min || *size > size_max)
		return NULL;
	table = source->map(source, addr, *size);
	/* The size is read twice: it must still be the same. */
	if (table && (load32(table + TABLE_SIZE) != *size || !sum_is_zero(table, *size))) {
		source->unmap(source, table, *size);
		return NULL;
	}
	return table;
}

/* Where the root table is, and how wide its entries are. */
static err_t root_find(struct acpi_source *source, paddr_t rsdp, paddr_t *root, u32 *width)
{
	const u8 *pointer = rsdp ? source->map(source, rsdp, RSDP_SIZE_2) : NULL;
	err_t error = OK;

	if (!pointer)
		return E_NOENT;
	if (memcmp(pointer, "RSD PTR ", 8) != 0 || !sum_is_zero(pointer, RSDP_SIZE_1)) {
		error = E_CORRUPT;
	} else if (pointer[RSDP_REVISION] >= 2 && sum_is_zero(pointer, RSDP_SIZE_2) &&
	           load64(pointer + RSDP_XSDT)) {
		*root = load64(pointer + RSDP_XSDT);
		*width = 8;
	} else {
		*root = load32(pointer + RSDP_RSDT);
		*width = 4;
	}
	source->unmap(source, pointer, RSDP_SIZE_2);
	return error;
}

/* Does the table at `addr` have this signature? */
static bool table_is(struct acpi_source *source, paddr_t addr, const char *signature)
{
	const u8 *table = addr ? source->map(source, addr, HEADER_SIZE) : NULL;

	if (!table)
		return false;
	bool is = memcmp(table, signature, 4) == 0;
	source->unmap(source, table, HEADER_SIZE);
	return is;
}

static bool s5_in_table(struct acpi_source *source, paddr_t addr, struct acpi_power *power)
{
	u32 size;
	const u8 *table = table_open(source, addr, HEADER_SIZE, ACPI_TABLE_MAX, &size);

	if (!table)
		return false;
	bool found = acpi_find_s5(table + HEADER_SIZE, size - HEADER_SIZE, &power->type_a,
	                          &power->type_b);
	source->unmap(source, table, size);
	return found;
}

/* The fixed registers; *dsdt is where the first definition block is. */
static err_t fadt_read(struct acpi_source *source, paddr_t addr, struct acpi_power *power,
                       paddr_t *dsdt)
{
	u32 size;
	const u8 *fadt = table_open(source, addr, FADT_SIZE_MIN, ROOT_SIZE_MAX, &size);

	if (!fadt)
		return E_CORRUPT;
	u32 flags = load32(fadt + FADT_FLAGS);
	*dsdt = load32(fadt + FADT_DSDT);
	if (size >= FADT_SIZE_X_DSDT && load64(fadt + FADT_X_DSDT))
		*dsdt = load64(fadt + FADT_X_DSDT);
	if (!(flags & FADT_HARDWARE_REDUCED)) {
		power->control_a = load32(fadt + FADT_PM1A_CONTROL);
		power->control_b = load32(fadt + FADT_PM1B_CONTROL);
		power->smi_command = load32(fadt + FADT_SMI_COMMAND);
		power->smi_enable = fadt[FADT_ACPI_ENABLE];
	}
	if (size >= FADT_SIZE_RESET && flags & FADT_CAN_RESET && fadt[FADT_RESET] <= ACPI_IO) {
		power->reset_space = fadt[FADT_RESET];
		power->reset_addr = load64(fadt + FADT_RESET + ADDRESS_VALUE);
		power->reset_value = fadt[FADT_RESET_VALUE];
		power->can_reset = power->reset_addr != 0;
	}
	source->unmap(source, fadt, size);
	return OK;
}

/* Entry `index` of a root table. */
static paddr_t root_entry(const u8 *root, u32 width, u32 index)
{
	const u8 *entry = root + HEADER_SIZE + index * width;

	return width == 8 ? load64(entry) : load32(entry);
}

static err_t root_read(struct acpi_source *source, const u8 *root, u32 width, u32 count,
                       struct acpi_power *power)
{
	err_t error = E_NOENT;
	paddr_t dsdt = 0;

	for (u32 i = 0; i < count && error; i++)
		if (table_is(source, root_entry(root, width, i), "FACP"))
			error = fadt_read(source, root_entry(root, width, i), power, &dsdt);
	if (error || !power->control_a)
		return error;
	power->can_off = s5_in_table(source, dsdt, power);
	for (u32 i = 0; i < count && !power->can_off; i++)
		if (table_is(source, root_entry(root, width, i), "SSDT"))
			power->can_off = s5_in_table(source, root_entry(root, width, i), power);
	return OK;
}

err_t acpi_read(struct acpi_source *source, paddr_t rsdp, struct acpi_power *power)
{
	paddr_t addr = 0;
	u32 width = 0, size;

	*power = (struct acpi_power){ 0 };
	err_t error = root_find(source, rsdp, &addr, &width);
	if (error)
		return error;
	const u8 *root = table_open(source, addr, HEADER_SIZE, ROOT_SIZE_MAX, &size);
	if (!root)
		return E_CORRUPT;
	error = root_read(source, root, width, (size - HEADER_SIZE) / width, power);
	source->unmap(source, root, size);
	return error;
}
