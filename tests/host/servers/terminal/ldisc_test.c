/* SPDX-License-Identifier: MIT */
/* The line discipline: signals, flow control, modes, limits and output. */
#include "ldisc_world.h"

/* --- signals and flow --- */

TEST(signal_characters_signal_and_flush)
{
	static const struct {
		char c;
		u32 signal;
		const char *shown;
	} cases[] = { { 3, LDISC_INTR, "^C" },
		      { 28, LDISC_QUIT, "^\\" },
		      { 26, LDISC_SUSP, "^Z" } };

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		begin();
		type("line\npart");
		ldisc_write(&ld, (const u8 *)"output", 6);
		type((char[]){ cases[i].c, 0 });
		CHECK_EQ(ld.signals, cases[i].signal);
		CHECK(!ldisc_readable(&ld, 1));
		CHECK_STR(screen(), cases[i].shown);
		type("x\n");
		CHECK_STR(line(), "x\n");
	}
}

TEST(signals_flush_nothing_if_so_asked)
{
	begin_with(0, TTY_NOFLSH);
	type("a\003b\n");
	CHECK_EQ(ld.signals, LDISC_INTR);
	CHECK_STR(line(), "ab\n");
	CHECK_STR(screen(), "a^Cb\r\n");
}

TEST(without_isig_the_characters_are_plain)
{
	begin_with(TTY_ISIG, 0);
	type("\003\032\n");
	CHECK_EQ(ld.signals, 0);
	CHECK_STR(line(), "\003\032\n");
}

TEST(signals_work_in_raw_mode)
{
	begin_with(TTY_ICANON, 0);
	type("ab\003");
	CHECK_EQ(ld.signals, LDISC_INTR);
	CHECK(!ldisc_readable(&ld, 1));
}

TEST(a_full_queue_still_hears_signals)
{
	u8 data[] = "more\003rest";

	begin_with(TTY_ICANON, 0);
	type_many('x', 2 * LDISC_INPUT);
	CHECK_EQ(ldisc_input(&ld, data, 9), 0);
	CHECK_EQ(ldisc_input_urgent(&ld, data, 9), 5);
	CHECK_EQ(ld.signals, LDISC_INTR);
	CHECK_EQ(ldisc_input(&ld, data + 5, 4), 4);
	CHECK_STR(line(), "rest");
	CHECK_EQ(ldisc_input_urgent(&ld, (const u8 *)"abc", 3), 0);
}

TEST(output_stops_and_goes_on)
{
	begin();
	ldisc_write(&ld, (const u8 *)"a", 1);
	type("\023");
	CHECK_STR(screen(), "");
	ldisc_write(&ld, (const u8 *)"b", 1);
	CHECK_EQ(ldisc_pending(&ld), 2);
	type("x");
	CHECK_STR(screen(), "");
	type("\021");
	CHECK_STR(screen(), "abx");
	change_input(0, TTY_IXANY);
	type("\023y");
	CHECK_STR(screen(), "y");
	type("\023");
	CHECK(ld.stopped);
	change_input(TTY_IXON, 0);
	CHECK(!ld.stopped);
	type("\n");
	CHECK_STR(line(), "xy\n");
}

TEST(an_interrupt_lets_stopped_output_go_on)
{
	begin();
	type("\023\003");
	CHECK(!ld.stopped);
	CHECK_STR(screen(), "^C");
}

TEST(the_other_side_is_stopped_when_input_fills_up)
{
	const u8 *data;

	begin_with(TTY_ICANON | TTY_ECHO, 0);
	change_input(0, TTY_IXOFF);
	type_many('x', LDISC_INPUT - 500);
	CHECK_EQ(ldisc_output(&ld, &data), 1);
	CHECK_EQ(*data, 19);
	ldisc_sent(&ld, 1);
	CHECK_EQ(ldisc_output(&ld, &data), 0);
	CHECK_EQ(read_of(LDISC_INPUT), LDISC_INPUT - 500);
	CHECK_EQ(ldisc_output(&ld, &data), 1);
	CHECK_EQ(*data, 17);
}

