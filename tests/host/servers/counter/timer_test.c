/* SPDX-License-Identifier: MIT */
#include "counter_world.h"

enum { REAL, MONOTONE };

TEST(a_timer_wakes_its_reader_once)
{
	world_make();
	cap_t gate = make_timer(MONOTONE, 0);
	u64 value = 0;
	struct fake_call *reader = read_begin(gate, &value);

	CHECK_EQ(set_timer(gate, 0, 100, 0, NULL), OK);
	CHECK_EQ(kernel_timer(), fake.now + 100);
	pass(99);
	CHECK(!fake_answered(reader));
	pass(1);
	CHECK_EQ(result(reader), OK);
	CHECK_EQ(value, 1);
	CHECK_EQ(kernel_timer(), DEADLINE_NEVER);
	fake_close(gate);
	world_end();
}

TEST(an_interval_costs_one_wake_up_until_somebody_reads)
{
	world_make();
	cap_t gate = make_timer(MONOTONE, O_NONBLOCK);
	u64 value = 0;

	CHECK_EQ(do_poll(gate, POLL_INPUT | POLL_EDGE, 1, fake_event(1)), 0);
	CHECK_EQ(set_timer(gate, 0, 10, 3, NULL), OK);
	pass(10);
	CHECK_EQ(fake_event_take(1), 1);
	CHECK_EQ(kernel_timer(), DEADLINE_NEVER);
	pass(90);
	CHECK_EQ(do_read(gate, &value), OK);
	CHECK_EQ(value, 31); /* at 10, 13, ... 100 */
	CHECK_EQ(kernel_timer(), fake.now + 3);
	fake_close(gate);
	world_end();
}

TEST(reading_early_arms_the_next_expiry)
{
	world_make();
	cap_t gate = make_timer(MONOTONE, O_NONBLOCK);
	u64 value = 0;

	CHECK_EQ(set_timer(gate, 0, 10, 10, NULL), OK);
	pass(12);
	CHECK_EQ(do_read(gate, &value), OK);
	CHECK_EQ(value, 1);
	CHECK_EQ(kernel_timer(), fake.now + 8);
	CHECK_EQ(do_read(gate, &value), E_AGAIN);
	fake_close(gate);
	world_end();
}

TEST(the_earliest_of_many_is_the_kernels)
{
	cap_t gates[5];
	u64 value;

	world_make();
	for (u64 i = 0; i < 5; i++) {
		gates[i] = make_timer(MONOTONE, O_NONBLOCK);
		CHECK_EQ(set_timer(gates[i], 0, 500 - i * 100, 0, NULL), OK);
		CHECK_EQ(kernel_timer(), fake.now + 500 - i * 100);
	}
	fake_close(gates[4]);
	CHECK_EQ(kernel_timer(), fake.now + 200);
	pass(450);
	for (u64 i = 0; i < 4; i++) {
		CHECK_EQ(do_read(gates[i], &value), i ? OK : E_AGAIN);
		fake_close(gates[i]);
	}
	world_end();
}

TEST(an_absolute_time_of_day_follows_the_clock)
{
	world_make();
	cap_t gate = make_timer(REAL, O_NONBLOCK);
	u64 value;

	CHECK_EQ(set_timer(gate, COUNTER_ABSOLUTE, fake.realtime + 100, 0, NULL), OK);
	fake.realtime -= 50; /* somebody sets the clock back */
	pass(100);
	CHECK_EQ(do_read(gate, &value), E_AGAIN);
	CHECK_EQ(kernel_timer(), fake.now + 50);
	pass(50);
	CHECK_EQ(do_read(gate, &value), OK);
	fake_close(gate);
	world_end();
}

TEST(setting_tells_what_was_left)
{
	struct counter_time old;

	world_make();
	cap_t gate = make_timer(MONOTONE, O_NONBLOCK);
	CHECK_EQ(set_timer(gate, 0, 100, 7, &old), OK);
	CHECK_EQ(old.value, 0);
	pass(30);
	CHECK_EQ(set_timer(gate, 0, 0, 9, &old), OK);
	CHECK_EQ(old.value, 70);
	CHECK_EQ(old.interval, 7);
	CHECK_EQ(kernel_timer(), DEADLINE_NEVER);
	CHECK_EQ(set_timer(gate, 8, 0, 0, NULL), E_INVAL);
	fake_close(gate);
	world_end();
}

TEST(times_at_the_end_of_all_days_do_not_wrap)
{
	world_make();
	cap_t gate = make_timer(MONOTONE, O_NONBLOCK);
	u64 value;

	CHECK_EQ(set_timer(gate, 0, UINT64_MAX, UINT64_MAX, NULL), OK);
	pass(1000);
	CHECK_EQ(do_read(gate, &value), E_AGAIN);
	CHECK_EQ(set_timer(gate, 0, 1, UINT64_MAX, NULL), OK);
	pass(1000);
	CHECK_EQ(do_read(gate, &value), OK);
	CHECK_EQ(value, 1);
	fake_close(gate);
	world_end();
}
