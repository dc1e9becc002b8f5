/* SPDX-License-Identifier: MIT */
/* Banks: what is charged where, and that it all comes back. */
#include "world.h"

TEST(booted_kernel_keeps_its_invariants)
{
	world_make(512, 2);
	CHECK_EQ(null_call(), OK);
	u64 charged = figure(SIGMA0_BANK, BANK_CHARGED), limit = figure(SIGMA0_BANK, BANK_LIMIT),
	    free;
	CHECK_EQ(machine_read(SIGMA0_MACHINE, MACHINE_PAGES_FREE, &free), OK);
	CHECK(charged && charged < limit && free <= limit);
	CHECK(limit - charged <= free);
}

TEST(actors_run_each_on_its_own_cpu)
{
	world_make(512, 3);
	struct actor a = actor_make(1, 100), b = actor_make(2, 100);
	on(1);
	CHECK_EQ(null_call(), OK);
	u64 value = 77, got = 0;
	CHECK(host_write(WORLD_BUFFER, &value, 8));
	CHECK(host_read(WORLD_BUFFER, &got, 8));
	CHECK_EQ(got, 77);
	on(2);
	CHECK(host_read(WORLD_BUFFER, &got, 8));
	CHECK_EQ(got, 0);
	on(0);
	CHECK_EQ(cap_destroy(a.bank), OK);
	CHECK_EQ(cap_destroy(b.bank), OK);
	CHECK(!runs(1) && !runs(2));
}
