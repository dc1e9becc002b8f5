/* SPDX-License-Identifier: MIT */
/* What POSIX says about ends of processes and those who wait for them. */
#include "test.h"
#include "world.h"

enum { EXIT_3 = 3 << 8, STATUS_CONTINUED = 0xffff };
#define STOPPED(signal) ((signal) << 8 | 0x7f)
static struct process_wait_result result;

/* Init (1) with a shell (2) that leads a session; returns the shell. */
static u32 shell_start(void)
{
	u32 session;

	world_start(64);
	CHECK_EQ(world_init(), 1);
	u32 shell = world_fork(1);
	world_exec(shell, "sh");
	CHECK_EQ(process_set_session(world_gate(shell), &session), OK);
	return shell;
}

static void stop(u32 pid) { CHECK_EQ(process_kill(world_gate(1), pid, SIG_STOP), OK); }
static void go_on(u32 pid) { CHECK_EQ(process_kill(world_gate(1), pid, SIG_CONT), OK); }

TEST(a_zombie_is_told_once_and_goes)
{
	u32 shell = shell_start(), child = world_fork(shell);

	world_exit(child, EXIT_3);
	CHECK(process_find(child)->zombie);
	CHECK_EQ(world_wait(shell, -1, WAIT_EXITED, &result), OK);
	CHECK_EQ(result.pid, child);
	CHECK_EQ(result.status, EXIT_3);
	CHECK(!process_find(child));
	CHECK_EQ(world_wait(shell, -1, WAIT_EXITED, &result), E_CHILD);
}

TEST(a_wait_is_answered_when_a_child_ends)
{
	u32 shell = shell_start(), child = world_fork(shell);

	CHECK_EQ(world_wait(shell, -1, WAIT_EXITED, &result), E_HELD);
	struct held *wait = world.last;
	CHECK(!held_answered(wait));
	world_exit(child, EXIT_3);
	CHECK_EQ(held_finish(wait, &result), OK);
	CHECK_EQ(result.pid, child);
	CHECK(!process_find(child));
	CHECK_EQ(world_held(), 0);
}

TEST(options_that_name_no_event_mean_ends)
{
	u32 shell = shell_start(), child = world_fork(shell);

	world_exit(child, 0);
	CHECK_EQ(world_wait(shell, -1, 0, &result), OK);
	CHECK_EQ(result.pid, child);
}

TEST(nohang_answers_pid_0_while_all_run)
{
	u32 shell = shell_start();

	world_fork(shell);
	result.pid = 77;
	CHECK_EQ(world_wait(shell, -1, WAIT_EXITED | WAIT_NOHANG, &result), OK);
	CHECK_EQ(result.pid, 0);
}

TEST(who_has_no_matching_child_does_not_wait)
{
	u32 shell = shell_start(), child = world_fork(shell), grandchild = world_fork(child);

	CHECK_EQ(world_wait(grandchild, -1, WAIT_EXITED, &result), E_CHILD);
	CHECK_EQ(world_wait(shell, grandchild, WAIT_EXITED, &result), E_CHILD);
	CHECK_EQ(world_wait(shell, 1, WAIT_EXITED, &result), E_CHILD);
	CHECK_EQ(world_wait(shell, -12345, WAIT_EXITED, &result), E_CHILD);
	CHECK_EQ(world_wait(shell, INT64_MIN, WAIT_EXITED, &result), E_CHILD);
	CHECK_EQ(world_wait(shell, -1, 0x100, &result), E_INVAL);
}

