/* SPDX-License-Identifier: MIT */
/* Random clients on one queue while calls are cancelled and pages are not at hand: what has been
 * sent and not received is what is there. */
#include "ipc_world.h"

enum { STEPS = 20000, CLIENTS = 8 };

static struct caller {
	struct fake_call *call;
	struct text text;
	bool sends;
	u32 size;
} clients[CLIENTS];

static u64 sent, received;

static void collect(void)
{
	for (u32 i = 0; i < CLIENTS; i++) {
		struct caller *client = &clients[i];
		u64 count = 0;
		if (!client->call || !fake_answered(client->call))
			continue;
		err_t error = result(client->call, client->sends ? NULL : &count);
		CHECK(!error || error == E_INTR || error == E_TOUCH || error == E_2BIG ||
		      error == E_SRCH);
		if (!error)
			*(client->sends ? &sent : &received) +=
			        client->sends ? client->size : count;
		client->call = NULL;
	}
}

static void step(u32 id, u32 dice)
{
	struct caller *client = &clients[dice % CLIENTS];

	if (client->call) {
		if (dice >> 4 & 1)
			fake_cancel(client->call);
	} else if (dice >> 5 & 1) {
		client->sends = true;
		client->size = dice >> 8 & 63;
		client->text.type = 1 + (dice >> 6 & 3);
		client->call = send_begin(id, 0, &client->text, client->size);
	} else {
		client->sends = false;
		client->call = receive_begin(id, 0, (i64)(dice >> 6 & 7) - 4, &client->text, 60);
	}
	collect();
}

TEST(nothing_is_lost_or_made)
{
	struct ipc_queue_stat stat;
	u32 seed = 1;

	world_make();
	u32 id = make(0, 0600);
	CHECK_EQ(do_set_limit(id, 256), OK);
	for (u32 i = 0; i < STEPS; i++) {
		seed = seed * 1664525 + 1013904223;
		fake.copies_left = (seed >> 20) % 6 ? UINT32_MAX : (seed >> 8) % 2;
		step(id, seed >> 8);
		fake.copies_left = UINT32_MAX;
		CHECK_EQ(do_stat(id, &stat), OK);
		CHECK_EQ(stat.bytes, sent - received);
		CHECK(stat.bytes <= 256 && stat.count <= 256);
	}
	CHECK(sent && received);
	CHECK_EQ(do_remove(id), OK);
	collect();
	world_end();
}
