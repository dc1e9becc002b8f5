/* SPDX-License-Identifier: MIT */
/* Message-signalled interrupts. The server writes the MSI-X table or the MSI capability; drivers
 * get interrupt objects and never see addresses (PCI 3.0, 6.8). */
#include "abi/thread.h"
#include "lib/mmio.h"
#include "pci.h"
#include "rt/rt.h"

enum msix {
	MSIX_CONTROL = 2,
	MSIX_ENABLE = 1 << 15,
	MSIX_MASK_ALL = 1 << 14,
	MSIX_ENTRY = 16, /* address, address high, data, control */
	MSIX_ENTRY_ADDRESS = 0,
	MSIX_ENTRY_DATA = 8,
	MSIX_ENTRY_CONTROL = 12,
	MSIX_ENTRY_MASKED = 1,
};
enum msi {
	MSI_CONTROL = 2,
	MSI_ENABLE = 1 << 0,
	MSI_COUNT = 7 << 4, /* log2 of the enabled messages */
	MSI_WIDE = 1 << 7,
	MSI_ADDRESS = 4,
	MSI_DATA = 8, /* 12 with MSI_WIDE */
};

static u32 vectors(const struct function *function)
{
	return function->msix_count < PCI_VECTORS_MAX ? function->msix_count : PCI_VECTORS_MAX;
}

static err_t table_segment(const struct pci *pci, u64 base, u64 size, cap_t *segment)
{
	cap_t range;
	err_t error =
	        physical_create(RT_BANK, pci->physical, base, size, RIGHT_ALL & ~RIGHT_DMA, &range);

	if (error)
		return error;
	error = segment_physical(RT_BANK, range, 0, size, segment);
	(void)cap_close(range);
	return error;
}

/* Map the first entries of the table, all masked, and switch the function to MSI-X. */
static err_t table_open(struct pci *pci, struct function *function)
{
	u64 start = function->bars[function->msix_bar].base + function->msix_offset;
	u64 base = page_round_down(start),
	    size = page_round_up(start + vectors(function) * MSIX_ENTRY) - base;
	u32 address = function->id.address;

	if (function->msix_table)
		return OK;
	err_t error = table_segment(pci, base, size, &function->msix_segment);
	if (error)
		return error;
	volatile u8 *table = rt_map(function->msix_segment, 0, size, ACCESS_READ | ACCESS_WRITE);
	if (!table) {
		(void)cap_close(function->msix_segment);
		return E_FUNDS;
	}
	function->msix_mapped = size;
	function->msix_table = table + (start - base);

	u32 command = config_read(pci, address, CONFIG_COMMAND, 2);
	config_write(pci, address, CONFIG_COMMAND, 2, command | COMMAND_MEMORY);
	u32 control = config_read(pci, address, function->msix + MSIX_CONTROL, 2) | MSIX_ENABLE;
	config_write(pci, address, function->msix + MSIX_CONTROL, 2, control | MSIX_MASK_ALL);
	for (u32 i = 0; i < vectors(function); i++)
		mmio_write32(function->msix_table + i * MSIX_ENTRY + MSIX_ENTRY_CONTROL,
		             MSIX_ENTRY_MASKED);
	config_write(pci, address, function->msix + MSIX_CONTROL, 2, control & ~(u32)MSIX_MASK_ALL);
	return OK;
}

static void table_close(struct function *function)
{
	if (!function->msix_table)
		return;
	u64 inside = function->msix_offset & PAGE_MASK;
	rt_unmap((void *)((u64)function->msix_table - inside), function->msix_mapped);
	(void)cap_close(function->msix_segment);
	function->msix_table = NULL;
}

static void entry_set(struct function *function, u32 number, u64 message)
{
	volatile u8 *entry = function->msix_table + number * MSIX_ENTRY;

	mmio_write64_halves(entry + MSIX_ENTRY_ADDRESS, (u32)message);
	mmio_write32(entry + MSIX_ENTRY_DATA, (u32)(message >> 32));
	mmio_write32(entry + MSIX_ENTRY_CONTROL, 0);
}

static void msi_set(struct pci *pci, const struct function *function, u64 message)
{
	u32 address = function->id.address, at = function->msi;
	u32 control =
	        config_read(pci, address, at + MSI_CONTROL, 2) & ~(u32)(MSI_COUNT | MSI_ENABLE);

	config_write(pci, address, at + MSI_ADDRESS, 4, (u32)message);
	if (control & MSI_WIDE)
		config_write(pci, address, at + MSI_ADDRESS + 4, 4, 0);
	config_write(pci, address, at + MSI_DATA + (control & MSI_WIDE ? 4 : 0), 2,
	             (u32)(message >> 32) & 0xffff);
	config_write(pci, address, at + MSI_CONTROL, 2, control | MSI_ENABLE);
}

/* A new interrupt object, and the device told of it. */
static err_t interrupt_open(struct pci *pci, struct function *function, u32 number)
{
	cap_t interrupt;
	u64 message;
	err_t error = interrupt_create_message(RT_BANK, pci->interrupts, &interrupt);

	if (error)
		return error;
	error = interrupt_message(interrupt, &message);
	if (!error && function->msix)
		error = table_open(pci, function);
	if (error) {
		(void)cap_close(interrupt);
		return error;
	}
	if (function->msix)
		entry_set(function, number, message);
	else
		msi_set(pci, function, message);
	function->interrupts[number] = interrupt;
	return OK;
}

err_t function_interrupt(struct pci *pci, struct function *function, u32 number, cap_t *interrupt)
{
	u32 count = function->msix ? vectors(function) : function->msi ? 1 : 0;

	if (!count)
		return E_NOTSUP;
	if (number >= count)
		return E_RANGE;
	err_t error = function->interrupts[number] ? OK : interrupt_open(pci, function, number);
	return error ? error
	             : cap_give(function->interrupts[number], RIGHT_USE | RIGHT_COPY, interrupt);
}

void function_interrupts_end(struct pci *pci, struct function *function)
{
	u32 address = function->id.address;

	if (function->msix)
		config_write(pci, address, function->msix + MSIX_CONTROL, 2, 0);
	if (function->msi) {
		u32 control = config_read(pci, address, function->msi + MSI_CONTROL, 2);
		config_write(pci, address, function->msi + MSI_CONTROL, 2,
		             control & ~(u32)MSI_ENABLE);
	}
	table_close(function);
	for (u32 i = 0; i < PCI_VECTORS_MAX; i++) {
		if (function->interrupts[i] && cap_destroy(function->interrupts[i]))
			(void)cap_close(function->interrupts[i]);
		function->interrupts[i] = 0;
	}
}
