/* SPDX-License-Identifier: MIT */
/* The server runtime: what every server and driver is built on. Servers are event loops: one
 * thread, one port; a request that must wait is a held object. musl's malloc, printf and strings
 * work (memory comes from the server's own bank, stderr goes to the log).
 *
 * A server's main():
 *	struct server server = { .dispatch = my_dispatch, .requests = 64 };
 *	rt_server_start(&server);           port: rt_cap("port"); reply objects: own bank
 *	... start devices, attach events with rt_source_add ...
 *	supervisor_ready(rt_cap("supervisor"));
 *	rt_server_loop(&server);            never returns
 */
#pragma once

#include "abi/thread.h"
#include "kernel_list.h"
#include "proto/proto.h"

/* --- start: what the supervisor gave us --- */

/* The named capability from the start block ("bank", "task", "thread", "schedule", "clock", "log",
 * "port", "supervisor", "machine", and what the manifest grants: "block", "pci", ...); 0 if there
 * is none. */
cap_t rt_cap(const char *name);
/* The same, but ends the server with a clear message if it is missing. */
cap_t rt_cap_need(const char *name);
/* Command-line words of the manifest come as main's argv, NAME=VALUE environment as getenv. */

/* Own standard slots. */
enum { RT_TASK = 1, RT_BANK = 2, RT_SCHEDULE = 3, RT_THREAD = 4, RT_CLOCK = 5, RT_SLOT_FIRST = 16 };

/* What stands at the start of a server's life in its memory (address in rdi at _start): made by the
 * supervisor's (or sigma0's) loader. */
enum { RT_START_NAMES = 40, RT_START_TEXT = 2048 };
struct rt_start {
	u32 size, names;
	struct {
		char name[24];
		cap_t cap;
	} name[RT_START_NAMES];
	u32 arguments, environment; /* strings in `text`, one after the other */
	char text[RT_START_TEXT];
	u64 stack_low, stack_high; /* the first stack */
	u64 heap_start;            /* addresses from here up to heap_end are free */
	u64 heap_end;
	u64 control; /* the first thread's struct thread_control; 0: none */
};

/* What _start does with the block; called by sigma0 only, whom no loader starts. */
_Noreturn void rt_start_main(struct rt_start *start);

/* --- requests --- */

enum request_state { REQUEST_FREE, REQUEST_OPEN, REQUEST_HELD };

struct request {
	/* word[0] = CALL(interface, number). cap[]: received, ours; dispatchers close those that
	 * the handler has not set to 0. */
	struct msg msg;
	u64 label;                /* of the gate */
	void *object;             /* set by the dispatch function: what the label stands for */
	size_t in_size, out_size; /* of the caller's lent buffers */
	/* The first in_count bytes of the lent `in`, until the handler returns or holds. */
	const void *in;
	size_t in_count;
	const void *reply_data; /* set by request_reply_data */
	size_t reply_size;
	struct list link; /* for the list of whoever holds the request */
	/* Set when holding: the caller wants to leave. Must remove rq from its list and answer it.
	 */
	void (*cancel)(struct request *rq);
	void *cookie; /* the holder's own */
	cap_t reply;
	enum request_state state;
	bool abandoned; /* the caller has left: answering is still due, and goes nowhere */
	struct server *server;
	/* --- the runtime's own --- */
	void *buffer; /* what `in` points to, while it is this request's alone */
	u32 serial;   /* counts the messages that this object has stood for */
};

/* Return this from a handler that answers later: `return request_hold(rq, cancel_function);` */
err_t request_hold(struct request *rq, void (*cancel)(struct request *rq));
/* Close the received capabilities that nobody has taken (set to 0 in rq->msg.cap), so that
 * rq->msg.cap can take the answer's. Called by request_hold, request_cross and the generated code
 * before it fills in an answer; calling it again does nothing. */
void request_caps_drop(struct request *rq);
/* Answer with error and the words and caps in rq->msg; generated reply functions and dispatchers
 * call it. Exactly once. If the caller is gone, capabilities that were to be moved (CAP_MOVE) are
 * closed. */
void request_reply(struct request *rq, err_t error);
/* Put `size` bytes at the start of the caller's `out` in the same kernel entry as the reply; the
 * data must stay until then. If the caller's buffer is not at hand, it is answered E_TOUCH and
 * calls again: where that would lose something (reading a pipe), use request_write before the state
 * changes. */
void request_reply_data(struct request *rq, const void *data, size_t size);
/* Copy between the caller's lent buffers and our memory: all of it, or E_TOUCH (just return it),
 * E_RANGE, E_DEAD. */
MUST_CHECK err_t request_read(struct request *rq, u64 offset, void *buf, size_t size);
MUST_CHECK err_t request_write(struct request *rq, u64 offset, const void *buf, size_t size);
/* A gate to our port, charged to the caller; put it into a result with CAP_MOVE . */
MUST_CHECK err_t request_gate(struct request *rq, u64 label, cap_t *gate);
/* Answer E_CROSS as dir.h says; returns E_HELD (the request is answered): `return
 * request_cross(...)`. `gate` (0: none) is copied, not moved. */
err_t request_cross(struct request *rq, u32 kind, u32 which, cap_t gate, const char *rest,
                    size_t rest_size, size_t used);

