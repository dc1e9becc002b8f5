/* SPDX-License-Identifier: MIT */
/* Random clients on one connection while things go wrong: calls are cancelled, pages are not at
 * hand, the server has no memory. The bytes that sends have counted are those that receives get. */
#include "socket_world.h"

enum { STEPS = 20000, PART = 9000, PERIOD = 251 };
enum trouble { TROUBLE_CANCEL = 1, TROUBLE_TOUCH = 2, TROUBLE_MEMORY = 4 };

/* At most one client waits in each direction, so that the order is plain. */
struct flow {
	struct pair pair;
	struct fake_call *receiver, *sender;
	size_t receiving, sending; /* sizes asked for */
	u64 sent, got;
	u8 in[PART], out[PART];
};
static struct flow flow;

static void count_check(long count, size_t asked)
{
	CHECK(count == -(long)E_INTR || count == -(long)E_TOUCH || count == -(long)E_NOBUFS ||
	      count == -(long)E_FUNDS || (count > 0 && (size_t)count <= asked));
}

static void collect(void)
{
	if (flow.sender && fake_answered(flow.sender)) {
		long count = result(flow.sender, NULL);
		flow.sender = NULL;
		count_check(count, flow.sending);
		flow.sent += count > 0 ? (u64)count : 0;
	}
	if (flow.receiver && fake_answered(flow.receiver)) {
		long count = result(flow.receiver, NULL);
		flow.receiver = NULL;
		count_check(count, flow.receiving);
		for (long n = 0; n < count; n++)
			CHECK_EQ(flow.in[n], (flow.got + (u64)n) % PERIOD);
		flow.got += count > 0 ? (u64)count : 0;
	}
}

static void begin_one(bool send, size_t size)
{
	if (send && !flow.sender) {
		for (size_t n = 0; n < size; n++)
			flow.out[n] = (u8)((flow.sent + n) % PERIOD);
		flow.sending = size;
		flow.sender = send_begin(flow.pair.first, 0, flow.out, size, 0);
	} else if (!send && !flow.receiver) {
		flow.receiving = size;
		flow.receiver = receive_begin(flow.pair.second, 0, flow.in, size);
	}
}

static void cancel_one(bool send)
{
	if (send && flow.sender)
		fake_cancel(flow.sender);
	if (!send && flow.receiver)
		fake_cancel(flow.receiver);
}

static void sweep(u32 troubles, u32 seed)
{
	memset(&flow, 0, sizeof(flow));
	fake_reset(socket_dispatch, socket_no_clients);
	flow.pair = world_pair(TYPE_STREAM);
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
	CHECK(flow.sent > STEPS);
	while (flow.got < flow.sent) {
		begin_one(false, PART);
		collect();
		CHECK(!flow.receiver);
	}
	CHECK_EQ(flow.got, flow.sent);
	fake_close(flow.pair.first);
	fake_close(flow.pair.second);
	world_end();
}

TEST(any_order_of_calls_keeps_every_byte_in_order) { sweep(0, 1); }
TEST(cancelled_calls_count_what_they_moved) { sweep(TROUBLE_CANCEL, 2); }
TEST(pages_not_at_hand_lose_nothing) { sweep(TROUBLE_TOUCH, 3); }
TEST(a_server_without_memory_loses_nothing) { sweep(TROUBLE_MEMORY, 4); }
TEST(all_troubles_together_lose_nothing)
{
	for (u32 seed = 5; seed < 10; seed++)
		sweep(TROUBLE_CANCEL | TROUBLE_TOUCH | TROUBLE_MEMORY, seed);
}
