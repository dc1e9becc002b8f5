/* SPDX-License-Identifier: MIT */
/* Replies with capabilities that nobody can take: they are gone, with all that hangs on them. */
#include "world.h"

#include "abi/message.h"

static struct actor server, client;
static cap_t port, reply; /* the server's numbers */

/* The server has received a call whose caller has left since. */
static void call_abandoned(void)
{
	cap_t own_port, gate;
	struct message m = { 0 };

	world_make(400, 3);
	world_watch();
	server = actor_make(1, 100);
	client = actor_make(2, 100);
	CHECK_EQ(port_create(SIGMA0_BANK, &own_port), OK);
	CHECK_EQ(gate_create(own_port, SIGMA0_BANK, 5, &gate), OK);
	port = actor_give(&server, own_port, RIGHT_ALL);
	gate = actor_give(&client, gate, RIGHT_ALL);
	on(1);
	CHECK_EQ(reply_create(ACTOR_BANK, port, &reply), OK);
	on(2);
	CHECK_EQ(message_call(gate, &m), BLOCKED);
	on(1);
	CHECK_EQ(message_receive(port, 0, 0, &m), OK);
	CHECK_EQ(m.reply, reply);
	on(0);
	CHECK_EQ(cap_destroy(client.thread), OK);
}

TEST(a_reply_may_take_its_own_capability_along)
{
	struct message m = { 0 };

	call_abandoned();
	m.cap[0] = reply | CAP_MOVE;
	on(1);
	CHECK_EQ(message_reply(reply, &m), OK);
	CHECK_EQ(message_reply(reply, &m), E_CAP);
	CHECK_EQ(reply_create(ACTOR_BANK, port, &reply), OK);
}

TEST(a_bank_that_nobody_got_is_gone_when_the_reply_is_done)
{
	struct message m = { 0 };
	cap_t bank, given;

	call_abandoned();
	u64 charged = figure(SIGMA0_BANK, BANK_CHARGED);
	CHECK_EQ(bank_create(SIGMA0_BANK, 50, 10, &bank), OK);
	given = actor_give(&server, bank, RIGHT_ALL);
	CHECK_EQ(cap_close(bank), OK);
	m.cap[0] = given | CAP_MOVE;
	on(1);
	CHECK_EQ(message_reply(reply, &m), OK);
	on(0);
	CHECK_EQ(figure(SIGMA0_BANK, BANK_CHARGED), charged);
}

TEST(a_server_may_give_itself_away)
{
	struct message m = { 0 };

	call_abandoned();
	CHECK_EQ(cap_close(server.task), OK);
	m.cap[0] = ACTOR_TASK | CAP_MOVE;
	m.cap[1] = ACTOR_BANK | CAP_MOVE;
	m.cap[2] = ACTOR_THREAD | CAP_MOVE;
	on(1);
	CHECK_EQ(message_reply(reply, &m), BLOCKED);
	CHECK(!runs(1));
	on(0);
	CHECK_EQ(cap_close(server.segment), OK);
	CHECK_EQ(figure(server.bank, BANK_CHARGED), 0);
}
