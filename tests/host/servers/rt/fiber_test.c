/* SPDX-License-Identifier: MIT */
/* Requests on fibers: some wait half way, some wait for a fiber, all are answered once, with what
 * their caller lent. */
#include "fake_kernel.h"
#include "rt/fiber.h"

#include <stdlib.h>

enum { CALL_NOW = 1, CALL_WAIT, CALL_LOCK, FIBERS = 3 };

static struct fiber_queue queue;
static struct fiber_lock lock;
static char order[64];
static u32 order_count, pages, gone;

static void dispatch(struct server *server, struct request *rq)
{
	char first = rq->in_count ? *(const char *)rq->in : 0;

	(void)server;
	switch (rq->msg.word[0]) {
	case CALL_WAIT:
		fiber_wait(&queue);
		break;
	case CALL_LOCK:
		fiber_lock_take(&lock);
		fiber_wait(&queue);
		fiber_lock_give(&lock);
		break;
	}
	/* What was lent is still there, whatever came in between. */
	if (rq->in_count &&
	    (first != *(const char *)rq->in || first != (char)('a' + rq->label % 26)))
		abort();
	order[order_count++ % sizeof(order)] = (char)('a' + rq->label % 26);
	rq->msg.word[1] = rq->label;
	request_reply(rq, OK);
}

static void page_in(struct server *server, u64 label, u64 offset, u32 access, bool evicted,
                    u64 token)
{
	(void)server, (void)label, (void)offset, (void)access, (void)evicted, (void)token;
	fiber_wait(&queue);
	pages++;
}

static void no_clients(struct server *server, u64 label)
{
	(void)server;
	gone = (u32)label;
}

/* Fibers are the runtime's own and start once; they must all be free at the end of each test. */
static struct server make(u32 requests)
{
	fake_reset();
	memset(order, 0, sizeof(order));
	order_count = pages = gone = 0;
	fiber_queue_init(&queue);
	fiber_lock_init(&lock);
	return (struct server){ .dispatch = dispatch,
		                .no_clients = no_clients,
		                .page_in = page_in,
		                .requests = requests,
		                .fibers = FIBERS };
}

static void call(u32 index, u64 number)
{
	char text[] = { (char)('a' + index % 26), 'x', 0 };
	fake_call(index, number, index, text);
}

static void wake(struct rt_source *source, u64 bits)
{
	(void)source;
	while (bits--)
		fiber_wake_one(&queue);
}

static struct rt_source source = { .event = 1, .handler = wake };

TEST(a_waiting_fiber_lets_others_pass)
{
	struct server s = make(4);
	CHECK_EQ(rt_server_start(&s), OK);
	CHECK_EQ(rt_source_add(&s, &source), OK);
	call(0, CALL_WAIT);
	call(1, CALL_NOW);
	fake_put(RECEIVE_EVENT, 0, (u64)&source, 1);
	fake_put(RECEIVE_EVENT, 0, (u64)&source, 0);
	for (int i = 0; i < 4; i++)
		server_step(&s);
	CHECK_STR(order, "ba");
	CHECK_EQ(fake.answers, 2);
	CHECK_EQ(fiber_free_count(), FIBERS);
}

TEST(a_request_without_a_fiber_waits_its_turn_and_finds_what_was_lent)
{
	struct server s = make(8);
	CHECK_EQ(rt_server_start(&s), OK);
	CHECK_EQ(rt_source_add(&s, &source), OK);
	for (u32 i = 0; i < 5; i++)
		call(i, CALL_WAIT);
	call(5, CALL_NOW);
	for (int i = 0; i < 6; i++)
		server_step(&s);
	CHECK_EQ(fiber_free_count(), 0);
	CHECK_EQ(order_count, 0);
	for (int i = 0; i < 6; i++) {
		fake_put(RECEIVE_EVENT, 0, (u64)&source, 1);
		server_step(&s);
	}
	fake_put(RECEIVE_EVENT, 0, (u64)&source, 0);
	server_step(&s);
	CHECK_EQ(fake.answers, 6);
	CHECK_STR(order, "abcfde");
	CHECK_EQ(fiber_free_count(), FIBERS);
}

