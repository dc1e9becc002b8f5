/* SPDX-License-Identifier: MIT */
#include "ipc_world.h"

static struct text text;

TEST(a_key_names_one_queue_until_it_is_removed)
{
	world_make();
	CHECK_EQ(make_error(5, 0600), E_NOENT);
	u32 id = make(5, IPC_CREATE | 0600), other = make(0, 0600);
	CHECK_EQ(make(5, 0), id);
	CHECK(other != id);
	CHECK_EQ(make_error(5, IPC_CREATE | IPC_EXCLUSIVE), E_EXISTS);
	CHECK_EQ(do_remove(id), OK);
	CHECK_EQ(do_remove(id), E_INVAL);
	u32 again = make(5, IPC_CREATE);
	CHECK(again != id);
	CHECK_EQ(again % IPC_OBJECTS_MAX, id % IPC_OBJECTS_MAX);
	CHECK_EQ(do_remove(id), E_INVAL);
	CHECK_EQ(do_remove(again), OK);
	CHECK_EQ(do_remove(other), OK);
	world_end();
}

TEST(the_table_of_queues_ends)
{
	static u32 ids[IPC_OBJECTS_MAX];

	world_make();
	for (u32 i = 0; i < IPC_OBJECTS_MAX; i++) {
		ids[i] = make(0, 0600);
		CHECK(ids[i] <= INT32_MAX);
	}
	CHECK_EQ(make_error(0, 0600), E_NOSPACE);
	for (u32 i = 0; i < IPC_OBJECTS_MAX; i++)
		CHECK_EQ(do_remove(ids[i]), OK);
	world_end();
}

TEST(a_page_that_is_not_at_hand_loses_no_message)
{
	world_make();
	u32 id = make(0, 0600);
	u64 count = 0;
	CHECK_EQ(do_send(id, 0, 3, "text"), OK);
	fake.copies_left = 0;
	CHECK_EQ(do_receive(id, 0, 0, &text, &count), E_TOUCH);
	fake.copies_left = UINT32_MAX;
	CHECK_EQ(do_receive(id, 0, 0, &text, &count), OK);
	CHECK_EQ(count, 4);
	CHECK_EQ(text.type, 3);
	CHECK(!memcmp(text.text, "text", 4));
	CHECK_EQ(do_remove(id), OK);
	world_end();
}

TEST(a_message_wakes_the_first_who_wants_it)
{
	static struct text a, b, c;

	world_make();
	u32 id = make(0, 0600);
	u64 count = 0;
	struct fake_call *two = receive_begin(id, 0, 2, &a, 10);
	struct fake_call *any = receive_begin(id, 0, 0, &b, 2);
	struct fake_call *last = receive_begin(id, 0, -1, &c, 10);
	/* `any` has no room for it and is told so; the message goes on to the next. */
	CHECK_EQ(do_send(id, 0, 1, "long"), OK);
	CHECK_EQ(result(any, NULL), E_2BIG);
	CHECK_EQ(result(last, &count), OK);
	CHECK_EQ(count, 4);
	CHECK_EQ(result(two, NULL), E_HELD);
	fake_cancel(two);
	CHECK_EQ(result(two, NULL), E_INTR);
	CHECK_EQ(do_remove(id), OK);
	world_end();
}

TEST(a_small_message_passes_one_that_waits_for_more_room)
{
	static struct text large = { .type = 1 };

	world_make();
	u32 id = make(0, 0600);
	u64 count = 0;
	CHECK_EQ(do_set_limit(id, 8), OK);
	CHECK_EQ(do_send(id, 0, 1, "1234"), OK);
	struct fake_call *waits = send_begin(id, 0, &large, 8);
	CHECK_EQ(result(waits, NULL), E_HELD);
	CHECK_EQ(do_send(id, 0, 2, "5678"), OK);
	CHECK_EQ(do_receive(id, 0, 1, &text, &count), OK);
	CHECK_EQ(result(waits, NULL), E_HELD);
	CHECK_EQ(do_receive(id, 0, 2, &text, &count), OK);
	CHECK_EQ(result(waits, NULL), OK);
	CHECK_EQ(do_set_limit(id, 0), OK);
	CHECK_EQ(do_send(id, 0, 1, ""), E_AGAIN);
	CHECK_EQ(do_remove(id), OK);
	world_end();
}

TEST(a_sender_that_changes_its_type_while_it_waits)
{
	static struct text changing = { .type = 1 };

	world_make();
	u32 id = make(0, 0600);
	CHECK_EQ(do_set_limit(id, 0), OK);
	struct fake_call *waits = send_begin(id, 0, &changing, 1);
	changing.type = -1;
	CHECK_EQ(do_set_limit(id, 100), OK);
	CHECK_EQ(result(waits, NULL), E_INVAL);
	CHECK_EQ(do_remove(id), OK);
	world_end();
}

