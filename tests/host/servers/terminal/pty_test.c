/* SPDX-License-Identifier: MIT */
/* Pseudo-terminals and the directory that they stand in. */
#include "pty_world.h"

TEST(bytes_go_between_master_and_slave)
{
	char buf[16];

	begin();
	struct pty_pair p = pair_open(0);
	CHECK_EQ(result(write_begin(p.master, "ab\n", 3)), 3);
	CHECK_EQ(result(read_begin(p.slave, buf, 16)), 3);
	CHECK_EQ(result(read_begin(p.master, buf, 16)), 4);
	CHECK(!memcmp(buf, "ab\r\n", 4));
	struct fake_call *reader = read_begin(p.master, buf, 16);
	CHECK(!fake_answered(reader));
	CHECK_EQ(result(write_begin(p.slave, "out", 3)), 3);
	CHECK_EQ(result(reader), 3);
	pair_close(&p);
	end();
}

TEST(a_page_not_at_hand_loses_no_bytes)
{
	char buf[16];

	begin();
	struct pty_pair p = pair_open(0);
	CHECK_EQ(result(write_begin(p.slave, "out", 3)), 3);
	fake.copies_left = 0;
	CHECK_EQ(result(read_begin(p.master, buf, 16)), -(long)E_TOUCH);
	fake.copies_left = UINT32_MAX;
	CHECK_EQ(result(read_begin(p.master, buf, 16)), 3);
	pair_close(&p);
	end();
}

TEST(masters_that_wait_are_answered_when_they_close)
{
	char buf[16];

	begin();
	struct pty_pair p = pair_open(0);
	struct fake_call *reader = read_begin(p.master, buf, 16);
	gate_close(p.master);
	CHECK_EQ(result(reader), -(long)E_INTR);
	CHECK_EQ(result(read_begin(p.slave, buf, 16)), 0);
	CHECK_EQ(result(write_begin(p.slave, "x", 1)), -(long)E_IO);
	CHECK_EQ(simple(p.slave, 8, 10, 10), E_NOTTY);
	CHECK_EQ(simple(p.slave, 9, 2, 0), E_IO);
	gate_close(p.slave);
	end();
}

TEST(a_slave_that_closes_leaves_EIO_behind_its_data)
{
	char buf[16];

	begin();
	struct pty_pair p = pair_open(0);
	CHECK_EQ(result(write_begin(p.slave, "last", 4)), 4);
	struct fake_call *waiting = read_begin(p.master, buf, 4);
	CHECK_EQ(result(waiting), 4);
	waiting = read_begin(p.master, buf, 4);
	gate_close(p.slave);
	CHECK_EQ(result(waiting), -(long)E_IO);
	CHECK_EQ(result(read_begin(p.master, buf, 4)), -(long)E_IO);
	p.slave = slave_open("0", O_RDWR);
	waiting = read_begin(p.master, buf, 4);
	CHECK(!fake_answered(waiting));
	fake_cancel(waiting);
	CHECK_EQ(result(waiting), -(long)E_INTR);
	pair_close(&p);
	end();
}

TEST(hanging_up_a_session_is_told_to_its_leader_first)
{
	begin();
	struct pty_pair p = pair_open(0);
	CHECK_EQ(simple(p.slave, 5, 10, 11), OK);
	gate_close(p.master);
	CHECK_EQ(kills.count, 2);
	CHECK_EQ(kills.pid[0], 10);
	CHECK_EQ(kills.signal[0], KILL_HANGUP);
	CHECK_EQ(kills.signal[1], KILL_CONTINUE);
	gate_close(p.slave); /* the pair is gone, what is owed is not */
	session_ended(9);
	CHECK_EQ(kills.count, 2);
	session_ended(10);
	CHECK_EQ(kills.count, 3);
	CHECK_EQ(kills.pid[2], -11);
	session_ended(10);
	CHECK_EQ(kills.count, 3);
	end();
}

TEST(a_leader_with_another_terminal_is_owed_nothing)
{
	begin();
	struct pty_pair p = pair_open(0);
	CHECK_EQ(simple(p.slave, 5, 10, 11), OK);
	gate_close(p.master);
	gate_close(p.slave);
	CHECK_EQ(simple(tty, 5, 10, 12), OK);
	session_ended(10);
	CHECK_EQ(kills.count, 3);
	CHECK_EQ(kills.pid[2], -12);
	end();
}

