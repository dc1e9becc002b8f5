/* SPDX-License-Identifier: MIT */
/* The line discipline: what comes in, what a reader gets, what the screen shows. */
#include "terminal/ldisc.h"

#include "test.h"

static struct ldisc ld;
static char shown[LDISC_OUTPUT + 1], got[LDISC_INPUT + 1];

static void begin(void) { ldisc_init(&ld); }

static void set_flags(u32 *flags, u32 off, u32 on) { *flags = (*flags & ~off) | on; }

static void begin_with(u32 local_off, u32 local_on)
{
	begin();
	struct tty_attributes a = ld.attributes;
	set_flags(&a.lflag, local_off, local_on);
	ldisc_set(&ld, &a);
}

static void change_input(u32 off, u32 on)
{
	struct tty_attributes a = ld.attributes;
	set_flags(&a.iflag, off, on);
	ldisc_set(&ld, &a);
}

static void change_output(u32 off, u32 on)
{
	struct tty_attributes a = ld.attributes;
	set_flags(&a.oflag, off, on);
	ldisc_set(&ld, &a);
}

static void change_local(u32 off, u32 on)
{
	struct tty_attributes a = ld.attributes;
	set_flags(&a.lflag, off, on);
	ldisc_set(&ld, &a);
}

static void change_character(enum tty_character index, u8 c)
{
	struct tty_attributes a = ld.attributes;
	a.cc[index] = c;
	ldisc_set(&ld, &a);
}

static size_t type(const char *text) { return ldisc_input(&ld, (const u8 *)text, strlen(text)); }

static size_t type_many(u8 c, size_t count)
{
	size_t taken = 0;

	for (size_t i = 0; i < count; i++)
		taken += ldisc_input(&ld, &c, 1);
	return taken;
}

/* All that is on its way to the screen, as text. */
static const char *screen(void)
{
	const u8 *data;
	size_t n = 0, count;

	while ((count = ldisc_output(&ld, &data))) {
		memcpy(shown + n, data, count);
		n += count;
		ldisc_sent(&ld, count);
	}
	shown[n] = 0;
	return shown;
}

static long read_of(size_t size)
{
	size_t positions = 0, count;

	if (!ldisc_readable(&ld, 1))
		return -1;
	count = ldisc_peek(&ld, (u8 *)got, size, &positions);
	ldisc_take(&ld, positions);
	got[count] = 0;
	return (long)count;
}

/* One read: the text, or "(none)". */
static const char *line(void) { return read_of(LDISC_INPUT) < 0 ? "(none)" : got; }

/* --- canonical input --- */

TEST(a_line_is_readable_when_it_is_complete)
{
	begin();
	type("he");
	CHECK(!ldisc_readable(&ld, 1));
	type("llo\n");
	CHECK_STR(line(), "hello\n");
	CHECK(!ldisc_readable(&ld, 1));
	CHECK_STR(screen(), "hello\r\n");
}

TEST(return_is_newline)
{
	begin();
	type("a\r");
	CHECK_STR(line(), "a\n");
	change_input(TTY_ICRNL, TTY_IGNCR);
	type("b\r\n");
	CHECK_STR(line(), "b\n");
	change_input(TTY_IGNCR, TTY_INLCR);
	type("c\n");
	CHECK(!ldisc_readable(&ld, 1));
	change_input(TTY_INLCR, 0);
	type("\n");
	CHECK_STR(line(), "c\r\n");
}

TEST(a_read_gets_one_line_at_most)
{
	begin();
	type("one\ntwo\n");
	CHECK_EQ(ldisc_available(&ld), 8);
	CHECK_STR(line(), "one\n");
	CHECK_STR(line(), "two\n");
}

TEST(a_small_read_gets_part_of_a_line)
{
	begin();
	type("abcdef\n");
	CHECK_EQ(read_of(4), 4);
	CHECK_STR(got, "abcd");
	CHECK_EQ(read_of(3), 3);
	CHECK_STR(got, "ef\n");
	CHECK_EQ(read_of(1), -1);
}

