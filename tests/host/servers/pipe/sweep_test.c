/* SPDX-License-Identifier: MIT */
/* Random clients on one pipe while things go wrong: calls are cancelled, pages of clients are not
 * at hand, the server has no memory. Whatever happens, the bytes that writes have counted are the
 * bytes that reads get, in order. */
#include <sys/types.h>

#include "pipe_world.h"

enum { STEPS = 20000, PART = 9000, PERIOD = 251 };
enum trouble { TROUBLE_CANCEL = 1, TROUBLE_TOUCH = 2, TROUBLE_MEMORY = 4 };

static bool no_memory;

/* The linker sends the server's mmap here (build.mk). */
void *__real_mmap(void *addr, size_t size, int access, int flags, int fd, off_t offset);
void *__wrap_mmap(void *addr, size_t size, int access, int flags, int fd, off_t offset);
void *__wrap_mmap(void *addr, size_t size, int access, int flags, int fd, off_t offset)
{
	return no_memory ? (void *)-1 : __real_mmap(addr, size, access, flags, fd, offset);
}

/* At most one client waits in each direction, so that the order is plain. */
struct flow {
	struct world world;
	struct fake_call *reader, *writer;
	size_t reading, writing; /* sizes asked for */
	u64 written, got;
	u8 in[PART], out[PART];
};
static struct flow flow;

static void writer_done(void)
{
	long count = result(flow.writer);

	flow.writer = NULL;
	CHECK(count == -(long)E_INTR || count == -(long)E_TOUCH ||
	      (count > 0 && (size_t)count <= flow.writing));
	if (count > 0)
		flow.written += (u64)count;
}

static void reader_done(void)
{
	long count = result(flow.reader);

	flow.reader = NULL;
	CHECK(count == -(long)E_INTR || count == -(long)E_TOUCH ||
	      (count > 0 && (size_t)count <= flow.reading));
	for (long n = 0; n < count; n++)
		CHECK_EQ(flow.in[n], (flow.got + (u64)n) % PERIOD);
	if (count > 0)
		flow.got += (u64)count;
}

static void collect(void)
{
	if (flow.writer && fake_answered(flow.writer))
		writer_done();
	if (flow.reader && fake_answered(flow.reader))
		reader_done();
	CHECK(flow.got <= flow.written + flow.writing);
}

static void begin_one(bool write, size_t size)
{
	if (write && !flow.writer) {
		for (size_t n = 0; n < size; n++)
			flow.out[n] = (u8)((flow.written + n) % PERIOD);
		flow.writing = size;
		flow.writer = write_begin(flow.world.writer, flow.out, size);
	} else if (!write && !flow.reader) {
		flow.reading = size;
		flow.reader = read_begin(flow.world.reader, flow.in, size);
	}
}

static void cancel_one(bool write)
{
	if (write && flow.writer)
		fake_cancel(flow.writer);
	if (!write && flow.reader)
		fake_cancel(flow.reader);
}

static void sweep(u32 troubles, u32 seed)
{
	memset(&flow, 0, sizeof(flow));
	flow.world = world_make(0);
	fake.server.idle = pipe_idle;
	for (int i = 0; i < STEPS; i++) {
		seed = seed * 1664525 + 1013904223;
		u32 dice = seed >> 12;
		fake.copies_left =
		        (troubles & TROUBLE_TOUCH) && dice % 5 == 0 ? dice % 3 : UINT32_MAX;
		no_memory = (troubles & TROUBLE_MEMORY) && dice % 7 < 4;
		begin_one(dice & 2, 1 + (dice >> 4) % (dice & 1 ? 50 : PART - 1));
		collect();
		if ((troubles & TROUBLE_CANCEL) && dice % 11 == 0)
			cancel_one(dice & 4);
		collect();
	}
	no_memory = false;
	fake.copies_left = UINT32_MAX;
	cancel_one(true);
	cancel_one(false);
	collect();
	CHECK(flow.written > STEPS);
	/* What is left in the pipe is what was written and not read. */
	while (flow.got < flow.written) {
		begin_one(false, PART);
		collect();
		CHECK(!flow.reader);
	}
	CHECK_EQ(flow.got, flow.written);
	world_close(&flow.world);
}

TEST(any_order_of_calls_keeps_every_byte_in_order) { sweep(0, 1); }
TEST(cancelled_calls_count_what_they_moved) { sweep(TROUBLE_CANCEL, 2); }
TEST(pages_not_at_hand_lose_nothing) { sweep(TROUBLE_TOUCH, 3); }
TEST(a_server_without_memory_loses_nothing) { sweep(TROUBLE_MEMORY, 4); }
TEST(all_troubles_together_lose_nothing)
{
	for (u32 seed = 5; seed < 15; seed++)
		sweep(TROUBLE_CANCEL | TROUBLE_TOUCH | TROUBLE_MEMORY, seed);
}
