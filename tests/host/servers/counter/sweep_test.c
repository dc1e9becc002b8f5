/* SPDX-License-Identifier: MIT */
/* Random clients on one counter while calls are cancelled and pages are not at hand: what has been
 * added and counted is what is taken. */
#include "counter_world.h"

enum { STEPS = 20000, READERS = 4 };

static struct sweep {
	cap_t gate;
	struct fake_call *reader[READERS], *writer;
	u64 value[READERS], adding, added, taken;
} sweep;

static void collect(void)
{
	for (u32 i = 0; i < READERS; i++) {
		if (!sweep.reader[i] || !fake_answered(sweep.reader[i]))
			continue;
		err_t error = result(sweep.reader[i]);
		CHECK(error == OK || error == E_INTR || error == E_TOUCH);
		sweep.taken += error ? 0 : sweep.value[i];
		sweep.reader[i] = NULL;
	}
	if (sweep.writer && fake_answered(sweep.writer)) {
		err_t error = result(sweep.writer);
		CHECK(error == OK || error == E_INTR || error == E_TOUCH);
		sweep.added += error ? 0 : sweep.adding;
		sweep.writer = NULL;
	}
}

static void step(u32 dice)
{
	u32 i = dice >> 4 & (READERS - 1);

	if (dice & 1 && !sweep.reader[i])
		sweep.reader[i] = read_begin(sweep.gate, &sweep.value[i]);
	else if (dice & 2 && !sweep.writer) {
		sweep.adding = dice & 8 ? COUNTER_FULL : dice >> 8 & 7;
		sweep.writer = write_begin(sweep.gate, &sweep.adding);
	} else if (dice % 5 == 0 && sweep.reader[i] && !fake_answered(sweep.reader[i])) {
		fake_cancel(sweep.reader[i]);
	} else if (dice % 7 == 0 && sweep.writer && !fake_answered(sweep.writer)) {
		fake_cancel(sweep.writer);
	}
	collect();
}

static void run(u32 flags, u32 seed)
{
	world_make();
	memset(&sweep, 0, sizeof(sweep));
	sweep.gate = make_event(0, flags);
	for (u32 i = 0; i < STEPS; i++) {
		seed = seed * 1664525 + 1013904223;
		fake.copies_left = (seed >> 20) % 6 ? UINT32_MAX : (seed >> 8) % 2;
		step(seed >> 10);
	}
	fake.copies_left = UINT32_MAX;
	for (u32 i = 0; i < READERS; i++) {
		if (sweep.reader[i])
			fake_cancel(sweep.reader[i]);
	}
	if (sweep.writer)
		fake_cancel(sweep.writer);
	collect();
	/* Sums modulo 2^64: enough, since each value that is left is known. */
	u64 left = sweep.added - sweep.taken;
	CHECK_EQ(do_poll(sweep.gate, POLL_INPUT, 0, 0), left ? POLL_INPUT : 0);
	fake_close(sweep.gate);
	world_end();
}

TEST(nothing_is_lost_and_nothing_comes_twice)
{
	for (u32 seed = 1; seed <= 10; seed++)
		run(seed & 1 ? COUNTER_SEMAPHORE : 0, seed);
}
