/* SPDX-License-Identifier: MIT */
/* Pipes as their clients see them. */
#include "pipe_world.h"

TEST(what_is_written_is_read)
{
	struct world w = world_make(0);
	char buf[16] = "";

	CHECK_EQ(do_write(w.writer, "hello", 5), 5);
	CHECK_EQ(do_write(w.writer, ", you", 5), 5);
	CHECK_EQ(do_read(w.reader, buf, 7), 7);
	CHECK(!memcmp(buf, "hello, ", 7));
	CHECK_EQ(do_read(w.reader, buf, sizeof(buf)), 3);
	CHECK(!memcmp(buf, "you", 3));
	world_close(&w);
}

TEST(a_waiting_reader_gets_the_writers_data_with_one_copy)
{
	struct world w = world_make(0);
	char buf[16];
	struct fake_call *reader = read_begin(w.reader, buf, sizeof(buf));

	CHECK(!fake_answered(reader));
	fake.copies = 0;
	CHECK_EQ(do_write(w.writer, "abc", 3), 3);
	CHECK_EQ(result(reader), 3);
	CHECK_EQ(fake.copies, 1);
	CHECK(!memcmp(buf, "abc", 3));
	world_close(&w);
}

TEST(several_waiting_readers_share_a_write_in_order)
{
	struct world w = world_make(0);
	char a[2], b[2], c[8];
	struct fake_call *first = read_begin(w.reader, a, 2), *second = read_begin(w.reader, b, 2);

	CHECK_EQ(do_write(w.writer, "123456", 6), 6);
	CHECK_EQ(result(first), 2);
	CHECK_EQ(result(second), 2);
	CHECK(!memcmp(a, "12", 2) && !memcmp(b, "34", 2));
	CHECK_EQ(do_read(w.reader, c, 8), 2);
	CHECK(!memcmp(c, "56", 2));
	world_close(&w);
}

TEST(a_pipe_holds_its_capacity_and_then_the_writer_waits)
{
	struct world w = world_make(0);
	u8 *data = pattern(KERNEL_CAPACITY, 1), *copy = malloc(KERNEL_CAPACITY);

	CHECK_EQ(do_write(w.writer, data, KERNEL_CAPACITY), KERNEL_CAPACITY);
	struct fake_call *writer = write_begin(w.writer, "x", 1);
	CHECK(!fake_answered(writer));
	CHECK_EQ(do_read(w.reader, copy, KERNEL_CAPACITY), KERNEL_CAPACITY);
	CHECK(!memcmp(data, copy, KERNEL_CAPACITY));
	CHECK_EQ(result(writer), 1);
	CHECK_EQ(do_read(w.reader, copy, 9), 1);
	free(data);
	free(copy);
	world_close(&w);
}

TEST(a_large_write_goes_through_in_pieces)
{
	enum { SIZE = 300000 };
	struct world w = world_make(0);
	u8 *data = pattern(SIZE, 3), *copy = malloc(SIZE);
	struct fake_call *writer = write_begin(w.writer, data, SIZE);
	size_t done = 0;

	while (done < SIZE) {
		long count = do_read(w.reader, copy + done, 1 + (done * 31) % 9999);
		CHECK(count > 0);
		done += (size_t)count;
	}
	CHECK_EQ(result(writer), SIZE);
	CHECK(!memcmp(data, copy, SIZE));
	free(data);
	free(copy);
	world_close(&w);
}

TEST(a_large_write_meets_a_large_reader_in_one_answer)
{
	struct world w = world_make(0);
	u8 *data = pattern(KERNEL_CAPACITY, 3), *copy = malloc(KERNEL_CAPACITY);
	struct fake_call *reader = read_begin(w.reader, copy, KERNEL_CAPACITY);

	CHECK_EQ(do_write(w.writer, data, KERNEL_CAPACITY), KERNEL_CAPACITY);
	CHECK_EQ(result(reader), KERNEL_CAPACITY);
	CHECK(!memcmp(data, copy, KERNEL_CAPACITY));
	free(data);
	free(copy);
	world_close(&w);
}

