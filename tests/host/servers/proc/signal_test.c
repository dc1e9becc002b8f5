/* SPDX-License-Identifier: MIT */
/* Sending, stopping, continuing, timers, faults. */
#include "test.h"
#include "world.h"

static struct process_wait_result result;

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

static err_t send(u32 pid, u32 signal) { return process_kill(world_gate(1), (i64)pid, signal); }

TEST(a_signal_is_pending_until_it_is_taken)
{
	u32 shell = shell_start();
	u64 taken;
	u32 before = world.interrupts;

	CHECK_EQ(send(shell, SIG_HUP), OK);
	CHECK(world_pending(shell, SIG_HUP));
	CHECK_EQ(world.interrupts, before + 1);
	CHECK_EQ(world_page(shell)->signal[SIG_HUP - 1].pid, 1);
	CHECK_EQ(process_take(world_gate(shell), signal_bit(SIG_HUP) | signal_bit(2), &taken), OK);
	CHECK_EQ(taken, signal_bit(SIG_HUP));
	CHECK(!world_pending(shell, SIG_HUP));
	CHECK_EQ(process_take(world_gate(shell), UINT64_MAX, &taken), OK);
	CHECK_EQ(taken, 0);
}

TEST(an_ignored_signal_disturbs_nobody)
{
	u32 shell = shell_start();

	CHECK_EQ(send(shell, SIG_HUP), OK);
	CHECK_EQ(process_ignore(world_gate(shell), signal_bit(SIG_HUP)), OK);
	CHECK(!world_pending(shell, SIG_HUP));
	u32 before = world.interrupts;
	CHECK_EQ(send(shell, SIG_HUP), OK);
	CHECK(!world_pending(shell, SIG_HUP));
	CHECK_EQ(world.interrupts, before);
}

TEST(kill_and_stop_cannot_be_ignored)
{
	u32 shell = shell_start(), child = world_fork(shell);

	CHECK_EQ(process_ignore(world_gate(child), UINT64_MAX), OK);
	CHECK_EQ(send(child, SIG_STOP), OK);
	CHECK(world_suspended(child));
	CHECK_EQ(send(child, SIG_KILL), OK);
	CHECK(process_find(child)->zombie);
	CHECK_EQ(world_wait(shell, child, WAIT_EXITED, &result), OK);
	CHECK_EQ(result.status, SIG_KILL);
}

TEST(a_stop_and_a_continuation_take_each_others_signals_back)
{
	u32 shell = shell_start();

	CHECK_EQ(send(shell, SIG_TSTP), OK);
	CHECK_EQ(send(shell, SIG_TTIN), OK);
	CHECK_EQ(send(shell, SIG_CONT), OK);
	CHECK(!world_pending(shell, SIG_TSTP) && !world_pending(shell, SIG_TTIN));
	CHECK(world_pending(shell, SIG_CONT));
	CHECK_EQ(send(shell, SIG_TSTP), OK);
	CHECK(!world_pending(shell, SIG_CONT));
	CHECK(world_pending(shell, SIG_TSTP));
}

TEST(signals_gather_while_a_process_is_stopped)
{
	u32 shell = shell_start(), child = world_fork(shell);

	CHECK_EQ(send(child, SIG_STOP), OK);
	CHECK_EQ(world_page(child)->stopped, 1);
	u32 before = world.interrupts;
	CHECK_EQ(send(child, SIG_HUP), OK);
	CHECK_EQ(world.interrupts, before);
	CHECK(world_pending(child, SIG_HUP));
	CHECK_EQ(send(child, SIG_CONT), OK);
	CHECK(!world_suspended(child));
	CHECK_EQ(world_page(child)->stopped, 0);
	CHECK(world.interrupts > before);
	CHECK_EQ(world.suspends, world.resumes);
}

