/* SPDX-License-Identifier: MIT */
/* The life of a request, on the loop's own stack. */
#include "fake_kernel.h"

enum { CALL_ECHO = 1, CALL_HOLD, CALL_FORGET, CALL_DATA, CALL_CAPS, CALL_CROSS, CALL_TWICE };

static struct request *held[64];
static u32 held_count;
static u32 gone;

static void on_cancel(struct request *rq)
{
	for (u32 i = 0; i < held_count; i++)
		if (held[i] == rq)
			held[i] = held[--held_count];
	request_reply(rq, E_INTR);
}

static void dispatch(struct server *server, struct request *rq)
{
	static const char data[] = "data";

	(void)server;
	switch (rq->msg.word[0]) {
	case CALL_HOLD:
		held[held_count++] = rq;
		request_hold(rq, on_cancel);
		return;
	case CALL_FORGET:
		return;
	case CALL_TWICE:
		request_reply(rq, OK);
		break;
	case CALL_DATA:
		request_reply_data(rq, data, sizeof(data));
		break;
	case CALL_CAPS:
		rq->msg.cap[1] = 0; /* taken */
		request_caps_drop(rq);
		rq->msg.cap[0] = 9 | CAP_MOVE;
		break;
	case CALL_CROSS:
		request_cross(rq, 3, 0, 0, "rest", 4, 7);
		return;
	}
	rq->msg.word[1] = rq->label;
	request_reply(rq, OK);
}

static void no_clients(struct server *server, u64 label)
{
	(void)server;
	gone = (u32)label;
}

static struct server make(u32 requests)
{
	fake_reset();
	held_count = 0;
	return (struct server){ .dispatch = dispatch,
		                .no_clients = no_clients,
		                .requests = requests };
}

/* The fake answers only what it has asked, so a nop message lets the last answer out. */
static void step(struct server *server) { server_step(server); }

TEST(an_answer_goes_out_with_the_next_receive)
{
	struct server s = make(4);
	CHECK_EQ(rt_server_start(&s), OK);
	fake_call(0, CALL_ECHO, 7, NULL);
	fake_call(1, CALL_ECHO, 8, NULL);
	step(&s);
	CHECK_EQ(fake.answers, 0);
	step(&s);
	CHECK_EQ(fake.answers, 1);
	CHECK(fake_last()->combined);
	CHECK_EQ(fake_last()->word1, 7);
}

TEST(a_held_request_is_answered_at_once_and_alone)
{
	struct server s = make(4);
	CHECK_EQ(rt_server_start(&s), OK);
	fake_call(2, CALL_HOLD, 7, "x");
	step(&s);
	CHECK_EQ(held[0]->state, REQUEST_HELD);
	CHECK(!held[0]->in);
	request_reply(held[0], OK);
	CHECK_EQ(fake.answers, 1);
	CHECK(!fake_last()->combined);
	CHECK_EQ(fake_last()->reply, FAKE_REPLY_FIRST + 2);
}

TEST(a_request_that_is_neither_answered_nor_held_ends_the_server)
{
	struct server s = make(4);
	CHECK_EQ(rt_server_start(&s), OK);
	fake_call(0, CALL_FORGET, 0, NULL);
	CHECK(FAILS(step(&s)));
}

TEST(answering_twice_ends_the_server)
{
	struct server s = make(4);
	CHECK_EQ(rt_server_start(&s), OK);
	fake_call(0, CALL_TWICE, 0, NULL);
	CHECK(FAILS(step(&s)));
}

TEST(a_caller_that_wants_to_leave_is_answered_by_its_holder)
{
	struct server s = make(4);
	CHECK_EQ(rt_server_start(&s), OK);
	fake_call(1, CALL_HOLD, 0, NULL);
	fake_put(RECEIVE_CANCEL, 1, 0, 0);
	step(&s);
	step(&s);
	CHECK_EQ(fake_last()->error, E_INTR);
	CHECK_EQ(held_count, 0);
}

TEST(a_late_cancel_of_an_answered_request_does_nothing)
{
	struct server s = make(4);
	CHECK_EQ(rt_server_start(&s), OK);
	fake_call(1, CALL_ECHO, 0, NULL);
	fake_put(RECEIVE_CANCEL, 1, 0, 0);
	step(&s);
	step(&s);
	CHECK_EQ(fake.answers, 1);
	CHECK_EQ(fake_last()->error, OK);
}