TEST(children_are_chosen_by_pid_and_by_group)
{
	u32 shell = shell_start(), a = world_fork(shell), b = world_fork(shell),
	    c = world_fork(shell);

	CHECK_EQ(process_set_group(world_gate(shell), b, b), OK);
	CHECK_EQ(process_set_group(world_gate(shell), c, b), OK);
	world_exit(a, 0);
	world_exit(b, 0);
	world_exit(c, 0);
	CHECK_EQ(world_wait(shell, c, WAIT_EXITED, &result), OK);
	CHECK_EQ(result.pid, c);
	CHECK_EQ(world_wait(shell, -(i64)b, WAIT_EXITED, &result), OK);
	CHECK_EQ(result.pid, b);
	CHECK_EQ(world_wait(shell, -(i64)b, WAIT_EXITED, &result), E_CHILD);
	CHECK_EQ(world_wait(shell, 0, WAIT_EXITED, &result), OK);
	CHECK_EQ(result.pid, a);
}

TEST(a_stop_is_told_once_to_those_who_ask)
{
	u32 shell = shell_start(), child = world_fork(shell);

	stop(child);
	CHECK_EQ(world_wait(shell, -1, WAIT_EXITED | WAIT_NOHANG, &result), OK);
	CHECK_EQ(result.pid, 0);
	CHECK_EQ(world_wait(shell, -1, WAIT_UNTRACED | WAIT_NOWAIT, &result), OK);
	CHECK_EQ(world_wait(shell, -1, WAIT_EXITED | WAIT_UNTRACED, &result), OK);
	CHECK_EQ(result.status, STOPPED(SIG_STOP));
	CHECK_EQ(world_wait(shell, -1, WAIT_UNTRACED | WAIT_NOHANG, &result), OK);
	CHECK_EQ(result.pid, 0);
}

TEST(a_continuation_is_told_once_and_unsays_the_stop)
{
	u32 shell = shell_start(), child = world_fork(shell);

	stop(child);
	go_on(child);
	CHECK_EQ(world_wait(shell, -1, WAIT_UNTRACED | WAIT_NOHANG, &result), OK);
	CHECK_EQ(result.pid, 0);
	CHECK_EQ(world_wait(shell, -1, WAIT_CONTINUED, &result), OK);
	CHECK_EQ(result.status, STATUS_CONTINUED);
	CHECK_EQ(world_wait(shell, -1, WAIT_CONTINUED | WAIT_NOHANG, &result), OK);
	CHECK_EQ(result.pid, 0);
}

TEST(a_wait_for_stops_is_not_answered_by_an_end)
{
	u32 shell = shell_start(), child = world_fork(shell);

	CHECK_EQ(world_wait(shell, -1, WAIT_UNTRACED, &result), E_HELD);
	struct held *wait = world.last;
	world_exit(child, 0);
	CHECK(!held_answered(wait));
	CHECK_EQ(world_wait(shell, -1, WAIT_EXITED, &result), OK);
	held_cancel(wait);
	CHECK_EQ(held_finish(wait, NULL), E_INTR);
}

TEST(nowait_leaves_the_zombie)
{
	u32 shell = shell_start(), child = world_fork(shell);

	world_exit(child, EXIT_3);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(world_wait(shell, -1, WAIT_EXITED | WAIT_NOWAIT, &result), OK);
		CHECK_EQ(result.pid, child);
	}
	CHECK_EQ(world_wait(shell, -1, WAIT_EXITED, &result), OK);
}

TEST(one_of_two_waiters_gets_the_child_and_the_other_learns_that_none_is_left)
{
	u32 shell = shell_start(), child = world_fork(shell);

	CHECK_EQ(world_wait(shell, -1, WAIT_EXITED, &result), E_HELD);
	struct held *first = world.last;
	CHECK_EQ(world_wait(shell, -1, WAIT_EXITED, &result), E_HELD);
	struct held *second = world.last;
	world_exit(child, 0);
	CHECK_EQ(held_finish(first, &result), OK);
	CHECK_EQ(result.pid, child);
	CHECK_EQ(held_finish(second, NULL), E_CHILD);
}

