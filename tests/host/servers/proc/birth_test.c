/* SPDX-License-Identifier: MIT */
/* fork and its failures, vfork, accounts that outlive their process, limits, texts. */
#include "test.h"
#include "world.h"

static struct process_wait_result result;

static u32 shell_start(u32 processes)
{
	world_start(processes);
	CHECK_EQ(world_init(), 1);
	u32 shell = world_fork(1);
	world_exec(shell, "sh");
	return shell;
}

static void reap(u32 parent)
{
	while (!world_wait(parent, -1, WAIT_EXITED | WAIT_NOHANG, &result) && result.pid)
		;
}

/* I:charge-first, for the server: whatever step cannot be paid, nothing is left of the birth. */
TEST(a_fork_that_fails_leaves_nothing)
{
	u32 shell = shell_start(64), pid, failures = 0;
	u32 objects = world_objects(), mapped = world_mapped();
	struct process_fork how = { 0 };
	err_t error;

	do {
		world.steps_left = failures;
		error = process_fork(world_gate(shell), &how, &pid);
		world.steps_left = UINT32_MAX;
		if (error) {
			CHECK_EQ(error, E_FUNDS);
			CHECK_EQ(world_objects(), objects);
			CHECK_EQ(world_mapped(), mapped);
			CHECK_EQ(proc.count, 2);
			failures++;
		}
	} while (error);
	CHECK(failures > 10);
	world_exit(pid, 0);
	reap(shell);
	CHECK_EQ(world_objects(), objects);
	CHECK_EQ(world_mapped(), mapped);
}

TEST(a_start_that_fails_leaves_nothing)
{
	u32 failures = 0, pid = 0;

	world_start(8);
	while (!pid && failures < 100) {
		world.steps_left = failures++;
		pid = world_init();
		world.steps_left = UINT32_MAX;
		CHECK_EQ(proc.count, pid ? 1 : 0);
		CHECK_EQ(world_mapped(), pid ? 1 : 0);
		if (!pid)
			CHECK_EQ(world_objects(), 1);
	}
	CHECK(pid && failures > 8 && failures < 100);
	CHECK_EQ(process_start(world_gate(pid), 0, 0, "", 0, &pid), E_PERM);
}

TEST(a_process_that_ends_gives_everything_back)
{
	u32 shell = shell_start(64), objects = world_objects();

	for (int i = 0; i < 1000; i++) {
		u32 child = world_fork(shell);
		CHECK(child);
		world_open(child, 20);
		world_exec(child, "true");
		CHECK_EQ(process_timer(world_gate(child), 0, 14, world.now + 5, 0), OK);
		world_exit(child, 0);
		CHECK_EQ(world_objects(), objects);
		reap(shell);
	}
	CHECK_EQ(proc.count, 2);
	CHECK_EQ(world_mapped(), 2);
}

/* --- vfork --- */

static struct held *vfork(u32 parent, u32 *child)
{
	struct process_fork how = { .flags = FORK_VFORK };
	u32 pid;

	CHECK_EQ(process_fork(world_gate(parent), &how, &pid), E_HELD);
	*child = proc.last_pid;
	return world.last;
}

TEST(a_vfork_parent_goes_on_when_the_child_runs_a_program_or_ends)
{
	u32 shell = shell_start(64), child;
	struct held *call = vfork(shell, &child);

	world_exec(child, "cat");
	CHECK_EQ(call->answer.word[1], child);
	CHECK_EQ(held_finish(call, NULL), OK);
	call = vfork(shell, &child);
	world_exit(child, 0);
	CHECK_EQ(call->answer.word[1], child);
	CHECK_EQ(held_finish(call, NULL), OK);
	call = vfork(shell, &child);
	CHECK_EQ(process_kill(world_gate(1), child, SIG_KILL), OK);
	CHECK_EQ(held_finish(call, NULL), OK);
	CHECK_EQ(proc.held, 0);
}

