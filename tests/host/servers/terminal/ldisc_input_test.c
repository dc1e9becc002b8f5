/* SPDX-License-Identifier: MIT */
/* The line discipline: lines, echoes, erasing. */
#include "ldisc_world.h"

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