TEST(a_signal_ends_a_wait_and_nothing_is_left_of_it)
{
	u32 shell = shell_start();

	world_fork(shell);
	CHECK_EQ(world_wait(shell, -1, WAIT_EXITED, &result), E_HELD);
	struct held *wait = world.last;
	held_cancel(wait);
	CHECK_EQ(held_finish(wait, NULL), E_INTR);
	CHECK_EQ(world_held(), 0);
	CHECK_EQ(proc.held, 0);
}

TEST(a_status_that_cannot_be_delivered_is_not_lost)
{
	u32 shell = shell_start(), child = world_fork(shell);

	world_exit(child, EXIT_3);
	world.touches_left = 0;
	CHECK_EQ(world_wait(shell, -1, WAIT_EXITED, &result), E_TOUCH);
	world.touches_left = 1;
	CHECK_EQ(world_wait(shell, -1, WAIT_EXITED, &result), OK);
	CHECK_EQ(result.status, EXIT_3);
}

TEST(who_ignores_sigchld_leaves_no_zombies)
{
	u32 shell = shell_start(), a = world_fork(shell), b = world_fork(shell);

	CHECK_EQ(process_ignore(world_gate(shell), signal_bit(SIG_CHLD)), OK);
	CHECK_EQ(world_wait(shell, -1, WAIT_EXITED, &result), E_HELD);
	struct held *wait = world.last;
	world_exit(a, 0);
	CHECK(!process_find(a));
	CHECK(!held_answered(wait));
	world_exit(b, 0);
	CHECK(!process_find(b));
	CHECK_EQ(held_finish(wait, NULL), E_CHILD);
}

TEST(orphans_go_to_init_and_so_do_zombies)
{
	u32 shell = shell_start(), child = world_fork(shell), a = world_fork(child),
	    b = world_fork(child);

	world_exit(a, EXIT_3);
	CHECK_EQ(world_page(b)->parent, child);
	world_exit(child, 0);
	CHECK_EQ(world_page(b)->parent, 1);
	CHECK(world_pending(1, SIG_CHLD));
	CHECK_EQ(world_wait(1, a, WAIT_EXITED, &result), OK);
	CHECK_EQ(result.status, EXIT_3);
	CHECK_EQ(world_wait(1, b, WAIT_EXITED | WAIT_NOHANG, &result), OK);
	CHECK_EQ(result.pid, 0);
}

TEST(init_that_waits_gets_adopted_zombies_at_once)
{
	u32 shell = shell_start(), child = world_fork(shell), a = world_fork(child);

	world_exit(a, EXIT_3);
	CHECK_EQ(world_wait(1, a, WAIT_EXITED, &result), E_CHILD);
	CHECK_EQ(world_wait(1, -1, WAIT_EXITED, &result), E_HELD);
	struct held *wait = world.last;
	world_exit(child, 0);
	CHECK_EQ(held_finish(wait, &result), OK);
	CHECK_EQ(result.pid, a);
}

TEST(times_of_children_that_were_waited_for_add_up)
{
	u32 shell = shell_start(), child = world_fork(shell), grandchild = world_fork(child);
	struct process_usage usage;

	world.figure[TASK_TIME_NS] = 100;
	world.figure[TASK_RESIDENT] = 7;
	world_exit(grandchild, 0);
	CHECK_EQ(world_wait(child, -1, WAIT_EXITED, &result), OK);
	CHECK_EQ(result.usage.user_ns, 100);
	world.figure[TASK_RESIDENT] = 5;
	world_exit(child, 0);
	CHECK_EQ(process_usage(world_gate(shell), 1, &usage), OK);
	CHECK_EQ(usage.user_ns, 0);
	CHECK_EQ(world_wait(shell, -1, WAIT_EXITED, &result), OK);
	CHECK_EQ(process_usage(world_gate(shell), 1, &usage), OK);
	CHECK_EQ(usage.user_ns, 200);
	CHECK_EQ(usage.resident_max, 7);
}

