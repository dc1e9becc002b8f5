/* SPDX-License-Identifier: MIT */
/* Long random lives: whatever processes do to each other, the table stays whole, and in the end
 * every object of the kernel is back. */
#include <stdlib.h>

#include "test.h"
#include "world.h"

enum { STEPS = 30000, PROCESSES = 40 };

static u64 state;

static u32 pick(u32 n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (u32)(state >> 33) % n;
}

/* A running process, by chance. */
static u32 somebody(void)
{
	u32 count = 0, pid = 0;

	for (struct process *p = process_next(NULL); p; p = process_next(p)) {
		if (pick(++count) == 0)
			pid = p->pid;
	}
	return pid;
}

static void check_process(const struct process *process)
{
	CHECK(process->parent == &proc.root ||
	      process_find(process->parent->pid) == process->parent);
	CHECK(!process->parent->zombie);
	CHECK_EQ(process_find(process->pid)->pid, process->pid);
	CHECK_EQ(!process->zombie, process->page && process->task && process->account);
	if (!process->zombie) {
		CHECK_EQ(process->page->group, process->group);
		CHECK_EQ(process->page->parent, process->parent->pid);
		CHECK_EQ(process->page->stopped, process->stopped);
		CHECK_EQ(world_suspended(process->pid), process->stopped);
	}
}

static void check_table(void)
{
	u32 count = 0, running = 0, holding = 0;

	list_each (process, &proc.processes, struct process, link) {
		check_process(process);
		count++;
		running += !process->zombie;
		holding += process->held;
	}
	CHECK_EQ(count, proc.count);
	CHECK_EQ(world_mapped(), running);
	CHECK_EQ(holding + proc.root.held, proc.held);
}

/* Forget calls that have been answered. */
static struct held *calls[64];

static void calls_keep(err_t error)
{
	if (error != E_HELD)
		return;
	for (u32 i = 0; i < COUNT_OF(calls); i++) {
		if (!calls[i]) {
			calls[i] = world.last;
			return;
		}
	}
	CHECK(false);
}

static void calls_sweep(void)
{
	for (u32 i = 0; i < COUNT_OF(calls); i++) {
		if (calls[i] && pick(50) == 0 && !held_answered(calls[i]))
			held_leave(calls[i]);
		if (calls[i] && held_answered(calls[i])) {
			(void)held_finish(calls[i], NULL);
			calls[i] = NULL;
		}
	}
}

static void step(void)
{
	static const u32 signals[] = { 1, 2, 15, SIG_STOP, SIG_CONT, SIG_TSTP, SIG_KILL, SIG_CONT };
	static struct process_wait_result result;
	u32 self = somebody(), other = somebody(), out;
	struct process_fork how = { .flags = pick(4) == 0 };
	u64 taken;

	if (!self)
		return;
	cap_t gate = world_gate(self);
	switch (pick(15)) {
	case 0:
	case 1:
	case 2:
		world.steps_left = pick(3) ? UINT32_MAX : pick(14);
		calls_keep(process_fork(gate, &how, &out));
		world.steps_left = UINT32_MAX;
		break;
	case 3:
		if (self != 1)
			world_exit(self, pick(2) ? SIG_HUP : pick(256) << 8);
		break;
	case 4:
		world_exec(self, "program");
		break;
	case 5:
		calls_keep(process_wait(gate, pick(3) ? -1 : -(i64)other, pick(16), &result,
		                        sizeof(result)));
		break;
	case 6:
		(void)process_kill(gate, other, signals[pick(COUNT_OF(signals))]);
		break;
	case 7:
		(void)process_kill(gate, -(i64)other, signals[pick(COUNT_OF(signals))]);
		break;
	case 8:
		(void)process_set_group(gate, pick(2) ? other : 0, pick(2) ? other : 0);
		break;
	case 9:
		(void)process_set_session(gate, &out);
		break;
	case 10:
		calls_keep(process_stop(gate, 19 + pick(4)));
		break;
	case 11:
		(void)process_ignore(gate, pick(2) ? signal_bit(SIG_CHLD) : 0);
		break;
	case 12:
		(void)process_take(gate, UINT64_MAX, &taken);
		break;
	case 13:
		if (!world_has(self, 20) && !process_find(self)->stopped)
			world_open(self, 20 + pick(2) * 0);
		break;
	case 14:
		(void)process_limit_set(gate, 0, LIMIT_NPROC, pick(20) + 1, UINT64_MAX);
		break;
	}
}

static void live(u64 seed)
{
	static struct process_wait_result result;

	state = seed;
	memset(calls, 0, sizeof(calls));
	world_start(PROCESSES);
	CHECK_EQ(world_init(), 1);
	for (u32 i = 0; i < STEPS; i++) {
		step();
		calls_sweep();
		while (pick(4) == 0 && !world_wait(1, -1, WAIT_EXITED | WAIT_NOHANG, &result) &&
		       result.pid)
			;
		if (i % 16 == 0)
			check_table();
	}
	(void)process_kill(world_gate(1), -1, SIG_KILL);
	proc.init = &proc.root; /* 1 ends as any other does: what it leaves is counted */
	world_exit(1, 0);
	check_table();
	CHECK_EQ(proc.count, 0);
	CHECK_EQ(proc.held, 0);
	CHECK_EQ(proc.held_extra, 0);
	CHECK_EQ(world_objects(), 1);
	CHECK_EQ(world_mapped(), 0);
}

TEST(random_lives_leave_nothing_behind)
{
	for (u64 seed = 1; seed <= 8; seed++)
		live(seed);
}
