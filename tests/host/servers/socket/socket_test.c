/* SPDX-License-Identifier: MIT */
/* Sockets as their clients see them. */
#include "socket_world.h"

TEST(what_is_sent_is_received)
{
	char buf[16];

	fake_reset(socket_dispatch, socket_no_clients);
	struct pair p = world_pair(TYPE_STREAM);
	CHECK_EQ(do_send(p.first, "hello", 5), 5);
	CHECK_EQ(do_receive(p.second, buf, sizeof(buf)), 5);
	CHECK(!memcmp(buf, "hello", 5));
	fake_close(p.first);
	CHECK_EQ(do_receive(p.second, buf, sizeof(buf)), 0);
	fake_close(p.second);
	world_end();
}

TEST(a_waiting_receiver_gets_the_data_with_one_copy)
{
	char buf[16];

	fake_reset(socket_dispatch, socket_no_clients);
	struct pair p = world_pair(TYPE_DATAGRAM);
	struct fake_call *reader = receive_begin(p.second, 0, buf, sizeof(buf));
	fake.copies = 0;
	CHECK_EQ(do_send(p.first, "abc", 3), 3);
	CHECK_EQ(result(reader, NULL), 3);
	CHECK_EQ(fake.copies, 1);
	fake_close(p.first);
	fake_close(p.second);
	world_end();
}

TEST(the_end_of_a_socket_answers_whoever_waits)
{
	static char data[300000], buf[16];

	fake_reset(socket_dispatch, socket_no_clients);
	struct pair p = world_pair(TYPE_STREAM);
	struct fake_call *writer = send_begin(p.first, 0, data, sizeof(data), 0);
	CHECK(!fake_answered(writer));
	struct fake_call *reader = receive_begin(p.first, 0, buf, sizeof(buf));
	CHECK(!fake_answered(reader));
	fake_close(p.second);
	long sent = result(writer, NULL);
	CHECK(sent > 0 && sent < (long)sizeof(data));
	CHECK_EQ(result(reader, NULL), -(long)E_CONNRESET); /* it left something unread */
	fake_close(p.first);
	world_end();
}

/* MSG_WAITALL (0x100): the receiver takes what could be put at once, so there is room again. */
TEST(a_sender_fills_the_room_that_a_waiting_receiver_makes)
{
	static char data[1 << 20], copy[sizeof(data)];

	for (size_t n = 0; n < sizeof(data); n++)
		data[n] = (char)(n * 7 + (n >> 9));
	fake_reset(socket_dispatch, socket_no_clients);
	struct pair p = world_pair(TYPE_STREAM);
	struct fake_call *reader = receive_begin(p.second, 0x100, copy, sizeof(copy));
	struct fake_call *writer = send_begin(p.first, 0, data, sizeof(data), 0);
	CHECK_EQ(result(writer, NULL), (long)sizeof(data));
	CHECK_EQ(result(reader, NULL), (long)sizeof(copy));
	CHECK(!memcmp(data, copy, sizeof(data)));
	fake_close(p.first);
	fake_close(p.second);
	world_end();
}

TEST(sockets_that_only_messages_lead_to_are_ended)
{
	fake_reset(socket_dispatch, socket_no_clients);
	for (int i = 0; i < 100; i++) {
		struct pair p = world_pair(TYPE_STREAM), q = world_pair(TYPE_STREAM);
		CHECK_EQ(result(send_begin(p.first, 0, "x", 1, q.second), NULL), 1);
		CHECK_EQ(result(send_begin(q.first, 0, "x", 1, p.second), NULL), 1);
		fake_close(p.first);
		fake_close(q.first);
		world_end();
	}
}

TEST(a_socket_on_its_way_lives_as_long_as_somebody_can_receive_it)
{
	char buf[4];
	struct msg m;

	fake_reset(socket_dispatch, socket_no_clients);
	struct pair p = world_pair(TYPE_STREAM), q = world_pair(TYPE_STREAM);
	CHECK_EQ(result(send_begin(p.first, 0, "x", 1, q.second), NULL), 1);
	CHECK_EQ(do_send(q.first, "y", 1), 1);
	CHECK_EQ(result(receive_begin(p.second, SOCKET_WANT_RIGHTS, buf, 4), &m), 1);
	cap_t got = m.cap[1] & ~CAP_MOVE;
	CHECK_EQ(do_receive(got, buf, 4), 1);
	CHECK_EQ(buf[0], 'y');
	fake_close(got);
	fake_close(q.first);
	fake_close(p.first);
	fake_close(p.second);
	world_end();
}
