/* SPDX-License-Identifier: MIT */
/* The server's gates: nodes and what is asked of the whole by small labels, open files by their
 * address. */
#pragma once

#include "proto/file.h"
#include "terminal.h"

enum {
	LABEL_SERIAL,  /* dir.h: the terminal on the serial line */
	LABEL_CONSOLE, /* the same by another name */
	LABEL_OWN,     /* /dev/tty */
	LABEL_SLAVES,  /* /dev/pts */
	LABEL_CONTROL, /* terminal.h */
	LABELS,
};

/* The console `t` is on `line`. */
void file_start(struct terminal *t, struct line *line);

/* For struct server. */
void file_dispatch(struct server *server, struct request *rq);
void file_no_clients(struct server *server, u64 label);

/* An open file as `what` says (kind, terminal, node), and a gate to it, with CAP_MOVE. */
MUST_CHECK err_t file_open(struct request *rq, const struct tty_file *what, u32 flags, cap_t *gate,
                           struct tty_file **opened);

/* /dev/tty has become this terminal. */
void file_bind(struct tty_file *file, struct terminal *t);

/* tty.c: proto/tty.h on an open file that is more than a name. */
void tty_dispatch(struct request *rq);

/* Reading and writing by who says who it is. */
err_t file_read_as(struct request *rq, u32 flags, struct caller caller, u64 *count);
err_t file_write_as(struct request *rq, u32 flags, struct caller caller, u64 *count);

/* --- what all kinds of files answer alike --- */
err_t node_stat(const struct node *node, struct request *rq);
err_t node_set(struct node *node, const struct file_attributes *attributes);
err_t tty_stat(struct request *rq);
err_t tty_set_file(struct request *rq, const struct file_attributes *attributes);
err_t tty_flags(struct request *rq, u32 mask, u32 value, u32 *flags);
err_t tty_path(struct request *rq, u64 *length);