TEST(small_writes_are_not_divided)
{
	struct world w = world_make(O_NONBLOCK);
	u8 *data = pattern(KERNEL_CAPACITY, 5), *copy = malloc(KERNEL_CAPACITY);

	CHECK_EQ(do_write(w.writer, data, KERNEL_CAPACITY - 100), KERNEL_CAPACITY - 100);
	CHECK_EQ(do_write(w.writer, data, KERNEL_ATOMIC), -(long)E_AGAIN);
	CHECK_EQ(do_write(w.writer, data, 101), -(long)E_AGAIN);
	CHECK_EQ(do_write(w.writer, data, 100), 100);
	CHECK_EQ(do_read(w.reader, copy, 5000), 5000);
	CHECK_EQ(do_write(w.writer, data, KERNEL_ATOMIC + 1 + 5000), 5000);
	CHECK_EQ(do_write(w.writer, data, KERNEL_ATOMIC + 1), -(long)E_AGAIN);
	free(data);
	free(copy);
	world_close(&w);
}

TEST(waiting_writers_come_in_order_and_whole)
{
	struct world w = world_make(0);
	u8 *data = pattern(KERNEL_CAPACITY, 0), *copy = malloc(KERNEL_CAPACITY);
	u8 a[KERNEL_ATOMIC], b[10];

	memset(a, 'a', sizeof(a));
	memset(b, 'b', sizeof(b));
	CHECK_EQ(do_write(w.writer, data, KERNEL_CAPACITY), KERNEL_CAPACITY);
	struct fake_call *first = write_begin(w.writer, a, sizeof(a));
	struct fake_call *second = write_begin(w.writer, b, sizeof(b));
	CHECK_EQ(do_read(w.reader, copy, 4000), 4000);
	CHECK(!fake_answered(first) && !fake_answered(second));
	CHECK_EQ(do_read(w.reader, copy, 96), 96);
	CHECK_EQ(result(first), KERNEL_ATOMIC);
	CHECK(!fake_answered(second));
	CHECK_EQ(do_read(w.reader, copy, KERNEL_CAPACITY), KERNEL_CAPACITY);
	CHECK_EQ(result(second), 10);
	CHECK_EQ(copy[KERNEL_CAPACITY - 1], 'a');
	free(data);
	free(copy);
	world_close(&w);
}

TEST(a_reader_sees_end_of_file_when_the_last_writer_goes)
{
	struct world w = world_make(0);
	char buf[8];

	CHECK_EQ(do_write(w.writer, "end", 3), 3);
	fake_close(w.writer);
	CHECK_EQ(do_read(w.reader, buf, 8), 3);
	CHECK_EQ(do_read(w.reader, buf, 8), 0);
	fake_close(w.reader);
	world_end();
}

TEST(a_waiting_reader_is_woken_by_the_last_writers_end)
{
	struct world w = world_make(0);
	char buf[8];
	struct fake_call *reader = read_begin(w.reader, buf, 8);

	fake_close(w.writer);
	CHECK_EQ(result(reader), 0);
	fake_close(w.reader);
	world_end();
}

TEST(a_writer_without_readers_gets_an_error)
{
	struct world w = world_make(0);
	u8 *data = pattern(2 * KERNEL_CAPACITY, 0);
	struct fake_call *partial = write_begin(w.writer, data, 2 * KERNEL_CAPACITY);
	struct fake_call *none = write_begin(w.writer, data, 10);

	fake_close(w.reader);
	CHECK_EQ(result(partial), KERNEL_CAPACITY);
	CHECK_EQ(result(none), -(long)E_PIPE);
	CHECK_EQ(do_write(w.writer, "x", 1), -(long)E_PIPE);
	fake_close(w.writer);
	free(data);
	world_end();
}

