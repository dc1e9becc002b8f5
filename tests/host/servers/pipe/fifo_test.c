/* SPDX-License-Identifier: MIT */
/* FIFOs as their clients see them. */
#include "pipe_world.h"

static struct fake_call *fifo_begin(u64 number, u32 flags)
{
	struct msg m = message(6, 2);
	m.word[1] = number;
	m.word[2] = flags;
	return fake_send(0, &m);
}

static cap_t fifo_gate(struct fake_call *call)
{
	struct msg m;

	CHECK(fake_answered(call));
	CHECK_EQ(fake_finish(call, &m), OK);
	return m.cap[0] & ~CAP_MOVE;
}

TEST(opening_a_fifo_waits_for_the_other_side)
{
	char buf[4];

	fake_reset(pipe_dispatch, pipe_no_clients);
	struct fake_call *reader = fifo_begin(7, O_RDONLY), *other = fifo_begin(8, O_WRONLY);
	CHECK(!fake_answered(reader) && !fake_answered(other));
	cap_t out = fifo_gate(fifo_begin(7, O_WRONLY)), in = fifo_gate(reader);
	CHECK_EQ(do_write(out, "f", 1), 1);
	CHECK_EQ(do_read(in, buf, 4), 1);
	fake_close(out);
	CHECK_EQ(do_read(in, buf, 4), 0);
	fake_close(in);
	fake_cancel(other);
	CHECK_EQ(fake_finish(other, NULL), E_INTR);
	world_end();
}

TEST(nonblocking_fifos_follow_posix)
{
	char buf[4];

	fake_reset(pipe_dispatch, pipe_no_clients);
	CHECK_EQ(fake_finish(fifo_begin(7, O_WRONLY | O_NONBLOCK), NULL), E_NXIO);
	cap_t in = fifo_gate(fifo_begin(7, O_RDONLY | O_NONBLOCK));
	CHECK_EQ(do_poll(in, POLL_INPUT, 1, 0), 0); /* nobody has hung up yet */
	CHECK_EQ(do_read(in, buf, 4), 0);
	cap_t out = fifo_gate(fifo_begin(7, O_WRONLY | O_NONBLOCK));
	CHECK_EQ(do_read(in, buf, 4), -(long)E_AGAIN);
	fake_close(out);
	CHECK_EQ(do_poll(in, POLL_INPUT, 1, 0), POLL_HANGUP);
	fake_close(in);
	world_end();
}

TEST(a_fifo_open_for_both_does_not_wait)
{
	char buf[4];

	fake_reset(pipe_dispatch, pipe_no_clients);
	cap_t both = fifo_gate(fifo_begin(9, O_RDWR));
	CHECK_EQ(do_write(both, "ab", 2), 2);
	CHECK_EQ(do_read(both, buf, 4), 2);
	cap_t in = fifo_gate(fifo_begin(9, O_RDONLY));
	fake_close(both);
	CHECK_EQ(do_read(in, buf, 4), 0);
	fake_close(in);
	world_end();
}

TEST(a_fifo_node_is_opened_through_its_gate)
{
	fake_reset(pipe_dispatch, pipe_no_clients);
	struct msg m = message(6, 3);
	m.word[1] = 5;
	m.word[2] = 77;
	m.word[3] = 0010640;
	CHECK_EQ(fake_finish(fake_send(0, &m), &m), OK);
	cap_t node = m.cap[0] & ~CAP_MOVE;

	m = message(2, 1);
	m.word[1] = O_RDONLY;
	struct fake_call *reader = fake_send_to(node, &m);
	CHECK(!fake_answered(reader));
	m.word[1] = O_WRONLY;
	struct fake_call *writer = fake_send_to(node, &m);
	CHECK_EQ(fake_finish(writer, &m), OK);
	cap_t out = m.cap[0] & ~CAP_MOVE;
	CHECK_EQ(fake_finish(reader, &m), OK);
	CHECK_EQ(m.word[1], 0010640);
	cap_t in = m.cap[0] & ~CAP_MOVE;
	fake_close(node);
	struct file_stat st;
	m = message(1, 4);
	m.out = &st;
	m.out_size = sizeof(st);
	CHECK_EQ(fake_finish(fake_send_to(in, &m), NULL), OK);
	CHECK_EQ(st.ino, 77);
	CHECK_EQ(st.dev, 5);
	fake_close(in);
	fake_close(out);
	world_end();
}
