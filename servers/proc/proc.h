/* SPDX-License-Identifier: MIT */
/* Processes as the process server sees them.
 *
 *	fork/start --> running <--> stopped --> zombie --> gone
 *	                  |                        ^
 *	                  +------------------------+
 *
 * A running or stopped process has a task, a bank (struct account), a page that it shares with us,
 * and an event. A zombie has given all that back: what is left is this server's struct process. */
#pragma once

#include "lib/text/text.h"
#include "proto/process.h"
#include "rt/rt.h"

enum {
	LABEL_CONTROL = 0,
	LABEL_LIST = 1,
	LABEL_INSPECT = 32, /* proto/inspect.h: for procfs */
};                          /* labels of processes lie above 2^16, see process_label */
enum { NAME_SIZE = 32, COMMAND_SIZE = 128, PID_MAX = 32767, PID_BUCKETS = 64 };

/* Linux's numbers, which the personality passes on. */
enum signal_number {
	SIG_HUP = 1,
	SIG_ILL = 4,
	SIG_BUS = 7,
	SIG_FPE = 8,
	SIG_KILL = 9,
	SIG_SEGV = 11,
	SIG_CHLD = 17,
	SIG_CONT = 18,
	SIG_STOP = 19,
	SIG_TSTP = 20,
	SIG_TTIN = 21,
	SIG_TTOU = 22,
	SIG_XCPU = 24,
	SIG_MAX = 64,
};
enum wait_option {
	WAIT_NOHANG = 1,
	WAIT_UNTRACED = 2,
	WAIT_EXITED = 4,
	WAIT_CONTINUED = 8,
	WAIT_NOWAIT = 0x1000000,
};
enum limit_number {
	LIMIT_CPU = 0,
	LIMIT_STACK = 3,
	LIMIT_CORE = 4,
	LIMIT_NPROC = 6,
	LIMIT_NOFILE = 7,
	LIMIT_MEMLOCK = 8,
	LIMIT_MSGQUEUE = 12,
	LIMIT_NICE = 13,
	LIMIT_RTPRIO = 14,
};
enum child_code {
	CHILD_EXITED = 1,
	CHILD_KILLED,
	CHILD_DUMPED,
	CHILD_STOPPED = 5,
	CHILD_CONTINUED,
};
enum { SIGNAL_FROM_USER = 0, SIGNAL_FROM_KERNEL = 0x80 }; /* si_code */

static inline u64 signal_bit(u32 signal) { return 1ull << (signal - 1); }

/* Bits of a process's event. */
enum { EVENT_DEAD = 1, EVENT_FAULT = 2, EVENT_TIMER = 4 };

/* A bank, for as long as something charged to it may be in use: see account.c. */
struct account {
	struct account *parent; /* of the process that forked ours; NULL: none */
	cap_t bank;             /* 0: destroyed */
	u32 children;           /* accounts whose parent this is */
	bool left;              /* its process has ended */
};

/* How many processes there may be in a part of the tree of processes: see limit.c. */
struct quota {
	struct quota *parent;
	u64 owner; /* label of the process whose RLIMIT_NPROC this is */
	u64 limit;
	u32 count; /* processes in this part, zombies included */
	u32 depth;
};

struct process {
	struct list link; /* of all, in order of birth */
	struct process *next_in_bucket;
	struct list children, sibling; /* siblings in order of birth */
	struct process *parent;        /* never NULL but for the root (pid 0) */
	u32 pid, group, session;
	u32 serial; /* tells it from others that had the same pid */
	bool zombie, stopped, execed;
	bool ended;      /* a zombie whose end is complete: it may be waited for */
	bool continued;  /* not yet reported to the parent */
	bool no_stop;    /* CHILD_NO_STOP */
	u32 status;      /* zombie: wait status */
	u32 stop_status; /* a stop's wait status, not yet reported; 0: none */
	struct account *account;
	struct quota *quota;
	cap_t task, thread, page_segment;
	struct process_page *page;
	u64 start_ns;            /* monotonic */
	struct rt_source source; /* death, faults, timer */
	u64 timer_deadline, timer_interval;
	u64 wake_deadline; /* PROCESS_TIMER_WAKE; 0: none */
	u64 cpu_deadline;  /* when to look at RLIMIT_CPU again; 0: there is none */
	bool cpu_paused;   /* limit_cpu_look has suspended the task */
	u32 timer_signal;
	u64 ignored;           /* signals, as process_ignore said */
	struct list waiters;   /* held process_wait requests of this process */
	struct request *vfork; /* the parent's request: answered when we run a program or end */
	struct request *stop;  /* our own process_stop */
	u32 held;              /* requests of ours that are held */
	struct process_limit limit[PROCESS_LIMITS]; /* the page has a copy */
	struct process_usage usage;                 /* zombie: its own */
	struct process_usage children_usage;
	char name[NAME_SIZE], command[COMMAND_SIZE];
};

