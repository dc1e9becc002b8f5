/* SPDX-License-Identifier: MIT */
/* An ipc server and its clients: what its tests share. */
#pragma once

#include <stdlib.h>

#include "ipc/queue.h"
#include "ipc/serve.h"
#include "servers/fake/fake.h"
#include "test.h"

struct text {
	i64 type;
	char text[IPC_MESSAGE_MAX];
};

void world_make(void);
/* Nothing may be left: no request, no queue. */
void world_end(void);

u32 make(u32 key, u32 flags);
err_t make_error(u32 key, u32 flags);
struct fake_call *send_begin(u32 id, u32 flags, const struct text *text, size_t size);
struct fake_call *receive_begin(u32 id, u32 flags, i64 type, struct text *text, size_t size);
/* The error, E_HELD if it waits; `count` of a receiver. */
err_t result(struct fake_call *call, u64 *count);
err_t do_send(u32 id, u32 flags, i64 type, const char *text);
err_t do_receive(u32 id, u32 flags, i64 type, struct text *text, u64 *count);
err_t do_stat(u32 id, struct ipc_queue_stat *stat);
err_t do_set_limit(u32 id, u64 limit);
err_t do_remove(u32 id);
