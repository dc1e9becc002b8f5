/* SPDX-License-Identifier: MIT */
/* Ports, the gates that lead to them, and the reply objects that keep callers waiting. */
#pragma once

#include "object/object.h"

struct segment;
struct thread;

struct port {
	struct object object;
	struct list callers;   /* threads whose calls have not been received */
	struct list receivers; /* threads */
	struct list faults;  /* threads whose page-in the keeper has not been told of (wait_link) */
	struct list replies; /* all reply objects of the pool (all_link) */
	struct list idle;    /* those that wait for a call (link) */
	struct list cancels; /* those whose caller wants to leave or has left (cancel_link) */
	struct list notes;   /* of gates that lead here */
	struct list gone;    /* notes of gates that are gone */
	struct list bound;   /* events bound to the port */
	struct list ready;   /* those with bits pending */
	struct list kept;    /* segments whose keeper this is */
};

/* The port's record of a gate, paid for by the port's bank: it outlives the gate until the server
 * has been told. */
struct note {
	struct object object;
	struct list link; /* port->notes or port->gone */
	struct port *port;
	struct gate *gate; /* NULL: gone */
	u64 label;
};

struct gate {
	struct object object;
	struct note *note; /* NULL: the port is gone */
};

struct reply {
	struct object object;
	struct port *port;
	struct list all_link, cancel_link;
	struct list link;      /* port->idle */
	cap_t cap;             /* by which the server knows it */
	struct thread *caller; /* NULL: idle, or the caller has left */
};

/* Received, not yet answered. */
static inline bool reply_taken(const struct reply *reply) { return !list_linked(&reply->link); }

void port_destroy(struct port *port);
void gate_destroy(struct gate *gate);
void reply_destroy(struct reply *reply);

/* Something has come for the port: if a receiver waits, it gets it. */
void port_poke(struct port *port);
/* Give the receiver the next thing the port has; false: it has nothing. */
bool port_deliver(struct port *port, struct thread *receiver);
/* The caller of `reply` wants to leave (interrupt), or has left: tell the server. */
void reply_cancel(struct reply *reply);
void reply_abandon(struct reply *reply);
/* Free for the next call. */
static inline void reply_release(struct reply *reply)
{
	struct list *idle = &reply->port->idle;

	reply->caller = NULL;
	if (list_linked(&reply->cancel_link))
		list_remove(&reply->cancel_link);
	list_add_tail(idle, &reply->link);
}

/* False: port_deliver would find nothing. */
static inline bool port_has_news(const struct port *port)
{
	return !list_empty(&port->callers) || !list_empty(&port->cancels) ||
	       !list_empty(&port->gone) || !list_empty(&port->ready) || !list_empty(&port->faults);
}

/* ipc/call.c: hand a waiting call to a receiver. False: the caller got an error instead. */
bool ipc_deliver(struct port *port, struct thread *caller, u64 label, struct thread *receiver);