TEST(a_vfork_child_outlives_its_parent)
{
	u32 shell = shell_start(64), child;
	struct held *call = vfork(shell, &child);

	CHECK_EQ(process_kill(world_gate(1), shell, SIG_KILL), OK);
	CHECK(held_answered(call));
	CHECK_EQ(proc.held, 0);
	world_exec(child, "cat");
	CHECK_EQ(world_page(child)->parent, 1);
}

TEST(a_signal_for_a_vfork_parent_waits_until_its_memory_is_its_own_again)
{
	u32 shell = shell_start(64), child;
	struct held *call = vfork(shell, &child);

	call->rq.cancel(&call->rq);
	CHECK(!held_answered(call));
	world_exec(child, "cat");
	CHECK_EQ(held_finish(call, NULL), OK);
	call = vfork(shell, &child);
	held_leave(call);
	CHECK_EQ(held_finish(call, NULL), OK);
	CHECK(!process_find(child)->vfork);
	CHECK_EQ(proc.held, 0);
}

TEST(flags_that_nobody_knows_are_refused)
{
	u32 shell = shell_start(64), pid;
	struct process_fork how = { .flags = 2 };

	CHECK_EQ(process_fork(world_gate(shell), &how, &pid), E_MSG);
	how = (struct process_fork){ .reserved = 1 };
	CHECK_EQ(process_fork(world_gate(shell), &how, &pid), E_MSG);
}

/* --- accounts: I:bank-outlives-heirs --- */

TEST(an_open_file_outlives_the_parent_that_opened_it)
{
	u32 shell = shell_start(64), parent = world_fork(shell);

	world_open(parent, 20);
	u32 child = world_fork(parent);
	world_exit(parent, 0);
	reap(shell);
	CHECK(world_has(child, 20));
	u32 grandchild = world_fork(child);
	world_exit(child, 0);
	reap(1);
	CHECK(world_has(grandchild, 20));
	CHECK_EQ(world_banks(), 4); /* init, shell, the file's, grandchild */
	world_exit(grandchild, 0);
	reap(1);
	CHECK_EQ(world_banks(), 2);
}

TEST(an_account_with_nothing_in_it_goes_with_its_process)
{
	u32 shell = shell_start(64), parent = world_fork(shell), child = world_fork(parent);

	CHECK_EQ(world_banks(), 4);
	world_exit(parent, 0);
	reap(shell);
	CHECK_EQ(world_banks(), 3);
	world_exit(child, 0);
	reap(1);
	CHECK_EQ(world_banks(), 2);
}

TEST(an_account_goes_when_the_last_inherited_file_is_closed)
{
	u32 shell = shell_start(64), parent = world_fork(shell);

	world_open(parent, 20);
	u32 child = world_fork(parent);
	world_exit(parent, 0);
	reap(shell);
	CHECK_EQ(world_banks(), 4);
	world_shut(child, 20);
	/* Noticed at the next end among its relatives. */
	world_exit(world_fork(child), 0);
	reap(child);
	CHECK_EQ(world_banks(), 3);
}

TEST(a_chain_of_forks_does_not_grow_a_chain_of_accounts)
{
	u32 shell = shell_start(64), pid = world_fork(shell);

	for (int i = 0; i < 200; i++) {
		u32 next = world_fork(pid);
		CHECK(next);
		world_exit(pid, 0);
		reap(shell);
		reap(1);
		pid = next;
	}
	u32 links = 0;
	for (struct account *a = process_find(pid)->account; a; a = a->parent)
		links++;
	CHECK(links <= 4);
	CHECK_EQ(world_banks(), 3);
}

TEST(a_gate_that_outlives_its_process_reaches_nobody)
{
	u32 shell = shell_start(64), child = world_fork(shell);
	u64 label = process_label(process_find(child));
	struct request rq = { .label = label };

	world_exit(child, 0);
	CHECK(!process_caller(&rq));
	reap(shell);
	proc.last_pid = child - 1;
	CHECK_EQ(world_fork(shell), child);
	CHECK(!process_caller(&rq));
}

/* --- limits --- */

