/* SPDX-License-Identifier: MIT */
/* FIFOs: pipes that a file system's node stands for. A FIFO is here while somebody has it open,
 * opens it, or holds a gate to it. */
#pragma once

#include "pipe.h"

struct fifo {
	struct labelled labelled;
	struct list link; /* in the list of all */
	u64 dev, ino;     /* its name: the file system's */
	struct pipe *pipe;
	u32 nodes;           /* gates that stand for the FIFO itself */
	struct list opening; /* held opens; cookie is their end */
};

/* The FIFO of that name, made if it is not there. E_FUNDS. */
MUST_CHECK err_t fifo_find(u64 dev, u64 ino, struct fifo **fifo);
/* The FIFO ends if nobody uses it any more. Call after whatever took a user away, failed opens
 * included. */
void fifo_settle(struct fifo *fifo);
/* Which sides the access mode of O_* flags means; 0: none. */
u32 open_sides(u32 flags);
/* Open with O_* flags: the gate, or held until the other side is open (then answered as pipe_open
 * if the request came to label 0, else as dir_open). */
err_t fifo_open(struct fifo *fifo, struct request *rq, u32 flags, cap_t *gate);
