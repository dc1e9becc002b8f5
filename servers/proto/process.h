/* SPDX-License-Identifier: MIT */
/* What a process asks of the process server, through its own gate (CAP_PROCESS): ids, birth, death,
 * signals, waiting. */
#pragma once

#include "proto/auth.h"
#include "proto/proto.h"

INTERFACE(process, 3)

/* The capabilities that every process finds in its table. */
enum process_cap {
	PROCESS_TASK = 1,       /* all rights; stays at fork (the child gets its own) */
	PROCESS_BANK = 2,       /* USE | READ; stays */
	PROCESS_SCHEDULE = 3,   /* USE */
	PROCESS_THREAD = 4,     /* main thread; stays */
	PROCESS_PROCESS = 5,    /* gate to this interface; stays */
	PROCESS_EXEC = 6,       /* gate: exec.h */
	PROCESS_ROOT = 7,       /* gate: dir.h, the root directory */
	PROCESS_CLOCK = 8,      /* segment: the clock page */
	PROCESS_PAGE = 9,       /* segment: struct process_page, READ; stays */
	PROCESS_PIPE = 10,      /* gate: pipe.h */
	PROCESS_POWER = 11,     /* gate: power.h; absent where the process may not */
	PROCESS_LOG = 12,       /* gate: log.h */
	PROCESS_SOCKET = 13,    /* gate: socket.h */
	PROCESS_COUNTER = 14,   /* gate: counter.h */
	PROCESS_IDENTITY = 15,  /* gate: auth.h, who the process is */
	PROCESS_IPC = 16,       /* gate: ipc.h */
	PROCESS_CAP_FIRST = 17, /* from here on the personality's own */
};

/* What siginfo says of a pending signal: si_code as Linux has it, and the sender, or the child and
 * its status (SIGCHLD). */
struct process_signal {
	i32 code;
	u32 pid, uid;
	i32 status;
};

/* RLIMIT_* numbers; UINT64_MAX: none. */
struct process_limit {
	u64 soft, hard;
};
enum { PROCESS_LIMITS = 16 };

/* The page that the process server shares with the process, which may only read it (but for
 * `taken`, see process_take). */
struct process_page {
	u32 pid, parent, group, session;
	u64 pending;         /* bit s-1: signal s is pending; cleared through process_take */
	u32 stopped;         /* a stop signal has stopped it */
	u32 generation;      /* counts changes */
	struct auth_ids ids; /* as process_identify has shown them */
	u64 start_ns;        /* monotonic */
	struct process_signal signal[64]; /* of signal s at s - 1: valid while it is pending, the
	                                     first sender's */
	u32 wakes;                        /* how often PROCESS_TIMER_WAKE has expired */
	struct process_limit limit[PROCESS_LIMITS];
};

enum fork_flag {
	FORK_VFORK = 1 /* the parent is answered when the child has called exec or ended */
};

struct process_fork {
	u64 ip, sp, control, fs_base, gs_base; /* thread_create / thread_start in the child */
	u32 flags, reserved;
};
_Static_assert(sizeof(struct process_fork) == 48, "process_fork");

struct process_usage {
	u64 user_ns, system_ns;
	u64 resident_max; /* pages */
	u64 minor_faults, major_faults;
};
struct process_wait_result {
	i32 pid;
	u32 status; /* as wait4's */
	struct process_usage usage;
};

/* Make a child: task_clone of the caller's task with a bank of its own, its own PROCESS_*
 * capabilities where they "stay", one thread started as `how` says. E_LIMIT, E_FUNDS. */
RPC(1) err_t process_fork(cap_t process, const struct process_fork *how, u32 *pid);

/* End the process with a wait status (exit code << 8, or signal number). Not answered. */
RPC(2) err_t process_exit(cap_t process, u32 status);

/* Wait for a child: pid > 0 that one, 0 own group, -1 any, < -1 group -pid; options WNOHANG,
 * WUNTRACED, WCONTINUED, WNOWAIT, WEXITED (waitid's). Without WEXITED, WUNTRACED and WCONTINUED
 * ends are meant. Held; E_CHILD, E_INTR. The result's pid is 0 for WNOHANG without one. */
RPC(3) err_t process_wait(cap_t process, i64 pid, u32 options, void *result, size_t size);

/* kill(2): pid > 0, 0 own group, -1 all but init and oneself, < -1 group -pid; signal 0 only
 * checks. From the terminal (^C, hang-up) the signal is the kernel's. */
RPC(4) err_t process_kill(cap_t process, i64 pid, u32 signal);

/* Clear the bits of `mask` in the page's `pending` and say which were set: the signals that the
 * personality is going to act on now. */
