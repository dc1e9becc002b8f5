/* SPDX-License-Identifier: MIT */
/* The UART as a server: serial.h for one client, who is signalled when bytes have come or there is
 * room again. */
#pragma once

#include "uart.h"

struct line {
	struct uart uart;
	struct rt_source source; /* our event: interrupts and the timer */
	cap_t client;            /* its event, 0: nobody */
	u64 input_bits, output_bits;
	bool wants_room; /* the client's last write was cut short */
	bool timer_set;
};

enum line_event { LINE_INTERRUPT = 1, LINE_TIMER = 2 };

/* Start the device and listen to it. The capabilities in line->uart are set. */
MUST_CHECK err_t line_start(struct line *line, struct server *server);
/* For struct server; its state is the line. */
void line_dispatch(struct server *server, struct request *rq);
/* What line->source's event has said (also called by tests). */
void line_event(struct rt_source *source, u64 bits);
