/* SPDX-License-Identifier: MIT */
/* A pipe server and its clients: what its tests share. */
#pragma once

#include <fcntl.h>
#include <stdlib.h>

#include "pipe/pipe.h"
#include "pipe/serve.h"
#include "proto/file.h"
#include "servers/fake/fake.h"
#include "test.h"

enum { KERNEL_ATOMIC = 4096, KERNEL_CAPACITY = 65536 };

struct world {
	cap_t reader, writer;
};

static inline struct msg message(u32 interface, u32 number)
{
	return (struct msg){ .word[0] = CALL(interface, number) };
}

static inline struct world world_make(u32 flags)
{
	fake_reset(pipe_dispatch, pipe_no_clients);
	struct msg m = message(6, 1);
	m.word[1] = flags;
	struct fake_call *call = fake_send(0, &m);
	CHECK_EQ(fake_finish(call, &m), OK);
	return (struct world){ m.cap[0] & ~CAP_MOVE, m.cap[1] & ~CAP_MOVE };
}

/* Nothing may be left: no request, no gate, no open end. */
static inline void world_end(void)
{
	CHECK_EQ(fake_held(), 0);
	CHECK_EQ(fake_gates(), 0);
	CHECK_EQ(pipes_count(), 0);
}

static inline void world_close(struct world *w)
{
	fake_close(w->reader);
	fake_close(w->writer);
	world_end();
}

static inline struct fake_call *read_begin(cap_t gate, void *buf, size_t size)
{
	struct msg m = message(1, 1);
	m.word[1] = (u64)FILE_POSITION;
	m.out = buf;
	m.out_size = size;
	return fake_send_to(gate, &m);
}

static inline struct fake_call *write_begin(cap_t gate, const void *buf, size_t size)
{
	struct msg m = message(1, 2);
	m.word[1] = (u64)FILE_POSITION;
	m.in = buf;
	m.in_size = size;
	return fake_send_to(gate, &m);
}

/* The count, or -error; -E_HELD if it waits. */
static inline long result(struct fake_call *call)
{
	struct msg m;

	if (!fake_answered(call))
		return -(long)E_HELD;
	err_t error = fake_finish(call, &m);
	return error ? -(long)error : (long)m.word[1];
}
static inline long do_read(cap_t gate, void *buf, size_t size)
{
	return result(read_begin(gate, buf, size));
}
static inline long do_write(cap_t gate, const void *buf, size_t size)
{
	return result(write_begin(gate, buf, size));
}

static inline u32 do_poll(cap_t gate, u32 mask, u64 bits, cap_t event)
{
	struct msg m = message(1, 8);
	m.word[1] = mask;
	m.word[2] = bits;
	m.cap[0] = event;
	CHECK_EQ(fake_finish(fake_send_to(gate, &m), &m), OK);
	return (u32)m.word[1];
}

static inline u8 *pattern(size_t size, u32 seed)
{
	u8 *data = malloc(size);

	for (size_t i = 0; i < size; i++)
		data[i] = (u8)(i * 7 + (i >> 8) + seed);
	return data;
}