TEST(end_of_file_alone_reads_as_nothing)
{
	begin();
	type("\004");
	CHECK(ldisc_readable(&ld, 1));
	CHECK_EQ(ldisc_available(&ld), 0);
	CHECK_EQ(read_of(100), 0);
	CHECK(!ldisc_readable(&ld, 1));
	CHECK_STR(screen(), "");
}

TEST(end_of_file_in_a_line_pushes_it)
{
	begin();
	type("abc\004");
	CHECK_STR(line(), "abc");
	CHECK(!ldisc_readable(&ld, 1));
}

TEST(a_read_that_ends_before_an_end_of_file_takes_it_along)
{
	begin();
	type("abc\004");
	CHECK_EQ(read_of(3), 3);
	CHECK_EQ(read_of(3), -1);
	type("abc\004");
	CHECK_EQ(read_of(2), 2);
	CHECK_EQ(read_of(2), 1);
	CHECK_EQ(read_of(2), -1);
}

TEST(two_ends_of_file_are_two)
{
	begin();
	type("a\004\004");
	CHECK_EQ(read_of(9), 1);
	CHECK_EQ(read_of(9), 0);
	CHECK_EQ(read_of(9), -1);
}

TEST(other_ends_of_line_belong_to_the_line)
{
	begin();
	change_character(TTY_VEOL, ';');
	change_character(TTY_VEOL2, '|');
	type("a;b|");
	CHECK_STR(line(), "a;");
	CHECK_STR(line(), "b|");
	CHECK_STR(screen(), "a;b|");
}

TEST(a_byte_of_zero_is_never_special)
{
	u8 zero = 0;

	begin();
	ldisc_input(&ld, &zero, 1);
	type("\n");
	CHECK_EQ(read_of(9), 2);
	CHECK_STR(screen(), "^@\r\n");
}

TEST(the_next_byte_can_be_made_literal)
{
	begin();
	type("\026\003\026\004\026\025\n");
	CHECK_EQ(ld.signals, 0);
	CHECK_STR(line(), "\003\004\025\n");
	CHECK_STR(screen(), "^\b^C^\b^D^\b^U\r\n");
}

TEST(bytes_can_be_stripped_and_lowered)
{
	begin();
	change_input(0, TTY_ISTRIP | TTY_IUCLC);
	type("\301bC\n");
	CHECK_STR(line(), "abc\n");
}

TEST(marked_parity_doubles_the_mark)
{
	begin();
	change_input(0, TTY_PARMRK);
	type("\377a\n");
	CHECK_STR(line(), "\377\377a\n");
}

/* --- echo --- */

TEST(control_characters_are_shown_with_a_hat)
{
	begin();
	type("\001\033[A\177");
	CHECK_STR(screen(), "^A^[[A\b \b");
	change_local(TTY_ECHOCTL, 0);
	type("\001");
	CHECK_STR(screen(), "\001");
}

TEST(nothing_is_shown_without_echo_but_newline_if_asked)
{
	begin_with(TTY_ECHO, 0);
	type("secret\n");
	CHECK_STR(screen(), "");
	change_local(0, TTY_ECHONL);
	type("secret\n");
	CHECK_STR(screen(), "\r\n");
	CHECK_STR(line(), "secret\n");
}

/* --- erasing --- */

TEST(erase_takes_the_last_character)
{
	begin();
	type("abx\177c\n");
	CHECK_STR(line(), "abc\n");
	CHECK_STR(screen(), "abx\b \bc\r\n");
}

TEST(erase_stops_at_the_start_of_the_line)
{
	begin();
	type("a\n\177\177b\177\177\n");
	CHECK_STR(line(), "a\n");
	CHECK_STR(line(), "\n");
	CHECK_STR(screen(), "a\r\nb\b \b\r\n");
}