struct proc {
	struct server server;
	/* what we were given */
	cap_t memory, exec, pipe, power, rtc, log, schedule, socket, counter, terminal, auth, ipc;
	struct list processes;
	struct process *bucket[PID_BUCKETS];
	struct process
	        root; /* pid 0, label LABEL_CONTROL: the parent of what process_start starts */
	struct process *init; /* orphans go to it; NULL: not started yet */
	struct text_file list;
	u32 count; /* processes, zombies included, root not */
	u32 count_max;
	u32 held;       /* requests that are held */
	u32 held_extra; /* of them beyond each process's first */
	u32 last_pid, last_serial;
	u64 ended_ns; /* processor time of processes that have ended */
	u64 started;  /* processes that there have ever been */
};
extern struct proc proc;

/* --- table.c --- */
void table_start(u32 count_max);
struct process *process_find(u32 pid);
u64 process_label(const struct process *process);
/* The process that calls; NULL: none, or it has ended. process_asker: or the root (LABEL_CONTROL).
 */
struct process *process_caller(const struct request *rq);
struct process *process_asker(const struct request *rq);
/* A new entry with a pid and what a child inherits; without task. NULL: no memory or no pid. */
struct process *process_new(struct process *parent);
void process_free(struct process *process);
/* The process after `process` (NULL: the first) in order of birth that has not ended; NULL: none.
 */
struct process *process_next(const struct process *process);
/* Keep a request of a process: E_LIMIT if it keeps too many. Before it is answered:
 * process_unhold. */
bool process_may_hold(const struct process *process);
typedef void cancel_function(struct request *rq);
MUST_CHECK err_t process_hold(struct process *p, struct request *rq, cancel_function *cancel);
void process_unhold(struct request *rq);

/* --- account.c --- */
/* An account with a new bank for process `pid`. E_FUNDS. */
MUST_CHECK err_t account_create(struct account *parent, u32 pid, struct account **account);
/* Its process is gone: the bank goes as soon as nothing can be in use that is charged to it. */
void account_leave(struct account *account);

/* --- birth.c --- */
/* Give the process its page, event and its own PROCESS_* capabilities; task and account are there.
 */
MUST_CHECK err_t process_equip(struct process *process);
err_t proc_fork(struct request *rq, const struct process_fork *how, u32 *pid);
err_t proc_started(struct request *rq, cap_t thread);
err_t proc_signal_thread(struct request *rq, cap_t thread);

/* --- end.c --- */
/* Undo whatever of a birth has happened, and forget the process. */
void process_abort(struct process *process);
/* The leader of `session` has ended, or (0) there are no processes: the terminals hear of it. */
void session_end(u32 session);
/* End a process with a wait status: everything it had is given back, what is left is a zombie. */
void process_finish(struct process *process, u32 status);
/* The process's vfork parent may go on. */
void vfork_release(struct process *process);
/* Death or a fault of the task, or the timer. */
void process_event(struct rt_source *source, u64 bits);
err_t proc_exit(struct request *rq, u32 status);

/* --- wait.c --- */
err_t proc_wait(struct request *rq, i64 pid, u32 options);
/* Something about a child of `parent` has changed. */
void wait_check(struct process *parent);

