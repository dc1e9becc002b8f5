/* SPDX-License-Identifier: MIT */
/* Reading, writing and settings as the clients of a terminal see them. */
#include "terminal_world.h"

TEST(a_reader_waits_for_a_line)
{
	char buf[32] = "";

	begin();
	struct fake_call *reader = read_begin(tty, buf, sizeof(buf));
	type("hel");
	CHECK(!fake_answered(reader));
	type("lo\n");
	CHECK_EQ(result(reader), 6);
	CHECK(!memcmp(buf, "hello\n", 6));
	CHECK_EQ(wire.out_count, 7);
	CHECK(!memcmp(wire.out, "hello\r\n", 7));
	end();
}

TEST(lines_wait_for_readers)
{
	char buf[32];

	begin();
	type("one\ntwo\n");
	CHECK_EQ(result(read_begin(tty, buf, 32)), 4);
	CHECK_EQ(result(read_begin(tty, buf, 2)), 2);
	CHECK_EQ(result(read_begin(tty, buf, 32)), 2);
	type("\004");
	CHECK_EQ(result(read_begin(tty, buf, 32)), 0);
	end();
}

TEST(readers_are_served_in_order)
{
	char a[8], b[8];

	begin();
	struct fake_call *first = read_begin(tty, a, 8), *second = read_begin(tty, b, 8);
	type("1\n");
	CHECK(fake_answered(first) && !fake_answered(second));
	type("2\n");
	CHECK_EQ(result(first), 2);
	CHECK_EQ(result(second), 2);
	CHECK(a[0] == '1' && b[0] == '2');
	end();
}

TEST(a_cancelled_read_answers_and_takes_nothing)
{
	char buf[8];

	begin();
	struct fake_call *reader = read_begin(tty, buf, 8);
	fake_cancel(reader);
	CHECK_EQ(result(reader), -(long)E_INTR);
	type("x\n");
	CHECK_EQ(result(read_begin(tty, buf, 8)), 2);
	end();
}

TEST(a_page_not_at_hand_loses_no_input)
{
	char buf[8];

	begin();
	type("x\n");
	fake.copies_left = 0;
	CHECK_EQ(result(read_begin(tty, buf, 8)), -(long)E_TOUCH);
	fake.copies_left = 100;
	CHECK_EQ(result(read_begin(tty, buf, 8)), 2);
	end();
}

TEST(nonblocking_files_do_not_wait)
{
	char buf[8];

	begin();
	cap_t other = open_tty(O_RDWR | O_NONBLOCK);
	CHECK_EQ(result(read_begin(other, buf, 8)), -(long)E_AGAIN);
	type("a");
	CHECK_EQ(result(read_begin(other, buf, 8)), -(long)E_AGAIN);
	type("\n");
	CHECK_EQ(result(read_begin(other, buf, 8)), 2);
	raw(5, 0);
	type("b");
	CHECK_EQ(result(read_begin(other, buf, 8)), 1);
	raw(0, 0);
	CHECK_EQ(result(read_begin(other, buf, 8)), 0);
	raw(0, 3);
	CHECK_EQ(result(read_begin(other, buf, 8)), -(long)E_AGAIN);
	fake_close(other);
	end();
}

TEST(vmin_counts_bytes)
{
	char buf[8];

	begin();
	raw(3, 0);
	struct fake_call *reader = read_begin(tty, buf, 8);
	type("ab");
	CHECK(!fake_answered(reader));
	type("c");
	CHECK_EQ(result(reader), 3);
	struct fake_call *small = read_begin(tty, buf, 2);
	type("de");
	CHECK_EQ(result(small), 2);
	end();
}

TEST(vtime_alone_limits_the_whole_read)
{
	char buf[8];

	begin();
	raw(0, 2);
	struct fake_call *reader = read_begin(tty, buf, 8);
	pass(150000000);
	CHECK(!fake_answered(reader));
	pass(50000001);
	CHECK_EQ(result(reader), 0);
	reader = read_begin(tty, buf, 8);
	type("x");
	CHECK_EQ(result(reader), 1);
	raw(0, 0);
	CHECK_EQ(result(read_begin(tty, buf, 8)), 0);
	end();
}