TEST(erase_takes_a_whole_utf8_character)
{
	begin();
	type("a\xe2\x82\xac\xc3\xa4\177\177\177");
	CHECK_STR(screen(), "a\xe2\x82\xac\xc3\xa4\b \b\b \b\b \b");
	type("\n");
	CHECK_STR(line(), "\n");
	change_input(TTY_IUTF8, 0);
	type("\xc3\xa4\177\n");
	CHECK_STR(line(), "\xc3\n");
}

TEST(erase_leaves_a_line_of_loose_continuation_bytes_alone)
{
	begin();
	type("\x82\x82\177\n");
	CHECK_STR(line(), "\x82\x82\n");
}

TEST(erase_of_a_control_character_takes_two_columns)
{
	begin();
	type("\001\177");
	CHECK_STR(screen(), "^A\b \b\b \b");
}

TEST(erase_of_a_tab_goes_back_to_where_it_began)
{
	begin();
	type("ab\t\177");
	CHECK_STR(screen(), "ab\t\b\b\b\b\b\b");
	type("\n");
	ldisc_write(&ld, (const u8 *)"$ ", 2);
	type("\001x\t\177");
	CHECK_STR(screen(), "\r\n$ ^Ax\t\b\b\b");
	CHECK_EQ(ld.column, 5);
}

TEST(word_erase_takes_blanks_and_the_word_before)
{
	begin();
	type("cat file.txt  \027");
	CHECK_STR(screen(), "cat file.txt  \b \b\b \b\b \b\b \b\b \b");
	type("\027\n");
	CHECK_STR(line(), "cat \n");
}

TEST(kill_takes_the_line)
{
	begin();
	type("abc\025d\n");
	CHECK_STR(line(), "d\n");
	CHECK_STR(screen(), "abc\b \b\b \b\b \bd\r\n");
}

TEST(kill_without_wiping_starts_a_new_line)
{
	begin_with(TTY_ECHOKE, 0);
	type("abc\025d\n");
	CHECK_STR(screen(), "abc^U\r\nd\r\n");
	change_local(TTY_ECHOK, 0);
	type("abc\025d\n");
	CHECK_STR(screen(), "abc^Ud\r\n");
}

TEST(erase_without_wiping_shows_the_erase_character)
{
	begin_with(TTY_ECHOE, 0);
	type("ab\177");
	CHECK_STR(screen(), "ab^?");
}

TEST(a_printing_terminal_shows_what_is_erased)
{
	begin_with(0, TTY_ECHOPRT);
	type("abc\177\177d\n");
	CHECK_STR(screen(), "abc\\cb/d\r\n");
	CHECK_STR(line(), "ad\n");
	type("x\177\n");
	CHECK_STR(screen(), "x\\x/\r\n");
}

TEST(reprint_shows_the_line_again)
{
	begin();
	type("ab\001\022");
	CHECK_STR(screen(), "ab^A^R\r\nab^A");
}

TEST(editing_needs_iexten_where_posix_says_so)
{
	begin_with(TTY_IEXTEN, 0);
	type("a\026\027\022\n");
	CHECK_STR(line(), "a\026\027\022\n");
}

/* --- signals and flow --- */

TEST(signal_characters_signal_and_flush)
{
	static const struct {
		char c;
		u32 signal;
		const char *shown;
	} cases[] = { { 3, LDISC_INTR, "^C" }, { 28, LDISC_QUIT, "^\\" }, { 26, LDISC_SUSP, "^Z" } };

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

/* Any bytes and any settings: no assertion, no overflow (the sanitizers watch), and reads add up. */
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
		case 1: ldisc_write(&ld, data, dice % 64); break;
		case 2: screen(); break;
		case 3: read_of(dice % 100); break;
		case 4: ldisc_input_urgent(&ld, data, dice % 64); break;
		default: ldisc_input(&ld, data, dice % 64);
		}
		CHECK(ld.tail <= ld.canon || !(ld.attributes.lflag & TTY_ICANON));
		CHECK(ld.canon <= ld.head && ld.head - ld.tail <= LDISC_INPUT);
		CHECK(ld.output_head - ld.output_tail <= LDISC_OUTPUT);
		CHECK(ldisc_available(&ld) <= LDISC_INPUT);
	}
}
