/* SPDX-License-Identifier: MIT */
#include "counter_world.h"

static struct rt_source *source;

err_t event_create(cap_t bank, cap_t *event)
{
	CHECK_EQ(bank, RT_BANK);
	*event = fake_event(TIMER_EVENT);
	return OK;
}

err_t rt_source_add(struct server *server, struct rt_source *added)
{
	CHECK(server == &fake.server);
	source = added;
	return OK;
}

u64 kernel_timer(void) { return fake.timer[TIMER_EVENT]; }

void world_make(void)
{
	fake_reset(counter_dispatch, counter_no_clients);
	fake.now = 1000;
	fake.realtime = 1000000;
	fake.timer[TIMER_EVENT] = DEADLINE_NEVER;
	CHECK_EQ(timers_start(&fake.server), OK);
}

void world_end(void)
{
	CHECK_EQ(fake_held(), 0);
	CHECK_EQ(fake_gates(), 0);
	CHECK_EQ(counters_count(), 0);
	CHECK_EQ(kernel_timer(), DEADLINE_NEVER);
}

void pass(u64 ns)
{
	u64 end = fake.now + ns;

	while (kernel_timer() <= end) {
		if (kernel_timer() > fake.now) {
			fake.realtime += kernel_timer() - fake.now;
			fake.now = kernel_timer();
		}
		fake.timer[TIMER_EVENT] = DEADLINE_NEVER;
		source->handler(source, 1);
	}
	fake.realtime += end - fake.now;
	fake.now = end;
}

err_t make(u32 number, u64 first, u64 second, u64 third, cap_t *gate)
{
	struct msg m = { .word = { CALL(23, number), first, second, third } };
	err_t error = fake_finish(fake_send(0, &m), &m);

	if (!error)
		*gate = m.cap[0] & ~CAP_MOVE;
	return error;
}

cap_t make_event(u64 initial, u32 flags)
{
	cap_t gate = 0;

	CHECK_EQ(make(1, initial, flags, 0, &gate), OK);
	return gate;
}

cap_t make_timer(u32 clock, u32 flags)
{
	cap_t gate = 0;

	CHECK_EQ(make(2, clock, flags, 0, &gate), OK);
	return gate;
}

struct fake_call *read_begin(cap_t gate, u64 *value)
{
	struct msg m = { .word = { CALL(1, 1), (u64)FILE_POSITION },
		         .out = value,
		         .out_size = sizeof(*value) };

	return fake_send_to(gate, &m);
}

struct fake_call *write_begin(cap_t gate, const u64 *value)
{
	struct msg m = { .word = { CALL(1, 2), (u64)FILE_POSITION },
		         .in = value,
		         .in_size = sizeof(*value) };

	return fake_send_to(gate, &m);
}

err_t result(struct fake_call *call)
{
	struct msg m;

	if (!fake_answered(call))
		return E_HELD;
	err_t error = fake_finish(call, &m);
	if (!error)
		CHECK_EQ(m.word[1], 8);
	return error;
}

err_t do_read(cap_t gate, u64 *value) { return result(read_begin(gate, value)); }
err_t do_write(cap_t gate, u64 value) { return result(write_begin(gate, &value)); }

u32 do_poll(cap_t gate, u32 mask, u64 bits, cap_t event)
{
	struct msg m = { .word = { CALL(1, 8), mask, bits }, .cap = { event } };

	CHECK_EQ(fake_finish(fake_send_to(gate, &m), &m), OK);
	return (u32)m.word[1];
}

err_t set_timer(cap_t gate, u32 flags, u64 value, u64 interval, struct counter_time *old)
{
	struct msg m = { .word = { CALL(23, 4), flags, value, interval } };
	err_t error = fake_finish(fake_send_to(gate, &m), &m);

	if (!error && old)
		*old = (struct counter_time){ m.word[1], m.word[2] };
	return error;
}

err_t do_clock_set(void)
{
	struct msg m = { .word = { CALL(23, 8) } };

	return fake_finish(fake_send(0, &m), &m);
}