/* --- signal.c --- */
void signal_send(struct process *process, u32 signal, struct process_signal info);
void signal_stop(struct process *process, u32 signal);
/* To all members of a group. E_SRCH: there are none. */
err_t signal_group(u32 group, u32 signal, struct process_signal info);
/* SIGCHLD to the parent, and an answer to it if it waits. */
void signal_parent(struct process *process, i32 code, i32 status);
err_t proc_kill(struct request *rq, i64 pid, u32 signal);
err_t proc_take(struct request *rq, u64 mask, u64 *taken);
err_t proc_stop(struct request *rq, u32 signal);
err_t proc_ignore(struct request *rq, u64 mask);
err_t proc_child_flags(struct request *rq, u32 flags);
/* One timer of the kernel, for the first of all. */
MUST_CHECK err_t timer_arm(const struct process *process);
/* Make it look at its timers. */
void process_wake(struct process *process);
void timer_fired(struct process *process);
err_t proc_timer(struct request *rq, u32 which, u32 signal, u64 deadline, u64 interval);

/* --- identity.c: who may do what to whom --- */
bool permit_root(const struct process *caller);
/* What is left to go by when the sender itself ends by its signal. */
struct sender {
	bool root;
	u32 pid, session;
	struct auth_ids ids;
};
struct sender permit_sender(const struct process *caller);
/* kill(2) */
bool permit_signal(const struct sender *sender, const struct process *target, u32 signal);
err_t proc_identify(struct request *rq, cap_t ticket);
/* The first process's identity, root, at PROCESS_IDENTITY in its task. */
MUST_CHECK err_t identity_start(struct process *process);

/* --- group.c --- */
err_t proc_set_group(struct request *rq, u32 pid, u32 group);
err_t proc_set_session(struct request *rq, u32 *session);
bool group_is_orphaned(u32 group);
/* E_SRCH: nobody is in it. */
err_t group_session(u32 group, u32 *session);
/* `leaver` has ended (its children are still its own): groups with stopped members that are
 * orphaned by that get SIGHUP and SIGCONT. */
void group_leave(struct process *leaver);

/* --- limit.c --- */
void limits_default(struct process *process);
/* A new process is held to what it has inherited. */
MUST_CHECK err_t limits_begin(struct process *process);
/* What RLIMIT_CPU asks for now: SIG_KILL, SIG_XCPU or 0. */
u32 limit_cpu_look(struct process *process);
/* Count a new process in its parent's quotas. E_LIMIT. */
MUST_CHECK err_t quota_take(struct process *child, struct quota *quota);
void quota_give(struct process *process);
err_t proc_limit_get(struct request *rq, u32 pid, u32 resource, u64 *soft, u64 *hard);
err_t proc_limit_set(struct request *rq, u32 pid, u32 resource, u64 soft, u64 hard);

/* --- info.c --- */
void list_print(struct text_window *window);
err_t proc_id(struct request *rq, u32 pid, u32 which, u32 *id);
err_t proc_usage(struct request *rq, u32 which, struct process_usage *usage);
err_t proc_clock(struct request *rq, u32 pid, u64 *ns);
err_t proc_list(struct request *rq, u64 start, u64 *count);
err_t proc_system(struct request *rq, struct process_system *system);
/* How many processors the processes kept busy in the last 1, 5 and 15 minutes, times 65536. */
const u64 *loads_now(void);
/* Processor time of all processes that there have been. */
u64 time_used(void);
struct process_usage process_used(const struct process *process);
void usage_add(struct process_usage *to, const struct process_usage *from);

/* --- machine.c --- */
err_t proc_clock_set(struct request *rq, u64 realtime_ns);
err_t proc_log_mark(struct request *rq, u32 which, u64 position);

/* --- inspect.c --- */
void inspect_dispatch(struct request *rq);

/* --- serve.c --- */
void proc_dispatch(struct server *server, struct request *rq);
void proc_closed(struct server *server, u64 label);

/* --- start.c --- */
err_t proc_start(struct request *rq, cap_t file, cap_t root, u32 *pid);

/* For results that only say that something is gone already. */
static inline void ignore(err_t error) { (void)error; }