TEST(a_process_that_stops_itself_is_answered_when_it_goes_on)
{
	u32 shell = shell_start(), child = world_fork(shell);

	CHECK_EQ(process_set_group(world_gate(shell), child, child), OK);
	CHECK_EQ(process_stop(world_gate(child), SIG_TSTP), E_HELD);
	struct held *call = world.last;
	CHECK_EQ(world_wait(shell, -1, WAIT_UNTRACED, &result), OK);
	CHECK_EQ(result.status, SIG_TSTP << 8 | 0x7f);
	CHECK(world_suspended(child));
	CHECK_EQ(send(child, SIG_CONT), OK);
	CHECK_EQ(held_finish(call, NULL), OK);
	CHECK(!world_suspended(child));
	CHECK_EQ(proc.held, 0);
}

TEST(a_continuation_in_between_wins_over_the_stop)
{
	u32 shell = shell_start(), child = world_fork(shell);

	CHECK_EQ(process_set_group(world_gate(shell), child, child), OK);
	CHECK_EQ(send(child, SIG_CONT), OK);
	CHECK_EQ(process_stop(world_gate(child), SIG_TSTP), OK);
	CHECK(!world_suspended(child));
}

TEST(a_killed_process_that_was_stopped_leaves_no_request)
{
	u32 shell = shell_start(), child = world_fork(shell);

	CHECK_EQ(process_set_group(world_gate(shell), child, child), OK);
	CHECK_EQ(process_stop(world_gate(child), SIG_TSTP), E_HELD);
	struct held *call = world.last;
	CHECK_EQ(send(child, SIG_KILL), OK);
	CHECK_EQ(held_finish(call, NULL), E_DEAD);
	CHECK_EQ(proc.held, 0);
	CHECK_EQ(process_stop(world_gate(shell), SIG_HUP), E_INVAL);
}

TEST(kill_finds_its_targets)
{
	u32 shell = shell_start(), a = world_fork(shell), b = world_fork(shell),
	    c = world_fork(shell);

	CHECK_EQ(process_set_group(world_gate(shell), a, a), OK);
	CHECK_EQ(process_set_group(world_gate(shell), b, a), OK);
	CHECK_EQ(process_kill(world_gate(shell), -(i64)a, SIG_HUP), OK);
	CHECK(world_pending(a, SIG_HUP) && world_pending(b, SIG_HUP));
	CHECK(!world_pending(c, SIG_HUP) && !world_pending(shell, SIG_HUP));
	CHECK_EQ(process_kill(world_gate(c), 0, SIG_TSTP), OK);
	CHECK(world_pending(c, SIG_TSTP) && world_pending(shell, SIG_TSTP));
	CHECK(!world_pending(a, SIG_TSTP) && !world_pending(1, SIG_TSTP));
	CHECK_EQ(process_kill(world_gate(c), -1, SIG_ILL), OK);
	CHECK(world_pending(a, SIG_ILL) && world_pending(b, SIG_ILL) &&
	      world_pending(shell, SIG_ILL));
	CHECK(!world_pending(c, SIG_ILL) && !world_pending(1, SIG_ILL));
}

TEST(kill_says_what_is_wrong)
{
	u32 shell = shell_start(), child = world_fork(shell);

	CHECK_EQ(send(shell, 0), OK);
	CHECK_EQ(send(999, 0), E_SRCH);
	CHECK_EQ(send(shell, 65), E_INVAL);
	CHECK_EQ(process_kill(world_gate(shell), -999, SIG_HUP), E_SRCH);
	CHECK_EQ(process_kill(world_gate(shell), INT64_MIN, SIG_HUP), E_SRCH);
	CHECK_EQ(process_kill(world_gate(shell), INT64_MAX, SIG_HUP), E_SRCH);
	/* A zombie can be signalled, to no effect. */
	world_exit(child, 0);
	CHECK_EQ(send(child, SIG_KILL), OK);
	CHECK_EQ(world_wait(shell, child, WAIT_EXITED, &result), OK);
	CHECK_EQ(result.status, 0);
	CHECK_EQ(send(child, SIG_KILL), E_SRCH);
}

