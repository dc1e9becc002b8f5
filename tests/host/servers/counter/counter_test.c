/* SPDX-License-Identifier: MIT */
#include "counter_world.h"

TEST(a_reader_takes_all_or_one)
{
	world_make();
	cap_t plain = make_event(5, O_NONBLOCK);
	cap_t semaphore = make_event(2, O_NONBLOCK | COUNTER_SEMAPHORE);
	u64 value = 0;

	CHECK_EQ(do_read(plain, &value), OK);
	CHECK_EQ(value, 5);
	CHECK_EQ(do_read(plain, &value), E_AGAIN);
	CHECK_EQ(do_read(semaphore, &value), OK);
	CHECK_EQ(value, 1);
	CHECK_EQ(do_read(semaphore, &value), OK);
	CHECK_EQ(do_read(semaphore, &value), E_AGAIN);
	fake_close(plain);
	fake_close(semaphore);
	world_end();
}

TEST(a_write_wakes_the_reader_that_waits_longest)
{
	world_make();
	cap_t gate = make_event(0, 0);
	u64 first = 0, second = 0;
	struct fake_call *a = read_begin(gate, &first), *b = read_begin(gate, &second);

	CHECK(!fake_answered(a) && !fake_answered(b));
	CHECK_EQ(do_write(gate, 7), OK);
	CHECK_EQ(result(a), OK);
	CHECK_EQ(first, 7);
	CHECK(!fake_answered(b));
	fake_cancel(b);
	CHECK_EQ(result(b), E_INTR);
	fake_close(gate);
	world_end();
}

TEST(a_full_counter_holds_the_writer_and_lets_it_in_later)
{
	world_make();
	cap_t gate = make_event(COUNTER_FULL, 0);
	u64 more = 3, value = 0;
	struct fake_call *writer = write_begin(gate, &more);

	CHECK(!fake_answered(writer));
	CHECK_EQ(do_read(gate, &value), OK);
	CHECK_EQ(value, COUNTER_FULL);
	CHECK_EQ(result(writer), OK);
	CHECK_EQ(do_read(gate, &value), OK);
	CHECK_EQ(value, 3);
	fake_close(gate);
	world_end();
}

TEST(a_page_that_is_not_at_hand_loses_no_count)
{
	world_make();
	cap_t gate = make_event(4, 0);
	u64 value = 0;

	fake.copies_left = 0;
	CHECK_EQ(do_read(gate, &value), E_TOUCH);
	fake.copies_left = UINT32_MAX;
	CHECK_EQ(do_read(gate, &value), OK);
	CHECK_EQ(value, 4);
	fake_close(gate);
	world_end();
}

TEST(poll_tells_of_counts_and_of_room)
{
	world_make();
	cap_t gate = make_event(0, 0);
	u64 value;

	CHECK_EQ(do_poll(gate, POLL_INPUT | POLL_OUTPUT, 0, 0), POLL_OUTPUT);
	CHECK_EQ(do_poll(gate, POLL_INPUT, 4, fake_event(1)), 0);
	CHECK_EQ(do_write(gate, 1), OK);
	CHECK_EQ(fake_event_take(1), 4);
	CHECK_EQ(do_poll(gate, POLL_INPUT | POLL_EDGE, 4, fake_event(1)), POLL_INPUT);
	CHECK_EQ(do_read(gate, &value), OK);
	CHECK_EQ(fake_event_take(1), 0); /* that it is empty is no news to a reader */
	CHECK_EQ(do_write(gate, COUNTER_FULL), OK);
	CHECK_EQ(fake_event_take(1), 4);
	CHECK_EQ(do_poll(gate, POLL_OUTPUT, 8, fake_event(1)), 0);
	CHECK_EQ(do_read(gate, &value), OK);
	CHECK_EQ(fake_event_take(1), 8);
	fake_close(gate);
	world_end();
}

TEST(nonsense_is_refused)
{
	cap_t gate = 0;
	u64 value = 0;

	world_make();
	CHECK_EQ(make(1, UINT64_MAX, 0, 0, &gate), E_INVAL);
	CHECK_EQ(make(1, 0, 64, 0, &gate), E_INVAL);
	CHECK_EQ(make(2, 5, 0, 0, &gate), E_INVAL);
	CHECK_EQ(make(3, 2, 0, 0, &gate), E_INVAL);
	CHECK_EQ(make(77, 0, 0, 0, &gate), E_NOSYS);
	CHECK_EQ(make(3, COUNTER_SIGNAL, 9, 0, &gate), OK);
	CHECK_EQ(do_read(gate, &value), E_INVAL);
	CHECK_EQ(do_write(gate, 1), E_INVAL);
	CHECK_EQ(set_timer(gate, 0, 1, 0, NULL), E_INVAL);
	fake_close(gate);
	gate = make_event(0, 0);
	CHECK_EQ(do_write(gate, UINT64_MAX), E_INVAL);
	CHECK_EQ(set_timer(gate, 0, 1, 0, NULL), E_INVAL);
	fake_close(gate);
	world_end();
}

TEST(what_cannot_be_paid_leaves_nothing)
{
	cap_t gate;

	world_make();
	fake.gates_left = 0;
	for (u32 number = 1; number <= 3; number++)
		CHECK_EQ(make(number, 0, 0, 0, &gate), E_FUNDS);
	world_end();
}

TEST(waiting_calls_are_limited)
{
	struct fake_call *calls[COUNTER_REQUESTS];
	u32 held = 0;
	u64 value;

	world_make();
	cap_t gate = make_event(0, 0);
	while (held < COUNTER_REQUESTS && !fake_answered(calls[held] = read_begin(gate, &value)))
		held++;
	CHECK_EQ(held, COUNTER_REQUESTS - COUNTER_REQUESTS_SPARE);
	CHECK_EQ(result(calls[held]), E_BUSY);
	CHECK_EQ(do_write(gate, 1), OK);
	CHECK_EQ(result(calls[0]), OK);
	for (u32 i = 1; i < held; i++) {
		fake_leave(calls[i]);
		CHECK_EQ(result(calls[i]), E_INTR);
	}
	fake_close(gate);
	world_end();
}
