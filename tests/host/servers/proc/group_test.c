/* SPDX-License-Identifier: MIT */
/* Process groups and sessions: setpgid, setsid, and orphaned groups. */
#include "test.h"
#include "world.h"

static u32 shell_start(void)
{
	u32 session;

	world_start(64);
	CHECK_EQ(world_init(), 1);
	u32 shell = world_fork(1);
	world_exec(shell, "sh");
	CHECK_EQ(process_set_session(world_gate(shell), &session), OK);
	CHECK_EQ(session, shell);
	return shell;
}

static err_t set_group(u32 caller, u32 pid, u32 group)
{
	return process_set_group(world_gate(caller), pid, group);
}

TEST(a_child_is_born_into_its_parents_group_and_session)
{
	u32 shell = shell_start(), child = world_fork(shell), id;

	CHECK_EQ(world_page(child)->group, shell);
	CHECK_EQ(world_page(child)->session, shell);
	CHECK_EQ(process_id(world_gate(1), child, PROCESS_ID_GROUP, &id), OK);
	CHECK_EQ(id, shell);
	CHECK_EQ(process_id(world_gate(child), 0, PROCESS_ID_PARENT, &id), OK);
	CHECK_EQ(id, shell);
	CHECK_EQ(process_id(world_gate(child), 0, 99, &id), E_INVAL);
	CHECK_EQ(process_id(world_gate(child), 99, PROCESS_ID_SESSION, &id), E_SRCH);
}

TEST(the_session_of_a_group_is_known_without_its_leader)
{
	u32 shell = shell_start(), a = world_fork(shell), b = world_fork(shell), id;

	CHECK_EQ(set_group(shell, a, a), OK);
	CHECK_EQ(set_group(shell, b, a), OK);
	world_exit(a, 0);
	CHECK_EQ(process_id(world_gate(shell), a, PROCESS_ID_GROUP_SESSION, &id), OK);
	CHECK_EQ(id, shell);
	CHECK_EQ(process_id(world_gate(shell), 999, PROCESS_ID_GROUP_SESSION, &id), E_SRCH);
	CHECK_EQ(process_id(world_gate(shell), 0, PROCESS_ID_GROUP_SESSION, &id), E_SRCH);
}

TEST(the_end_of_a_sessions_leader_is_told_to_the_terminal)
{
	u32 shell = shell_start(), child = world_fork(shell);

	proc.terminal = 1;
	world_ended_session = 0;
	world_exit(child, 0);
	CHECK_EQ(world_ended_session, 0);
	world_exit(shell, 0);
	CHECK_EQ(world_ended_session, shell);
	proc.terminal = 0;
}

TEST(a_shell_can_make_groups_of_its_children)
{
	u32 shell = shell_start(), a = world_fork(shell), b = world_fork(shell);

	CHECK_EQ(set_group(shell, a, 0), OK);
	CHECK_EQ(world_page(a)->group, a);
	CHECK_EQ(set_group(b, 0, a), OK);
	CHECK_EQ(world_page(b)->group, a);
	CHECK_EQ(set_group(b, 0, 0), OK);
	CHECK_EQ(world_page(b)->group, b);
}

TEST(setpgid_refuses_what_posix_refuses)
{
	u32 shell = shell_start(), a = world_fork(shell), b = world_fork(a), session;

	CHECK_EQ(set_group(shell, 99, 99), E_SRCH);
	CHECK_EQ(set_group(shell, b, b), E_SRCH);         /* a grandchild */
	CHECK_EQ(set_group(a, shell, 0), E_SRCH);         /* the parent */
	CHECK_EQ(set_group(shell, shell, shell), E_PERM); /* a session leader */
	CHECK_EQ(set_group(shell, a, 99), E_PERM);        /* no such group */
	CHECK_EQ(set_group(shell, a, 1), E_PERM);         /* a group of another session */
	CHECK_EQ(set_group(shell, a, 40000), E_INVAL);
	world_exec(a, "cat");
	CHECK_EQ(set_group(shell, a, a), E_ACCESS); /* it has called exec */
	CHECK_EQ(set_group(a, a, a), OK);           /* but may move itself */
	u32 c = world_fork(shell);
	CHECK_EQ(process_set_session(world_gate(c), &session), OK);
	CHECK_EQ(set_group(shell, c, c), E_PERM); /* a child in another session */
	world_exit(c, 0);
	CHECK_EQ(set_group(shell, c, c), E_SRCH); /* a zombie */
}