TEST(killing_everybody_kills_everybody_but_init_and_oneself)
{
	u32 shell = shell_start();

	for (int i = 0; i < 10; i++)
		world_fork(world_fork(shell));
	CHECK_EQ(process_kill(world_gate(shell), -1, SIG_KILL), OK);
	u32 running = 0;
	for (struct process *p = process_next(NULL); p; p = process_next(p))
		running++;
	CHECK_EQ(running, 2);
	while (world_wait(1, -1, WAIT_EXITED | WAIT_NOHANG, &result) == OK && result.pid)
		;
	while (world_wait(shell, -1, WAIT_EXITED | WAIT_NOHANG, &result) == OK)
		;
	CHECK_EQ(proc.count, 2);
	CHECK_EQ(world_banks(), 2);
}

TEST(init_is_not_killed_from_outside)
{
	u32 shell = shell_start();

	CHECK_EQ(process_kill(world_gate(shell), 1, SIG_KILL), OK);
	CHECK_EQ(process_kill(world_gate(shell), 1, SIG_STOP), OK);
	CHECK(!process_find(1)->zombie && !process_find(1)->stopped);
	CHECK_EQ(process_kill(world_gate(0), 1, SIG_KILL), OK);
	CHECK(!process_find(1)->zombie);
}

TEST(the_terminals_signals_come_from_the_kernel)
{
	u32 shell = shell_start();
	i64 group = -(i64)shell;

	CHECK_EQ(process_kill(world_gate(0), group, SIG_HUP), OK);
	CHECK(world_pending(shell, SIG_HUP));
	CHECK_EQ(world_page(shell)->signal[SIG_HUP - 1].code, SIGNAL_FROM_KERNEL);
	CHECK_EQ(process_kill(world_gate(0), group, 0), OK);
	CHECK_EQ(process_kill(world_gate(0), -999, 0), E_SRCH);
}

TEST(a_parent_that_does_not_care_hears_of_ends_only)
{
	u32 shell = shell_start(), child = world_fork(shell);

	CHECK_EQ(process_child_flags(world_gate(shell), 2), E_INVAL);
	CHECK_EQ(process_child_flags(world_gate(shell), CHILD_NO_STOP), OK);
	CHECK_EQ(send(child, SIG_STOP), OK);
	CHECK_EQ(send(child, SIG_CONT), OK);
	CHECK(!world_pending(shell, SIG_CHLD));
	CHECK_EQ(world_wait(shell, child, WAIT_CONTINUED, &result), OK);
	world_exit(child, 0);
	CHECK(world_pending(shell, SIG_CHLD));
}

TEST(what_came_without_a_thread_is_told_to_the_next_one)
{
	u32 shell = shell_start();

	CHECK_EQ(send(shell, SIG_HUP), OK);
	u32 before = world.interrupts;
	world_exec(shell, "vi");
	CHECK_EQ(world.interrupts, before + 1);
}

TEST(a_timer_fires_and_fires_again)
{
	u32 shell = shell_start();
	u64 start = world.now, taken;

	CHECK_EQ(process_timer(world_gate(shell), 0, 14, start + 100, 50), OK);
	CHECK_EQ(world_timer(shell), start + 100);
	world.now = start + 100;
	world_task_event(shell, EVENT_TIMER);
	CHECK(world_pending(shell, 14));
	CHECK_EQ(world_timer(shell), start + 150);
	CHECK_EQ(process_take(world_gate(shell), UINT64_MAX, &taken), OK);
	/* Far too late: once, and then in step again. */
	world.now = start + 100 + 50 * 7 + 3;
	world_task_event(shell, EVENT_TIMER);
	CHECK_EQ(world_timer(shell), start + 100 + 50 * 8);
	CHECK_EQ(process_timer(world_gate(shell), 0, 14, 0, 0), OK);
	CHECK_EQ(world_timer(shell), DEADLINE_NEVER);
	CHECK_EQ(process_take(world_gate(shell), UINT64_MAX, &taken), OK);
	world_task_event(shell, EVENT_TIMER);
	CHECK(!world_pending(shell, 14));
	CHECK_EQ(process_timer(world_gate(shell), 1, 26, 1, 0), E_INVAL);
	CHECK_EQ(process_timer(world_gate(shell), 4, 26, 1, 0), E_INVAL);
	CHECK_EQ(process_timer(world_gate(shell), 0, 0, 1, 0), E_INVAL);
}

