/* SPDX-License-Identifier: MIT */
/* Processes as the process server sees them. */
#pragma once

#include "proto/process.h"
#include "rt/rt.h"

enum { LIMITS = 16, LIMIT_NPROC = 6, TIMERS = 3, NAME_SIZE = 32, COMMAND_SIZE = 256, PID_FIRST = 1, PID_MAX = 32767 };

/* Linux's numbers, which the personality passes on. */
enum {
	SIG_HUP = 1, SIG_KILL = 9, SIG_SEGV = 11, SIG_CHLD = 17, SIG_CONT = 18, SIG_STOP = 19, SIG_TSTP = 20,
	SIG_TTIN = 21, SIG_TTOU = 22, SIG_MAX = 64,
};
enum {
	WAIT_NOHANG = 1, WAIT_UNTRACED = 2, WAIT_EXITED = 4, WAIT_CONTINUED = 8, WAIT_NOWAIT = 0x1000000,
};
#define SIGNAL_BIT(signal) (1ull << ((signal) - 1))
#define SIGNALS_STOP (SIGNAL_BIT(SIG_STOP) | SIGNAL_BIT(SIG_TSTP) | SIGNAL_BIT(SIG_TTIN) | SIGNAL_BIT(SIG_TTOU))

/* Bits of a process's event. */
enum { EVENT_DEAD = 1, EVENT_FAULT = 2, EVENT_TIMER = 4 };

struct limit {
	u64 soft, hard;
};

struct timer {
	struct rt_source source;
	struct process *process;
	u64 deadline, interval;
	u32 signal;
};

struct process {
	struct list link;     /* of all, in order of birth */
	struct list children, sibling;
	struct process *parent; /* NULL: none (the first) */
	u32 pid, group, session;
	bool zombie, stopped, execed;
	u32 status;		/* zombie: wait status */
	u32 stop_report;	/* a status that WUNTRACED has not fetched yet; 0: none */
	bool continue_report;	/* likewise WCONTINUED */
	cap_t task, bank, thread, page_segment;
	struct process_page *page;
	struct rt_source source; /* death and faults */
	u64 ignored;
	struct list waiters;	 /* held process_wait requests of this process */
	struct request *vfork;	 /* the parent's held request: answered when we run a program or end */
	struct request *stop;	 /* our own held process_stop */
	struct limit limit[LIMITS];
	struct timer timer[TIMERS];
	struct process_usage usage, children_usage; /* usage: valid when zombie */
	char name[NAME_SIZE];
	char command[COMMAND_SIZE];
};

/* What the server was given. */
struct proc {
	struct server server;
	cap_t memory, exec, pipe, power, log, schedule;
	struct list processes;
	u32 count, last_pid;
};
extern struct proc proc;

/* --- table.c --- */
struct process *process_find(u32 pid);
/* The caller of a request; NULL if it is not a process. */
struct process *process_caller(const struct request *rq);
struct process *process_first(void);
/* A new entry with a pid, without task; NULL: no memory or no pid. */
struct process *process_new(struct process *parent);
void process_free(struct process *process);

/* --- birth.c --- */
/* Give the process its page, event and PROCESS_* capabilities that are its own; its task and bank are there. */
MUST_CHECK err_t process_equip(struct process *process);
/* Undo whatever of a birth has happened, and forget the process. */
void process_abort(struct process *process);
err_t on_fork(struct request *rq, const struct process_fork *how, u32 *pid);
err_t on_started(struct request *rq, cap_t thread);


/* End a process with a wait status: everything it had is given back, what is left is a zombie. */
void process_finish(struct process *process, u32 status);
void vfork_release(struct process *process);

/* --- wait.c --- */
err_t on_wait(struct request *rq, i64 pid, u32 options);
/* Something about a child of `parent` has changed. */
void wait_check(struct process *parent);

/* --- signal.c --- */
void signal_send(struct process *process, u32 signal);
void signal_stop(struct process *process, u32 signal);
void signal_group(u32 group, u32 signal);
err_t on_kill(struct request *rq, i64 pid, u32 signal);
err_t on_take(struct request *rq, u64 mask, u64 *taken);
err_t on_stop(struct request *rq, u32 signal);
err_t on_timer(struct request *rq, u32 which, u32 signal, u64 deadline, u64 interval);
void timers_stop(struct process *process);

/* --- group.c --- */
err_t on_set_group(struct request *rq, u32 pid, u32 group);
err_t on_set_session(struct request *rq, u32 *session);
/* `leaver` is about to end or change its group: stopped groups that this orphans get SIGHUP and SIGCONT. */
void group_orphans(struct process *leaver);

/* --- info.c --- */
err_t on_id(struct request *rq, u32 pid, u32 which, u32 *id);
err_t on_limit_get(struct request *rq, u32 pid, u32 resource, u64 *soft, u64 *hard);
err_t on_limit_set(struct request *rq, u32 pid, u32 resource, u64 soft, u64 hard);
err_t on_usage(struct request *rq, u32 which, struct process_usage *usage);
err_t on_list(struct request *rq, u64 start, u64 *count);
err_t on_system(struct request *rq, struct process_system *system);
struct process_usage process_used(const struct process *process);

/* --- start.c --- */
err_t on_start(struct request *rq, cap_t file, cap_t root, u32 *pid);
