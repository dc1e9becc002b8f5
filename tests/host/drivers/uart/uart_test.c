/* SPDX-License-Identifier: MIT */
/* The serial driver against a model of a 16550A behind an edge-triggered, maskable interrupt
 * line. */
#include "tty/uart16550/line.h"

#include "proto/serial_server.h"
#include "servers/fake/fake.h"
#include "test.h"

enum { BASE = 0x3f8, WIRE = 1 << 16, EVENT = FAKE_EVENT_FIRST, CLIENT = 1 };

/* --- the device --- */

static struct {
	bool absent,
	        instant; /* instant: bytes are sent as soon as they are written (QEMU does that) */
	u8 enable, line, scratch, fifo_control, divisor;
	u8 rx[16], tx[16];
	u32 rx_count, tx_count;
	bool overrun, send_pending;
	u8 wire[WIRE];
	u32 wire_count;
	/* The interrupt controller. */
	bool level, masked, raised;
	u32 reads, writes;
} device;

static bool device_level(void)
{
	return ((device.enable & 1) && device.rx_count) ||
	       ((device.enable & 2) && device.send_pending);
}

static void device_changed(void)
{
	bool level = device_level();

	if (level && !device.level && !device.masked) {
		device.raised = true;
		device.masked = true;
	}
	device.level = level;
}

static void device_drain(u32 count)
{
	while (count-- && device.tx_count) {
		device.wire[device.wire_count++ % WIRE] = device.tx[0];
		memmove(device.tx, device.tx + 1, --device.tx_count);
	}
	if (!device.tx_count)
		device.send_pending = true;
	device_changed();
}

static void device_type(const void *data, u32 size)
{
	const u8 *bytes = data;

	for (u32 i = 0; i < size; i++) {
		if (device.rx_count == 16)
			device.overrun = true;
		else
			device.rx[device.rx_count++] = bytes[i];
	}
	device_changed();
}

static u8 device_identify(void)
{
	u8 fifos = device.fifo_control & 1 ? 0xc0 : 0;

	if ((device.enable & 1) && device.rx_count)
		return fifos | 4;
	if ((device.enable & 2) && device.send_pending) {
		device.send_pending = false;
		return fifos | 2;
	}
	return fifos | 1;
}

static u8 device_take(void)
{
	u8 byte = device.rx[0];

	if (device.rx_count)
		memmove(device.rx, device.rx + 1, --device.rx_count);
	return byte;
}

err_t io_read(cap_t ports, u32 port, u32 width, u64 *value)
{
	CHECK(ports == 7 && width == 1 && port >= BASE && port < BASE + 8);
	CHECK(device.reads++ < 100000);
	if (device.absent) {
		*value = 0xff;
		return OK;
	}
	switch (port - BASE) {
	case 0:
		*value = device_take();
		break;
	case 1:
		*value = device.enable;
		break;
	case 2:
		*value = device_identify();
		break;
	case 3:
		*value = device.line;
		break;
	case 5:
		*value = (device.rx_count ? 1u : 0u) | (device.overrun ? 2u : 0u) |
		         (device.tx_count ? 0u : 0x60u);
		device.overrun = false;
		break;
	case 7:
		*value = device.scratch;
		break;
	default:
		*value = 0;
	}
	device_changed();
	return OK;
}

static void device_send(u8 byte)
{
	CHECK(device.tx_count < (device.fifo_control & 1 ? 16 : 1));
	device.tx[device.tx_count++] = byte;
	device.send_pending = false;
	if (device.instant)
		device_drain(16);
}

err_t io_write(cap_t ports, u32 port, u32 width, u32 value)
{
	CHECK(ports == 7 && width == 1 && port >= BASE && port < BASE + 8 && value < 256);
	device.writes++;
	if (device.absent)
		return OK;
	switch (port - BASE) {
	case 0:
		if (device.line & 0x80)
			device.divisor = (u8)value;
		else
			device_send((u8)value);
		break;
	case 1:
		if (device.line & 0x80)
			break;
		if ((value & 2) && !(device.enable & 2) && !device.tx_count)
			device.send_pending = true;
		device.enable = (u8)value;
		break;
	case 2:
		device.fifo_control = (u8)value;
		if (value & 2)
			device.rx_count = 0;
		if (value & 4)
			device.tx_count = 0;
		break;
	case 3:
		device.line = (u8)value;
		break;
	case 7:
		device.scratch = (u8)value;
		break;
	}
	device_changed();
	return OK;
}

