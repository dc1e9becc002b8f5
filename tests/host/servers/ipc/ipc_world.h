/* SPDX-License-Identifier: MIT */
/* An ipc server and its clients: what its tests share. */
#pragma once

#include <stdlib.h>

#include "ipc/queue.h"
#include "ipc/semaphore.h"
#include "ipc/serve.h"
#include "servers/fake/fake.h"
#include "test.h"

enum { WORLD_CLIENTS = 8, WORLD_SEGMENTS = 64 };

/* What the kernel would know of shared memory. */
struct world_segment {
	u64 size, mappings;
};
extern struct world_segment world_segments[WORLD_SEGMENTS];
/* Time goes by. */
void world_clock(u64 ns);

struct text {
	i64 type;
	char text[IPC_MESSAGE_MAX];
};

void world_make(void);
/* Nothing may be left: no request, no object, no client. */
void world_end(void);

/* Client 0 is there, of user 1; others are opened. Calls without a client are 0's. */
void client_open(u32 client, u32 uid);
void client_close(u32 client);
u64 client_label(u32 client);
err_t get_as(u32 client, u32 kind, u32 key, u32 flags, u64 size, u32 *id);
err_t remove_as(u32 client, u32 kind, u32 id);

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

struct fake_call *operate_begin(u32 client, u32 id, u64 timeout, const struct ipc_operation *list,
                                u32 count);
u32 figure_of(u32 id, u32 index, u32 figure);
err_t do_value(u32 id, u32 index, u32 value);