TEST(cancelled_calls_are_answered_and_leave_the_rest_in_order)
{
	struct world w = world_make(0);
	char buf[8];
	struct fake_call *first = read_begin(w.reader, buf, 8),
	                 *second = read_begin(w.reader, buf, 8);

	fake_cancel(first);
	CHECK_EQ(result(first), -(long)E_INTR);
	CHECK_EQ(do_write(w.writer, "z", 1), 1);
	CHECK_EQ(result(second), 1);

	u8 *data = pattern(KERNEL_CAPACITY, 0);
	CHECK_EQ(do_write(w.writer, data, KERNEL_CAPACITY - 10), KERNEL_CAPACITY - 10);
	struct fake_call *large = write_begin(w.writer, data, KERNEL_ATOMIC);
	struct fake_call *small = write_begin(w.writer, data, 10);
	CHECK(!fake_answered(small));
	fake_cancel(large);
	CHECK_EQ(result(large), -(long)E_INTR);
	CHECK_EQ(result(small), 10);
	struct fake_call *part = write_begin(w.writer, data, 2 * KERNEL_ATOMIC);
	CHECK_EQ(do_read(w.reader, data, 100), 100);
	fake_leave(part);
	CHECK_EQ(result(part), 100);
	free(data);
	world_close(&w);
}

TEST(nothing_waits_with_nonblock)
{
	struct world w = world_make(O_NONBLOCK);
	char buf[8];

	CHECK_EQ(do_read(w.reader, buf, 8), -(long)E_AGAIN);
	fake_close(w.writer);
	CHECK_EQ(do_read(w.reader, buf, 8), 0);
	fake_close(w.reader);

	w = world_make(0);
	struct msg m = message(1, 1);
	m.word[1] = (u64)FILE_POSITION;
	m.word[2] = FILE_IO_NONBLOCK;
	m.out = buf;
	m.out_size = 8;
	CHECK_EQ(result(fake_send_to(w.reader, &m)), -(long)E_AGAIN);
	world_close(&w);
}

TEST(poll_tells_and_remembers_once)
{
	struct world w = world_make(0);
	char buf[8];

	CHECK_EQ(do_poll(w.writer, POLL_OUTPUT, 1, fake_event(1)), POLL_OUTPUT);
	CHECK_EQ(do_poll(w.reader, POLL_INPUT, 2, fake_event(1)), 0);
	CHECK_EQ(do_write(w.writer, "1", 1), 1);
	CHECK_EQ(fake_event_take(1), 2);
	CHECK_EQ(do_write(w.writer, "2", 1), 1);
	CHECK_EQ(fake_event_take(1), 0);
	CHECK_EQ(do_poll(w.reader, POLL_INPUT, 2, 0), POLL_INPUT);
	CHECK_EQ(do_read(w.reader, buf, 8), 2);
	CHECK_EQ(do_poll(w.reader, POLL_INPUT, 4, fake_event(1)), 0);
	fake_close(w.writer);
	CHECK_EQ(fake_event_take(1), 4);
	CHECK_EQ(do_poll(w.reader, POLL_INPUT, 4, 0), POLL_HANGUP);
	fake_close(w.reader);
	/* Every event that came has been closed. */
	CHECK_EQ(fake.caps_closed, 3);
	world_end();
}