TEST(vmin_and_vtime_limit_the_pause_between_bytes)
{
	char buf[8];

	begin();
	raw(5, 1);
	struct fake_call *reader = read_begin(tty, buf, 8);
	pass(10000000000);
	CHECK(!fake_answered(reader));
	type("a");
	pass(90000000);
	type("b");
	pass(90000000);
	CHECK(!fake_answered(reader));
	pass(20000000);
	CHECK_EQ(result(reader), 2);
	type("12345");
	CHECK_EQ(result(read_begin(tty, buf, 8)), 5);
	end();
}

TEST(changing_to_raw_answers_who_waits_for_a_line)
{
	char buf[8];

	begin();
	struct fake_call *reader = read_begin(tty, buf, 8);
	type("ab");
	raw(1, 0);
	CHECK_EQ(result(reader), 2);
	end();
}

TEST(a_full_line_holds_writers_and_room_lets_them_go_on)
{
	static char data[30000];

	begin();
	memset(data, 'x', sizeof(data));
	wire.out_room = 0;
	struct fake_call *writer = write_begin(tty, data, sizeof(data));
	struct fake_call *second = write_begin(tty, "!", 1);
	CHECK(!fake_answered(writer) && !fake_answered(second));
	while (!fake_answered(writer)) {
		wire.out_room = 1000;
		terminal.touched = true;
		idle(&fake.server);
	}
	CHECK_EQ(result(writer), sizeof(data));
	wire.out_room = 10000;
	terminal.touched = true;
	idle(&fake.server);
	CHECK_EQ(result(second), 1);
	CHECK_EQ(wire.out_count, sizeof(data) + 1);
	CHECK_EQ(wire.out[sizeof(data)], '!');
	end();
}

TEST(a_cancelled_write_tells_what_was_written)
{
	static char data[30000];

	begin();
	wire.out_room = 100;
	struct fake_call *writer = write_begin(tty, data, sizeof(data));
	struct fake_call *second = write_begin(tty, data, 5);
	fake_cancel(writer);
	fake_cancel(second);
	long done = result(writer);
	CHECK(done >= 100 && done < 5000);
	CHECK_EQ(result(second), -(long)E_INTR);
	cap_t other = open_tty(O_WRONLY | O_NONBLOCK);
	CHECK_EQ(result(write_begin(other, data, 5)), -(long)E_AGAIN);
	fake_close(other);
	end();
}

TEST(drain_waits_for_the_wire)
{
	begin();
	wire.out_room = 2;
	CHECK_EQ(result(write_begin(tty, "abcd", 4)), 4);
	struct fake_call *drain = call(tty, 7, 11, 0, 0);
	struct fake_call *set = set_begin(TTY_FLUSH, 0, 1, 0);
	type("typed\n");
	CHECK(!fake_answered(drain));
	wire.out_room = 100;
	wire.unsent = 1;
	terminal.touched = true;
	idle(&fake.server);
	CHECK(!fake_answered(drain));
	CHECK(terminal.ldisc.attributes.lflag);
	wire.unsent = 0;
	pass(10000000);
	CHECK_EQ(fake_finish(drain, NULL), OK);
	CHECK_EQ(fake_finish(set, NULL), OK);
	CHECK_EQ(terminal.ldisc.attributes.lflag, 0);
	CHECK(!ldisc_readable(&terminal.ldisc, 1));
	end();
}

TEST(a_cancelled_change_of_settings_does_not_happen)
{
	begin();
	wire.unsent = 1;
	struct fake_call *set = set_begin(TTY_DRAIN, 0, 1, 0);
	fake_cancel(set);
	CHECK_EQ(fake_finish(set, NULL), E_INTR);
	wire.unsent = 0;
	pass(10000000);
	CHECK(terminal.ldisc.attributes.lflag);
	end();
}

TEST(input_that_finds_no_room_waits_in_the_line)
{
	char buf[512];
	long sum = 0;

	begin();
	for (int i = 0; i < 1000; i++)
		type("0123456789\n");
	CHECK(wire.in_done < wire.in_count);
	for (int i = 0; i < 1000; i++) {
		long count = result(read_begin(tty, buf, sizeof(buf)));
		CHECK_EQ(count, 11);
		CHECK(!memcmp(buf, "0123456789\n", 11));
		sum += count;
	}
	CHECK_EQ(sum, 11000);
	end();
}

