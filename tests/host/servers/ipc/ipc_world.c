/* SPDX-License-Identifier: MIT */
#include "ipc_world.h"

#include <string.h>

#include "ipc/object.h"

enum { IPC = 25, PID = 7, SEGMENT_FIRST = 9000 };

static struct auth_identity identity;
static cap_t gates[WORLD_CLIENTS];

static struct rt_source *source;
struct world_segment world_segments[WORLD_SEGMENTS];

err_t event_create(cap_t bank, cap_t *event)
{
	(void)bank;
	*event = fake_event(1);
	return OK;
}

err_t rt_source_add(struct server *server, struct rt_source *added)
{
	(void)server;
	source = added;
	return OK;
}

void world_clock(u64 ns)
{
	fake.now += ns;
	source->handler(source, 1);
}

err_t segment_create(cap_t bank, u64 size, u32 flags, cap_t *segment)
{
	(void)bank;
	CHECK(flags & SEGMENT_COMMITTED);
	for (u32 i = 0; i < WORLD_SEGMENTS; i++) {
		if (world_segments[i].size)
			continue;
		world_segments[i] = (struct world_segment){ .size = size };
		*segment = SEGMENT_FIRST + i;
		return OK;
	}
	return E_FUNDS;
}

err_t segment_read(cap_t segment, u32 figure, u64 *value)
{
	*value = figure == SEGMENT_MAPPINGS ? world_segments[segment - SEGMENT_FIRST].mappings : 0;
	return OK;
}

err_t cap_copy(cap_t task, cap_t cap, u32 rights, u32 slot, cap_t *copy)
{
	CHECK(!task && !slot && cap >= SEGMENT_FIRST && !(rights & RIGHT_CONTROL));
	*copy = cap + WORLD_SEGMENTS;
	return OK;
}

static err_t accept(struct request *rq, cap_t ticket, struct auth_identity *to)
{
	(void)rq;
	*to = identity;
	return ticket ? OK : E_PERM;
}

static err_t ask_as(u32 client, struct msg *m)
{
	return fake_finish(fake_send(fake_label(gates[client]), m), m);
}

static err_t ask(struct msg *m) { return ask_as(0, m); }

void client_open(u32 client, u32 uid)
{
	struct msg m = { .word = { CALL(IPC, 1), PID + client } };

	CHECK_EQ(fake_finish(fake_send(0, &m), &m), E_PERM);
	identity = (struct auth_identity){ .ids = { uid, uid, uid, uid, uid, uid, uid, uid } };
	m = (struct msg){ .word = { CALL(IPC, 1), PID + client }, .cap = { fake_event(0) } };
	CHECK_EQ(fake_finish(fake_send(0, &m), &m), OK);
	gates[client] = m.cap[0] & ~CAP_MOVE;
	m = (struct msg){ .word = { CALL(IPC, 2) } };
	CHECK_EQ(ask_as(client, &m), E_PERM);
	m = (struct msg){ .word = { CALL(IPC, 2) }, .cap = { fake_event(0) } };
	CHECK_EQ(ask_as(client, &m), OK);
}

u64 client_label(u32 client) { return fake_label(gates[client]); }

void client_close(u32 client)
{
	fake_close(gates[client]);
	gates[client] = 0;
}

void world_make(void)
{
	static bool started;

	fake_reset(ipc_dispatch, ipc_no_clients);
	ipc_accept = accept;
	if (!started)
		CHECK_EQ(wait_start(&fake.server), OK);
	started = true;
	client_open(0, 1);
}

void world_end(void)
{
	for (u32 i = 0; i < WORLD_CLIENTS; i++) {
		if (gates[i])
			client_close(i);
	}
	CHECK_EQ(fake_held(), 0);
	CHECK_EQ(fake_gates(), 0);
	for (u32 kind = 0; kind < IPC_KINDS; kind++) {
		for (u32 i = 0; i < IPC_OBJECTS_MAX; i++)
			CHECK(!object_at(kind, i));
	}
}

err_t get_as(u32 client, u32 kind, u32 key, u32 flags, u64 size, u32 *id)
{
	struct msg m = { .word = { CALL(IPC, 3), kind, key, flags, size } };
	err_t error = ask_as(client, &m);

	if (!error)
		*id = (u32)m.word[1];
	return error;
}

err_t make_error(u32 key, u32 flags)
{
	u32 id;

	return get_as(0, IPC_QUEUE, key, flags, 0, &id);
}

u32 make(u32 key, u32 flags)
{
	u32 id;

	CHECK_EQ(get_as(0, IPC_QUEUE, key, flags, 0, &id), OK);
	return id;
}

struct fake_call *send_begin(u32 id, u32 flags, const struct text *text, size_t size)
{
	struct msg m = { .word = { CALL(IPC, 8), id, flags },
		         .in = text,
		         .in_size = sizeof(text->type) + size };
	return fake_send(fake_label(gates[0]), &m);
}

struct fake_call *receive_begin(u32 id, u32 flags, i64 type, struct text *text, size_t size)
{
	struct msg m = { .word = { CALL(IPC, 9), id, flags, (u64)type },
		         .out = text,
		         .out_size = sizeof(text->type) + size };
	return fake_send(fake_label(gates[0]), &m);
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
	return result(send_begin(id, flags | IPC_NO_WAIT, &message, strlen(text)), NULL);
}

err_t do_receive(u32 id, u32 flags, i64 type, struct text *text, u64 *count)
{
	return result(receive_begin(id, flags | IPC_NO_WAIT, type, text, sizeof(text->text)),
	              count);
}

err_t do_stat(u32 id, struct ipc_queue_stat *stat)
{
	struct msg m = { .word = { CALL(IPC, 4), IPC_QUEUE, id },
		         .out = stat,
		         .out_size = sizeof(*stat) };
	return ask(&m);
}

err_t do_set_limit(u32 id, u64 limit)
{
	const struct ipc_change change = { 1, 1, 0600, 0, limit };
	struct msg m = { .word = { CALL(IPC, 5), IPC_QUEUE, id } };

	memcpy(&m.word[3], &change, sizeof(change));
	return ask(&m);
}

err_t remove_as(u32 client, u32 kind, u32 id)
{
	struct msg m = { .word = { CALL(IPC, 6), kind, id } };
	return ask_as(client, &m);
}

err_t do_remove(u32 id) { return remove_as(0, IPC_QUEUE, id); }

struct fake_call *operate_begin(u32 client, u32 id, u64 timeout, const struct ipc_operation *list,
                                u32 count)
{
	struct msg m = { .word = { CALL(IPC, 10), id, timeout },
		         .in = list,
		         .in_size = count * sizeof(*list) };
	return fake_send(fake_label(gates[client]), &m);
}

u32 figure_of(u32 id, u32 index, u32 figure)
{
	struct msg m = { .word = { CALL(IPC, 11), id, index, figure } };

	CHECK_EQ(ask(&m), OK);
	return (u32)m.word[1];
}

err_t do_value(u32 id, u32 index, u32 value)
{
	struct msg m = { .word = { CALL(IPC, 12), id, index, value } };
	return ask(&m);
}
