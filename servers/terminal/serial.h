/* SPDX-License-Identifier: MIT */
/* A line that a serial driver serves (proto/serial.h). If the driver is restarted, it is attached
 * again. */
#pragma once

#include "line.h"

struct serial_line {
	struct line line;
	cap_t serial, event;
	u64 input_bits, output_bits;
	bool attached;
	u64 retry_ns; /* when to attach again */
};

/* `serial` leads to the driver; `bits` of `event` are signalled as serial_attach says. */
void serial_line_init(struct serial_line *serial_line, cap_t serial, cap_t event, u64 input_bits,
                      u64 output_bits);
