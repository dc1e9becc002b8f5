/* SPDX-License-Identifier: MIT */
/* A terminal: a line discipline on a line, the requests that wait for it, and the session it
 * controls. */
#pragma once

#include "ldisc.h"
#include "lib/poll/poll.h"
#include "line.h"
#include "rt/rt.h"

enum {
	TERMINAL_HELD_MAX = 56, /* requests of one terminal */
	TERMINAL_REQUESTS = 256,
	TERMINAL_REQUESTS_SPARE = 8, /* of them, never held */
	TERMINAL_FILES_MAX = 512,    /* of one terminal */
	TERMINAL_CHUNK = 512,        /* bytes taken from the line at a time */
};

/* Bits of the server's event. */
enum terminal_event {
	TERMINAL_INPUT = 1,  /* bytes have come on the serial line */
	TERMINAL_OUTPUT = 2, /* it has room again */
	TERMINAL_TIMER = 4,
	TERMINAL_LOG = 8, /* messages.c: the log has grown */
};

/* A name that leads to a terminal, and what stat tells of it. */
struct node {
	u32 mode, uid, gid;
	u32 dev, ino, rdev;
	i64 time_ns;
};
void node_init(struct node *node, u32 mode, u32 dev, u32 ino, u32 rdev);

struct terminal {
	struct list link; /* in `terminals` */
	struct ldisc ldisc;
	struct line *line;
	u8 chunk[TERMINAL_CHUNK]; /* [chunk_start, chunk_end): came, and found no room yet */
	u32 chunk_start, chunk_end;
	u64 input_ns;    /* when the last byte came */
	bool more_input; /* there may be more in the line: others have their turn first */

	struct list files; /* open files */
	u32 file_count;
	u32 name_count; /* files that keep its name: the master, and those opened with O_PATH */
	struct list reading;  /* held, oldest first; cookie: when it began (ns) */
	struct list writing;  /* cookie: bytes done */
	struct list draining; /* tty_drain and tty_set; cookie: the settings that follow, or NULL */
	u32 held;

	u32 session, group; /* 0: none */
	struct tty_size size;
	bool hung_up, exclusive;
	struct node node; /* its own name */

	bool touched; /* something has happened to it: it is to be settled */
	u64 deadline; /* when it is to be settled although nothing happens */
};

/* All there are. */
extern struct list terminals;

/* What an open file is. */
enum tty_kind {
	TTY_FILE,        /* a terminal: the console, the slave of a pseudo-terminal, /dev/tty */
	TTY_MASTER_FILE, /* the master of a pseudo-terminal; `terminal` is the slave's */
	TTY_LIST,        /* the directory of the pseudo-terminals; no terminal */
};

/* The object behind the gate to an open file. */
struct tty_file {
	struct list link; /* of TTY_FILE with a terminal: in terminal->files */
	enum tty_kind kind;
	struct terminal *terminal; /* /dev/tty before tty_own: NULL */
	struct node *node;         /* what it was opened as */
	u32 flags;                 /* O_*: access mode, O_NONBLOCK */
	u64 position;              /* TTY_LIST */
	struct poll_list poll;
};

/* A terminal on `line` that has the name `node`. */
void terminal_init(struct terminal *t, struct line *line, const struct node *node);
/* It ends: nobody has it open, nothing waits for it. */
void terminal_end(struct terminal *t);

/* --- terminal.c: bytes --- */

/* Bytes may have come from the line: take what there is room for, and act on it. */
void terminal_input(struct terminal *t);
/* Forget what has come and was not read. */
void terminal_flush_input(struct terminal *t);
/* Send what can be sent. */
void terminal_send(struct terminal *t);
/* Before each wait for messages: answer whoever waited for what has changed. The time when that is
 * to be done again. */
u64 terminals_settle(void);
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
/* The terminal that controls a session; NULL: none. */
struct terminal *session_terminal(u32 session);

/* What the user's signal characters mean for the foreground group. */
void session_signals(struct terminal *t);
err_t session_acquire(struct terminal *t, u32 session, u32 group, bool steal);
/* The leader gives its terminal up. */
err_t session_release(struct terminal *t, u32 session);
/* The leader has ended. */
void session_ended(u32 session);
/* All processes are gone. */
void session_forget_all(void);
/* The terminal is hung up: its session's leader gets SIGHUP and SIGCONT, and once that has ended
 * the foreground SIGHUP. */
void session_hang_up(struct terminal *t);
err_t session_set_foreground(struct terminal *t, u32 session, u32 group);
