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

/* A task that holds the only capability for the bank that pays for it. */
static cap_t task_with_own_bank(u64 *charged)
{
	cap_t bank, task, given;

	*charged = figure(SIGMA0_BANK, BANK_CHARGED);
	CHECK_EQ(bank_create(SIGMA0_BANK, 50, 0, &bank), OK);
	CHECK_EQ(task_create(bank, &task), OK);
	CHECK_EQ(cap_copy(task, bank, RIGHT_ALL, 20, &given), OK);
	CHECK_EQ(cap_close(bank), OK);
	return task;
}

TEST(a_task_that_holds_its_own_bank_can_be_destroyed)
{
	u64 charged;

	world_make(200, 1);
	cap_t task = task_with_own_bank(&charged);
	CHECK_EQ(cap_destroy(task), OK);
	(void)cap_close(task);
	CHECK_EQ(figure(SIGMA0_BANK, BANK_CHARGED), charged);
}

TEST(a_task_that_holds_its_own_bank_goes_with_its_last_capability)
{
	u64 charged;

	world_make(200, 1);
	cap_t task = task_with_own_bank(&charged);
	CHECK_EQ(cap_close(task), OK);
	CHECK_EQ(figure(SIGMA0_BANK, BANK_CHARGED), charged);
}

TEST(closing_what_a_task_lives_on_ends_it)
{
	u64 charged;

	world_make(200, 1);
	cap_t task = task_with_own_bank(&charged);
	CHECK_EQ(task_caps_keep(task, 0, 0), OK);
	(void)cap_close(task);
	CHECK_EQ(figure(SIGMA0_BANK, BANK_CHARGED), charged);
}