TEST(what_a_caller_that_has_left_lent_is_gone)
{
	struct server s = make(4);
	char byte;
	CHECK_EQ(rt_server_start(&s), OK);
	fake_call(1, CALL_HOLD, 0, "abc");
	step(&s);
	CHECK_EQ(request_read(held[0], 1, &byte, 1), OK);
	CHECK_EQ(byte, 'b');
	CHECK_EQ(request_read(held[0], 3, &byte, 1), E_RANGE);
	CHECK_EQ(request_read(held[0], 1, &byte, SIZE_MAX), E_RANGE);
	held[0]->abandoned = true;
	CHECK_EQ(request_read(held[0], 1, &byte, 1), E_DEAD);
	CHECK_EQ(request_write(held[0], 1, &byte, 1), E_DEAD);
	request_reply(held[0], OK);
	CHECK_EQ(fake.answers, 1);
}

TEST(capabilities_that_nobody_took_are_closed_before_the_answers_go_out)
{
	struct server s = make(4);
	CHECK_EQ(rt_server_start(&s), OK);
	fake_call(0, CALL_CAPS, 0, NULL);
	fake.queue[0].cap[0] = 5;
	fake.queue[0].cap[1] = 6;
	fake_call(1, CALL_HOLD, 0, NULL);
	fake.queue[1].cap[2] = 7;
	step(&s);
	step(&s);
	CHECK_EQ(fake.closed[5], 1);
	CHECK_EQ(fake.closed[6], 0);
	CHECK_EQ(fake.closed[7], 1);
	CHECK_EQ(fake_last()->cap[0], 9 | CAP_MOVE);
	CHECK_EQ(fake_last()->cap[1], 0);
}

TEST(a_refused_answer_becomes_touch_and_call_again)
{
	struct server s = make(4);
	CHECK_EQ(rt_server_start(&s), OK);
	fake_call(0, CALL_DATA, 0, NULL);
	fake_call(1, CALL_ECHO, 0, NULL);
	step(&s);
	fake.refuse = E_TOUCH;
	step(&s);
	CHECK_EQ(fake.answers, 1);
	CHECK_EQ(fake_last()->error, E_TOUCH);
	CHECK_EQ(fake_last()->out_size, 0);
}

TEST(moved_capabilities_of_a_refused_answer_are_closed)
{
	struct server s = make(4);
	CHECK_EQ(rt_server_start(&s), OK);
	fake_call(0, CALL_HOLD, 0, NULL);
	step(&s);
	held[0]->msg.cap[0] = 11 | CAP_MOVE;
	held[0]->msg.cap[1] = 12;
	fake.refuse = E_TOUCH;
	request_reply(held[0], OK);
	CHECK_EQ(fake.closed[11], 1);
	CHECK_EQ(fake.closed[12], 0);
	CHECK_EQ(fake_last()->cap[0], 0);
}

TEST(a_crossing_takes_the_rest_along)
{
	struct server s = make(4);
	CHECK_EQ(rt_server_start(&s), OK);
	fake_call(0, CALL_CROSS, 0, NULL);
	step(&s);
	CHECK_EQ(fake_last()->error, E_CROSS);
	CHECK_EQ(fake_last()->word1, 3);
	CHECK_EQ(fake_last()->out_size, 4);
	CHECK_STR(fake_last()->out, "rest");
}

static u64 seen_bits;
static void on_event(struct rt_source *source, u64 bits)
{
	(void)source;
	seen_bits = bits;
}

TEST(events_reach_their_source_until_it_is_removed)
{
	struct server s = make(4);
	struct rt_source source = { .event = 3, .handler = on_event };
	CHECK_EQ(rt_server_start(&s), OK);
	CHECK_EQ(rt_source_add(&s, &source), OK);
	fake_put(RECEIVE_EVENT, 0, (u64)&source, 6);
	step(&s);
	CHECK_EQ(seen_bits, 6);
	rt_source_remove(&s, &source);
	fake_put(RECEIVE_EVENT, 0, (u64)&source, 5);
	step(&s);
	CHECK_EQ(seen_bits, 6);
}

TEST(the_last_client_is_reported_by_label)
{
	struct server s = make(4);
	CHECK_EQ(rt_server_start(&s), OK);
	fake_put(RECEIVE_NO_CLIENTS, 0, 77, 0);
	step(&s);
	CHECK_EQ(gone, 77);
}

TEST(an_error_of_receive_ends_the_server)
{
	struct server s = make(4);
	CHECK_EQ(rt_server_start(&s), OK);
	fake_put(RECEIVE_ERROR, 0, 0, E_DEAD);
	CHECK(FAILS(step(&s)));
}
