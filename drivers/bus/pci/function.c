/* SPDX-License-Identifier: MIT */
/* One function's authority: made once, kept here with all rights, given to the driver as a copy
 * with few, and destroyed when the driver is gone, whoever may hold copies then. */
#include "pci.h"
#include "rt/rt.h"

err_t cap_give(cap_t cap, u32 rights, cap_t *copy)
{
	err_t error = cap_copy(0, cap, rights, 0, copy);

	if (!error)
		*copy |= CAP_MOVE;
	return error;
}

static void cap_end(cap_t *cap)
{
	if (*cap && cap_destroy(*cap))
		(void)cap_close(*cap);
	*cap = 0;
}

static void command_change(struct pci *pci, const struct function *function, u32 clear, u32 set)
{
	u32 command = config_read(pci, function->id.address, CONFIG_COMMAND, 2);

	config_write(pci, function->id.address, CONFIG_COMMAND, 2, (command & ~clear) | set);
}

void function_quiet(struct pci *pci, struct function *function)
{
	command_change(pci, function, COMMAND_MASTER, COMMAND_NO_INTX);
	function_interrupts_end(pci, function);
	cap_end(&function->dma);
	for (u32 i = 0; i < PCI_BARS; i++)
		cap_end(&function->bars[i].cap);
}

/* --- BARs --- */

static bool ranges_meet(u64 a, u64 a_size, u64 b, u64 b_size)
{
	return a < b + b_size && b < a + a_size;
}

/* True if no BAR of another function lies in the range. */
static bool range_is_own(const struct pci *pci, const struct function *function, enum bar_kind kind,
                         u64 base, u64 size)
{
	for (u32 i = 0; i < pci->count; i++) {
		const struct function *other = &pci->functions[i];
		for (u32 j = 0; other != function && j < PCI_BARS; j++)
			if (other->bars[j].kind == kind &&
			    ranges_meet(base, size, other->bars[j].base, other->bars[j].size))
				return false;
	}
	return true;
}

/* The part of a memory BAR that a driver may have: whole pages that are the function's alone, and
 * without the MSI-X table, for who writes there sends any interrupt to any processor. The table
 * stands at the end of a shared BAR or has one of its own. */
static err_t bar_part(const struct pci *pci, const struct function *function, u32 number, u64 *base,
                      u64 *size)
{
	const struct bar *bar = &function->bars[number];

	*base = bar->base;
	*size = page_round_up(bar->size);
	if (function->msix && function->msix_bar == number)
		*size = page_round_down(function->msix_offset);
	if (!*size || *base % PAGE_SIZE || !range_is_own(pci, function, BAR_MEMORY, *base, *size))
		return E_PERM;
	return OK;
}

/* The configuration ports are nobody's BAR. */
static err_t io_part(const struct pci *pci, const struct function *function, u32 number, u64 *base,
                     u64 *size)
{
	const struct bar *bar = &function->bars[number];

	*base = bar->base;
	*size = bar->size;
	if (!range_fits(*base, *size, 0x10000) || ranges_meet(*base, *size, 0xcf8, 8) ||
	    !range_is_own(pci, function, BAR_IO, *base, *size))
		return E_PERM;
	return OK;
}

err_t function_bar(struct pci *pci, struct function *function, u32 number, enum bar_kind kind,
                   cap_t *range, u64 *base, u64 *size)
{
	struct bar *bar = &function->bars[number < PCI_BARS ? number : 0];
	err_t error;

	if (number < PCI_BARS && bar->kind == BAR_UNASSIGNED) {
		rt_log("%04x:%04x: BAR %u has no address", function->id.vendor, function->id.device,
		       number);
		return E_NXIO;
	}
	if (number >= PCI_BARS || bar->kind != kind)
		return E_NOENT;
	error = kind == BAR_MEMORY ? bar_part(pci, function, number, base, size)
	                           : io_part(pci, function, number, base, size);
	if (!error && !bar->cap)
		error = kind == BAR_MEMORY ? physical_create(RT_BANK, pci->physical, *base, *size,
		                                             RIGHT_ALL & ~RIGHT_DMA, &bar->cap)
		                           : io_ports_create(RT_BANK, pci->ports, (u32)*base,
		                                             (u32)*size, &bar->cap);
	if (error)
		return error;
	command_change(pci, function, 0, kind == BAR_MEMORY ? COMMAND_MEMORY : COMMAND_IO);
	return cap_give(bar->cap, RIGHT_READ | RIGHT_WRITE | RIGHT_USE | RIGHT_COPY, range);
}

/* --- DMA --- */

err_t function_master(struct pci *pci, struct function *function, cap_t *dma)
{
	/* No range to map: only the right to learn addresses. */
	err_t error = function->dma ? OK
	                            : physical_create(RT_BANK, pci->physical, 0, 0, RIGHT_ALL,
	                                              &function->dma);

	if (!error)
		error = cap_give(function->dma, RIGHT_USE | RIGHT_DMA, dma);
	if (!error)
		command_change(pci, function, 0, COMMAND_MASTER);
	return error;
}