/* --- the loop --- */

/* What a server's `idle` does, and so which answers can go out with the receive behind it, which
 * saves a kernel entry; others go out by themselves. */
enum server_idle {
	IDLE_CALLS, /* calls servers that may be waiting for an answer of ours: none */
	IDLE_LOCAL, /* changes what an answer's data may be: those without data */
	IDLE_APART, /* neither: all */
};

struct server {
	/* Answer rq by a generated X_serve(&ops, rq); by interface: (rq->msg.word[0] >> 16). */
	void (*dispatch)(struct server *server, struct request *rq);
	/* The last copy of the gate with this label is gone (may be NULL). */
	void (*no_clients)(struct server *server, u64 label);
	/* A page of a segment that we keep (segment_keeper with this label) is wanted: move it in
	 * or segment_fail, now or later. */
	void (*page_in)(struct server *server, u64 label, u64 offset, u32 access, bool evicted,
	                u64 token);
	/* Called before each wait: batch work. May be NULL. */
	void (*idle)(struct server *server);
	enum server_idle idle_kind;
	u32 requests; /* how many callers we can keep waiting: reply objects */
	/* 0: handlers run on the loop's stack and must not wait. N: dispatch, no_clients and
	 * page_in run on one of N fibers (fiber.h), each in its turn when all of them are busy;
	 * event handlers, cancel functions and idle never do. */
	u32 fibers;
	u32 in_size; /* bytes of `in` that receive fetches along: default 4096 */
	void *state; /* the server's own */
	/* --- the runtime's own --- */
	cap_t port;
	struct request *pool;
	struct rt_source *sources;
	void *in_buffer;          /* of the next receive */
	struct list free_buffers; /* fibers: one buffer for each that may keep its request's */
	struct list free_jobs, waiting_jobs; /* waiting: for a fiber; first come, first served */
	/* Being dispatched; its answer is put off until the next receive. */
	struct request *current;
	struct request *answer; /* that answer is due */
	cap_t reply_first; /* pool_index[reply - reply_first] is the request's index in `pool` */
	u32 reply_count;
	u16 *pool_index;
};

/* Takes rt_cap("port"), makes the reply objects and buffers. With fibers: calls fiber_start with 32
 * KiB stacks unless that has been done. */
MUST_CHECK err_t rt_server_start(struct server *server);
_Noreturn void rt_server_loop(struct server *server);

/* An event bound to the server's port; `handler` gets the bits that were signalled. */
struct rt_source {
	cap_t event;
	void (*handler)(struct rt_source *source, u64 bits);
	void *cookie;
	struct rt_source *next;
};
MUST_CHECK err_t rt_source_add(struct server *server, struct rt_source *source);
void rt_source_remove(struct server *server, struct rt_source *source);

/* --- memory, time, log --- */

/* Zeroed pages, mapped read-write, charged to the own bank; NULL if it cannot pay. The segment's
 * capability if `segment` is not NULL. */
void *rt_pages(size_t size, u32 segment_flags, cap_t *segment);
void rt_pages_free(void *pages, size_t size);
/* Map a segment; `flags` as task_map; NULL on failure. */
void *rt_map(cap_t segment, u64 offset, size_t size, u32 flags);
void rt_unmap(void *addr, size_t size);
/* Free address space for own task_map calls. */
vaddr_t rt_address_take(size_t size);
void rt_address_give(vaddr_t addr, size_t size);

u64 rt_now(void);      /* monotonic ns, no kernel entry */
u64 rt_realtime(void); /* ns since 1970, no kernel entry */
void rt_sleep_until(u64 deadline);

/* printf-like lines "NAME: text" to the log. */
void rt_log(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Lines go through this gate from now on, if it takes each of them within wait_ns; otherwise to the
 * kernel's log. 0: the start block's "log", within a second. For the supervisor, who must not
 * wait long for whom it watches. */
void rt_log_gate(cap_t log, u64 wait_ns);
/* Log, tell the supervisor, end. */
_Noreturn void rt_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
const char *rt_error_text(err_t error);
const char *rt_name(void);

/* A deadline (ns, 0: none) for this thread's following calls through gates. */
void rt_call_deadline(u64 deadline);

/* A second thread in the own task (rarely needed). */
MUST_CHECK err_t rt_thread(void (*entry)(void *argument), void *argument, size_t stack_size,
                           cap_t *thread);

/* --- the kernel's message calls (ipc.S) --- */

/* What `receive` gives; fixed layout, used by ipc.S. */
struct ipc_received {
	u64 word[MSG_WORDS];
	u64 label;
	u64 in_count;
	u64 sizes; /* in | out << 32 */
	cap_t cap[MSG_CAPS];
	u32 kind; /* enum receive_kind */
	cap_t reply;
};
void ipc_receive(cap_t port, void *in, u64 in_size, struct ipc_received *received);
void ipc_reply_receive(cap_t reply, const struct msg *answer, const void *out, u64 out_size,
                       void *in, u64 in_size, struct ipc_received *received);
err_t ipc_reply(cap_t reply, const struct msg *answer, const void *out, u64 out_size);
/* The call itself; words and capabilities of the answer in *m. Does not retry E_TOUCH. */
err_t ipc_call(u32 number, cap_t gate, struct msg *m);
