/* SPDX-License-Identifier: MIT */
/* Threads. A thread that waits is nothing but this structure: what it waits for is recorded here,
 * and whoever ends the wait writes the result into its registers. */
#pragma once

#include "abi/message.h"
#include "abi/thread.h"
#include "object/object.h"
#include "sched/timer.h"

enum thread_state {
	THREAD_STOPPED,   /* new, or ended */
	THREAD_RUNNABLE,  /* runs, or is in a run queue */
	THREAD_CALLING,   /* in a port's queue of callers */
	THREAD_SERVED,    /* its call was received; a reply object points to it */
	THREAD_RECEIVING, /* in a port's queue of receivers */
	THREAD_EVENT,     /* in an event's queue */
	THREAD_FUTEX,     /* in a futex queue */
	THREAD_PAGE,      /* a page must be paged in; then it tries again */
};

struct thread {
	struct arch_thread arch; /* first: entry code knows */
	struct object object;
	struct task *task;
	struct list task_link;
	enum thread_state state;
	u32 priority;
	struct weak schedule;
	u64 affinity;    /* bit per CPU */
	struct cpu *cpu; /* where it runs or ran last, if it still may; or NULL */
	bool queued;     /* in cpu's run queue */
	struct list run_link;
	u64 ticks; /* of processor time; arch_ticks */

	/* waiting */
	struct list wait_link; /* of the port, event or futex queue */
	bool interruptible;
	struct timer timer;  /* deadline of the wait */
	struct reply *reply; /* SERVED */
	struct gate *gate;   /* CALLING: through which, for gate_bind */
	u64 call_label;      /* CALLING: of the gate */
	u64 mask;            /* EVENT: bits wanted; FUTEX: bitset */
	struct segment *futex_segment;
	u64 futex_offset;
	struct list page_link; /* PAGE: in segment->waiters */
	struct segment *page_segment;
	u64 page_index;
	u32 page_access;
	bool page_sent;    /* the keeper has been told */
	err_t page_error;  /* the keeper said no: reported when the thread tries again */
	vaddr_t page_addr; /* the fault it was */

	/* What its call that is to be restarted has made so far, counted in its refs (but it goes
	 * with its bank). Until the call has ended no interrupt is delivered. */
	struct weak making;

	/* upcalls */
	struct thread_control *control;  /* the kernel's address; its frame is pinned; NULL: none */
	struct segment *control_segment; /* counted in its refs */
	struct list control_link;
	bool interrupt; /* thread_interrupt was called; look at the control block before going to
	                   user mode */
};

size_t thread_size(void);
static inline void *thread_fpu(struct thread *thread)
{
	return (char *)thread + ((sizeof(struct thread) + 63) & ~(size_t)63);
}

/* The words of a message go from one's registers to the other's. */
static inline void thread_words(struct thread *from, struct thread *to)
{
	memcpy(&arch_regs(to)[ARCH_REG_WORD], &arch_regs(from)[ARCH_REG_WORD],
	       MSG_WORDS * sizeof(u64));
}

/* It runs, or has just entered the kernel. */
static inline bool thread_on_cpu(const struct thread *thread)
{
	return thread->cpu && thread->cpu->current == thread;
}

struct schedule;
/* Fill in a new thread of `task`. */
void thread_init(struct thread *thread, struct task *task, const struct schedule *schedule);
err_t thread_destroy(struct thread *thread);
/* Keep what the thread's call is making, in place of what was kept; NULL: nothing. */
void thread_make(struct thread *thread, struct object *object);
/* What is kept, if it is of `kind` and paid for by `bank`; else NULL. */
struct object *thread_making(const struct thread *thread, const struct bank *bank, unsigned kind);
/* Take the thread out of whatever it waits for: it is runnable, but in no queue. */
void thread_unwait(struct thread *thread);
/* The same where it is known to be RECEIVING, */
static inline void thread_received(struct thread *thread)
{
	list_remove(&thread->wait_link);
	thread->state = THREAD_RUNNABLE;
}
/* or SERVED. */
static inline void thread_answered(struct thread *thread)
{
	timer_cancel(&thread->timer);
	thread->reply = NULL;
	thread->interruptible = false;
	thread->state = THREAD_RUNNABLE;
}
/* The wait is over: `error` and `result` go to its registers, and it runs. */
void thread_wake(struct thread *thread, err_t error, u64 result);
/* The deadline of its wait has passed. */
void thread_timeout(struct thread *thread);
/* The page it waits for has come, or will not come. */
void thread_page_arrived(struct thread *thread, err_t error);
/* Wait for a page of `segment`; the access is tried again afterwards. */
void thread_wait_page(struct thread *thread, struct segment *segment, u64 index, u32 access);
void thread_control_lost(struct thread *thread);
/* A fault or exception: upcall, recovery address, or the end of the task's run. */
void thread_fault(struct thread *thread, u64 kind, u64 code, u64 address, u32 access);
/* Before going to user mode: deliver an interrupt that is wanted and not masked. */
void thread_check_interrupt(struct thread *thread);
/* Deadline of IPC calls as the control block says. */
static inline u64 thread_call_deadline(const struct thread *thread)
{
	u64 deadline = thread->control ? thread->control->deadline : 0;

	return deadline ? deadline : DEADLINE_NEVER;
}
