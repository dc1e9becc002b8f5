/* SPDX-License-Identifier: MIT */
/* Pseudo-terminals: a terminal whose line is an open file, the master. */
#pragma once

#include "terminal.h"

enum { PTY_MAX = 256, PTY_DEV = 0x17, PTY_PATH_MAX = 8 };

void pty_start(void);

/* --- of a master; `t` is its terminal --- */
err_t pty_read(struct request *rq, bool may_wait, u64 *count);
err_t pty_write(struct request *rq, bool may_wait, u64 *count);
u32 pty_ready(const struct terminal *t);
/* TTY_LOCKED, TTY_PACKET; `value` is TTY_OFF, TTY_ON or TTY_ASK. */
err_t pty_option(struct terminal *t, u32 option, u32 value, u32 *now);
/* The master is being closed: end what it waits for. */
void pty_requests_end(struct terminal *t);

/* --- of either side --- */
u32 pty_number(const struct terminal *t);
/* An open file of the terminal has gone, which may end it. Does nothing for the console. */
void pty_closed(struct terminal *t, bool master);
/* "/3" or "/ptmx", as the file was opened: its size. Empty for what is not in /dev/pts. */
size_t pty_path(const struct tty_file *file, char path[PTY_PATH_MAX]);

/* --- all of them --- */
/* The master's name, which is also where new ones are opened. */
struct node *pty_master_node(void);
/* The terminal with this number, if its master is open; NULL. */
struct terminal *pty_find(u32 number);
/* The next number from `from` on; PTY_MAX: none. */
u32 pty_next(u32 from);
err_t pty_open_master(struct request *rq, u32 flags, cap_t *gate, u32 *mode);
err_t pty_open_slave(struct request *rq, struct terminal *t, u32 flags, cap_t *gate, u32 *mode);

/* pts.c: requests at the directory's node, and at an open file of it (rq->object). */
void pts_start(void);
void pts_dispatch(struct request *rq);
