/* SPDX-License-Identifier: MIT */
/* The PCI server's logic against a made-up bus: configuration spaces whose BARs answer sizing as
 * devices do. */
#include "../fake/fake.h"
#include "bus/pci/pci.h"
#include "test.h"

#include <stdlib.h>

enum { SPACES = 300, MASTER = 4, MEMORY_ON = 2, NO_INTX = 0x400 };

/* One function. Bits of the BARs outside `mask` cannot be written. */
struct space {
	u32 address;
	u8 bytes[256];
	u32 mask[6];
	u32 decoded_while_sized; /* ones were read while the function decoded addresses */
};

static struct space *spaces;
static u32 space_count, selected;
static struct pci pci;

/* What the server asked of the kernel last. */
static struct {
	u64 base, size;
	u32 rights, count;
	bool fail;
} physical, ports;
static u32 messages;
static cap_t table_segment;

static struct space *space_find(u32 address)
{
	for (u32 i = 0; i < space_count; i++)
		if (spaces[i].address == address)
			return &spaces[i];
	return NULL;
}

static u32 load(const struct space *space, u32 offset)
{
	u32 value;

	memcpy(&value, space->bytes + offset, 4);
	return value;
}

static void store(struct space *space, u32 offset, u64 value, u32 width)
{
	memcpy(space->bytes + offset, &value, width);
}

err_t io_read(cap_t cap, u32 port, u32 width, u64 *value)
{
	struct space *space = space_find(selected >> 8 & 0xffff);
	u32 offset = (selected & 0xfc) + (port & 3);

	(void)cap;
	CHECK(port >= 0xcfc && port + width <= 0xd00);
	*value = UINT32_MAX;
	if (!space)
		return OK;
	memcpy(value, space->bytes + offset, width);
	*value &= width == 4 ? UINT32_MAX : (1u << 8 * width) - 1;
	u32 bar = (offset - 0x10) / 4;
	if (offset >= 0x10 && bar < 6 && space->mask[bar] &&
	    *value == (space->mask[bar] | (load(space, offset) & 15)) && space->bytes[4] & 3 &&
	    load(space, offset) >> 4 == space->mask[bar] >> 4)
		space->decoded_while_sized++;
	return OK;
}

err_t io_write(cap_t cap, u32 port, u32 width, u32 value)
{
	(void)cap;
	if (port == 0xcf8) {
		CHECK(value >> 31 && width == 4);
		selected = value;
		return OK;
	}
	struct space *space = space_find(selected >> 8 & 0xffff);
	u32 offset = (selected & 0xfc) + (port & 3);
	if (!space)
		return OK;
	if (offset >= 0x10 && offset < 0x28 && !(space->bytes[14] & 0x7f)) {
		u32 mask = space->mask[(offset - 0x10) / 4];
		value = (value & mask) | (load(space, offset) & ~mask);
	}
	store(space, offset, value, width);
	return OK;
}

err_t physical_create(cap_t bank, cap_t from, u64 base, u64 size, u32 rights, cap_t *range)
{
	(void)bank, (void)from;
	CHECK(base % PAGE_SIZE == 0 && size % PAGE_SIZE == 0);
	if (physical.fail)
		return E_FUNDS;
	physical.base = base;
	physical.size = size;
	physical.rights = rights;
	physical.count++;
	*range = fake_cap();
	return OK;
}

err_t io_ports_create(cap_t bank, cap_t from, u32 first, u32 count, cap_t *range)
{
	(void)bank, (void)from;
	ports.base = first;
	ports.size = count;
	*range = fake_cap();
	return OK;
}

err_t segment_physical(cap_t bank, cap_t range, u64 offset, u64 size, cap_t *segment)
{
	(void)bank, (void)range, (void)offset;
	table_segment = *segment = fake_segment(size);
	return OK;
}

err_t interrupt_create_message(cap_t bank, cap_t interrupts, cap_t *interrupt)
{
	(void)bank, (void)interrupts;
	*interrupt = fake_cap();
	messages++;
	return OK;
}

err_t interrupt_message(cap_t interrupt, u64 *address_data)
{
	(void)interrupt;
	*address_data = 0xfee01000ull | (u64)(0x40 + messages) << 32;
	return OK;
}

/* --- making a bus --- */

static struct space *function_put(u32 bus, u32 device, u32 number)
{
	struct space *space = &spaces[space_count++];

	memset(space, 0, sizeof(*space));
	space->address = bus << 8 | device << 3 | number;
	store(space, 0, 0x10421af4, 4);
	store(space, 8, 0x01000001, 4);
	store(space, 4, MEMORY_ON | 1, 2);
	return space;
}