TEST(a_wake_up_is_no_signal_and_shares_the_kernels_timer)
{
	u32 shell = shell_start();
	u64 start = world.now;
	u32 before = world.interrupts, wakes = world_page(shell)->wakes;

	CHECK_EQ(process_timer(world_gate(shell), 0, 14, start + 100, 0), OK);
	CHECK_EQ(process_timer(world_gate(shell), PROCESS_TIMER_WAKE, 0, start + 50, 0), OK);
	CHECK_EQ(world_timer(shell), start + 50);
	world.now = start + 50;
	world_task_event(shell, EVENT_TIMER);
	CHECK_EQ(world_page(shell)->wakes, wakes + 1);
	CHECK_EQ(world.interrupts, before + 1);
	CHECK(!world_pending(shell, 14));
	CHECK_EQ(world_timer(shell), start + 100);
	CHECK_EQ(process_timer(world_gate(shell), PROCESS_TIMER_WAKE, 0, start + 200, 0), OK);
	CHECK_EQ(process_timer(world_gate(shell), PROCESS_TIMER_WAKE, 0, 0, 0), OK);
	world.now = start + 300;
	world_task_event(shell, EVENT_TIMER);
	CHECK(world_pending(shell, 14));
	CHECK_EQ(world_page(shell)->wakes, wakes + 1);
	CHECK_EQ(world_timer(shell), DEADLINE_NEVER);
}

TEST(root_sets_the_clock_and_everybody_looks_at_its_timers)
{
	u32 shell = shell_start(), wakes = world_page(shell)->wakes, mine = world_page(1)->wakes;

	CHECK_EQ(process_clock_set(world_gate(1), 5), E_NXIO);
	proc.rtc = 1;
	CHECK_EQ(process_clock_set(world_gate(1), 1234567), OK);
	CHECK_EQ(world.realtime, 1234567);
	CHECK_EQ(world_page(shell)->wakes, wakes + 1);
	CHECK_EQ(world_page(1)->wakes, mine + 1);
	world_page(shell)->ids.euid = 1000;
	CHECK_EQ(process_clock_set(world_gate(shell), 7), E_PERM);
	CHECK_EQ(world.realtime, 1234567);
	CHECK_EQ(process_log_mark(world_gate(shell), 1, 7), E_PERM);
	CHECK_EQ(process_log_mark(world_gate(1), 1, 7), OK);
	CHECK_EQ(world.mark[1], 7);
	proc.rtc = 0;
}

TEST(a_child_does_not_inherit_timer_and_pending_signals)
{
	u32 shell = shell_start();

	CHECK_EQ(process_timer(world_gate(shell), 0, 14, world.now + 100, 0), OK);
	CHECK_EQ(send(shell, SIG_HUP), OK);
	u32 child = world_fork(shell);
	CHECK_EQ(world_page(child)->pending, 0);
	CHECK_EQ(process_find(child)->timer_deadline, 0);
}

static u32 status_after(u64 kind, u64 code, u64 bits)
{
	u32 shell = shell_start(), child = world_fork(shell);

	world.figure[TASK_FAULT_KIND] = kind;
	world.figure[TASK_FAULT_CODE] = code;
	world_task_event(child, bits);
	CHECK_EQ(world_wait(shell, child, WAIT_EXITED, &result), OK);
	return result.status;
}

TEST(a_fault_that_nobody_handles_ends_the_process)
{
	CHECK_EQ(status_after(2, E_FAULT, EVENT_FAULT), SIG_SEGV);
	CHECK_EQ(status_after(2, E_FUNDS, EVENT_FAULT), SIG_BUS);
	CHECK_EQ(status_after(3, 6, EVENT_FAULT), SIG_ILL);
	CHECK_EQ(status_after(3, 0, EVENT_FAULT | EVENT_DEAD), SIG_FPE);
	CHECK_EQ(status_after(0, 0, EVENT_DEAD), SIG_KILL);
}
