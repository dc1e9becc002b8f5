/* SPDX-License-Identifier: MIT */
/* What is on the bus: buses behind bridges as the firmware numbered them, functions, their BARs and
 * interrupt capabilities. Nothing is assigned here: firmware has done it. */
#include "pci.h"
#include "rt/rt.h"

#include <stdlib.h>
#include <string.h>

enum {
	BUSES = 256,
	CAPABILITIES_MAX = 48, /* as many as fit: ends a list that is a circle */
	CAPABILITY_MSI = 0x05,
	CAPABILITY_MSIX = 0x11,
	MSIX_CONTROL = 2,
	MSIX_TABLE = 4,
	MSIX_SIZE_MASK = 0x7ff,
	MSIX_BAR_MASK = 7,
	VENDOR_NONE = 0xffff,
};
enum bar_bits {
	BAR_IS_IO = 1,
	BAR_TYPE_MASK = 6,
	BAR_TYPE_64 = 4,
	BAR_IO_MASK = 3,
	BAR_MEMORY_MASK = 15,
};

/* --- BARs --- */

/* What stays of all ones written to the register (PCI 3.0, 6.2.5.1); the register is put back. */
static u32 bar_probe(const struct pci *pci, u32 address, u32 offset, u32 *value)
{
	*value = config_read(pci, address, offset, 4);
	config_write(pci, address, offset, 4, UINT32_MAX);
	u32 mask = config_read(pci, address, offset, 4);
	config_write(pci, address, offset, 4, *value);
	return mask;
}

static struct bar bar_make(enum bar_kind kind, u64 base, u64 mask)
{
	struct bar bar = { .kind = kind, .base = base, .size = mask & -mask };

	if (!mask)
		return (struct bar){ .kind = BAR_NONE };
	/* A base of all ones comes from a probe that was cut short; it is nobody's address. */
	if (!base || base % bar.size || base + bar.size < base || base == mask)
		bar.kind = BAR_UNASSIGNED;
	return bar;
}

/* Size BAR `number`; the number of registers it takes. */
static u32 bar_read(const struct pci *pci, u32 address, u32 number, u32 registers, struct bar *bar)
{
	u32 offset = CONFIG_BAR + 4 * number, value, high = 0, mask_high = 0;
	u32 mask = bar_probe(pci, address, offset, &value);

	if (mask & BAR_IS_IO) {
		/* Devices may leave out the upper 16 bits. */
		*bar = bar_make(BAR_IO, value & 0xffff & ~(u32)BAR_IO_MASK,
		                mask & 0xffff & ~(u32)BAR_IO_MASK);
		return 1;
	}
	bool wide = (mask & BAR_TYPE_MASK) == BAR_TYPE_64 && number + 1 < registers;
	if (wide)
		mask_high = bar_probe(pci, address, offset + 4, &high);
	*bar = bar_make(BAR_MEMORY, (u64)high << 32 | (value & ~(u32)BAR_MEMORY_MASK),
	                (u64)mask_high << 32 | (mask & ~(u32)BAR_MEMORY_MASK));
	return wide ? 2 : 1;
}

/* The function must not decode addresses while its BARs hold all ones. */
static void bars_read(const struct pci *pci, struct function *function)
{
	u32 address = function->id.address, registers = function->bridge ? 2 : PCI_BARS;
	u32 command = config_read(pci, address, CONFIG_COMMAND, 2);

	config_write(pci, address, CONFIG_COMMAND, 2,
	             command & ~(u32)(COMMAND_IO | COMMAND_MEMORY));
	for (u32 i = 0; i < registers;)
		i += bar_read(pci, address, i, registers, &function->bars[i]);
	config_write(pci, address, CONFIG_COMMAND, 2, command);
}

/* --- functions --- */

static void msix_read(const struct pci *pci, struct function *function, u32 at)
{
	u32 address = function->id.address;
	u32 table = config_read(pci, address, at + MSIX_TABLE, 4), bar = table & MSIX_BAR_MASK;
	u32 count = (config_read(pci, address, at + MSIX_CONTROL, 2) & MSIX_SIZE_MASK) + 1;
	u32 offset = table & ~(u32)MSIX_BAR_MASK;

	if (bar >= PCI_BARS || function->bars[bar].kind != BAR_MEMORY ||
	    !range_fits(offset, count * 16ull, function->bars[bar].size)) {
		rt_log("%04x:%04x: bad MSI-X table", function->id.vendor, function->id.device);
		return;
	}
	function->msix = at;
	function->msix_count = count;
	function->msix_bar = bar;
	function->msix_offset = offset;
}

