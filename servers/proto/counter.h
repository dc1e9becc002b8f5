/* SPDX-License-Identifier: MIT */
/* Counters: eventfd and timerfd, and marks, which give an identity to the descriptors that live
 * in the process (epoll, signalfd). All of them answer file.h too: read takes the count, write adds
 * to it, and poll tells whether one would wait. */
#pragma once

#include "proto/proto.h"

INTERFACE(counter, 23)

enum counter_flag { COUNTER_SEMAPHORE = 1 }; /* or'ed with O_NONBLOCK */

/* When a timer expires next (0: not at all), and how often then (0: once); ns. */
struct counter_time {
	u64 value, interval;
};
_Static_assert(sizeof(struct counter_time) == 16, "counter_time");

enum counter_timer_flag { COUNTER_ABSOLUTE = 1, COUNTER_CANCEL_ON_SET = 2 }; /* Linux's TFD_* */
enum counter_mark { COUNTER_EPOLL, COUNTER_SIGNAL };

/* --- the server's own gate; what is made is charged to the caller (gate) and the server --- */

/* An event counter (eventfd). */
RPC(1) err_t counter_event(cap_t counters, u64 initial, u32 flags, cap_t *file);

/* A timer, not armed, that counts its expirations (timerfd). clock: Linux's number. */
RPC(2) err_t counter_timer(cap_t counters, u32 clock, u32 flags, cap_t *file);

/* A file that is `kind` and keeps `value`: reading and writing it is the process's affair. */
RPC(3) err_t counter_mark(cap_t counters, u32 kind, u64 value, u32 flags, cap_t *file);

/* Real time may have been set: see to the timers that go by it. */
RPC(8) err_t counter_clock_set(cap_t counters);

/* --- what is open --- */

/* Reading a timer with COUNTER_CANCEL_ON_SET gives no bytes once after real time was set. */
/* Set a timer; relative, or absolute on its clock. What was left is the answer. Expirations that
 * nobody has read are forgotten. */
RPC(4)
err_t counter_timer_set(cap_t file, u32 flags, const struct counter_time *time,
                        struct counter_time *old);
RPC(5) err_t counter_timer_get(cap_t file, struct counter_time *left);

/* The value of a mark; the second replaces it. */
RPC(6) err_t counter_mark_get(cap_t file, u64 *value);
RPC(7) err_t counter_mark_set(cap_t file, u64 value);