TEST(poll_of_a_writer_waits_for_room_or_the_readers_end)
{
	struct world w = world_make(O_NONBLOCK);
	u8 *data = pattern(KERNEL_CAPACITY, 0);

	CHECK_EQ(do_write(w.writer, data, KERNEL_CAPACITY - KERNEL_ATOMIC),
	         KERNEL_CAPACITY - KERNEL_ATOMIC);
	CHECK_EQ(do_poll(w.writer, POLL_OUTPUT, 1, 0), POLL_OUTPUT);
	CHECK_EQ(do_write(w.writer, data, 1), 1);
	CHECK_EQ(do_poll(w.writer, POLL_OUTPUT, 1, fake_event(0)), 0);
	CHECK_EQ(do_read(w.reader, data, 1), 1);
	CHECK_EQ(fake_event_take(0), 1);
	CHECK_EQ(do_write(w.writer, data, 10), 10);
	CHECK_EQ(do_poll(w.writer, POLL_OUTPUT, 8, fake_event(0)), 0);
	fake_close(w.reader);
	CHECK_EQ(fake_event_take(0), 8);
	CHECK_EQ(do_poll(w.writer, POLL_OUTPUT, 8, 0) & POLL_ERROR, POLL_ERROR);
	fake_close(w.writer);
	free(data);
	world_end();
}

TEST(a_poller_that_asks_again_replaces_itself_and_many_are_bounded)
{
	struct world w = world_make(0);

	for (int i = 0; i < 100; i++)
		CHECK_EQ(do_poll(w.reader, POLL_INPUT, 1,
		                 fake_event(i % 2 ? 3 : 3 + FAKE_EVENTS / 2)),
		         0);
	CHECK_EQ(fake.caps_closed, 99);
	CHECK_EQ(fake.signals, 0);
	for (u32 i = 4; i < 4 + POLL_WAITERS_MAX; i++)
		CHECK_EQ(do_poll(w.reader, POLL_INPUT, 1, fake_event(i)), 0);
	CHECK_EQ(fake.signals, 1);
	CHECK_EQ(fake_event_take(3), 1);
	world_close(&w);
	CHECK_EQ(fake.caps_closed, 100 + POLL_WAITERS_MAX);
}

TEST(a_page_that_is_not_at_hand_loses_nothing)
{
	struct world w = world_make(0);
	char buf[8];
	u8 *data = pattern(20000, 9), *copy = malloc(20000);

	CHECK_EQ(do_write(w.writer, "keep", 4), 4);
	fake.copies_left = 0;
	CHECK_EQ(do_read(w.reader, buf, 8), -(long)E_TOUCH);
	CHECK_EQ(do_write(w.writer, data, 20000), -(long)E_TOUCH);
	fake.copies_left = UINT32_MAX;
	CHECK_EQ(do_read(w.reader, buf, 8), 4);

	struct fake_call *reader = read_begin(w.reader, copy, 20000);
	fake.copies_left = 0;
	CHECK_EQ(do_write(w.writer, "more", 4), 4); /* kept: the reader will come again */
	CHECK_EQ(result(reader), -(long)E_TOUCH);
	fake.copies_left = UINT32_MAX;
	CHECK_EQ(do_read(w.reader, copy, 20000), 4);
	CHECK(!memcmp(copy, "more", 4));
	free(data);
	free(copy);
	world_close(&w);
}

TEST(too_many_waiting_calls_are_refused)
{
	struct world w = world_make(0);
	struct fake_call *call[PIPE_REQUESTS];
	char buf[1];
	int n = 0;

	while (!fake_answered(call[n] = read_begin(w.reader, buf, 1)))
		n++;
	CHECK_EQ(n, PIPE_REQUESTS - PIPE_REQUESTS_SPARE);
	CHECK_EQ(result(call[n]), -(long)E_BUSY);
	fake_close(w.writer);
	for (int i = 0; i < n; i++)
		CHECK_EQ(result(call[i]), 0);
	fake_close(w.reader);
	world_end();
}

TEST(without_gates_there_is_no_pipe)
{
	for (u32 gates = 0; gates < 2; gates++) {
		fake_reset(pipe_dispatch, pipe_no_clients);
		fake.gates_left = gates;
		struct msg m = message(6, 1);
		CHECK_EQ(fake_finish(fake_send(0, &m), NULL), E_FUNDS);
		world_end();
	}
}