static void bridge_put(u32 bus, u32 device, u32 secondary)
{
	struct space *space = function_put(bus, device, 0);

	store(space, 14, 1, 1);
	store(space, 0x19, secondary, 1);
}

static void bar_put(struct space *space, u32 number, u32 flags, u64 base, u64 size)
{
	u32 low = flags & 1 ? 3 : 15;

	space->mask[number] = (u32)-size & ~low;
	store(space, 0x10 + 4 * number, (base & ~(u64)low) | flags, 4);
	if (flags & 4) {
		space->mask[number + 1] = (u32)(-size >> 32);
		store(space, 0x14 + 4 * number, base >> 32, 4);
	}
}

static void capability_put(struct space *space, u32 at, u32 id)
{
	store(space, 6, 0x10, 2);
	store(space, at, id, 1);
	store(space, at + 1, space->bytes[0x34], 1);
	store(space, 0x34, at, 1);
}

static void msix_put(struct space *space, u32 count, u32 bar, u32 offset)
{
	capability_put(space, 0x40, 0x11);
	store(space, 0x42, count - 1, 2);
	store(space, 0x44, offset | bar, 4);
}

static void world_make(void)
{
	fake_start();
	if (!spaces)
		spaces = calloc(SPACES, sizeof(*spaces));
	free(pci.functions);
	memset(&pci, 0, sizeof(pci));
	memset(&physical, 0, sizeof(physical));
	memset(&ports, 0, sizeof(ports));
	space_count = messages = 0;
	pci.ports = pci.physical = pci.interrupts = 1;
}

/* A virtio disk as QEMU makes it. */
static struct space *disk_put(void)
{
	struct space *space = function_put(0, 2, 0);

	bar_put(space, 0, 1, 0xc000, 128);
	bar_put(space, 1, 0, 0xfebd1000, 4096);
	bar_put(space, 4, 12, 0x380000000000ull, 16384);
	msix_put(space, 2, 1, 0);
	return space;
}

static err_t bar_get(struct function *function, u32 number, enum bar_kind kind, u64 *base,
                     u64 *size)
{
	cap_t range;

	return function_bar(&pci, function, number, kind, &range, base, size);
}

/* --- the bus --- */

TEST(functions_behind_bridges_are_found_once)
{
	world_make();
	bridge_put(0, 1, 3);
	bridge_put(3, 0, 7);
	bridge_put(7, 0, 3); /* a circle */
	bridge_put(7, 1, 0); /* not numbered */
	function_put(7, 31, 0);
	function_put(3, 5, 0)->bytes[14] = 0x80;
	function_put(3, 5, 7);
	function_put(3, 6, 7); /* without function 0: not there */
	CHECK_EQ(bus_scan(&pci), OK);
	CHECK_EQ(pci.count, 7);
	for (u32 i = 0; i < pci.count; i++)
		for (u32 j = 0; j < i; j++)
			CHECK(pci.functions[i].id.address != pci.functions[j].id.address);
}

TEST(more_functions_than_can_be_kept_are_left_out)
{
	world_make();
	for (u32 i = 0; i < 32; i++)
		for (u32 number = 0; number < 8; number++)
			function_put(0, i, number)->bytes[14] = 0x80;
	bridge_put(1, 0, 2);
	spaces[0].bytes[14] = 0x81;
	store(&spaces[0], 0x19, 1, 1);
	CHECK_EQ(bus_scan(&pci), OK);
	CHECK_EQ(pci.count, PCI_FUNCTIONS_MAX);
}

TEST(bars_are_sized_and_put_back)
{
	world_make();
	struct space *space = disk_put(), before = *space;
	CHECK_EQ(bus_scan(&pci), OK);
	const struct bar *bars = pci.functions[0].bars;
	CHECK(bars[0].kind == BAR_IO && bars[0].base == 0xc000 && bars[0].size == 128);
	CHECK(bars[1].kind == BAR_MEMORY && bars[1].base == 0xfebd1000 && bars[1].size == 4096);
	CHECK(bars[2].kind == BAR_NONE && bars[3].kind == BAR_NONE && bars[5].kind == BAR_NONE);
	CHECK(bars[4].kind == BAR_MEMORY && bars[4].base == 0x380000000000ull &&
	      bars[4].size == 16384);
	CHECK(memcmp(before.bytes, space->bytes, 256) == 0);
	CHECK_EQ(space->decoded_while_sized, 0);
}

TEST(bars_of_4_gib_and_more_are_sized)
{
	world_make();
	bar_put(function_put(0, 1, 0), 2, 12, 0x4000000000ull, 1ull << 36);
	CHECK_EQ(bus_scan(&pci), OK);
	CHECK(pci.functions[0].bars[2].kind == BAR_MEMORY &&
	      pci.functions[0].bars[2].size == 1ull << 36);
}

