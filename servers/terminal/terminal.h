/* SPDX-License-Identifier: MIT */
/* A terminal: a line discipline on a line, the requests that wait for it, and the session it
 * controls. */
#pragma once

#include "ldisc.h"
#include "lib/poll/poll.h"
#include "line.h"
#include "rt/rt.h"

enum {
	TERMINAL_REQUESTS = 64,
	TERMINAL_REQUESTS_SPARE = 8, /* of them, never held */
	TERMINAL_FILES_MAX = 512,
	TERMINAL_CHUNK = 512, /* bytes taken from the line at a time */
};

/* Bits of the terminal's event. */
enum terminal_event {
	TERMINAL_INPUT = 1,  /* bytes have come */
	TERMINAL_OUTPUT = 2, /* there is room again */
	TERMINAL_TIMER = 4,
	TERMINAL_ANSWER = 8, /* kill_answer */
	TERMINAL_LOG = 16,   /* messages.c: the log has grown */
};

struct terminal {
	struct ldisc ldisc;
	struct line *line;
	u8 chunk[TERMINAL_CHUNK]; /* [chunk_start, chunk_end): came, and found no room yet */
	u32 chunk_start, chunk_end;
	u64 input_ns; /* when the last byte came */

	struct list files; /* open files */
	u32 file_count;
	struct list reading;  /* held, oldest first; cookie: when it began (ns) */
	struct list writing;  /* cookie: bytes done */
	struct list draining; /* tty_drain and tty_set; cookie: the settings that follow, or NULL */
	struct list acquiring; /* tty_acquire; cookie: session << 32 | group */
	u32 held;

	u32 session, group; /* 0: none */
	bool asking;        /* kill_ask is under way for the first of `acquiring` */
	struct tty_size size;
	bool hung_up;
	u32 mode, uid, gid;
	i64 time_ns;

	struct rt_source source; /* our event */
	u64 timer;               /* what it is set to */
};

/* The object behind the gate to an open file. */
struct tty_file {
	struct list link;
	struct terminal *terminal;
	u32 flags; /* O_*: access mode, O_NONBLOCK */
	struct poll_list poll;
};

void terminal_init(struct terminal *t, struct line *line);

/* --- terminal.c: bytes --- */

/* Bytes may have come from the line: take what there is room for, and act on it. */
void terminal_input(struct terminal *t);
/* Forget what has come and was not read. */
void terminal_flush_input(struct terminal *t);
/* Send what can be sent. */
void terminal_send(struct terminal *t);
/* After any change: answer whoever waited for it. Called before each wait for messages, so it is
 * seldom needed elsewhere. */
void terminal_settle(struct terminal *t);
/* The line is gone for good: end of file for readers, errors for writers, SIGHUP. */
void terminal_hang_up(struct terminal *t);

/* Who reads or writes, as far as they say: 0, 0 if not. */
struct caller {
	u32 session, group;
};

/* E_ACCESS for a caller in the background; writing: with TOSTOP. */
err_t terminal_read(struct terminal *t, struct request *rq, struct caller caller, bool may_wait,
                    u64 *count);
err_t terminal_write(struct terminal *t, struct request *rq, struct caller caller, bool may_wait,
                     u64 *count);
/* The foreground is another now: held reads of those who are not in it end. */
void terminal_foreground(struct terminal *t);
/* Held until all output is out; then, if `attributes` is not NULL, they are set (flush: input is
 * discarded before). */
err_t terminal_drain(struct terminal *t, struct request *rq, bool flush,
                     const struct tty_attributes *attributes);
u32 terminal_ready(const struct terminal *t);

/* Hold a request in `list`: E_HELD, or E_BUSY if too many wait. `terminal_release` before answering
 * it. */
err_t terminal_hold(struct terminal *t, struct request *rq, struct list *list,
                    void (*cancel)(struct request *rq));
void terminal_release(struct request *rq);
struct terminal *request_terminal(const struct request *rq);

/* --- session.c --- */

/* Is this a process of the terminal's own session, and not in the foreground? */
bool session_background(const struct terminal *t, struct caller caller);

/* What the user's signal characters mean for the foreground group. */
void session_signals(struct terminal *t);
err_t session_acquire(struct terminal *t, struct request *rq, u32 session, u32 group);
err_t session_release(struct terminal *t, u32 session);
err_t session_set_foreground(struct terminal *t, u32 session, u32 group);
/* An answer of kill_ask is there. */
void session_answer(struct terminal *t);