TEST(sigchld_says_who_and_how)
{
	u32 shell = shell_start(), a = world_fork(shell), b = world_fork(shell);
	const struct process_signal *info = &world_page(shell)->signal[SIG_CHLD - 1];
	u64 taken;

	world_exit(a, EXIT_3);
	CHECK_EQ(info->pid, a);
	CHECK_EQ(info->code, CHILD_EXITED);
	CHECK_EQ(info->status, 3);
	CHECK_EQ(process_take(world_gate(shell), UINT64_MAX, &taken), OK);
	CHECK_EQ(taken, signal_bit(SIG_CHLD));
	CHECK_EQ(process_kill(world_gate(shell), b, SIG_KILL), OK);
	CHECK_EQ(info->pid, b);
	CHECK_EQ(info->code, CHILD_KILLED);
	CHECK_EQ(info->status, SIG_KILL);
}

TEST(a_strange_status_is_a_kill)
{
	u32 shell = shell_start();
	static const u32 strange[] = { STOPPED(5), 0xffff, 0x80, 0x10000, 65, 0x105 };

	for (u32 i = 0; i < COUNT_OF(strange); i++) {
		world_exit(world_fork(shell), strange[i]);
		CHECK_EQ(world_wait(shell, -1, WAIT_EXITED, &result), OK);
		CHECK_EQ(result.status, SIG_KILL);
	}
	world_exit(world_fork(shell), 0x80 | SIG_SEGV);
	CHECK_EQ(world_wait(shell, -1, WAIT_EXITED, &result), OK);
	CHECK_EQ(result.status, 0x80 | SIG_SEGV);
}

TEST(who_ends_while_waiting_holds_nothing_up)
{
	u32 shell = shell_start(), child = world_fork(shell);

	world_fork(child);
	CHECK_EQ(world_wait(child, -1, WAIT_EXITED, &result), E_HELD);
	struct held *wait = world.last;
	CHECK_EQ(process_kill(world_gate(shell), child, SIG_KILL), OK);
	CHECK_EQ(held_finish(wait, NULL), E_DEAD);
	CHECK_EQ(proc.held, 0);
}

TEST(waits_that_would_leave_nobody_to_listen_are_refused)
{
	u32 shell = shell_start();
	err_t error = E_HELD;
	int count = 0;

	world_fork(shell);
	for (; error == E_HELD && count < 1000; count++)
		error = world_wait(shell, -1, WAIT_EXITED, &result);
	CHECK_EQ(error, E_LIMIT);
	/* The first of another process is always kept. */
	u32 other = world_fork(1);
	world_fork(other);
	CHECK_EQ(world_wait(other, -1, WAIT_EXITED, &result), E_HELD);
	CHECK(proc.held < proc.server.requests - 8);
	CHECK_EQ(process_kill(world_gate(1), shell, SIG_KILL), OK);
	CHECK_EQ(proc.held, 1);
	CHECK_EQ(proc.held_extra, 0);
}

TEST(the_supervisor_can_wait_for_what_it_started)
{
	world_start(8);
	CHECK_EQ(world_init(), 1);
	u32 objects = world_objects();
	CHECK_EQ(world_init(), 2);
	CHECK_EQ(world_wait(0, -1, WAIT_EXITED, &result), E_HELD);
	struct held *wait = world.last;
	world_exit(2, EXIT_3);
	CHECK_EQ(held_finish(wait, &result), OK);
	CHECK_EQ(result.pid, 2);
	CHECK_EQ(result.status, EXIT_3);
	CHECK_EQ(proc.count, 1);
	CHECK_EQ(world_objects(), objects);
}

TEST(the_end_of_the_first_process_is_the_servers_end)
{
	world_start(8);
	CHECK_EQ(world_init(), 1);
	u32 child = world_fork(1);
	CHECK(!FAILS(world_exit(child, 0)));
	CHECK(FAILS(world_exit(1, 0)));
}
