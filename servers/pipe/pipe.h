/* SPDX-License-Identifier: MIT */
/* A pipe or FIFO, its open ends, and who waits for it. Nothing here knows of protocols: requests
 * are answered by the functions in `answers` of their kind of call. */
#pragma once

#include "lib/poll/poll.h"
#include "ring.h"
#include "rt/rt.h"

enum {
	PIPE_ATOMIC = 4096,          /* PIPE_BUF: writes up to this size are not divided */
	PIPE_CAPACITY = 65536,       /* bytes a new pipe can hold */
	PIPE_CAPACITY_MAX = 1 << 20, /* to which a program may raise that */
	PIPE_ENDS_MAX = 2048,        /* open ends in all */
	PIPE_REQUESTS = 192,         /* calls we can keep waiting, all pipes together */
	PIPE_REQUESTS_SPARE = 16,    /* of them, never held: for the calls that end the waiting */
};

/* What a gate's label points to. */
enum label_kind { LABEL_END, LABEL_NODE };
struct labelled {
	enum label_kind kind;
};

enum end_side { END_READS = 1, END_WRITES = 2 };

struct pipe {
	struct ring ring;
	size_t capacity;
	u32 readers, writers;           /* open ends that read / write */
	u32 reader_opens, writer_opens; /* how many there have ever been */
	struct list reading; /* requests that wait for data, oldest first: then the ring is empty */
	struct list writing; /* requests that wait for room */
	struct list starving; /* in pipes_starving: the first of `writing` waits for memory */
	struct list ends;
	struct fifo *fifo; /* NULL: an anonymous pipe */
	u64 ino;
	u32 mode, uid, gid;
	i64 time_ns; /* when it was made or changed */
};

/* What the gate to an open file stands for. */
struct pipe_end {
	struct labelled labelled;
	struct list link; /* in the pipe's ends */
	struct pipe *pipe;
	u32 sides;             /* END_* */
	u32 flags;             /* O_*: access mode and O_NONBLOCK */
	u32 writer_opens_seen; /* of the pipe, when this end was opened */
	struct poll_list poll;
};

/* A pipe without ends; NULL if the bank cannot pay. It ends with its last end (pipe_end_close), a
 * FIFO's when that lets go of it. */
struct pipe *pipe_make(void);
void pipe_free(struct pipe *pipe);

/* Open an end. E_FUNDS: too many ends, or no memory. */
MUST_CHECK err_t pipe_end_open(struct pipe *pipe, u32 sides, u32 flags, struct pipe_end **end);
/* Everybody who waits for this end's other side is told; held requests of the end itself are
 * answered. */
void pipe_end_close(struct pipe_end *end);

/* Handlers of file_read and file_write. */
err_t pipe_read(struct pipe_end *end, struct request *rq, bool may_wait, u64 *count);
err_t pipe_write(struct pipe_end *end, struct request *rq, bool may_wait, u64 *count);
/* What is in the pipe now, and stays there. */
err_t pipe_peek(struct pipe_end *end, struct request *rq, u64 *count);
/* Handler of pipe_move. */
err_t pipe_transfer(struct pipe_end *from, struct pipe_end *to, u64 size, bool keep, u64 *count);
/* POLL_* that hold now. */
u32 pipe_ready(const struct pipe_end *end);
/* Change the capacity (rounded up to a power of two). E_BUSY: more is in it; E_PERM: beyond the
 * limit. */
MUST_CHECK err_t pipe_resize(struct pipe *pipe, u64 capacity);

/* Hold a request: E_HELD, or E_BUSY if too many wait already. */
err_t pipes_hold(struct request *rq, void (*cancel)(struct request *rq));
/* A held request is about to be answered. */
void pipes_release(struct request *rq);
/* Memory has come back: let writers try that had none. */
void pipes_feed(void);
/* Open ends of all pipes. */
u32 pipes_count(void);
