/* SPDX-License-Identifier: MIT */
/* A 16550 UART: bytes between its FIFOs and two queues. Nothing here waits for the hardware but
 * uart_start, and that not for long. (National Semiconductor PC16550D data sheet; "the data sheet"
 * below.) */
#pragma once

#include "queue.h"
#include "rt/rt.h"

struct uart {
	cap_t ports, interrupt;
	u32 base; /* its first I/O port */
	struct queue rx, tx;
	u8 enabled; /* what the interrupt enable register holds */
	u32 fifo;   /* bytes that may be sent at once: 16, or 1 if the FIFOs do not work */
	bool more;  /* work was left over, to keep a step short: call uart_work again soon */
	/* Figures, for the log. */
	u64 received, sent, overruns, damaged, lost_interrupts;
};

/* Bring the device from any state into ours: 115200 baud, 8 data bits, FIFOs, receive interrupt.
 * E_NXIO: there is none. */
MUST_CHECK err_t uart_start(struct uart *uart);

/* Move bytes both ways, as many as a bounded step allows; sets `more` if that was not all. Returns
 * how many came in. */
size_t uart_work(struct uart *uart);

/* An interrupt has come: uart_work, and the interrupt is ready for the next. */
size_t uart_interrupt(struct uart *uart);

/* Is the last byte out of the shift register? */
bool uart_idle(struct uart *uart);
