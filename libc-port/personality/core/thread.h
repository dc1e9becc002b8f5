/* SPDX-License-Identifier: MIT */
/* The personality's view of a thread: what %gs leads to. */
#pragma once

#include "abi/thread.h"
#include "core/linux.h"
#include "core/offsets.h"
#include "proto/proto.h"

/* What is told about a signal beside its number. */
struct signal_info {
	i32 code;
	u32 pid, uid, pad;
	u64 value; /* sigqueue's, or the address of a fault */
};

/* What the server of one file has been asked to tell a thread's event (file/poll.c). */
struct poll_watch {
	u64 serial; /* of the struct file */
	u32 told;   /* POLL*: none of them holds until the event has its bit; 0: asked only */
	u32 pad;
};
enum { POLL_WATCHES = 64 }; /* a bit of the event each */

struct thread {
	struct thread *self;
	u64 stack_top; /* of the personality's stack for this thread */
	u32 entry;     /* how the call came in: ENTRY_*_SIZE */
	u32 mxcsr;     /* for a child or thread that inherits them */
	u32 fpu_control, pad;
	struct thread_regs user; /* the program's registers while in the personality */
	struct thread_control control;

	u32 id; /* gettid() */
	cap_t cap;
	u64 fs_base;         /* for threads that begin */
	u64 affinity;        /* the processors that it may run on; 0: all */
	bool interruptible;  /* rt_call: signals end the call */
	bool first;          /* lies in .bss, not in a slot of its own */
	i32 restart;         /* number of a call that answered ERESTART, else -1 */
	bool restart_always; /* that call is begun again even after a handler without SA_RESTART */
	u64 blocked;         /* signals, bit s-1 */
	u64 pending;         /* taken or sent to this thread */
	u64 saved_blocked;   /* to be put back when a handler has returned, if `restore_blocked` */
	bool restore_blocked;
	u64 waiting_for; /* rt_sigtimedwait */
	bool real;       /* waits until a time of CLOCK_REALTIME: looks again when that is set */
	struct linux_sigaltstack alternate;
	u64 clear_id; /* set_tid_address */
	u64 robust_list;
	cap_t poll_event; /* 0 until the thread polls */
	struct poll_watch watches[POLL_WATCHES];
	u32 sleep;                           /* futex that nobody wakes */
	u32 busy;                            /* of its slot: 1 until the kernel thread is gone */
	struct signal_info info[SIGNAL_MAX]; /* of the signals in `pending`: the latest */
	struct thread *next;                 /* all threads, or all free slots */
};

extern struct thread main_thread;

static inline struct thread *self(void)
{
	struct thread *thread;

	__asm__("mov %%gs:0, %0" : "=r"(thread));
	return thread;
}
