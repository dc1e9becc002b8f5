/* SPDX-License-Identifier: MIT */
#include "ipc_world.h"

enum { IPC = 25, PID = 7 };

void world_make(void) { fake_reset(ipc_dispatch, NULL); }

void world_end(void)
{
	CHECK_EQ(fake_held(), 0);
	for (u32 i = 0; i < QUEUES_MAX; i++)
		CHECK(!queue_at(i));
}

static err_t ask(struct msg *m) { return fake_finish(fake_send(0, m), m); }

err_t make_error(u32 key, u32 flags)
{
	struct msg m = { .word = { CALL(IPC, 1), key, flags, 1, 2 } };
	return ask(&m);
}

u32 make(u32 key, u32 flags)
{
	struct msg m = { .word = { CALL(IPC, 1), key, flags, 1, 2 } };

	CHECK_EQ(ask(&m), OK);
	return (u32)m.word[1];
}

struct fake_call *send_begin(u32 id, u32 flags, const struct text *text, size_t size)
{
	struct msg m = { .word = { CALL(IPC, 2), id, flags, PID },
		         .in = text,
		         .in_size = sizeof(text->type) + size };
	return fake_send(0, &m);
}

struct fake_call *receive_begin(u32 id, u32 flags, i64 type, struct text *text, size_t size)
{
	struct msg m = { .word = { CALL(IPC, 3), id, flags, PID, (u64)type },
		         .out = text,
		         .out_size = sizeof(text->type) + size };
	return fake_send(0, &m);
}

err_t result(struct fake_call *call, u64 *count)
{
	struct msg m;

	if (!fake_answered(call))
		return E_HELD;
	err_t error = fake_finish(call, &m);
	if (!error && count)
		*count = m.word[1];
	return error;
}

err_t do_send(u32 id, u32 flags, i64 type, const char *text)
{
	static struct text message;

	message.type = type;
	strcpy(message.text, text);
	return result(send_begin(id, flags | IPC_QUEUE_NO_WAIT, &message, strlen(text)), NULL);
}

err_t do_receive(u32 id, u32 flags, i64 type, struct text *text, u64 *count)
{
	return result(receive_begin(id, flags | IPC_QUEUE_NO_WAIT, type, text, sizeof(text->text)),
	              count);
}

err_t do_stat(u32 id, struct ipc_queue_stat *stat)
{
	struct msg m = { .word = { CALL(IPC, 4), id }, .out = stat, .out_size = sizeof(*stat) };
	return ask(&m);
}

err_t do_set_limit(u32 id, u64 limit)
{
	struct msg m = { .word = { CALL(IPC, 5), id, limit, 1, 2, 0600 } };
	return ask(&m);
}

err_t do_remove(u32 id)
{
	struct msg m = { .word = { CALL(IPC, 6), id } };
	return ask(&m);
}
