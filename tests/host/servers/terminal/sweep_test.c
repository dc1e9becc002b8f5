/* SPDX-License-Identifier: MIT */
/* Random use of a pair while things go wrong: calls are cancelled, pages of clients are not at
 * hand, ends close and open again, there is no memory. The bytes that writes have counted are
 * the bytes that reads get, in order; every call is answered; nothing is left over. */
#include <stdlib.h>

#include "pty_world.h"

enum { STEPS = 20000, PART = 3000, PERIOD = 251 };
enum trouble { TROUBLE_CANCEL = 1, TROUBLE_TOUCH = 2, TROUBLE_MEMORY = 4, TROUBLE_CLOSE = 8 };

static bool no_memory;

/* The linker sends the server's here (build.mk). */
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size) { return no_memory ? NULL : __real_malloc(size); }
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
	/* The world's own copies of messages are small. */
	return no_memory && size > 8192 ? NULL : __real_calloc(count, size);
}

/* One direction: at most one call waits at each end, so that the order is plain. */
struct flow {
	struct fake_call *reader, *writer;
	size_t reading, writing;
	u64 written, got;
	u8 in[PART], out[PART];
};
static struct flow flows[2]; /* to the slave, to the master */

static bool failed_as_expected(long count)
{
	return count == -(long)E_INTR || count == -(long)E_TOUCH || count == -(long)E_IO;
}

static void flow_collect(struct flow *f, bool exact)
{
	if (f->writer && fake_answered(f->writer)) {
		long count = result(f->writer);

		f->writer = NULL;
		CHECK(failed_as_expected(count) || (count > 0 && (size_t)count <= f->writing));
		f->written += count > 0 ? (u64)count : 0;
	}
	if (f->reader && fake_answered(f->reader)) {
		long count = result(f->reader);

		f->reader = NULL;
		CHECK(failed_as_expected(count) || (count >= 0 && (size_t)count <= f->reading));
		for (long n = 0; exact && n < count; n++)
			CHECK_EQ(f->in[n], (f->got + (u64)n) % PERIOD);
		f->got += count > 0 ? (u64)count : 0;
	}
	if (exact)
		CHECK(f->got <= f->written + f->writing);
}

static void flow_begin(struct flow *f, cap_t from, cap_t to, bool write, size_t size)
{
	if (write && !f->writer) {
		for (size_t n = 0; n < size; n++)
			f->out[n] = (u8)((f->written + n) % PERIOD);
		f->writing = size;
		f->writer = write_begin(from, f->out, size);
	} else if (!write && !f->reader) {
		f->reading = size;
		f->reader = read_begin(to, (char *)f->in, size);
	}
}

static void flow_cancel(struct flow *f)
{
	if (f->reader && !fake_answered(f->reader))
		fake_cancel(f->reader);
	if (f->writer && !fake_answered(f->writer))
		fake_cancel(f->writer);
}

/* Without any processing, so that what goes in comes out. */
static void make_raw(cap_t gate)
{
	struct tty_attributes a = { .cc = { [TTY_VMIN] = 1 } };
	struct msg m = { .word = { CALL(7, 2), TTY_NOW } };

	memcpy(&m.word[2], &a, sizeof(a));
	CHECK_EQ(fake_finish(fake_send_to(gate, &m), NULL), OK);
}

static struct pty_pair pair;

static void reopen_slave(void)
{
	struct msg m = { .word = { CALL(2, 1), O_RDWR }, .in = "0", .in_size = 1 };

	gate_close(pair.slave);
	if (fake_finish(fake_send(LABEL_SLAVES, &m), &m) == OK) {
		pair.slave = m.cap[0] & ~CAP_MOVE;
		return;
	}
	CHECK(no_memory);
	no_memory = false;
	pair.slave = slave_open("0", O_RDWR);
}

static void open_more(void)
{
	struct msg m = { .word = { CALL(2, 1), O_RDWR }, .in = "ptmx", .in_size = 4 };
	err_t error = fake_finish(fake_send(LABEL_SLAVES, &m), &m);

	CHECK(error == OK || (no_memory && (error == E_NOSPACE || error == E_FUNDS)));
	if (!error)
		gate_close(m.cap[0] & ~CAP_MOVE);
}

static void sweep(u32 troubles, u32 seed)
{
	bool exact = !(troubles & TROUBLE_CLOSE);

	begin();
	memset(flows, 0, sizeof(flows));
	pair = pair_open(0);
	make_raw(pair.slave);
	for (int i = 0; i < STEPS; i++) {
		seed = seed * 1664525 + 1013904223;
		u32 dice = seed >> 12;
		struct flow *f = &flows[dice & 1];
		bool to_slave = f == &flows[0];
		fake.copies_left =
		        (troubles & TROUBLE_TOUCH) && dice % 5 == 0 ? dice % 3 : UINT32_MAX;
		no_memory = (troubles & TROUBLE_MEMORY) && dice % 7 < 4;
		flow_begin(f, to_slave ? pair.master : pair.slave,
		           to_slave ? pair.slave : pair.master, dice & 2,
		           1 + (dice >> 4) % (dice & 4 ? 50 : PART - 1));
		if ((troubles & TROUBLE_CANCEL) && dice % 11 == 0)
			flow_cancel(f);
		if ((troubles & TROUBLE_CLOSE) && dice % 37 == 0)
			reopen_slave();
		if (dice % 41 == 0)
			open_more();
		flow_collect(&flows[0], exact);
		flow_collect(&flows[1], exact);
	}
	no_memory = false;
	fake.copies_left = UINT32_MAX;
	for (int i = 0; i < 2; i++) {
		CHECK(flows[i].written > STEPS);
		flow_cancel(&flows[i]);
		flow_collect(&flows[i], exact);
	}
	pair_close(&pair);
	end();
}

TEST(any_order_of_calls_keeps_every_byte_in_order) { sweep(0, 1); }
TEST(cancelled_calls_count_what_they_moved) { sweep(TROUBLE_CANCEL, 2); }
TEST(pages_not_at_hand_lose_nothing) { sweep(TROUBLE_TOUCH, 3); }
TEST(without_memory_what_is_open_goes_on) { sweep(TROUBLE_MEMORY, 4); }
TEST(slaves_that_close_leave_nobody_waiting) { sweep(TROUBLE_CLOSE | TROUBLE_CANCEL, 5); }
TEST(all_troubles_together_leave_nothing_over)
{
	sweep(TROUBLE_CANCEL | TROUBLE_TOUCH | TROUBLE_MEMORY | TROUBLE_CLOSE, 6);
}