static err_t set_limit(u32 pid, u32 resource, u64 soft, u64 hard)
{
	return process_limit_set(world_gate(pid), 0, resource, soft, hard);
}

TEST(limits_are_kept_and_inherited)
{
	u32 shell = shell_start(64), child;
	u64 soft, hard;

	CHECK_EQ(set_limit(shell, LIMIT_NOFILE, 10, 20), OK);
	child = world_fork(shell);
	CHECK_EQ(process_limit_get(world_gate(1), child, LIMIT_NOFILE, &soft, &hard), OK);
	CHECK_EQ(soft, 10);
	CHECK_EQ(hard, 20);
	CHECK_EQ(set_limit(shell, LIMIT_NOFILE, 21, 20), E_INVAL);
	CHECK_EQ(set_limit(shell, PROCESS_LIMITS, 1, 1), E_INVAL);
	CHECK_EQ(process_limit_get(world_gate(1), 99, 0, &soft, &hard), E_SRCH);
	CHECK_EQ(process_limit_get(world_gate(1), 0, LIMIT_STACK, &soft, &hard), OK);
	CHECK_EQ(soft, 8 << 20);
}

/* The looks that come until it is `seconds` later, in which the process has used as much. */
static void burn(u32 pid, u64 seconds)
{
	u64 end = world.now + seconds * 1000000000;

	world.figure[TASK_TIME_NS] += seconds * 1000000000;
	while (!process_find(pid)->zombie && world_timer(pid) <= end) {
		world.now = world_timer(pid);
		world_task_event(pid, EVENT_TIMER);
	}
	world.now = end;
}

TEST(processor_time_is_limited)
{
	u32 shell = shell_start(64), child;
	u64 taken;

	CHECK_EQ(process_find(shell)->cpu_deadline, 0);
	CHECK_EQ(set_limit(shell, LIMIT_CPU, 2, 4), OK);
	burn(shell, 1);
	CHECK(!world_pending(shell, SIG_XCPU));
	burn(shell, 1);
	CHECK(world_pending(shell, SIG_XCPU));
	CHECK(!world_suspended(shell));
	CHECK_EQ(world_page(shell)->limit[LIMIT_CPU].soft, 3);
	CHECK_EQ(process_take(world_gate(shell), UINT64_MAX, &taken), OK);
	burn(shell, 1);
	CHECK(world_pending(shell, SIG_XCPU));
	child = world_fork(shell);
	CHECK_EQ(world_page(child)->limit[LIMIT_CPU].hard, 4);
	CHECK(process_find(child)->cpu_deadline != 0);
	/* A process that is stopped meanwhile stays so. */
	CHECK_EQ(process_kill(world_gate(1), (i64)shell, SIG_STOP), OK);
	world.now = world_timer(shell);
	world_task_event(shell, EVENT_TIMER);
	world.now = world_timer(shell);
	world_task_event(shell, EVENT_TIMER);
	CHECK(world_suspended(shell));
	CHECK_EQ(process_kill(world_gate(1), (i64)shell, SIG_CONT), OK);
	CHECK(!world_suspended(shell));
	burn(shell, 1);
	CHECK(process_find(shell)->zombie);
	CHECK_EQ(process_find(shell)->status, SIG_KILL);
}

TEST(who_is_not_root_cannot_raise_a_hard_limit)
{
	u32 shell = shell_start(64);

	CHECK_EQ(set_limit(shell, LIMIT_NOFILE, 10, 20), OK);
	world_page(shell)->ids.euid = 1000;
	CHECK_EQ(set_limit(shell, LIMIT_NOFILE, 10, 21), E_PERM);
	CHECK_EQ(set_limit(shell, LIMIT_NOFILE, 15, 20), OK);
}