TEST(bar_without_an_address_is_said_to_have_none)
{
	u64 base, size;

	world_make();
	struct space *space = function_put(0, 1, 0);
	bar_put(space, 0, 0, 0, 4096);
	bar_put(space, 1, 0, 0xfffff000, 4096); /* all ones */
	CHECK_EQ(bus_scan(&pci), OK);
	CHECK_EQ(bar_get(&pci.functions[0], 0, BAR_MEMORY, &base, &size), E_NXIO);
	CHECK_EQ(bar_get(&pci.functions[0], 1, BAR_MEMORY, &base, &size), E_NXIO);
	CHECK_EQ(bar_get(&pci.functions[0], 2, BAR_MEMORY, &base, &size), E_NOENT);
	CHECK_EQ(bar_get(&pci.functions[0], 6, BAR_MEMORY, &base, &size), E_NOENT);
	CHECK_EQ(bar_get(&pci.functions[0], UINT32_MAX, BAR_IO, &base, &size), E_NOENT);
	CHECK_EQ(physical.count, 0);
}

TEST(capability_list_that_is_a_circle_ends)
{
	world_make();
	struct space *space = disk_put();
	store(space, 0x41, 0x40, 1);
	CHECK_EQ(bus_scan(&pci), OK);
	CHECK_EQ(pci.functions[0].msix, 0x40);
}

TEST(msix_table_outside_its_bar_is_not_used)
{
	world_make();
	struct space *space = disk_put();
	msix_put(space, 257, 1, 0);
	CHECK_EQ(bus_scan(&pci), OK);
	CHECK_EQ(pci.functions[0].msix, 0);
	world_make();
	msix_put(disk_put(), 1, 7, 0);
	CHECK_EQ(bus_scan(&pci), OK);
	CHECK_EQ(pci.functions[0].msix, 0);
}

/* --- authority --- */

TEST(memory_bar_comes_without_dma_and_only_once)
{
	u64 base, size;

	world_make();
	disk_put();
	CHECK_EQ(bus_scan(&pci), OK);
	for (u32 i = 0; i < 3; i++)
		CHECK_EQ(bar_get(&pci.functions[0], 4, BAR_MEMORY, &base, &size), OK);
	CHECK(base == 0x380000000000ull && size == 16384);
	CHECK(physical.count == 1 && !(physical.rights & RIGHT_DMA));
	CHECK_EQ(bar_get(&pci.functions[0], 4, BAR_IO, &base, &size), E_NOENT);
	CHECK_EQ(bar_get(&pci.functions[0], 0, BAR_IO, &base, &size), OK);
	CHECK(ports.base == 0xc000 && ports.size == 128);
}

TEST(msix_table_is_never_handed_out)
{
	u64 base, size;

	world_make();
	disk_put();
	struct space *space = function_put(0, 3, 0);
	bar_put(space, 0, 0, 0xfeb00000, 0x8000);
	msix_put(space, 8, 0, 0x3010);
	CHECK_EQ(bus_scan(&pci), OK);
	CHECK_EQ(bar_get(&pci.functions[0], 1, BAR_MEMORY, &base, &size), E_PERM);
	CHECK_EQ(bar_get(&pci.functions[1], 0, BAR_MEMORY, &base, &size), OK);
	CHECK(base == 0xfeb00000 && size == 0x3000 && physical.size == 0x3000);
}

TEST(page_that_another_function_uses_is_not_handed_out)
{
	u64 base, size;

	world_make();
	bar_put(function_put(0, 1, 0), 0, 0, 0xfeb00000, 256);
	bar_put(function_put(0, 2, 0), 0, 0, 0xfeb00100, 256);
	bar_put(function_put(0, 3, 0), 0, 0, 0xfeb01000, 256);
	bar_put(function_put(0, 4, 0), 0, 1, 0xcf0, 16);
	CHECK_EQ(bus_scan(&pci), OK);
	CHECK_EQ(bar_get(&pci.functions[0], 0, BAR_MEMORY, &base, &size), E_PERM);
	CHECK_EQ(bar_get(&pci.functions[1], 0, BAR_MEMORY, &base, &size), E_PERM);
	CHECK_EQ(bar_get(&pci.functions[2], 0, BAR_MEMORY, &base, &size), OK);
	CHECK_EQ(size, PAGE_SIZE);
	/* The configuration ports. */
	CHECK_EQ(bar_get(&pci.functions[3], 0, BAR_IO, &base, &size), E_PERM);
}

