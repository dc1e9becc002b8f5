/* SPDX-License-Identifier: MIT */
/* Sessions, foreground groups and the signals they get. */
#include "terminal_world.h"

TEST(interrupt_reaches_the_foreground_although_nobody_reads)
{
	begin();
	CHECK_EQ(simple(tty, 5, 10, 10), OK);
	for (int i = 0; i < 400; i++)
		type("0123456789\n");
	CHECK(terminal.chunk_start < terminal.chunk_end);
	type("\003x\n");
	CHECK_EQ(kills.count, 1);
	CHECK_EQ(kills.signal[0], KILL_INTERRUPT);
	CHECK_EQ(ldisc_available(&terminal.ldisc), 2);
	end();
}

TEST(signal_characters_go_to_the_foreground_group)
{
	begin();
	type("\003");
	CHECK_EQ(kills.count, 0);
	CHECK_EQ(simple(tty, 5, 10, 11), OK);
	type("\003\032\034");
	CHECK_EQ(kills.count, 3);
	CHECK_EQ(kills.pid[0], -11);
	CHECK_EQ(kills.signal[0], KILL_INTERRUPT);
	CHECK_EQ(kills.signal[1], KILL_QUIT);
	CHECK_EQ(kills.signal[2], KILL_STOP);
	CHECK_EQ(simple(tty, 8, 10, 12), OK);
	type("\003");
	CHECK_EQ(kills.pid[3], -12);
	end();
}

TEST(only_the_session_may_set_the_foreground)
{
	begin();
	CHECK_EQ(simple(tty, 8, 10, 11), E_NOTTY);
	CHECK_EQ(simple(tty, 5, 10, 10), OK);
	CHECK_EQ(simple(tty, 8, 9, 11), E_NOTTY);
	CHECK_EQ(simple(tty, 8, 10, 11), OK);
	CHECK_EQ(simple(tty, 5, 10, 10), OK); /* again: nothing changes */
	struct msg m = { .word = { CALL(7, 7) } };
	CHECK_EQ(fake_finish(fake_send_to(tty, &m), &m), OK);
	CHECK_EQ(m.word[1], 11);
	CHECK_EQ(m.word[2], 10);
	end();
}

static err_t acquire(cap_t gate, u32 session, u32 group, bool steal)
{
	struct msg m = { .word = { CALL(7, 5), session, group, steal } };

	return fake_finish(fake_send_to(gate, &m), NULL);
}

static err_t session_end(u32 session)
{
	struct msg m = { .word = { CALL(22, 1), session } };

	return fake_finish(fake_send(LABEL_CONTROL, &m), NULL);
}

TEST(a_living_session_keeps_its_terminal_and_a_dead_one_does_not)
{
	struct msg m = { .word = { CALL(22, 2), 10 } };

	begin();
	CHECK_EQ(acquire(tty, 0, 0, false), E_INVAL);
	CHECK_EQ(fake_finish(fake_send(LABEL_CONTROL, &m), NULL), E_NXIO);
	CHECK_EQ(acquire(tty, 10, 11, false), OK);
	CHECK_EQ(fake_finish(fake_send(LABEL_CONTROL, &m), &m), OK);
	CHECK_EQ(m.word[1], 0x440);
	CHECK_EQ(m.word[2], 11);
	CHECK_EQ(acquire(tty, 20, 21, false), E_PERM);
	CHECK_EQ(session_end(20), OK);
	CHECK_EQ(kills.count, 0);
	CHECK_EQ(session_end(10), OK);
	CHECK_EQ(kills.count, 1);
	CHECK_EQ(kills.pid[0], -11);
	CHECK_EQ(kills.signal[0], KILL_HANGUP);
	CHECK_EQ(acquire(tty, 20, 21, false), OK);
	CHECK_EQ(terminal.session, 20);
	CHECK_EQ(terminal.group, 21);
	end();
}

TEST(a_terminal_can_be_stolen_on_purpose)
{
	begin();
	CHECK_EQ(acquire(tty, 10, 11, false), OK);
	CHECK_EQ(acquire(tty, 20, 21, true), OK);
	CHECK_EQ(kills.count, 0);
	CHECK_EQ(session_end(10), OK);
	CHECK_EQ(terminal.session, 20);
	end();
}

TEST(without_processes_there_are_no_sessions)
{
	begin();
	CHECK_EQ(acquire(tty, 10, 11, false), OK);
	CHECK_EQ(session_end(0), OK);
	CHECK_EQ(terminal.session, 0);
	CHECK_EQ(kills.count, 0);
	end();
}

static cap_t open_own(void)
{
	struct msg m = { .word = { CALL(2, 1), O_RDWR } };

	CHECK_EQ(fake_finish(fake_send(LABEL_OWN, &m), &m), OK);
	CHECK_EQ(m.word[1], 0020666u | TTY_MODE | TTY_OWN);
	return m.cap[0] & ~CAP_MOVE;
}