TEST(a_fork_bomb_stays_in_the_part_of_the_tree_that_is_limited)
{
	u32 shell = shell_start(256), bomb = world_fork(shell), count = 0;

	CHECK_EQ(set_limit(bomb, LIMIT_NPROC, 20, 20), OK);
	for (int round = 0; round < 3; round++) {
		for (u32 pid = 1; pid < 100; pid++) {
			struct process *process = process_find(pid);
			if (pid >= bomb && process && !process->zombie && world_fork(pid))
				count++;
		}
	}
	CHECK_EQ(count, 19);
	/* Raising it again in a descendant does not help, */
	u32 pid = 0;
	CHECK_EQ(world_fork(bomb), 0);
	for (struct process *p = process_next(NULL); p; p = process_next(p))
		pid = p->pid;
	CHECK_EQ(set_limit(pid, LIMIT_NPROC, 1000, 1000), OK);
	CHECK_EQ(world_fork(pid), 0);
	/* and everybody else goes on. */
	CHECK(world_fork(shell));
	CHECK_EQ(process_kill(world_gate(shell), -1, SIG_KILL), OK);
	reap(1);
	reap(shell);
	CHECK_EQ(proc.count, 2);
	CHECK_EQ(world_banks(), 2);
}

TEST(limits_within_limits_all_hold)
{
	u32 shell = shell_start(256), outer = world_fork(shell);

	CHECK_EQ(set_limit(outer, LIMIT_NPROC, 5, 100), OK);
	u32 inner = world_fork(outer);
	CHECK_EQ(set_limit(inner, LIMIT_NPROC, 2, 100), OK);
	CHECK(world_fork(inner));
	CHECK(!world_fork(inner));
	CHECK_EQ(set_limit(inner, LIMIT_NPROC, 100, 100), OK);
	CHECK(world_fork(inner));
	CHECK(world_fork(inner));
	CHECK(!world_fork(inner)); /* five with outer itself */
	CHECK(!world_fork(outer));
}

TEST(the_table_has_an_end)
{
	u32 shell = shell_start(10), count = 0;

	while (world_fork(shell))
		count++;
	CHECK_EQ(count, 8);
	CHECK_EQ(world_init(), 0);
	world_exit(shell, 0);
	reap(1);
	CHECK(world_fork(1));
}

/* --- texts --- */

TEST(the_list_can_be_read_in_pieces)
{
	u32 shell = shell_start(64);
	char whole[4096], pieces[4096];
	u64 size, count, at = 0;

	world_exec(world_fork(shell), "a\nb");
	CHECK_EQ(process_list(world_gate(shell), 0, whole, sizeof(whole), &size), OK);
	CHECK(size > 20 && size < sizeof(whole));
	whole[size] = 0;
	CHECK(strstr(whole, "2 1 1 1 S 0 sh"));
	do {
		CHECK_EQ(process_list(world_gate(shell), at, pieces + at, 7, &count), OK);
		at += count;
	} while (count);
	CHECK_EQ(at, size);
	CHECK(!memcmp(whole, pieces, size));
}

TEST(names_and_arguments_are_taken_as_they_come)
{
	u32 shell = shell_start(64);
	char text[1000];
	cap_t thread = 0;

	memset(text, 'x', sizeof(text));
	CHECK_EQ(process_started(world_gate(shell), thread, text, sizeof(text)), E_CAP);
	memcpy(text, "cat\0cat\0-n\0file", 16);
	world_exec(shell, "dd");
	CHECK_STR(process_find(shell)->name, "dd");
	CHECK_STR(process_find(shell)->command, "");
}

TEST(the_system_is_described)
{
	struct process_system system;
	u32 shell = shell_start(64);

	world.figure[TASK_TIME_NS] = 0;
	CHECK_EQ(process_system(world_gate(shell), &system), OK);
	CHECK_EQ(system.processes, 2);
	CHECK_EQ(system.memory_total, 1000);
	CHECK_EQ(system.memory_free, 500);
	/* One of two processors' worth of work for an hour: the load is 1. */
	world.now += 3600 * 1000000000ull;
	world.figure[TASK_TIME_NS] = 1800 * 1000000000ull;
	CHECK_EQ(process_system(world_gate(shell), &system), OK);
	CHECK(system.load1 > 65000 && system.load1 < 66000);
	CHECK(system.load15 > 60000 && system.load15 < 66000);
}
