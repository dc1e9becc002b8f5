/* SPDX-License-Identifier: MIT */
/* Events: 64 bits that anyone with the right can signal. Bits stay until they are taken, by a
 * waiting thread or by the receiver of the port that the event is bound to. */
#pragma once

#include "object/object.h"
#include "sched/timer.h"

struct port;

struct event {
	struct object object;
	u64 pending;
	struct list waiters;    /* threads */
	struct port *port;      /* NULL: not bound */
	struct list port_link;  /* in port->bound */
	struct list ready_link; /* in port->ready while bits are pending */
	u64 label;
	struct timer timer;
	u64 timer_bits;
};

void event_raise(struct event *event, u64 bits);
void event_timer_fired(struct event *event);
/* The port is destroyed. */
void event_unbind(struct event *event);
void event_destroy(struct event *event);
