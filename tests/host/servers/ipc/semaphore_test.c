/* SPDX-License-Identifier: MIT */
/* Semaphores under random calls, cancels, time-outs and ends of processes, against a plain model:
 * the values, and that nobody waits who could go on. */
#include "ipc_world.h"

enum { STEPS = 30000, SEMAPHORES = 3, OPERATIONS = 3 };

static u32 set;
static i32 values[SEMAPHORES];
static i32 undos[WORLD_CLIENTS][SEMAPHORES];

static struct client_model {
	bool open;
	struct fake_call *call;
	struct ipc_operation list[OPERATIONS];
	u32 count;
} clients[WORLD_CLIENTS];

static void model_do(struct client_model *client)
{
	for (u32 i = 0; i < client->count; i++) {
		const struct ipc_operation *op = &client->list[i];
		values[op->index] += op->change;
		if (op->flags & IPC_UNDO)
			undos[client - clients][op->index] -= op->change;
	}
}

/* Calls that have been answered with success have happened, in whatever order. */
static void collect(void)
{
	for (u32 i = 0; i < WORLD_CLIENTS; i++) {
		struct client_model *client = &clients[i];
		if (!client->call || !fake_answered(client->call))
			continue;
		err_t error = result(client->call, NULL);
		CHECK(!error || error == E_INTR || error == E_AGAIN || error == E_TIMEOUT ||
		      error == E_TOUCH);
		if (!error)
			model_do(client);
		client->call = NULL;
	}
}

static void random_operations(struct client_model *client, u32 dice)
{
	client->count = 1 + dice % OPERATIONS;
	for (u32 i = 0; i < client->count; i++, dice >>= 6)
		client->list[i] = (struct ipc_operation){
			.index = (u16)((dice >> 3) % SEMAPHORES),
			.change = (short)((i32)(dice >> 5 & 3) - 1),
			.flags = dice >> 7 & 1 ? IPC_UNDO : 0,
		};
}

static void process_ends(u32 i)
{
	client_close(i);
	collect();
	for (u32 k = 0; k < SEMAPHORES; k++) {
		values[k] += undos[i][k];
		values[k] = values[k] < 0 ? 0 : values[k];
		undos[i][k] = 0;
	}
	clients[i].open = false;
	/* Others may have gone on since. */
	collect();
}

static void step(u32 dice)
{
	u32 i = 1 + dice % (WORLD_CLIENTS - 1);
	struct client_model *client = &clients[i];

	dice >>= 4;
	if (!client->open) {
		client_open(i, 1);
		client->open = true;
	} else if (client->call && dice % 4 == 0) {
		fake_cancel(client->call);
	} else if (dice % 16 == 1 && !client->call) {
		process_ends(i);
	} else if (!client->call) {
		random_operations(client, dice >> 4);
		client->call = operate_begin(i, set, dice >> 9 & 1 ? UINT64_MAX : 1000,
		                             client->list, client->count);
	}
	collect();
}

/* Nobody waits whose operations could be done. */
static void check_waiting(void)
{
	for (u32 i = 0; i < WORLD_CLIENTS; i++) {
		i32 now[SEMAPHORES];
		bool blocked = false;
		if (!clients[i].call)
			continue;
		memcpy(now, values, sizeof(now));
		for (u32 k = 0; k < clients[i].count && !blocked; k++) {
			const struct ipc_operation *op = &clients[i].list[k];
			blocked = op->change ? now[op->index] + op->change < 0 : now[op->index];
			now[op->index] += op->change;
		}
		CHECK(blocked);
	}
}

