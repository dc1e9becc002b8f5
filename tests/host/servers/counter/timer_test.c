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

static void set_clock(u64 realtime)
{
	fake.realtime = realtime;
	CHECK_EQ(do_clock_set(), OK);
}

TEST(who_sets_the_clock_moves_timers_of_real_time)
{
	const u64 second = 1000000000;

	world_make();
	cap_t real = make_timer(REAL, O_NONBLOCK), other = make_timer(MONOTONE, O_NONBLOCK);
	u64 value = 0, base = fake.realtime;

	CHECK_EQ(set_timer(real, COUNTER_ABSOLUTE, base + 100 * second, 0, NULL), OK);
	CHECK_EQ(set_timer(other, 0, 50 * second, 0, NULL), OK);
	CHECK_EQ(kernel_timer(), fake.now + 50 * second);
	set_clock(base + 90 * second);
	CHECK_EQ(kernel_timer(), fake.now + 10 * second);
	set_clock(base);
	CHECK_EQ(kernel_timer(), fake.now + 50 * second);
	set_clock(base + 200 * second);
	pass(1);
	CHECK_EQ(do_read(real, &value), OK);
	CHECK_EQ(value, 1);
	CHECK_EQ(do_read(other, &value), E_AGAIN);
	fake_close(real);
	fake_close(other);
	world_end();
}

static void no_bytes(struct fake_call *reader)
{
	struct msg m;

	CHECK_EQ(fake_finish(reader, &m), OK);
	CHECK_EQ(m.word[1], 0);
}

TEST(a_timer_that_asks_for_it_is_canceled_when_the_clock_is_set)
{
	world_make();
	cap_t gate = make_timer(REAL, 0);
	u64 value = 77, base = fake.realtime;
	u32 flags = COUNTER_ABSOLUTE | COUNTER_CANCEL_ON_SET;

	CHECK_EQ(set_timer(gate, flags, base + 1000000000, 0, NULL), OK);
	struct fake_call *reader = read_begin(gate, &value);
	set_clock(base); /* no change */
	CHECK(!fake_answered(reader));
	set_clock(base + 5000000);
	CHECK(fake_answered(reader));
	no_bytes(reader);
	CHECK_EQ(do_poll(gate, POLL_INPUT, 1, fake_event(1)), 0);
	set_clock(base + 10000000);
	CHECK_EQ(fake_event_take(1), 1);
	no_bytes(read_begin(gate, &value));
	/* Without the flag, and after it has been set anew without it, nothing. */
	CHECK_EQ(set_timer(gate, COUNTER_ABSOLUTE, base + 1000000000, 0, NULL), OK);
	reader = read_begin(gate, &value);
	set_clock(base);
	CHECK(!fake_answered(reader));
	pass(1000000000);
	CHECK_EQ(result(reader), OK);
	fake_close(gate);
	world_end();
}