TEST(removal_answers_everybody)
{
	static struct text a, b = { .type = 1 };

	world_make();
	u32 id = make(0, 0600);
	CHECK_EQ(do_set_limit(id, 0), OK);
	struct fake_call *receiver = receive_begin(id, 0, 0, &a, 1);
	struct fake_call *sender = send_begin(id, 0, &b, 1);
	struct fake_call *gone = send_begin(id, 0, &b, 1);
	fake_leave(gone);
	CHECK_EQ(do_remove(id), OK);
	CHECK_EQ(result(receiver, NULL), E_SRCH);
	CHECK_EQ(result(sender, NULL), E_SRCH);
	world_end();
}

TEST(a_user_may_wait_in_half_of_the_places)
{
	static struct fake_call *calls[IPC_REQUESTS];

	world_make();
	u32 id = make(0, 0600), half = (IPC_REQUESTS - IPC_REQUESTS_SPARE) / 2;
	for (u32 i = 0; i < half; i++)
		calls[i] = receive_begin(id, 0, 0, &text, 1);
	CHECK_EQ(result(receive_begin(id, 0, 0, &text, 1), NULL), E_FUNDS);
	client_open(1, 2);
	u32 set;
	CHECK_EQ(get_as(1, IPC_SEMAPHORES, 0, 0600, 1, &set), OK);
	struct ipc_operation less = { 0, -1, 0 };
	struct fake_call *other = operate_begin(1, set, UINT64_MAX, &less, 1);
	CHECK_EQ(result(other, NULL), E_HELD);
	CHECK_EQ(do_remove(id), OK);
	for (u32 i = 0; i < half; i++)
		CHECK_EQ(result(calls[i], NULL), E_SRCH);
	CHECK_EQ(remove_as(0, IPC_SEMAPHORES, set), E_PERM);
	CHECK_EQ(remove_as(1, IPC_SEMAPHORES, set), OK);
	CHECK_EQ(result(other, NULL), E_SRCH);
	world_end();
}

TEST(a_user_may_fill_half)
{
	static u32 ids[IPC_OBJECTS_MAX];
	static struct text big = { .type = 1 };
	u32 count = 0;
	err_t error = OK;

	world_make();
	client_open(1, 2);
	while (!error && count < IPC_OBJECTS_MAX) {
		ids[count] = make(0, 0600);
		for (u32 i = 0; i < 2 && !error; i++)
			error = result(send_begin(ids[count], IPC_NO_WAIT, &big, IPC_MESSAGE_MAX),
			               NULL);
		count++;
	}
	CHECK_EQ(error, E_FUNDS);
	u32 other;
	CHECK_EQ(get_as(1, IPC_QUEUE, 0, 0600, 0, &other), OK);
	CHECK_EQ(remove_as(1, IPC_QUEUE, other), OK);
	while (count-- > 0)
		CHECK_EQ(do_remove(ids[count]), OK);
	world_end();
}

TEST(hostile_sizes_are_refused)
{
	struct msg m = { .word = { CALL(25, 8) }, .in = &text, .in_size = 7 };

	world_make();
	u64 label = client_label(0);
	u32 id = make(0, 0600);
	m.word[1] = id;
	CHECK_EQ(fake_finish(fake_send(label, &m), &m), E_INVAL);
	text.type = 1;
	CHECK_EQ(result(send_begin(id, 0, &text, IPC_MESSAGE_MAX + 1), NULL), E_INVAL);
	m = (struct msg){ .word = { CALL(25, 9), id }, .out = &text, .out_size = 7 };
	CHECK_EQ(fake_finish(fake_send(label, &m), &m), E_INVAL);
	m = (struct msg){ .word = { CALL(25, 4), IPC_QUEUE, id }, .out = &text, .out_size = 87 };
	CHECK_EQ(fake_finish(fake_send(label, &m), &m), E_INVAL);
	for (u32 number = 3; number <= 7; number++) {
		m = (struct msg){ .word = { CALL(25, number), IPC_KINDS, id },
			          .out = &text,
			          .out_size = 88 };
		CHECK_EQ(fake_finish(fake_send(label, &m), &m), E_INVAL);
	}
	/* Through a gate that is nobody's. */
	m = (struct msg){ .word = { CALL(25, 6), IPC_QUEUE, id } };
	CHECK_EQ(fake_finish(fake_send(0, &m), &m), E_ACCESS);
	CHECK_EQ(fake_finish(fake_send(CLIENTS_MAX + 1, &m), &m), E_ACCESS);
	static struct ipc_operation many[IPC_OPERATIONS_MAX + 1];
	CHECK_EQ(result(operate_begin(0, id, 0, many, IPC_OPERATIONS_MAX + 1), NULL), E_2BIG);
	CHECK_EQ(result(operate_begin(0, id, 0, many, 0), NULL), E_INVAL);
	CHECK_EQ(do_remove(UINT32_MAX), E_INVAL);
	CHECK_EQ(do_remove(id), OK);
	world_end();
}