TEST(flow_characters_overtake_stopped_output)
{
	begin();
	ldisc_write(&ld, (const u8 *)"later", 5);
	ldisc_stop(&ld);
	ldisc_send_stop(&ld);
	CHECK_EQ(ldisc_pending(&ld), 6);
	CHECK_STR(screen(), "\023");
	ldisc_go_on(&ld);
	CHECK_STR(screen(), "later");
}

TEST(a_break_interrupts_if_so_asked)
{
	begin();
	ldisc_break(&ld);
	CHECK_EQ(ld.signals, 0);
	change_input(0, TTY_BRKINT);
	ldisc_break(&ld);
	CHECK_EQ(ld.signals, LDISC_INTR);
}

/* --- raw mode and changing modes --- */

TEST(raw_bytes_are_readable_at_once)
{
	begin_with(TTY_ICANON | TTY_ECHO | TTY_ISIG, 0);
	change_input(TTY_ICRNL | TTY_IXON, 0);
	type("\177\004\r\026\023");
	CHECK(ldisc_readable(&ld, 5));
	CHECK(!ldisc_readable(&ld, 6));
	CHECK_STR(line(), "\177\004\r\026\023");
}

TEST(an_unfinished_line_becomes_readable_in_raw_mode)
{
	begin();
	type("done\npart");
	change_local(TTY_ICANON, 0);
	CHECK_STR(line(), "done\npart");
}

TEST(ends_of_file_vanish_in_raw_mode)
{
	begin();
	type("a\004b\004\004");
	change_local(TTY_ICANON, 0);
	CHECK_EQ(ldisc_available(&ld), 2);
	CHECK_STR(line(), "ab");
}

TEST(raw_bytes_become_a_line)
{
	begin_with(TTY_ICANON, 0);
	type("raw");
	change_local(0, TTY_ICANON);
	CHECK(ldisc_readable(&ld, 1));
	type("more\n");
	CHECK_STR(line(), "raw");
	CHECK_STR(line(), "more\n");
	begin_with(TTY_ICANON, 0);
	change_local(0, TTY_ICANON);
	CHECK(!ldisc_readable(&ld, 1));
}

TEST(flushing_input_forgets_it)
{
	begin();
	type("a\nb");
	ldisc_flush_input(&ld);
	CHECK(!ldisc_readable(&ld, 1));
	type("c\n");
	CHECK_STR(line(), "c\n");
}

/* --- limits --- */

TEST(a_line_that_is_too_long_can_still_be_ended)
{
	begin_with(TTY_ECHO, 0);
	CHECK_EQ(type_many('x', 3 * LDISC_INPUT), 3 * LDISC_INPUT);
	CHECK(!ldisc_readable(&ld, 1));
	CHECK_STR(screen(), "\a");
	type("\n");
	CHECK_EQ(read_of(LDISC_INPUT), LDISC_INPUT);
	CHECK_EQ(got[LDISC_INPUT - 2], 'x');
	CHECK_EQ(got[LDISC_INPUT - 1], '\n');
}

TEST(a_line_that_is_too_long_can_be_erased)
{
	begin();
	type_many('x', 2 * LDISC_INPUT);
	screen();
	type("\177y\n");
	CHECK_EQ(read_of(LDISC_INPUT), LDISC_INPUT);
	CHECK_EQ(got[LDISC_INPUT - 2], 'y');
	type_many('x', 2 * LDISC_INPUT);
	type("\025z\n");
	CHECK_STR(line(), "z\n");
}

TEST(complete_lines_are_never_dropped)
{
	size_t taken = 0, count;
	long sum = 0;

	begin_with(TTY_ECHO, 0);
	while ((count = type("0123456789\n")) == 11)
		taken += count;
	taken += count;
	CHECK(taken >= LDISC_INPUT - 12);
	while (ldisc_readable(&ld, 1))
		sum += read_of(100);
	CHECK((size_t)sum <= taken && (size_t)sum + 11 > taken);
}

TEST(raw_input_is_refused_when_full_and_not_lost)
{
	begin_with(TTY_ICANON | TTY_ECHO, 0);
	size_t taken = type_many('x', 2 * LDISC_INPUT);
	CHECK(taken >= LDISC_INPUT - 2);
	CHECK_EQ(read_of(LDISC_INPUT), taken);
	CHECK_EQ(type("y"), 1);
}