TEST(names_lead_to_what_is_open)
{
	struct file_stat st;
	char rest[DIR_PATH_MAX];
	struct msg m = { .word = { CALL(2, 2) }, .out = &st, .out_size = sizeof(st) };

	begin();
	struct pty_pair p = pair_open(0);
	m.in = "0";
	m.in_size = 1;
	CHECK_EQ(fake_finish(fake_send(LABEL_SLAVES, &m), NULL), OK);
	CHECK_EQ(st.rdev, 136 << 8);
	CHECK_EQ(st.mode, 0020620);
	static const struct {
		const char *path;
		err_t error;
	} wrong[] = { { "1", E_NOENT },     { "00", E_NOENT },     { "0/", E_NOTDIR },
		      { "0/x", E_NOTDIR },  { "x", E_NOENT },      { "-1", E_NOENT },
		      { "99999", E_NOENT }, { "ptmx/", E_NOTDIR }, { "4294967296", E_NOENT } };
	for (u32 i = 0; i < COUNT_OF(wrong); i++) {
		m.in = wrong[i].path;
		m.in_size = strlen(wrong[i].path);
		CHECK_EQ(fake_finish(fake_send(LABEL_SLAVES, &m), NULL), wrong[i].error);
	}
	m = (struct msg){ .word = { CALL(2, 2) }, .out = rest, .out_size = sizeof(rest) };
	m.in = "./..//null";
	m.in_size = 10;
	CHECK_EQ(fake_finish(fake_send(LABEL_SLAVES, &m), &m), E_CROSS);
	CHECK_EQ(m.word[1], CROSS_UP);
	CHECK_EQ(m.word[3], 4);
	CHECK(!memcmp(rest, "null", 4));
	pair_close(&p);
	end();
}

TEST(the_directory_is_listed_in_parts)
{
	char buf[64];
	u32 count = 0;

	begin();
	struct pty_pair p = pair_open(0), q = pair_open(1);
	struct msg m = { .word = { CALL(2, 1), O_RDONLY | O_DIRECTORY } };
	CHECK_EQ(fake_finish(fake_send(LABEL_SLAVES, &m), &m), OK);
	cap_t dir = m.cap[0] & ~CAP_MOVE;
	for (;;) {
		m = (struct msg){ .word = { CALL(1, 7) }, .out = buf, .out_size = 32 };
		CHECK_EQ(fake_finish(fake_send_to(dir, &m), &m), OK);
		if (!m.word[1])
			break;
		count++;
	}
	CHECK_EQ(count, 5); /* ., .., ptmx, 0, 1 */
	m = (struct msg){ .word = { CALL(1, 7) }, .out = buf, .out_size = 8 };
	CHECK_EQ(fake_finish(fake_send_to(dir, &m), &m), OK); /* at the end */
	m = (struct msg){ .word = { CALL(1, 3), 0, 0 } };
	CHECK_EQ(fake_finish(fake_send_to(dir, &m), &m), OK);
	m = (struct msg){ .word = { CALL(1, 7) }, .out = buf, .out_size = 8 };
	CHECK_EQ(fake_finish(fake_send_to(dir, &m), &m), E_INVAL);
	m = (struct msg){ .word = { CALL(1, 3), (u64)INT64_MAX, 0 } };
	CHECK_EQ(fake_finish(fake_send_to(dir, &m), &m), OK);
	m = (struct msg){ .word = { CALL(1, 7) }, .out = buf, .out_size = 64 };
	CHECK_EQ(fake_finish(fake_send_to(dir, &m), &m), OK);
	CHECK_EQ(m.word[1], 0);
	gate_close(dir);
	pair_close(&p);
	pair_close(&q);
	end();
}

TEST(a_name_kept_by_O_PATH_outlives_the_pair)
{
	struct file_stat st;
	char buf[8];
	struct msg m = { .word = { CALL(1, 4) }, .out = &st, .out_size = sizeof(st) };

	begin();
	struct pty_pair p = pair_open(0);
	cap_t name = slave_open("0", O_PATH);
	pair_close(&p);
	CHECK_EQ(fake_finish(fake_send_to(name, &m), NULL), OK);
	CHECK_EQ(st.rdev, 136 << 8);
	CHECK_EQ(result(read_begin(name, buf, 8)), -(long)E_CAP);
	CHECK_EQ(simple(name, 1, 0, 0), E_CAP);
	gate_close(name);
	end();
}

TEST(there_are_only_so_many)
{
	static cap_t masters[PTY_MAX];
	struct msg m;

	begin();
	for (u32 i = 0; i < PTY_MAX; i++)
		masters[i] = master_open();
	m = (struct msg){ .word = { CALL(2, 1), O_RDWR }, .in = "ptmx", .in_size = 4 };
	CHECK_EQ(fake_finish(fake_send(LABEL_SLAVES, &m), NULL), E_NOSPACE);
	for (u32 i = 0; i < PTY_MAX; i++)
		gate_close(masters[i]);
	end();
}