TEST(interrupts_go_through_the_masked_table)
{
	cap_t interrupt;

	world_make();
	struct space *space = disk_put();
	CHECK_EQ(bus_scan(&pci), OK);
	CHECK_EQ(function_interrupt(&pci, &pci.functions[0], 2, &interrupt), E_RANGE);
	CHECK_EQ(function_interrupt(&pci, &pci.functions[0], 1, &interrupt), OK);
	const u32 *table = fake_segment_ptr(table_segment);
	CHECK_EQ(table[3], 1); /* entry 0 stays masked */
	CHECK(table[4] == 0xfee01000 && table[5] == 0 && table[6] == 0x41 && table[7] == 0);
	CHECK_EQ(load(space, 0x40) >> 30, 2); /* enabled, not masked as a whole */
	CHECK_EQ(physical.base, 0xfebd1000);
	CHECK_EQ(function_interrupt(&pci, &pci.functions[0], 1, &interrupt), OK);
	CHECK_EQ(messages, 1);
}

TEST(msi_serves_where_there_is_no_msix)
{
	cap_t interrupt;

	world_make();
	struct space *space = function_put(0, 1, 0);
	capability_put(space, 0x50, 5);
	store(space, 0x52, 0x80 | 3 << 1, 2);
	CHECK_EQ(bus_scan(&pci), OK);
	CHECK_EQ(function_interrupt(&pci, &pci.functions[0], 1, &interrupt), E_RANGE);
	CHECK_EQ(function_interrupt(&pci, &pci.functions[0], 0, &interrupt), OK);
	CHECK(load(space, 0x54) == 0xfee01000 && load(space, 0x58) == 0 &&
	      (load(space, 0x5c) & 0xffff) == 0x41);
	CHECK_EQ(load(space, 0x50) >> 16 & 0x71, 1);
	function_quiet(&pci, &pci.functions[0]);
	CHECK_EQ(load(space, 0x50) >> 16 & 1, 0);
	function_put(0, 2, 0);
	world_make();
	function_put(0, 2, 0);
	CHECK_EQ(bus_scan(&pci), OK);
	CHECK_EQ(function_interrupt(&pci, &pci.functions[0], 0, &interrupt), E_NOTSUP);
}

TEST(quiet_function_masters_nothing_and_nothing_is_left_of_it)
{
	cap_t given[4];
	u64 base, size;

	world_make();
	struct space *space = disk_put();
	CHECK_EQ(bus_scan(&pci), OK);
	struct function *function = &pci.functions[0];
	u32 before = fake_caps_open();
	CHECK_EQ(function_master(&pci, function, &given[0]), OK);
	CHECK(space->bytes[4] & MASTER && physical.size == 0);
	CHECK_EQ(function_bar(&pci, function, 4, BAR_MEMORY, &given[1], &base, &size), OK);
	CHECK_EQ(function_interrupt(&pci, function, 0, &given[2]), OK);
	CHECK_EQ(function_master(&pci, function, &given[3]), OK);
	for (u32 i = 0; i < 4; i++)
		CHECK_EQ(cap_close(given[i]), OK);
	function_quiet(&pci, function);
	CHECK(!(space->bytes[4] & MASTER) && load(space, 4) & NO_INTX);
	CHECK_EQ(load(space, 0x40) >> 31, 0);
	CHECK_EQ(fake_caps_open(), before);
}

TEST(failure_to_pay_leaves_nothing)
{
	cap_t given;
	u64 base, size;

	world_make();
	disk_put();
	CHECK_EQ(bus_scan(&pci), OK);
	physical.fail = true;
	CHECK_EQ(function_interrupt(&pci, &pci.functions[0], 0, &given), E_FUNDS);
	CHECK_EQ(function_master(&pci, &pci.functions[0], &given), E_FUNDS);
	CHECK_EQ(bar_get(&pci.functions[0], 4, BAR_MEMORY, &base, &size), E_FUNDS);
	CHECK_EQ(fake_caps_open(), 0);
	CHECK(!(spaces[0].bytes[4] & MASTER));
}

/* Configuration spaces of noise: the scan ends, and what is handed out is one function's own. */
TEST(random_configuration_spaces_do_no_harm)
{
	u64 base, size;

	srand(5);
	for (u32 turn = 0; turn < 300; turn++) {
		world_make();
		for (u32 i = 0; i < 20; i++) {
			struct space *space = function_put(i % 4, i, 0);
			for (u32 at = 4; at < 256; at++)
				space->bytes[at] = (u8)rand();
			for (u32 bar = 0; bar < 6; bar++)
				space->mask[bar] = (u32)rand() << 1;
		}
		CHECK_EQ(bus_scan(&pci), OK);
		for (u32 i = 0; i < pci.count; i++) {
			for (u32 bar = 0; bar < 6; bar++)
				(void)bar_get(&pci.functions[i], bar, BAR_MEMORY, &base, &size);
			function_quiet(&pci, &pci.functions[i]);
		}
	}
}