TEST(a_request_that_waits_for_a_fiber_can_be_cancelled)
{
	struct server s = make(8);
	CHECK_EQ(rt_server_start(&s), OK);
	CHECK_EQ(rt_source_add(&s, &source), OK);
	for (u32 i = 0; i < 4; i++)
		call(i, CALL_WAIT);
	fake_put(RECEIVE_CANCEL, 3, 0, 0);
	fake_put(RECEIVE_CANCEL, 0, 0, 0); /* is on a fiber: will be answered */
	for (int i = 0; i < 6; i++)
		server_step(&s);
	CHECK_EQ(fake.answers, 1);
	CHECK_EQ(fake_last()->error, E_INTR);
	CHECK_EQ(fake_last()->reply, FAKE_REPLY_FIRST + 3);
	fake_put(RECEIVE_EVENT, 0, (u64)&source, 3);
	fake_put(RECEIVE_EVENT, 0, (u64)&source, 0);
	server_step(&s);
	server_step(&s);
	CHECK_EQ(fake.answers, 4);
	CHECK_EQ(fiber_free_count(), FIBERS);
}

TEST(pages_and_partings_run_on_fibers_too)
{
	struct server s = make(4);
	CHECK_EQ(rt_server_start(&s), OK);
	CHECK_EQ(rt_source_add(&s, &source), OK);
	for (int i = 0; i < 40; i++)
		fake_put(RECEIVE_PAGE_IN, 0, 5, 4096);
	fake_put(RECEIVE_NO_CLIENTS, 0, 9, 0);
	for (int i = 0; i < 41; i++)
		server_step(&s);
	CHECK_EQ(pages, 0);
	CHECK_EQ(gone, 0); /* behind them in the line */
	for (int i = 0; i < 41; i++) {
		fake_put(RECEIVE_EVENT, 0, (u64)&source, 3);
		server_step(&s);
	}
	CHECK_EQ(pages, 40);
	CHECK_EQ(gone, 9);
	CHECK_EQ(fiber_free_count(), FIBERS);
}

TEST(a_lock_goes_to_those_who_wait_in_order)
{
	struct server s = make(4);
	CHECK_EQ(rt_server_start(&s), OK);
	CHECK_EQ(rt_source_add(&s, &source), OK);
	for (u32 i = 0; i < 3; i++)
		call(i, CALL_LOCK);
	for (int i = 0; i < 3; i++)
		server_step(&s);
	for (int i = 0; i < 4; i++) {
		fake_put(RECEIVE_EVENT, 0, (u64)&source, 1);
		server_step(&s);
	}
	CHECK_STR(order, "abc");
	CHECK(!lock.owner);
}

TEST(waiting_on_the_loops_stack_ends_the_server)
{
	fake_reset();
	fiber_queue_init(&queue);
	CHECK(FAILS(fiber_wait(&queue)));
}

/* The fake aborts on an answer that nobody waits for; here is counted that none is missing. */
TEST(every_request_of_a_random_run_is_answered_once)
{
	enum { REQUESTS = 16 };
	srand(4711);
	struct server s = make(REQUESTS);
	u32 asked = 0;
	CHECK_EQ(rt_server_start(&s), OK);
	CHECK_EQ(rt_source_add(&s, &source), OK);
	for (int i = 0; i < 3000; i++) {
		u32 index = (u32)rand() % REQUESTS;
		fake.queue_first = fake.queue_end = 0;
		if (rand() % 3 && !fake.open[index]) {
			call(index, (u64)(rand() % 2 ? CALL_WAIT : CALL_NOW));
			asked++;
		} else if (rand() % 4 == 0) {
			fake_put(RECEIVE_CANCEL, index, 0, (u64)(rand() % 2));
		} else {
			fake_put(RECEIVE_EVENT, 0, (u64)&source, (u64)(rand() % 3));
		}
		server_step(&s);
	}
	for (int i = 0; i < 20; i++) {
		fake.queue_first = fake.queue_end = 0;
		fake_put(RECEIVE_EVENT, 0, (u64)&source, 20);
		server_step(&s);
	}
	CHECK_EQ(fake.answers, asked);
	CHECK_EQ(fiber_free_count(), FIBERS);
}