TEST(poll_follows_input_and_output)
{
	char buf[8];
	struct msg m = { .word = { CALL(1, 8), POLL_INPUT | POLL_OUTPUT, 4 },
		         .cap[0] = fake_event(1) };

	begin();
	struct msg ask = m;
	CHECK_EQ(fake_finish(fake_send_to(tty, &ask), &ask), OK);
	CHECK_EQ(ask.word[1], POLL_OUTPUT);
	m.word[1] = POLL_INPUT;
	ask = m;
	CHECK_EQ(fake_finish(fake_send_to(tty, &ask), &ask), OK);
	CHECK_EQ(ask.word[1], 0);
	type("a");
	CHECK_EQ(fake_event_take(1), 0);
	type("\n");
	CHECK_EQ(fake_event_take(1), 4);
	CHECK_EQ(result(read_begin(tty, buf, 8)), 2);
	CHECK_EQ(fake.caps_closed, 2);
	end();
}

TEST(hanging_up_ends_everything)
{
	char buf[8];

	begin();
	CHECK_EQ(simple(tty, 5, 10, 11), OK);
	wire.out_room = 0;
	struct fake_call *reader = read_begin(tty, buf, 8);
	struct fake_call *writer = write_begin(tty, (char[9000]){ 0 }, 9000);
	struct fake_call *drain = call(tty, 7, 11, 0, 0);
	terminal_hang_up(&terminal);
	idle(&fake.server);
	CHECK_EQ(result(reader), -(long)E_IO);
	CHECK(result(writer) > 0);
	CHECK_EQ(fake_finish(drain, NULL), OK);
	CHECK_EQ(result(write_begin(tty, "x", 1)), -(long)E_IO);
	CHECK_EQ(result(read_begin(tty, buf, 8)), 0);
	CHECK_EQ(kills.count, 2);
	CHECK_EQ(kills.pid[0], 10);
	CHECK_EQ(kills.signal[0], KILL_HANGUP);
	CHECK_EQ(kills.signal[1], KILL_CONTINUE);
	session_ended(10);
	CHECK_EQ(kills.count, 3);
	CHECK_EQ(kills.pid[2], -11);
	end();
}

TEST(flow_control_by_calls_stops_output)
{
	begin();
	CHECK_EQ(simple(tty, 10, 0, 0), OK);
	CHECK_EQ(result(write_begin(tty, "abc", 3)), 3);
	CHECK_EQ(wire.out_count, 0);
	CHECK_EQ(simple(tty, 9, 1, 0), OK);
	CHECK_EQ(simple(tty, 10, 1, 0), OK);
	CHECK_EQ(result(write_begin(tty, "d", 1)), 1);
	CHECK_EQ(wire.out_count, 1);
	CHECK_EQ(simple(tty, 10, 9, 0), E_INVAL);
	CHECK_EQ(simple(tty, 9, 9, 0), E_INVAL);
	end();
}

TEST(closing_a_file_ends_what_waits_on_it)
{
	char buf[8];

	begin();
	cap_t other = open_tty(O_RDWR);
	struct fake_call *reader = read_begin(other, buf, 8);
	fake_close(other);
	CHECK_EQ(result(reader), -(long)E_INTR);
	type("x\n");
	CHECK_EQ(result(read_begin(tty, buf, 8)), 2);
	end();
}

TEST(the_node_is_a_device_and_no_directory)
{
	struct file_stat st;
	struct msg m = { .word = { CALL(2, 2) }, .out = &st, .out_size = sizeof(st) };

	begin();
	CHECK_EQ(fake_finish(fake_send(0, &m), NULL), OK);
	CHECK_EQ(st.mode, 0020620);
	CHECK_EQ(st.rdev, 0x440);
	m.in = "x";
	m.in_size = 1;
	CHECK_EQ(fake_finish(fake_send(0, &m), NULL), E_NOTDIR);
	m = (struct msg){ .word = { CALL(2, 1), O_RDWR }, .in = "x", .in_size = 1 };
	CHECK_EQ(fake_finish(fake_send(0, &m), NULL), E_NOTDIR);
	fake.gates_left = 0;
	m = (struct msg){ .word = { CALL(2, 1), O_RDWR } };
	CHECK_EQ(fake_finish(fake_send(0, &m), NULL), E_FUNDS);
	CHECK_EQ(terminal.file_count, 1);
	end();
}