TEST(positions_wrap_around_for_ever)
{
	char text[32];

	begin();
	for (int i = 0; i < 5000; i++) {
		int size = snprintf(text, sizeof(text), "line %d\n", i);
		CHECK_EQ(type(text), size);
		CHECK_STR(line(), text);
		screen();
	}
}

/* --- output --- */

static const char *printed(const char *text)
{
	CHECK_EQ(ldisc_write(&ld, (const u8 *)text, strlen(text)), strlen(text));
	return screen();
}

TEST(output_processing_follows_the_flags)
{
	begin();
	CHECK_STR(printed("a\nb"), "a\r\nb");
	CHECK_EQ(ld.column, 1);
	change_output(TTY_ONLCR, 0);
	CHECK_STR(printed("\nb"), "\nb");
	CHECK_EQ(ld.column, 2);
	change_output(0, TTY_OCRNL);
	CHECK_STR(printed("\r"), "\n");
	change_output(TTY_OCRNL, TTY_ONOCR);
	CHECK_STR(printed("\rx\r\r"), "\rx\r");
	change_output(TTY_ONOCR, TTY_OLCUC);
	CHECK_STR(printed("aBz{"), "ABZ{");
	change_output(TTY_OPOST, 0);
	CHECK_STR(printed("a\nb\t"), "a\nb\t");
}

TEST(tabs_become_blanks_if_so_asked)
{
	begin();
	change_output(0, TTY_XTABS);
	CHECK_STR(printed("a\tb\t"), "a       b       ");
	CHECK_EQ(ld.column, 16);
	CHECK_STR(printed("\xc3\xa4\t|"), "\xc3\xa4       |");
	CHECK_STR(printed("\b\b"), "\b\b");
	CHECK_EQ(ld.column, 23);
}

TEST(writers_leave_room_for_echoes)
{
	static u8 data[2 * LDISC_OUTPUT];

	begin();
	memset(data, '\n', sizeof(data));
	size_t done = ldisc_write(&ld, data, sizeof(data));
	CHECK(done < LDISC_OUTPUT / 2);
	CHECK(!ldisc_writable(&ld));
	CHECK_EQ(ldisc_write(&ld, data, 1), 0);
	size_t before = ldisc_pending(&ld);
	type("echo");
	CHECK_EQ(ldisc_pending(&ld), before + 4);
	type_many('x', 2 * LDISC_OUTPUT); /* more echo than there is room: dropped, no harm */
	CHECK(ldisc_pending(&ld) <= LDISC_OUTPUT);
	screen();
	CHECK(ldisc_writable(&ld));
}

/* Any bytes and any settings: no assertion, no overflow (the sanitizers watch), and reads add
 * up. */
TEST(nothing_that_is_typed_can_break_it)
{
	u32 seed = 1;
	u8 data[64];

	begin();
	for (int i = 0; i < 200000; i++) {
		seed = seed * 1664525 + 1013904223;
		u32 dice = seed >> 8;
		for (size_t n = 0; n < sizeof(data); n++)
			data[n] = (u8)(seed >> (n % 24)) & (dice & 64 ? 0x1f : 0xff);
		switch (dice % 8) {
		case 0: {
			struct tty_attributes a = ld.attributes;
			a.iflag ^= 1u << (dice >> 3) % 16;
			a.lflag ^= 1u << (dice >> 8) % 16;
			a.oflag ^= 1u << (dice >> 12) % 14;
			ldisc_set(&ld, &a);
			break;
		}
		case 1:
			ldisc_write(&ld, data, dice % 64);
			break;
		case 2:
			screen();
			break;
		case 3:
			read_of(dice % 100);
			break;
		case 4:
			ldisc_input_urgent(&ld, data, dice % 64);
			break;
		default:
			ldisc_input(&ld, data, dice % 64);
		}
		CHECK(ld.tail <= ld.canon || !(ld.attributes.lflag & TTY_ICANON));
		CHECK(ld.canon <= ld.head && ld.head - ld.tail <= LDISC_INPUT);
		CHECK(ld.output_head - ld.output_tail <= LDISC_OUTPUT);
		CHECK(ldisc_available(&ld) <= LDISC_INPUT);
	}
}
