/* SPDX-License-Identifier: MIT */
#include "line.h"

#include "proto/serial_server.h"

enum {
	CHECK_NS = 50 * 1000 *
	           1000,      /* an interrupt is taken for lost when bytes have waited so long */
	SOON_NS = 200 * 1000, /* work left over goes on, after others had their turn */
};

static void client_signal(struct line *line, u64 bits)
{
	err_t error = line->client ? event_signal(line->client, bits) : OK;

	(void)error; /* a client that has ended is replaced by the next */
}

/* After any work: tell the client, and see to it that we come again if something is left. */
static void line_settle(struct line *line, size_t received)
{
	struct uart *uart = &line->uart;
	u64 deadline = DEADLINE_NEVER;
	err_t error;

	if (received)
		client_signal(line, line->input_bits);
	if (line->wants_room && queue_free(&uart->tx) >= QUEUE_SIZE / 2) {
		line->wants_room = false;
		client_signal(line, line->output_bits);
	}
	if (uart->more)
		deadline = rt_now() + SOON_NS;
	else if (queue_used(&uart->tx))
		deadline = rt_now() + CHECK_NS;
	if (deadline == DEADLINE_NEVER && !line->timer_set)
		return;
	line->timer_set = deadline != DEADLINE_NEVER;
	error = event_timer(line->source.event, LINE_TIMER, deadline);
	(void)error; /* our own event */
}

void line_event(struct rt_source *source, u64 bits)
{
	struct line *line = source->cookie;

	if (bits & LINE_TIMER)
		line->timer_set = false;
	line_settle(line,
	            bits & LINE_INTERRUPT ? uart_interrupt(&line->uart) : uart_work(&line->uart));
}

static struct line *request_line(const struct request *rq) { return rq->server->state; }

static err_t line_attach(struct request *rq, u64 input_bits, u64 output_bits, cap_t event)
{
	struct line *line = request_line(rq);

	if (!event)
		return E_CAP;
	if (line->client) {
		err_t error = cap_close(line->client);
		(void)error;
	}
	line->client = event;
	rq->msg.cap[0] = 0; /* kept */
	line->input_bits = input_bits;
	line->output_bits = output_bits;
	if (queue_used(&line->uart.rx))
		client_signal(line, input_bits);
	return OK;
}

static err_t line_read(struct request *rq, u64 *count)
{
	struct line *line = request_line(rq);
	struct uart *uart = &line->uart;
	bool full = !queue_free(&uart->rx);
	const u8 *data;
	size_t done = 0, size;
	err_t error = OK;

	if (!line->client)
		return E_DEAD;
	while (done < rq->out_size && (size = queue_span(&uart->rx, &data))) {
		if (size > rq->out_size - done)
			size = rq->out_size - done;
		error = request_write(rq, done, data, size);
		if (error)
			break;
		uart->rx.tail += size;
		done += size;
	}
	/* There is room again for what the device has kept meanwhile. */
	if (full && done)
		line_settle(line, uart_work(uart));
	*count = done;
	return done ? OK : error;
}

static err_t line_write(struct request *rq, u64 *count)
{
	struct line *line = request_line(rq);
	struct uart *uart = &line->uart;
	const u8 *data = rq->in;
	size_t done = 0, before = queue_used(&uart->tx);

	if (!line->client)
		return E_DEAD;
	/* Only what came along with the message (in_size of the server); more is for the next
	 * call. */
	while (done < rq->in_count && queue_free(&uart->tx))
		queue_put(&uart->tx, data[done++]);
	if (done < rq->in_size)
		line->wants_room = true;
	if (!before || line->wants_room)
		line_settle(line, uart_work(uart));
	*count = done;
	return OK;
}

static err_t line_pending(struct request *rq, u64 *count)
{
	struct line *line = request_line(rq);

	if (!line->client)
		return E_DEAD;
	*count = queue_used(&line->uart.tx);
	if (!*count && !uart_idle(&line->uart))
		*count = 1;
	return OK;
}

static const struct serial_ops line_ops = {
	.serial_attach = line_attach,
	.serial_read = line_read,
	.serial_write = line_write,
	.serial_pending = line_pending,
};

void line_dispatch(struct server *server, struct request *rq)
{
	(void)server;
	serial_serve(&line_ops, rq);
}

err_t line_start(struct line *line, struct server *server)
{
	err_t error = uart_start(&line->uart);

	if (error)
		return error;
	error = event_create(RT_BANK, &line->source.event);
	if (error)
		return error;
	line->source.handler = line_event;
	line->source.cookie = line;
	error = rt_source_add(server, &line->source);
	if (error)
		return error;
	return interrupt_bind(line->uart.interrupt, line->source.event, LINE_INTERRUPT);
}