err_t interrupt_bind(cap_t interrupt, cap_t event, u64 bits)
{
	CHECK(interrupt == 8 && event == EVENT && bits == LINE_INTERRUPT);
	device.masked = false;
	return OK;
}

err_t interrupt_ack(cap_t interrupt)
{
	CHECK_EQ(interrupt, 8);
	device.masked = false;
	return OK;
}

err_t event_create(cap_t bank, cap_t *event)
{
	(void)bank;
	*event = EVENT;
	return OK;
}

err_t rt_source_add(struct server *server, struct rt_source *source)
{
	(void)server;
	(void)source;
	return OK;
}

/* --- the world --- */

static struct line line;

static void begin(void)
{
	memset(&device, 0, sizeof(device));
	memset(&line, 0, sizeof(line));
	fake_reset(line_dispatch, NULL);
	fake.server.state = &line;
	device.instant = true;
	line.uart.ports = 7;
	line.uart.interrupt = 8;
	line.uart.base = BASE;
	CHECK_EQ(line_start(&line, &fake.server), OK);
	CHECK_EQ(device.divisor, 1);
	CHECK_EQ(device.line, 3);
	struct msg m = { .word = { CALL(8, 1), 1, 2 }, .cap[0] = fake_event(CLIENT) };
	CHECK_EQ(fake_finish(fake_send(0, &m), NULL), OK);
	fake_event_take(CLIENT);
}

/* Let the driver see what it would be told. */
static void run(void)
{
	for (int i = 0; i < 10000; i++) {
		if (device.raised) {
			device.raised = false;
			line_event(&line.source, LINE_INTERRUPT);
		} else if (fake.timer[0] && fake.timer[0] <= fake.now) {
			fake.timer[0] = 0;
			line_event(&line.source, LINE_TIMER);
		} else {
			return;
		}
		device.reads = 0;
	}
	CHECK_STR("it goes on for ever", "it ends");
}

static u64 send(const void *data, size_t size)
{
	struct msg m = { .word[0] = CALL(8, 3), .in = data, .in_size = size };

	CHECK_EQ(fake_finish(fake_send(0, &m), &m), OK);
	return m.word[1];
}

static u64 receive(void *data, size_t size)
{
	struct msg m = { .word[0] = CALL(8, 2), .out = data, .out_size = size };

	CHECK_EQ(fake_finish(fake_send(0, &m), &m), OK);
	return m.word[1];
}

static u64 pending(void)
{
	struct msg m = { .word[0] = CALL(8, 4) };

	CHECK_EQ(fake_finish(fake_send(0, &m), &m), OK);
	return m.word[1];
}

/* --- tests --- */

TEST(a_missing_device_is_noticed)
{
	memset(&device, 0, sizeof(device));
	memset(&line, 0, sizeof(line));
	device.absent = true;
	line.uart = (struct uart){ .ports = 7, .interrupt = 8, .base = BASE };
	CHECK_EQ(line_start(&line, &fake.server), E_NXIO);
}

TEST(what_is_typed_is_signalled_and_read)
{
	char buf[32];

	begin();
	device_type("hello", 5);
	run();
	CHECK_EQ(fake_event_take(CLIENT), 1);
	CHECK_EQ(receive(buf, sizeof(buf)), 5);
	CHECK(!memcmp(buf, "hello", 5));
	CHECK_EQ(receive(buf, sizeof(buf)), 0);
}

TEST(what_is_written_is_sent)
{
	begin();
	CHECK_EQ(send("abc", 3), 3);
	CHECK_EQ(device.wire_count, 3);
	CHECK(!memcmp(device.wire, "abc", 3));
	CHECK_EQ(pending(), 0);
	CHECK(!(device.enable & 2));
}

TEST(a_slow_line_is_filled_by_interrupts)
{
	static u8 data[1000];

	begin();
	device.instant = false;
	for (u32 i = 0; i < sizeof(data); i++)
		data[i] = (u8)i;
	CHECK_EQ(send(data, sizeof(data)), sizeof(data));
	CHECK_EQ(pending(), sizeof(data) - 16);
	while (device.wire_count < sizeof(data)) {
		u32 before = device.wire_count;
		device_drain(16);
		run();
		CHECK(device.wire_count > before);
	}
	CHECK(!memcmp(device.wire, data, sizeof(data)));
	CHECK_EQ(pending(), 0);
	CHECK(!(device.enable & 2));
}

