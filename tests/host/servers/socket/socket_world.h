/* SPDX-License-Identifier: MIT */
/* A socket server and its clients. A gate that is sent along is the client's only copy: it is
 * given away. */
#pragma once

#include <stdlib.h>

#include "servers/fake/fake.h"
#include "socket/serve.h"
#include "socket/socket.h"
#include "test.h"

struct pair {
	cap_t first, second;
};

/* While it is set, the server gets no memory. */
extern bool no_memory;

struct pair world_pair(u32 type);
cap_t world_socket(u32 type);
/* Nothing may be left: no request, no gate, no socket. */
void world_end(void);

struct fake_call *send_begin(cap_t gate, u32 flags, const void *data, size_t size, cap_t right);
struct fake_call *receive_begin(cap_t gate, u32 flags, void *data, size_t size);
/* The count, or -error; -E_HELD if it waits. `m` (may be NULL) is the answer. */
long result(struct fake_call *call, struct msg *m);

static inline long do_send(cap_t gate, const void *data, size_t size)
{
	return result(send_begin(gate, 0, data, size, 0), NULL);
}
static inline long do_receive(cap_t gate, void *data, size_t size)
{
	return result(receive_begin(gate, 0, data, size), NULL);
}
