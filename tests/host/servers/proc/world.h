/* SPDX-License-Identifier: MIT */
/* A world for the process server: a little kernel with banks that count, tasks with capability
 * tables, threads, gates and events; and clients, which are processes. The server's own sources and
 * its generated dispatcher run against it. */
#pragma once

#include <setjmp.h>

#include "proc/proc.h"

enum { SLOTS = 64 };

struct held {
	struct request rq; /* first */
	bool used, answered;
	err_t error;
	struct msg answer;
	u8 out[4096];
	const u8 *in;
};

struct world {
	u64 now, realtime, mark[2]; /* the latter as they were set */
	u32 steps_left;   /* kernel calls that succeed before one fails for want of funds */
	u32 touches_left; /* likewise copies to callers' memory, before a page is not at hand */
	u32 interrupts, resumes, suspends;
	u64 figure[TASK_CAPS + 1]; /* what task_read answers */
	struct held *last;         /* the call that was held last */
	bool fail_expected;
	jmp_buf failed; /* where rt_fail goes */
};
extern struct world world;

/* Run the statement; true if the server ended itself by rt_fail. */
#define FAILS(statement)                                                                           \
	(world.fail_expected = true,                                                               \
	 setjmp(world.failed) ? true : ((statement), world.fail_expected = false, false))

/* Ends the program with a message if the world has been misused. */
void must(bool condition, const char *what);
void client_reset(void);
/* A capability that we lend to the server. */
cap_t world_borrow(u32 kind);

/* Begin: an empty server for at most `processes`. */
void world_start(u32 processes);
/* Everything that exists: objects of the kernel, address space, requests that wait. */
u32 world_objects(void);
u32 world_mapped(void);
u32 world_held(void);

/* Pages charged to the bank of a process / how many banks there are. */
u32 world_banks(void);
/* The process opens a file (a gate that it pays for) / does the task of `pid` still have it? */
u32 world_open(u32 pid, u32 slot);
bool world_has(u32 pid, u32 slot);
void world_shut(u32 pid, u32 slot);

/* What the terminal was told last: the session whose leader has ended. */
extern u32 world_ended_session;

/* Things that happen. */
void world_task_event(u32 pid, u64 bits);
bool world_suspended(u32 pid);
u64 world_timer(u32 pid);

/* The gate of a process, for the client functions of process.h; 0 is the control gate. */
cap_t world_gate(u32 pid);
/* Start the first process. */
u32 world_init(void);
u32 world_fork(u32 parent);
void world_exit(u32 pid, u32 status);
/* Run a program: what the personality says when it starts. */
void world_exec(u32 pid, const char *name);

/* A wait: E_HELD, or the result. */
err_t world_wait(u32 pid, i64 which, u32 options, struct process_wait_result *result);
/* A held call: is it answered? Its error and its wait result; forgets it. */
bool held_answered(const struct held *held);
err_t held_finish(struct held *held, struct process_wait_result *result);
/* A signal for the caller / its end. */
void held_cancel(struct held *held);
void held_leave(struct held *held);

struct process_page *world_page(u32 pid);
bool world_pending(u32 pid, u32 signal);