TEST(a_write_that_does_not_fit_is_cut_and_room_is_signalled)
{
	static u8 data[QUEUE_SIZE];

	begin();
	device.instant = false;
	CHECK_EQ(send(data, 4096), 4096);
	CHECK_EQ(send(data, 4096), 16);
	CHECK_EQ(send(data, 4096), 0);
	CHECK_EQ(fake_event_take(CLIENT), 0);
	for (int i = 0; i < 200; i++) {
		device_drain(16);
		run();
	}
	CHECK_EQ(fake_event_take(CLIENT), 2);
}

TEST(a_lost_interrupt_delays_but_does_not_stop_sending)
{
	begin();
	device.instant = false;
	CHECK_EQ(send("0123456789abcdefXYZ", 19), 19);
	device.masked = true; /* the edge gets lost */
	device_drain(16);
	device.masked = false;
	run();
	CHECK_EQ(device.wire_count, 16);
	fake.now += 100000000;
	run();
	device_drain(16);
	CHECK_EQ(device.wire_count, 19);
}

/* A byte that comes just before the interrupt is unmasked makes no edge. */
TEST(bytes_that_come_during_an_interrupt_are_not_forgotten)
{
	char buf[8];

	begin();
	device_type("a", 1);
	CHECK(device.raised);
	device.raised = false;
	/* The driver has taken "a"; before it acknowledges, "b" comes: level is up again, but
	 * masked. */
	uart_work(&line.uart);
	device_type("b", 1);
	CHECK(!device.raised);
	line_event(&line.source, LINE_INTERRUPT);
	CHECK_EQ(receive(buf, 8), 2);
	device_type("c", 1);
	CHECK(device.raised);
}

TEST(a_full_queue_leaves_bytes_in_the_device_until_there_is_room)
{
	static u8 data[QUEUE_SIZE + 64], buf[QUEUE_SIZE + 64];
	u32 typed = 0;

	begin();
	for (u32 i = 0; i < sizeof(data); i++)
		data[i] = (u8)(i * 3);
	/* The other side stops when the FIFO is full, as QEMU does. */
	while (typed < QUEUE_SIZE + 16) {
		device_type(data + typed, 16);
		typed += 16;
		run();
	}
	CHECK_EQ(device.rx_count, 16);
	CHECK(!(device.enable & 1));
	CHECK_EQ(receive(buf, 100), 100);
	CHECK_EQ(device.rx_count, 0);
	CHECK(device.enable & 1);
	device_type(data + typed, 16);
	run();
	CHECK_EQ(receive(buf + 100, sizeof(buf)), QUEUE_SIZE + 32 - 100);
	CHECK(!memcmp(buf, data, QUEUE_SIZE + 32));
	CHECK_EQ(line.uart.overruns, 0);
}

TEST(overruns_are_counted)
{
	begin();
	device_type("0123456789abcdefXYZ", 19);
	run();
	CHECK_EQ(line.uart.overruns, 1);
	CHECK_EQ(line.uart.received, 16);
}

TEST(a_step_is_bounded_and_goes_on_later)
{
	static u8 data[QUEUE_SIZE];

	begin();
	CHECK_EQ(send(data, QUEUE_SIZE), QUEUE_SIZE);
	CHECK(device.wire_count > 0 && device.wire_count < QUEUE_SIZE);
	for (int i = 0; i < 10; i++) {
		fake.now += 1000000;
		run();
	}
	CHECK_EQ(device.wire_count, QUEUE_SIZE);
}

TEST(a_device_that_says_nonsense_does_not_hang_the_driver)
{
	begin();
	device.absent = true; /* all ones */
	CHECK_EQ(send("abc", 3), 3);
	fake.now += 100000000;
	run();
	line_event(&line.source, LINE_INTERRUPT);
	CHECK(device.reads < 1000);
}

TEST(a_new_client_replaces_the_old_and_hears_of_waiting_bytes)
{
	begin();
	device_type("x", 1);
	run();
	u32 closed = fake.caps_closed;
	struct msg m = { .word = { CALL(8, 1), 4, 8 }, .cap[0] = fake_event(2) };
	CHECK_EQ(fake_finish(fake_send(0, &m), NULL), OK);
	CHECK_EQ(fake.caps_closed, closed + 1);
	CHECK_EQ(fake_event_take(2), 4);
	m = (struct msg){ .word = { CALL(8, 1), 4, 8 } };
	CHECK_EQ(fake_finish(fake_send(0, &m), NULL), E_CAP);
}
