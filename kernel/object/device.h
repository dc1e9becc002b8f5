/* SPDX-License-Identifier: MIT */
/* Device authority: interrupts, ranges of I/O ports, ranges of physical memory; each can be divided
 * by its holder. */
#pragma once

#include "object/object.h"

/* KIND_INTERRUPT. The root one stands for all. */
struct interrupt {
	struct object object;
	unsigned vector; /* 0: the root */
	u64 message;     /* address | data << 32; 0: a line */
	struct weak event;
	u64 bits;
};

/* KIND_IO_PORTS and KIND_PHYSICAL: [start, end). */
struct device_range {
	struct object object;
	u64 start, end;
};

/* KIND_MACHINE */
struct machine {
	struct object object;
};

extern struct interrupt root_interrupt;
extern struct device_range root_io_ports, root_physical;
extern struct machine root_machine;

struct boot_info;
void device_init(const struct boot_info *info);
void interrupt_destroy(struct interrupt *interrupt);
/* The interrupt with this vector has come. */
void interrupt_deliver(unsigned vector);