TEST(random_operations_agree_with_a_model)
{
	u32 seed = 7;

	world_make();
	CHECK_EQ(get_as(0, IPC_SEMAPHORES, 0, 0600, SEMAPHORES, &set), OK);
	for (u32 i = 0; i < STEPS; i++) {
		seed = seed * 1664525 + 1013904223;
		step(seed >> 7);
		if (i % 50 == 0) {
			world_clock(600);
			collect();
		}
		for (u32 k = 0; k < SEMAPHORES; k++)
			CHECK_EQ((i32)figure_of(set, k, IPC_SEMAPHORE_VALUE), values[k]);
		check_waiting();
	}
	CHECK_EQ(remove_as(0, IPC_SEMAPHORES, set), OK);
	for (u32 i = 0; i < WORLD_CLIENTS; i++) {
		if (clients[i].call)
			CHECK_EQ(result(clients[i].call, NULL), E_SRCH);
	}
	world_end();
}

TEST(an_end_while_waiting_leaves_nothing)
{
	struct ipc_operation more = { 0, 5, IPC_UNDO }, less = { 1, -1, IPC_UNDO };
	struct ipc_operation list[2] = { more, less };
	u32 id;

	world_make();
	client_open(1, 1);
	CHECK_EQ(get_as(0, IPC_SEMAPHORES, 0, 0600, 2, &id), OK);
	CHECK_EQ(result(operate_begin(1, id, UINT64_MAX, &more, 1), NULL), OK);
	struct fake_call *call = operate_begin(1, id, UINT64_MAX, list, 2);
	CHECK_EQ(result(call, NULL), E_HELD);
	CHECK_EQ(figure_of(id, 1, IPC_SEMAPHORE_MORE), 1);
	fake_leave(call);
	client_close(1);
	CHECK_EQ(figure_of(id, 0, IPC_SEMAPHORE_VALUE), 0);
	CHECK_EQ(figure_of(id, 1, IPC_SEMAPHORE_MORE), 0);
	CHECK_EQ(do_value(id, 1, 1), OK);
	CHECK_EQ(figure_of(id, 1, IPC_SEMAPHORE_VALUE), 1);
	CHECK_EQ(remove_as(0, IPC_SEMAPHORES, id), OK);
	world_end();
}

TEST(removed_memory_stays_while_it_is_mapped)
{
	u32 id;

	world_make();
	CHECK_EQ(get_as(0, IPC_MEMORY, 9, IPC_CREATE | 0600, 5000, &id), OK);
	world_segments[0].mappings = 1;
	CHECK_EQ(remove_as(0, IPC_MEMORY, id), OK);
	CHECK(object_at(IPC_MEMORY, id));
	CHECK_EQ(get_as(0, IPC_MEMORY, 9, 0, 0, &id), E_NOENT);
	world_clock(2000000000);
	CHECK(object_at(IPC_MEMORY, 0));
	world_segments[0].mappings = 0;
	world_clock(2000000000);
	CHECK(!object_at(IPC_MEMORY, 0));
	world_end();
}

TEST(memory_has_an_end_and_half_of_it_is_a_users)
{
	u32 id, other;

	world_make();
	client_open(1, 0);
	CHECK_EQ(get_as(0, IPC_MEMORY, 0, 0600, IPC_MEMORY_MAX / 2, &id), OK);
	CHECK_EQ(get_as(0, IPC_MEMORY, 0, 0600, 1, &other), E_FUNDS);
	CHECK_EQ(get_as(1, IPC_MEMORY, 0, 0600, IPC_MEMORY_MAX, &other), E_FUNDS);
	CHECK_EQ(get_as(1, IPC_MEMORY, 0, 0600, IPC_MEMORY_MAX / 2, &other), OK);
	CHECK_EQ(get_as(1, IPC_MEMORY, 0, 0600, 1, &other), E_FUNDS);
	CHECK_EQ(remove_as(1, IPC_MEMORY, id), OK);
	CHECK_EQ(get_as(1, IPC_MEMORY, 0, 0600, 1, &id), OK);
	CHECK_EQ(remove_as(1, IPC_MEMORY, id), OK);
	CHECK_EQ(remove_as(1, IPC_MEMORY, other), OK);
	world_end();
}