TEST(dev_tty_is_nothing_until_it_is_known_whose)
{
	char buf[8];
	struct file_stat st;
	struct msg m = { .word = { CALL(1, 4) }, .out = &st, .out_size = sizeof(st) };

	begin();
	cap_t own = open_own();
	CHECK_EQ(result(read_begin(own, buf, 8)), -(long)E_NXIO);
	CHECK_EQ(simple(own, 1, 0, 0), E_NXIO);
	CHECK_EQ(simple(own, 16, 10, 0), E_NXIO);
	CHECK_EQ(simple(own, 16, 0, 0), E_NXIO);
	CHECK_EQ(acquire(tty, 10, 11, false), OK);
	CHECK_EQ(simple(own, 16, 10, 0), OK);
	CHECK_EQ(simple(own, 16, 10, 0), E_INVAL);
	type("x\n");
	CHECK_EQ(result(read_begin(own, buf, 8)), 2);
	CHECK_EQ(fake_finish(fake_send_to(own, &m), NULL), OK);
	CHECK_EQ(st.rdev, 0x500);
	fake_close(own);
	own = open_own();
	fake_close(own);
	end();
}

TEST(giving_up_the_terminal_hangs_up_the_foreground)
{
	begin();
	CHECK_EQ(simple(tty, 6, 10, 0), E_NOTTY);
	CHECK_EQ(simple(tty, 5, 10, 11), OK);
	CHECK_EQ(simple(tty, 6, 10, 0), OK);
	CHECK_EQ(kills.count, 2);
	CHECK_EQ(kills.signal[0], KILL_HANGUP);
	CHECK_EQ(kills.signal[1], KILL_CONTINUE);
	CHECK_EQ(simple(tty, 5, 20, 20), OK);
	end();
}

TEST(a_new_window_size_is_told_once)
{
	struct tty_size size = { .rows = 24, .columns = 80 };
	struct msg m = { .word = { CALL(7, 4) } };

	begin();
	CHECK_EQ(simple(tty, 5, 10, 10), OK);
	memcpy(&m.word[1], &size, sizeof(size));
	CHECK_EQ(fake_finish(fake_send_to(tty, &m), NULL), OK);
	CHECK_EQ(fake_finish(fake_send_to(tty, &m), NULL), OK);
	CHECK_EQ(kills.count, 1);
	CHECK_EQ(kills.signal[0], KILL_WINDOW);
	struct msg ask = { .word = { CALL(7, 3) } };
	CHECK_EQ(fake_finish(fake_send_to(tty, &ask), &ask), OK);
	CHECK_EQ(ask.word[1], m.word[1]);
	end();
}

static struct fake_call *read_as(u32 session, u32 group, char *buf)
{
	struct msg m = { .word = { CALL(7, 13), 0, session, group }, .out = buf, .out_size = 8 };

	return fake_send_to(tty, &m);
}

static struct fake_call *write_as(u32 session, u32 group)
{
	struct msg m = { .word = { CALL(7, 14), 0, session, group }, .in = "x", .in_size = 1 };

	return fake_send_to(tty, &m);
}

TEST(the_background_may_not_read)
{
	char buf[8];

	begin();
	CHECK_EQ(simple(tty, 5, 10, 11), OK);
	CHECK_EQ(result(read_as(10, 12, buf)), -(long)E_ACCESS);
	struct fake_call *other = read_as(20, 20, buf); /* not this terminal's session */
	struct fake_call *reader = read_as(10, 11, buf);
	type("a\nb\n");
	CHECK_EQ(result(other), 2);
	CHECK_EQ(result(reader), 2);
	end();
}

TEST(a_reader_that_goes_to_the_background_is_sent_away)
{
	char buf[8], plain_buf[8];

	begin();
	CHECK_EQ(simple(tty, 5, 10, 11), OK);
	struct fake_call *reader = read_as(10, 11, buf), *plain = read_begin(tty, plain_buf, 8);
	CHECK(!fake_answered(reader));
	CHECK_EQ(simple(tty, 8, 10, 10), OK);
	CHECK_EQ(result(reader), -(long)E_ACCESS);
	CHECK(!fake_answered(plain));
	type("x\n");
	CHECK_EQ(result(plain), 2);
	end();
}

TEST(the_background_may_write_unless_it_is_to_stop)
{
	begin();
	CHECK_EQ(simple(tty, 5, 10, 11), OK);
	CHECK_EQ(result(write_as(10, 12)), 1);
	terminal.ldisc.attributes.lflag |= TTY_TOSTOP;
	CHECK_EQ(result(write_as(10, 12)), -(long)E_ACCESS);
	CHECK_EQ(result(write_as(10, 11)), 1);
	CHECK_EQ(simple(tty, 15, 10, 12), E_ACCESS);
	CHECK_EQ(simple(tty, 15, 10, 11), OK);
	CHECK_EQ(simple(tty, 15, 20, 12), OK);
	end();
}
