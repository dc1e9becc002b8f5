/* SPDX-License-Identifier: MIT */
/* Own memory that a device can reach: resident, pinned, with a known physical address, charged to
 * the own bank. */
#pragma once

#include "proto/proto.h"

struct dma {
	void *ptr;    /* zeroed; NULL: nothing here */
	paddr_t addr; /* of the whole buffer, which is physically contiguous */
	size_t size;
	cap_t segment;
};

/* `right` is the capability from pci_master. One page is always to be had while the bank can pay;
 * more needs a run of free frames (E_AGAIN), so drivers that must restart at any time ask for
 * single pages. */
MUST_CHECK err_t dma_create(struct dma *dma, cap_t right, size_t size);
/* The device must not use the buffer any more: reset it first. Harmless on an empty one. */
void dma_destroy(struct dma *dma);
