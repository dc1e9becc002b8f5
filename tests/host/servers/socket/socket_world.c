/* SPDX-License-Identifier: MIT */
#include "socket_world.h"

enum { INTERFACE_SOCKET = 21, FAMILY_UNIX = 1, CREATE = 1, PAIR = 2, SEND = 12, RECEIVE = 13 };

bool no_memory;

/* The linker sends the server's mallocs here (build.mk): what lies in queues. */
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size) { return no_memory ? NULL : __real_malloc(size); }

/* What the fake world has not. */
err_t gate_identify(cap_t port, cap_t gate, u64 *label)
{
	(void)port;
	*label = fake_label(gate);
	return OK;
}

err_t cap_info(cap_t cap, u64 *info)
{
	(void)cap;
	*info = KIND_GATE | RIGHT_ALL << 8;
	return OK;
}

err_t event_create(cap_t bank, cap_t *event)
{
	(void)bank;
	*event = FAKE_EVENT_FIRST;
	return OK;
}

err_t rt_source_add(struct server *server, struct rt_source *source)
{
	(void)server;
	(void)source;
	return OK;
}

void rt_fail(const char *format, ...)
{
	(void)format;
	abort();
}

static struct msg message(u32 number)
{
	return (struct msg){ .word[0] = CALL(INTERFACE_SOCKET, number) };
}

struct pair world_pair(u32 type)
{
	struct socket_address who = { FAMILY_UNIX, { 1, 2, 3 } };
	struct msg m = message(PAIR);

	m.word[1] = type;
	memcpy(&m.word[2], &who, sizeof(who));
	CHECK_EQ(fake_finish(fake_send(0, &m), &m), OK);
	return (struct pair){ m.cap[0] & ~CAP_MOVE, m.cap[1] & ~CAP_MOVE };
}

cap_t world_socket(u32 type)
{
	struct msg m = message(CREATE);

	m.word[1] = FAMILY_UNIX;
	m.word[2] = type;
	CHECK_EQ(fake_finish(fake_send(0, &m), &m), OK);
	return m.cap[0] & ~CAP_MOVE;
}

void world_end(void)
{
	CHECK_EQ(fake_held(), 0);
	CHECK_EQ(fake_gates(), 0);
	CHECK_EQ(sockets_count(), 0);
}

struct fake_call *send_begin(cap_t gate, u32 flags, const void *data, size_t size, cap_t right)
{
	struct socket_address who = { FAMILY_UNIX, { 1, 2, 3 } };
	struct msg m = message(SEND);

	m.word[1] = flags;
	memcpy(&m.word[2], &who, sizeof(who));
	m.cap[1] = right;
	m.in = data;
	m.in_size = size;
	return fake_send_to(gate, &m);
}

struct fake_call *receive_begin(cap_t gate, u32 flags, void *data, size_t size)
{
	struct msg m = message(RECEIVE);

	m.word[1] = flags;
	m.out = data;
	m.out_size = size;
	return fake_send_to(gate, &m);
}

long result(struct fake_call *call, struct msg *m)
{
	struct msg answer;

	if (!fake_answered(call))
		return -(long)E_HELD;
	err_t error = fake_finish(call, &answer);
	if (m)
		*m = answer;
	return error ? -(long)error : (long)answer.word[1];
}
