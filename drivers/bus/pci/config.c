/* SPDX-License-Identifier: MIT */
/* Configuration mechanism #1 (PCI 3.0, 3.2.2.3.2): an address register and a data window of four
 * bytes. */
#include "pci.h"

enum { PORT_ADDRESS = 0xcf8, PORT_DATA = 0xcfc };

static err_t config_select(const struct pci *pci, u32 address, u32 offset)
{
	return io_write(pci->ports, PORT_ADDRESS, 4, 1u << 31 | address << 8 | (offset & 0xfc));
}

u32 config_read(const struct pci *pci, u32 address, u32 offset, u32 width)
{
	u32 ones = width == 4 ? UINT32_MAX : (1u << 8 * width) - 1;
	u64 value;

	if (config_select(pci, address, offset) ||
	    io_read(pci->ports, PORT_DATA + (offset & 3), width, &value))
		return ones;
	return (u32)value & ones;
}

void config_write(const struct pci *pci, u32 address, u32 offset, u32 width, u32 value)
{
	if (config_select(pci, address, offset) == OK)
		(void)io_write(pci->ports, PORT_DATA + (offset & 3), width, value);
}