static void capabilities_read(const struct pci *pci, struct function *function)
{
	u32 address = function->id.address;

	if (!(config_read(pci, address, CONFIG_STATUS, 2) & STATUS_CAPABILITIES))
		return;
	u32 at = config_read(pci, address, CONFIG_CAPABILITIES, 1) & ~3u;
	for (u32 i = 0; i < CAPABILITIES_MAX && at >= 0x40; i++) {
		u32 id = config_read(pci, address, at, 1);
		if (id == CAPABILITY_MSIX && !function->msix && at + 12 <= CONFIG_SIZE)
			msix_read(pci, function, at);
		if (id == CAPABILITY_MSI && !function->msi && at + 16 <= CONFIG_SIZE)
			function->msi = at;
		at = config_read(pci, address, at + 1, 1) & ~3u;
	}
}

static err_t function_add(struct pci *pci, u32 address, struct function **added)
{
	if (pci->count == PCI_FUNCTIONS_MAX) {
		rt_log("more than %d functions: the rest is left out", PCI_FUNCTIONS_MAX);
		return E_LIMIT;
	}
	if (pci->count == pci->room) {
		u32 room = pci->room ? 2 * pci->room : 16;
		struct function *functions = realloc(pci->functions, room * sizeof(*functions));
		if (!functions)
			return E_FUNDS;
		pci->functions = functions;
		pci->room = room;
	}
	*added = &pci->functions[pci->count++];
	memset(*added, 0, sizeof(**added));
	(*added)->id.address = address;
	return OK;
}

static err_t function_read(struct pci *pci, u32 address, u32 header)
{
	struct function *function;
	err_t error = function_add(pci, address, &function);

	if (error)
		return error;
	function->bridge = (header & HEADER_TYPE) != 0;
	function->id.vendor = (u16)config_read(pci, address, CONFIG_VENDOR, 2);
	function->id.device = (u16)config_read(pci, address, CONFIG_DEVICE, 2);
	function->id.class_code = config_read(pci, address, CONFIG_CLASS, 4) >> 8;
	if (function->bridge)
		return OK;
	function->id.subsystem_vendor = (u16)config_read(pci, address, CONFIG_SUBSYSTEM_VENDOR, 2);
	function->id.subsystem = (u16)config_read(pci, address, CONFIG_SUBSYSTEM, 2);
	bars_read(pci, function);
	capabilities_read(pci, function);
	return OK;
}

/* --- buses --- */

/* Buses seen behind bridges, and how many of them have been scanned: a queue that no bus enters
 * twice. */
struct buses {
	u8 queue[BUSES];
	u32 count;
	bool known[BUSES];
};

static void buses_add(struct buses *buses, u32 bus)
{
	if (buses->known[bus])
		return;
	buses->known[bus] = true;
	buses->queue[buses->count++] = (u8)bus;
}

static err_t device_scan(struct pci *pci, struct buses *buses, u32 address)
{
	u32 functions = 1;

	for (u32 i = 0; i < functions; i++) {
		if (config_read(pci, address + i, CONFIG_VENDOR, 2) == VENDOR_NONE)
			continue;
		u32 header = config_read(pci, address + i, CONFIG_HEADER, 1);
		if (i == 0 && header & HEADER_MULTIPLE)
			functions = 8;
		err_t error = function_read(pci, address + i, header);
		if (error)
			return error;
		/* Secondary bus 0: the firmware has not numbered it. */
		u32 bus = config_read(pci, address + i, CONFIG_SECONDARY_BUS, 1);
		if ((header & HEADER_TYPE) == HEADER_BRIDGE && bus)
			buses_add(buses, bus);
	}
	return OK;
}

err_t bus_scan(struct pci *pci)
{
	struct buses *buses = calloc(1, sizeof(*buses));
	err_t error = buses ? OK : E_FUNDS;

	if (buses)
		buses_add(buses, 0);
	for (u32 i = 0; !error && i < buses->count; i++)
		for (u32 device = 0; !error && device < 32; device++)
			error = device_scan(pci, buses, (u32)buses->queue[i] << 8 | device << 3);
	free(buses);
	return error == E_LIMIT ? OK : error;
}
