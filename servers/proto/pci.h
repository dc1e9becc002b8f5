/* SPDX-License-Identifier: MIT */
/* The PCI bus server: finds devices and hands out exactly one device's authority. */
#pragma once

#include "proto/proto.h"

INTERFACE(pci, 10)

struct pci_id {
	u16 vendor, device, subsystem_vendor, subsystem;
	u32 class_code; /* class << 16 | subclass << 8 | interface */
	u32 address;    /* bus << 8 | device << 3 | function */
};

/* On the bus gate. The `index`th device; E_NOENT behind the last. */
RPC(1) err_t pci_device(cap_t pci, u32 index, struct pci_id *id);
/* On the bus gate. Claim the `index`th device that matches (vendor or device 0xffff: any;
 * class_mask selects bits of the class code): a gate that answers the calls below. E_NOENT, E_BUSY.
 * The device is reset to a quiet state: no bus mastering, no interrupts. */
RPC(2)
err_t pci_claim(cap_t pci, u32 vendor, u32 device, u32 class_code, u32 class_mask, u32 index,
                cap_t *claimed);

/* On a device gate. */
RPC(3) err_t pci_identity(cap_t device, struct pci_id *id);
/* Memory BAR `number` as a physical range (no DMA right); its size. E_NOENT: not a memory BAR. */
RPC(4) err_t pci_bar(cap_t device, u32 number, cap_t *physical, u64 *size);
/* I/O BAR as a port range. */
RPC(5) err_t pci_io_bar(cap_t device, u32 number, cap_t *ports, u32 *first, u32 *count);
/* Read configuration space; any offset below 4096 that is a multiple of `width` (1, 2, 4). */
RPC(6) err_t pci_read(cap_t device, u32 offset, u32 width, u32 *value);
/* Interrupt `number` of the device: MSI-X if it has it (the server programs the table), else MSI.
 * E_NOTSUP otherwise. */
RPC(7) err_t pci_interrupt(cap_t device, u32 number, cap_t *interrupt);
/* Allow bus mastering, and give the right to learn DMA addresses (a physical capability with
 * RIGHT_DMA and no range). */
RPC(8) err_t pci_master(cap_t device, cap_t *dma);
