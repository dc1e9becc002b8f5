/* SPDX-License-Identifier: MIT */
/* A world for testing servers on the host: their generated dispatchers and their own sources run
 * against this instead of runtime and kernel. Clients' calls that are held stay `struct fake_call`s
 * until they are answered. Everything is counted, so that a test can check that nothing is left
 * over. */
#pragma once

#include "rt/rt.h"

enum { FAKE_CALLS = 256, FAKE_CAPS = 4096, FAKE_EVENT_FIRST = 5000, FAKE_EVENTS = 64 };

/* One call of a client, from its message to its answer. */
struct fake_call {
	struct request rq; /* first */
	u8 *out;
	const u8 *in;
	bool used, answered, taken;
	err_t error;
	struct msg answer;
};

struct fake {
	struct server server;
	u64 now, realtime;
	/* What fails: after so many more, gates cannot be paid / lent pages are not at hand. */
	u32 gates_left, copies_left;
	/* Counters. */
	u32 copies; /* request_read (not of data that came along) and request_write */
	u32 signals, caps_closed;
	u64 event_bits[FAKE_EVENTS];
	u64 timer[FAKE_EVENTS];
	cap_t last_signalled;
};
extern struct fake fake;

/* Forget everything; what the server under test has of its own must be empty. */
void fake_reset(void (*dispatch)(struct server *server, struct request *rq),
                void (*no_clients)(struct server *server, u64 label));

/* Send `m` to the gate with `label` (or through a gate that an answer gave: fake_label). The call
 * is answered or held. */
struct fake_call *fake_send(u64 label, const struct msg *m);
/* The same through a gate's number. */
struct fake_call *fake_send_to(cap_t gate, const struct msg *m);
/* Is it answered? Its error then; the call must not be used any more. */
bool fake_answered(const struct fake_call *call);
err_t fake_finish(struct fake_call *call, struct msg *answer);
/* A signal interrupts the caller / the caller's thread ends. */
void fake_cancel(struct fake_call *call);
void fake_leave(struct fake_call *call);

u64 fake_label(cap_t gate);
/* A client gives up its (only) copy of a gate. */
void fake_close(cap_t gate);
u32 fake_gates(void); /* that exist */
u32 fake_held(void);  /* calls that wait */
/* Events of clients. Two numbers for one event: `index` + FAKE_EVENTS / 2 is the same object. */
cap_t fake_event(u32 index);
/* The bits signalled since the last time. */
u64 fake_event_take(u32 index);
