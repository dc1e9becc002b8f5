/* SPDX-License-Identifier: MIT */
#include "terminal_world.h"

struct wire wire;
struct kills kills;
struct terminal terminal;
cap_t tty;

/* --- the line --- */

static size_t wire_receive(struct line *line, u8 *data, size_t size)
{
	(void)line;
	if (size > wire.in_count - wire.in_done)
		size = wire.in_count - wire.in_done;
	memcpy(data, wire.in + wire.in_done, size);
	wire.in_done += size;
	return size;
}

static size_t wire_send(struct line *line, const u8 *data, size_t size)
{
	(void)line;
	if (size > wire.out_room)
		size = wire.out_room;
	memcpy(wire.out + wire.out_count, data, size);
	wire.out_count += size;
	wire.out_room -= size;
	return size;
}

static u64 wire_pending(struct line *line)
{
	(void)line;
	return wire.unsent;
}

static u64 wire_tick(struct line *line, u64 now)
{
	(void)line;
	(void)now;
	return DEADLINE_NEVER;
}

const struct line_ops wire_ops = { wire_receive, wire_send, wire_pending, wire_tick, NULL };

/* --- signals --- */

static void kill_note(i64 pid, u32 signal)
{
	if (!pid || kills.count == COUNT_OF(kills.pid))
		return;
	kills.pid[kills.count] = pid;
	kills.signal[kills.count++] = signal;
}

void kill_group(u32 group, u32 signal) { kill_note(-(i64)group, signal); }
void kill_process(u32 pid, u32 signal) { kill_note(pid, signal); }
