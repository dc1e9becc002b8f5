/* SPDX-License-Identifier: MIT */
/* The PCI bus server's own structures: the bus, and its functions (a "device" of proto/pci.h is one
 * function). */
#pragma once

#include "proto/pci.h"

enum {
	PCI_BARS = 6,
	PCI_VECTORS_MAX = 16, /* interrupts handed out for one function */
	PCI_FUNCTIONS_MAX =
	        256, /* on the whole machine; more are left out, with a line in the log */
};

enum bar_kind {
	BAR_NONE,
	BAR_MEMORY,
	BAR_IO,
	BAR_UNASSIGNED, /* it exists, but the firmware gave it no address */
};

struct bar {
	enum bar_kind kind;
	u64 base, size;
	cap_t cap; /* the range, once it has been asked for: copies are given to the driver */
};

struct function {
	struct pci_id id;
	bool bridge;
	bool claimed;
	struct bar bars[PCI_BARS];
	u32 msi, msix; /* offsets of the capabilities in configuration space; 0: none */
	u32 msix_count, msix_bar, msix_offset;
	volatile u8 *msix_table; /* its first entries, mapped while interrupts are in use */
	size_t msix_mapped;
	cap_t msix_segment;
	cap_t interrupts[PCI_VECTORS_MAX];
	cap_t dma;
};

struct pci {
	cap_t ports, interrupts, physical; /* authority, see rootfs/boot.manifest */
	struct function *functions;
	u32 count, room;
};

/* --- config.c: configuration mechanism #1 --- */

/* Offsets of configuration space (PCI 3.0, 6.1) and their bits. */
enum config_offset {
	CONFIG_VENDOR = 0x00,
	CONFIG_DEVICE = 0x02,
	CONFIG_COMMAND = 0x04,
	CONFIG_STATUS = 0x06,
	CONFIG_CLASS = 0x08, /* class code << 8 | revision */
	CONFIG_HEADER = 0x0e,
	CONFIG_BAR = 0x10,
	CONFIG_SECONDARY_BUS = 0x19,
	CONFIG_SUBSYSTEM_VENDOR = 0x2c,
	CONFIG_SUBSYSTEM = 0x2e,
	CONFIG_CAPABILITIES = 0x34,
	CONFIG_SIZE = 256,
};
enum config_bits {
	COMMAND_IO = 1 << 0,
	COMMAND_MEMORY = 1 << 1,
	COMMAND_MASTER = 1 << 2,
	COMMAND_NO_INTX = 1 << 10,
	STATUS_CAPABILITIES = 1 << 4,
	HEADER_TYPE = 0x7f,
	HEADER_BRIDGE = 1,
	HEADER_MULTIPLE = 0x80,
};

/* `width` is 1, 2 or 4, `offset` a multiple of it below CONFIG_SIZE. All ones if nothing
 * answers. */
u32 config_read(const struct pci *pci, u32 address, u32 offset, u32 width);
void config_write(const struct pci *pci, u32 address, u32 offset, u32 width, u32 value);

/* --- bus.c: what there is --- */

/* Find all functions behind bus 0 and size their BARs. E_FUNDS. */
MUST_CHECK err_t bus_scan(struct pci *pci);

/* --- function.c: one function's authority --- */

/* No bus mastering, no interrupts, nothing handed out any more: on claiming and when the driver is
 * gone. */
void function_quiet(struct pci *pci, struct function *function);
/* A capability for memory or I/O BAR `number`, to be sent with the reply; the part of it that can
 * be given. */
MUST_CHECK err_t function_bar(struct pci *pci, struct function *function, u32 number,
                              enum bar_kind kind, cap_t *range, u64 *base, u64 *size);
MUST_CHECK err_t function_master(struct pci *pci, struct function *function, cap_t *dma);
/* Copy `cap` with `rights` only, to be moved with the reply. */
MUST_CHECK err_t cap_give(cap_t cap, u32 rights, cap_t *copy);

/* --- interrupt.c --- */

MUST_CHECK err_t function_interrupt(struct pci *pci, struct function *function, u32 number,
                                    cap_t *interrupt);
/* All of the function's interrupts end. */
void function_interrupts_end(struct pci *pci, struct function *function);