TEST(ends_do_only_what_they_are_for)
{
	struct world w = world_make(0);
	struct msg m = message(1, 3);
	char buf[4];

	CHECK_EQ(do_read(w.writer, buf, 4), -(long)E_CAP);
	CHECK_EQ(do_write(w.reader, buf, 4), -(long)E_CAP);
	CHECK_EQ(fake_finish(fake_send_to(w.reader, &m), NULL), E_SPIPE);
	m = message(1, 99);
	CHECK_EQ(fake_finish(fake_send_to(w.reader, &m), NULL), E_NOSYS);
	m = message(6, 1);
	CHECK_EQ(fake_finish(fake_send_to(w.reader, &m), NULL), E_NOSYS);
	CHECK_EQ(do_read(w.reader, buf, 0), 0);
	CHECK_EQ(do_write(w.writer, buf, 0), 0);
	world_close(&w);
}

TEST(a_pipe_tells_what_it_is)
{
	struct world w = world_make(O_NONBLOCK);
	struct file_stat st;
	char path[32] = "";
	struct msg m = message(1, 4);

	m.out = &st;
	m.out_size = sizeof(st);
	CHECK_EQ(fake_finish(fake_send_to(w.reader, &m), NULL), OK);
	CHECK_EQ(st.mode, 0010600);
	m = message(1, 10);
	CHECK_EQ(fake_finish(fake_send_to(w.writer, &m), &m), OK);
	CHECK_EQ(m.word[1], O_WRONLY | O_NONBLOCK);
	m = message(1, 15);
	m.out = path;
	m.out_size = sizeof(path);
	CHECK_EQ(fake_finish(fake_send_to(w.reader, &m), NULL), OK);
	CHECK(!strncmp(path, "pipe:[", 6));
	CHECK_EQ(do_write(w.writer, "abc", 3), 3);
	m = message(1, 14);
	m.word[1] = 0x541b;
	CHECK_EQ(fake_finish(fake_send_to(w.reader, &m), &m), OK);
	CHECK_EQ(m.word[1], 3);
	world_close(&w);
}

TEST(the_capacity_can_be_changed)
{
	struct world w = world_make(O_NONBLOCK);
	struct msg m = message(1, 14);
	u8 *data = pattern(1 << 18, 0);

	m.word[1] = 1031;
	m.word[2] = 100001;
	struct msg ask = m;
	CHECK_EQ(fake_finish(fake_send_to(w.reader, &ask), &ask), OK);
	CHECK_EQ(ask.word[1], 131072);
	CHECK_EQ(do_write(w.writer, data, 1 << 18), 131072);
	m.word[2] = 4096;
	CHECK_EQ(fake_finish(fake_send_to(w.reader, &m), NULL), E_BUSY);
	CHECK_EQ(do_read(w.reader, data, 1 << 18), 131072);
	CHECK_EQ(fake_finish(fake_send_to(w.reader, &m), NULL), OK);
	CHECK_EQ(do_write(w.writer, data, 1 << 18), 4096);
	m.word[2] = 1 << 21;
	CHECK_EQ(fake_finish(fake_send_to(w.reader, &m), NULL), E_PERM);
	free(data);
	world_close(&w);
}

/* --- from pipe to pipe --- */

/* A copy of a gate that travels in a message, and is closed by the server. */
static cap_t gate_copy(cap_t gate) { return FAKE_EVENT_FIRST + gate; }

err_t gate_identify(cap_t port, cap_t gate, u64 *label)
{
	(void)port;
	*label = fake_label(gate - FAKE_EVENT_FIRST);
	return OK;
}

/* A pipe beside that of world_make. */
static struct world world_more(void)
{
	struct msg m = message(6, 1);
	struct fake_call *call = fake_send(0, &m);

	CHECK_EQ(fake_finish(call, &m), OK);
	return (struct world){ m.cap[0] & ~CAP_MOVE, m.cap[1] & ~CAP_MOVE };
}