RPC(5) err_t process_take(cap_t process, u64 mask, u64 *taken);

/* The caller stops itself as if by `signal` (default action of SIGTSTP and the like); answered when
 * it continues. */
RPC(6) err_t process_stop(cap_t process, u32 signal);

RPC(7) err_t process_set_group(cap_t process, u32 pid, u32 group);
RPC(8) err_t process_set_session(cap_t process, u32 *session);

enum process_id {
	PROCESS_ID_GROUP,
	PROCESS_ID_SESSION,
	PROCESS_ID_PARENT,
	PROCESS_ID_ORPHANED, /* 1: its group is orphaned, and not stopped from the terminal; else 0
	                      */
	PROCESS_ID_GROUP_SESSION, /* the session of the group with this number; E_SRCH: no members
	                           */
};
RPC(9) err_t process_id(cap_t process, u32 pid, u32 which, u32 *id);

/* A new program runs in the task: its main thread (for signals), and its name and command line as
 * text ("name", zero, arguments each ended by zero). Ends a vfork wait of the parent. */
RPC(10) err_t process_started(cap_t process, cap_t thread, const void *name, size_t size);

/* Which thread is interrupted by signals to the process from now on. */
RPC(11) err_t process_signal_thread(cap_t process, cap_t thread);

/* getrlimit, setrlimit of a process (0: own), RLIMIT_* numbers. The page shows what holds. The
 * server itself enforces RLIMIT_NPROC and RLIMIT_CPU, whose soft limit grows by each second that
 * SIGXCPU has told of. */
RPC(12) err_t process_limit_get(cap_t process, u32 pid, u32 resource, u64 *soft, u64 *hard);
RPC(13) err_t process_limit_set(cap_t process, u32 pid, u32 resource, u64 soft, u64 hard);

/* which: 0 self, 1 ended children waited for. */
RPC(14) err_t process_usage(cap_t process, u32 which, struct process_usage *usage);

/* Text for people: one line a process ("pid parent group session state pages name"). */
RPC(15) err_t process_list(cap_t process, u64 start, void *text, size_t size, u64 *count);

/* Number of processes, and of all memory figures that sysinfo(2) needs. */
struct process_system {
	u64 processes, load1, load5, load15; /* loads times 65536 */
	u64 memory_total, memory_free;       /* pages */
};
RPC(16) err_t process_system(cap_t process, struct process_system *system);

/* A real-time timer: signal `signal` to the caller at `deadline` (0: no more) and then every
 * `interval` ns (0: once). PROCESS_TIMER_WAKE sends no signal: `wakes` counts, and a thread is
 * interrupted, once; exec ends it. Others: E_INVAL. */
enum process_timer_kind { PROCESS_TIMER_REAL = 0, PROCESS_TIMER_WAKE = 3 };
RPC(17) err_t process_timer(cap_t process, u32 which, u32 signal, u64 deadline, u64 interval);

/* Which signals the process ignores now (bit s-1): the server need not interrupt it for those. If
 * that is SIGCHLD (SIG_IGN or SA_NOCLDWAIT, not the default action), its children leave no zombies.
 * 1 message a change of disposition to or from "ignored". */
RPC(18) err_t process_ignore(cap_t process, u64 mask);

/* How the process's children behave: with CHILD_NO_STOP (SA_NOCLDSTOP) no SIGCHLD comes when one
 * stops or continues. Kept by fork, cleared by exec. */
enum child_flag { CHILD_NO_STOP = 1 };
RPC(21) err_t process_child_flags(cap_t process, u32 flags);

/* Be known by the identity of the ticket (auth.h), which was made for this very gate: who may be
 * signalled, and by whom, goes by that, and the page shows its ids. E_PERM. */
RPC(22) err_t process_identify(cap_t process, cap_t ticket);

/* For root. Set the machine's real time: processes are woken, so that what goes by it can be set
 * anew, and so is what the counter server keeps. E_PERM, E_RANGE. */
RPC(24) err_t process_clock_set(cap_t process, u64 realtime_ns);
/* For root. Move a mark in the log (log_mark). E_PERM. */
RPC(25) err_t process_log_mark(cap_t process, u32 which, u64 position);

/* --- for the supervisor and the terminal, through a gate that says so --- */

/* Start the first process (or a rescue shell): `file` is the program, `root` its root directory;
 * in: struct exec_arguments and its data (exec.h). */
RPC(19)
err_t process_start(cap_t process, cap_t file, cap_t root, const void *arguments, size_t size,
                    u32 *pid);

/* 20 was process_kill_group. Do not use it again. */

/* Processor time that a process has used. E_SRCH. */
RPC(23) err_t process_clock(cap_t process, u32 pid, u64 *ns);
