/* SPDX-License-Identifier: MIT */
/* What every protocol header is written with. The headers ARE the protocols: mk/abigen makes the
 * client functions, the servers' dispatchers and reply functions from them (docs/style.md, section
 * f). */
#pragma once

#include "abi/errors.h"
#include "abi/message.h"
#include "abi/syscalls.h"
#include "abi/types.h"

#define RPC(number)             /* a call of a server, and its number in the interface */
#define INTERFACE(name, number) /* the interface that the header defines */

/* word[0] of a request: interface and call; word[0] of a reply: the error. */
#define CALL(interface, number) ((u64)(interface) << 16 | (number))

struct msg {
	u64 word[MSG_WORDS];
	cap_t cap[MSG_CAPS]; /* 0: none; or'ed with CAP_MOVE: moved */
	const void *in;      /* lent: the server may read this */
	size_t in_size;      /* below 4 GiB */
	void *out;           /* lent: the server may write this */
	size_t out_size;
};

/* Send `m` through `gate` and wait for the reply, which replaces words and caps. Returns the
 * kernel's error if the call failed, else the reply's word[0]. Touches lent pages and calls again
 * on E_TOUCH. Server runtime and personality each have their own. */
err_t rt_call(cap_t gate, struct msg *m);
/* A kernel call of syscalls.h; *out is set to its result. */
err_t rt_syscall(u64 number, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f, u64 *out);

struct request; /* a call that a server is to answer: rt/rt.h */
