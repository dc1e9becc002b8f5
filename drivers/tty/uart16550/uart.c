/* SPDX-License-Identifier: MIT */
/* The interrupt line is edge-triggered and masked between an interrupt and its acknowledgement, so
 * an edge may be lost. Therefore uart_work looks at the line status, never at what the interrupt
 * said, and looks again after the acknowledgement. */
#include "uart.h"

/* data sheet, table II */
enum uart_register {
	UART_DATA = 0,
	UART_DIVISOR_LOW = 0, /* while LINE_DIVISOR is set */
	UART_ENABLE = 1,
	UART_DIVISOR_HIGH = 1,
	UART_IDENTIFY = 2, /* read */
	UART_FIFO = 2,     /* write */
	UART_LINE = 3,
	UART_MODEM = 4,
	UART_STATUS = 5,
	UART_MODEM_STATUS = 6,
	UART_SCRATCH = 7,
};

enum {
	ENABLE_RECEIVE = 0x01,
	ENABLE_SEND = 0x02,
	IDENTIFY_NONE = 0x01, /* no interrupt is pending */
	IDENTIFY_FIFOS = 0xc0,
	FIFO_RESET = 0x87, /* on, both reset, interrupt at 8 bytes */
	LINE_8N1 = 0x03,
	LINE_DIVISOR = 0x80,
	MODEM_ON = 0x0b, /* DTR, RTS, and OUT2, which lets interrupts through on a PC */
	STATUS_DATA = 0x01,
	STATUS_OVERRUN = 0x02,
	STATUS_DAMAGED = 0x1c, /* parity, framing, break: with the byte at the top of the FIFO */
	STATUS_EMPTY = 0x20,   /* the FIFO can be filled */
	STATUS_IDLE = 0x40,
	STATUS_ABSENT = 0xff,

	FIFO_BYTES = 16,
	STEP_ROUNDS = 64, /* of one uart_work: about 1 KiB each way */
	DRAIN_NS = 20 * 1000 *
	           1000, /* for what the kernel has left in the FIFO: 16 bytes at 9600 baud */
};

static u8 uart_read(const struct uart *uart, enum uart_register reg)
{
	u64 value;

	return io_read(uart->ports, uart->base + reg, 1, &value) ? STATUS_ABSENT : (u8)value;
}

static void uart_write(const struct uart *uart, enum uart_register reg, u8 value)
{
	err_t error = io_write(uart->ports, uart->base + reg, 1, value);

	(void)error; /* uart_start has shown that the ports are ours */
}

static void uart_enable(struct uart *uart, u8 enabled)
{
	if (uart->enabled != enabled)
		uart_write(uart, UART_ENABLE, enabled);
	uart->enabled = enabled;
}

static bool uart_present(const struct uart *uart)
{
	for (u32 pattern = 0x55; pattern <= 0xaa; pattern += 0x55) {
		uart_write(uart, UART_SCRATCH, (u8)pattern);
		if (uart_read(uart, UART_SCRATCH) != pattern)
			return false;
	}
	return true;
}

/* What was being sent before us goes out first. */
static void uart_drain(const struct uart *uart)
{
	u64 deadline = rt_now() + DRAIN_NS;

	while (!(uart_read(uart, UART_STATUS) & STATUS_IDLE) && rt_now() < deadline)
		continue;
}

err_t uart_start(struct uart *uart)
{
	uart_write(uart, UART_ENABLE, 0);
	uart->enabled = 0;
	uart_write(uart, UART_LINE, LINE_8N1);
	if (!uart_present(uart))
		return E_NXIO;
	uart_drain(uart);
	uart_write(uart, UART_LINE, LINE_DIVISOR);
	uart_write(uart, UART_DIVISOR_LOW, 1);
	uart_write(uart, UART_DIVISOR_HIGH, 0);
	uart_write(uart, UART_LINE, LINE_8N1);
	uart_write(uart, UART_FIFO, FIFO_RESET);
	uart_write(uart, UART_MODEM, MODEM_ON);
	/* 16550s without the A have FIFOs that lose bytes; they do not set both bits. */
	uart->fifo = (uart_read(uart, UART_IDENTIFY) & IDENTIFY_FIFOS) == IDENTIFY_FIFOS
	                     ? FIFO_BYTES
	                     : 1;
	(void)uart_read(uart, UART_STATUS);
	(void)uart_read(uart, UART_MODEM_STATUS);
	uart->more = false;
	uart_enable(uart, ENABLE_RECEIVE);
	return OK;
}

/* Take bytes while there are any and room for them. Returns how many; *status is what the line
 * status is afterwards. */
static size_t uart_receive(struct uart *uart, u8 *status)
{
	size_t count = 0;

	while ((*status & STATUS_DATA) && count < FIFO_BYTES) {
		if (!queue_free(&uart->rx)) {
			/* Full: the FIFO fills up, and the other side is stopped or overruns it. */
			uart_enable(uart, uart->enabled & (u8)~ENABLE_RECEIVE);
			break;
		}
		uart->damaged += (*status & STATUS_DAMAGED) != 0;
		uart->overruns += (*status & STATUS_OVERRUN) != 0;
		queue_put(&uart->rx, uart_read(uart, UART_DATA));
		count++;
		*status = uart_read(uart, UART_STATUS);
	}
	return count;
}

static size_t uart_send(struct uart *uart, u8 status)
{
	size_t count = 0;

	if (!(status & STATUS_EMPTY))
		return 0;
	while (count < uart->fifo && queue_used(&uart->tx)) {
		uart_write(uart, UART_DATA, queue_take(&uart->tx));
		count++;
	}
	return count;
}

size_t uart_work(struct uart *uart)
{
	size_t received = 0;
	u32 round;

	if (queue_free(&uart->rx))
		uart_enable(uart, uart->enabled | ENABLE_RECEIVE);
	for (round = 0; round < STEP_ROUNDS; round++) {
		u8 status = uart_read(uart, UART_STATUS);
		if (status == STATUS_ABSENT)
			break;
		size_t in = uart_receive(uart, &status);
		size_t out = queue_used(&uart->tx) ? uart_send(uart, status) : 0;
		received += in;
		uart->received += in;
		uart->sent += out;
		if (!in && !out)
			break;
	}
	uart->more = round == STEP_ROUNDS;
	/* With bytes left the device says when it can take more; without, it must not keep saying
	 * so. */
	uart_enable(uart, queue_used(&uart->tx) ? uart->enabled | ENABLE_SEND
	                                        : uart->enabled & (u8)~ENABLE_SEND);
	return received;
}

size_t uart_interrupt(struct uart *uart)
{
	size_t received;
	err_t error;

	/* Reading this ends a transmit interrupt; the work may make the next one. */
	(void)uart_read(uart, UART_IDENTIFY);
	received = uart_work(uart);
	error = interrupt_ack(uart->interrupt);
	(void)error; /* without the interrupt the timer goes on */
	/* What came between uart_work and the acknowledgement has made no edge that we will see. */
	if (!uart->more && !(uart_read(uart, UART_IDENTIFY) & IDENTIFY_NONE)) {
		uart->lost_interrupts++;
		received += uart_work(uart);
	}
	return received;
}

bool uart_idle(struct uart *uart) { return uart_read(uart, UART_STATUS) & STATUS_IDLE; }
