/* SPDX-License-Identifier: MIT */
/* Signals. The process server sets bits in the shared page and interrupts a thread; what a
 * signal does is decided here. A signal is pending in one of three places: the thread (sent to
 * it, or taken for it), the process (sent by itself while every thread blocked it), the page.
 *
 * `control->pending` is the one flag that is looked at on the way out to the program: the kernel
 * sets it with thread_interrupt, and whatever here makes a signal deliverable sets it too. */
#pragma once

#include "core/thread.h"

extern struct linux_sigaction signal_actions[SIGNAL_MAX];
extern u64 process_pending;

/* To the calling thread. */
void signal_self(i32 signal, i32 code);
/* To `thread`, which may be another one. With process_lock held. */
void signal_thread(struct thread *thread, i32 signal, const struct signal_info *info);
/* To the process itself. */
void signal_process(i32 signal, const struct signal_info *info);
/* A fault of the calling thread: cannot be blocked or ignored. */
void signal_force(struct thread *thread, i32 signal, const struct signal_info *info);

/* Signals that are pending for `thread` in any of the three places. */
u64 signal_pending(const struct thread *thread);

/* Take the lowest of `set` that is pending: its number and what is told about it, or 0. */
i32 signal_take(struct thread *thread, u64 set, struct signal_info *info);

/* Change the thread's mask; what becomes deliverable is delivered on the way out. */
void signal_set_mask(struct thread *thread, u64 mask);

/* Deliver what can be: frames for handlers on the program's stack, default actions at once. On
 * the way out. */
void signal_deliver(struct thread *thread);

/* Let other threads have what is pending in the page and blocked here. */
void signal_route(struct thread *thread);

/* Use `mask` during a call that waits; it is put back by the frame of the handler that runs, or
 * by signal_deliver. */
i64 signal_mask_begin(struct thread *thread, u64 mask_address, u64 size);
void signal_mask_end(struct thread *thread, i64 result);

/* --- frames (frame.c) --- */

/* Make the thread run its handler when it leaves. False: the stack cannot be written. */
bool frame_push(struct thread *thread, i32 signal, const struct signal_info *info,
                const struct linux_sigaction *action, u64 mask);
/* rt_sigreturn. False: there is no frame. */
bool frame_pop(struct thread *thread);

void signal_info_fill(struct linux_siginfo *out, i32 signal, const struct signal_info *info);

/* Signals that can be neither caught nor blocked. */
#define SIGNAL_FIRM (SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP))