static long do_move(cap_t reader, cap_t writer, u64 size, bool keep)
{
	struct msg m = message(6, 4);

	m.cap[0] = gate_copy(writer);
	m.word[1] = size;
	m.word[2] = keep;
	struct fake_call *call = fake_send_to(reader, &m);
	err_t error = fake_finish(call, &m);
	return error ? -(long)error : (long)m.word[1];
}

TEST(moving_between_pipes_keeps_order_across_the_rings_ends)
{
	struct world a = world_make(0), b = world_more();
	u8 *data = pattern(KERNEL_CAPACITY, 9), *copy = malloc(KERNEL_CAPACITY);

	CHECK_EQ(do_write(a.writer, data, 60000), 60000);
	CHECK_EQ(do_read(a.reader, copy, 50000), 50000);
	CHECK_EQ(do_write(a.writer, data, 50000), 50000);
	CHECK_EQ(do_write(b.writer, data, 65000), 65000);
	CHECK_EQ(do_read(b.reader, copy, 64000), 64000);
	CHECK_EQ(do_move(a.reader, b.writer, KERNEL_CAPACITY, true), 60000);
	CHECK_EQ(do_read(b.reader, copy, 1000), 1000);
	CHECK_EQ(do_read(b.reader, copy, KERNEL_CAPACITY), 60000);
	CHECK(!memcmp(copy, data + 50000, 10000) && !memcmp(copy + 10000, data, 50000));
	CHECK_EQ(do_move(a.reader, b.writer, 10000, false), 10000);
	CHECK_EQ(do_read(a.reader, copy, KERNEL_CAPACITY), 50000);
	CHECK(!memcmp(copy, data, 50000));
	CHECK_EQ(do_read(b.reader, copy, KERNEL_CAPACITY), 10000);
	CHECK(!memcmp(copy, data + 50000, 10000));
	free(data);
	free(copy);
	fake_close(b.reader);
	fake_close(b.writer);
	world_close(&a);
}

TEST(moving_between_pipes_wakes_who_waits_and_never_waits_itself)
{
	struct world a = world_make(0), b = world_more();
	u8 *data = pattern(KERNEL_CAPACITY, 2), *copy = malloc(KERNEL_CAPACITY);
	char got[8] = "";

	CHECK_EQ(do_move(a.reader, b.writer, 10, false), -(long)E_AGAIN);
	CHECK_EQ(do_move(a.reader, a.writer, 10, false), -(long)E_INVAL);
	CHECK_EQ(do_move(a.reader, b.reader, 10, false), -(long)E_INVAL);
	CHECK_EQ(do_move(a.writer, b.writer, 10, false), -(long)E_CAP);
	struct fake_call *reader = read_begin(b.reader, got, 8);
	CHECK_EQ(do_write(a.writer, "moved", 5), 5);
	CHECK_EQ(do_move(a.reader, b.writer, 10, false), 5);
	CHECK_EQ(result(reader), 5);
	CHECK(!memcmp(got, "moved", 5));
	CHECK_EQ(do_write(b.writer, data, KERNEL_CAPACITY), KERNEL_CAPACITY);
	CHECK_EQ(do_write(a.writer, data, KERNEL_CAPACITY), KERNEL_CAPACITY);
	struct fake_call *writer = write_begin(a.writer, data, 100);
	CHECK_EQ(do_move(a.reader, b.writer, 10, false), -(long)E_BUSY);
	CHECK_EQ(do_read(b.reader, copy, 100), 100);
	CHECK(!fake_answered(writer));
	CHECK_EQ(do_move(a.reader, b.writer, 200, false), 100);
	CHECK_EQ(result(writer), 100);
	fake_close(b.reader);
	CHECK_EQ(do_move(a.reader, b.writer, 10, false), -(long)E_PIPE);
	fake_close(b.writer);
	free(data);
	free(copy);
	world_close(&a);
}