TEST(setsid_is_not_for_group_leaders)
{
	u32 shell = shell_start(), a = world_fork(shell), b = world_fork(shell), session;

	CHECK_EQ(process_set_session(world_gate(shell), &session), E_PERM);
	CHECK_EQ(set_group(shell, a, a), OK);
	CHECK_EQ(process_set_session(world_gate(a), &session), E_PERM);
	CHECK_EQ(set_group(shell, b, a), OK);
	CHECK_EQ(process_set_session(world_gate(b), &session), OK);
	CHECK_EQ(world_page(b)->group, b);
	CHECK_EQ(world_page(b)->session, b);
	/* The group outlives its leader: its number must not become a session's. */
	u32 c = world_fork(shell);
	CHECK_EQ(set_group(shell, c, a), OK);
	CHECK_EQ(set_group(a, 0, shell), OK);
	CHECK_EQ(process_set_session(world_gate(a), &session), E_PERM);
}

/* A job: a group of its own in the shell's session. */
static u32 job(u32 shell)
{
	u32 pid = world_fork(shell);

	CHECK_EQ(set_group(shell, pid, pid), OK);
	return pid;
}

TEST(stopped_jobs_are_hung_up_when_their_shell_ends)
{
	u32 shell = shell_start(), stopped = job(shell), running = job(shell);

	CHECK_EQ(process_stop(world_gate(stopped), SIG_TSTP), E_HELD);
	struct held *call = world.last;
	world_exit(shell, 0);
	CHECK(world_pending(stopped, SIG_HUP));
	CHECK(world_pending(stopped, SIG_CONT));
	CHECK(!world_suspended(stopped));
	CHECK_EQ(held_finish(call, NULL), OK);
	CHECK_EQ(world_page(running)->pending, 0);
}

TEST(all_members_of_an_orphaned_stopped_group_are_told)
{
	u32 shell = shell_start(), leader = job(shell), member = world_fork(leader);

	CHECK_EQ(process_kill(world_gate(1), member, SIG_STOP), OK);
	CHECK_EQ(world_page(member)->group, leader);
	/* The leader was the member whose parent, the shell, watched. */
	world_exit(leader, 0);
	CHECK(world_pending(member, SIG_HUP) && world_pending(member, SIG_CONT));
	CHECK(!world_suspended(member));
}

TEST(a_group_with_another_watched_member_is_left_alone)
{
	u32 shell = shell_start(), leader = job(shell), second = world_fork(shell);

	CHECK_EQ(set_group(shell, second, leader), OK);
	CHECK_EQ(process_kill(world_gate(1), second, SIG_STOP), OK);
	world_exit(leader, 0);
	CHECK_EQ(world_page(second)->pending, 0);
	CHECK(world_suspended(second));
}

TEST(nobody_stops_from_the_terminal_in_an_orphaned_group)
{
	u32 shell = shell_start(), child = job(shell);

	/* A session leader's own group is orphaned: its parent is in another session. */
	CHECK_EQ(process_stop(world_gate(shell), SIG_TSTP), OK);
	CHECK(!world_suspended(shell));
	world_exit(shell, 0);
	CHECK_EQ(process_stop(world_gate(child), SIG_TTIN), OK);
	CHECK(!world_suspended(child));
	CHECK_EQ(process_stop(world_gate(child), SIG_STOP), E_HELD);
	CHECK(world_suspended(child));
}

TEST(a_number_is_not_reused_while_it_names_a_group_or_session)
{
	u32 shell = shell_start(), leader = job(shell), member = world_fork(leader);
	struct process_wait_result result;

	world_exit(leader, 0);
	CHECK_EQ(world_wait(shell, leader, WAIT_EXITED, &result), OK);
	CHECK(!process_find(leader));
	proc.last_pid = leader - 1;
	u32 next = world_fork(1);
	CHECK(next != leader && next != member);
	proc.last_pid = PID_MAX;
	next = world_fork(1);
	CHECK(next > 1 && next <= PID_MAX && next != leader);
}
