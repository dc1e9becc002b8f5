/* SPDX-License-Identifier: MIT */
/* One queue with one writer (the server loop) and one reader (the thread), and one answer on the
 * way back. The thread uses no malloc and no stdio. */
#include "kill.h"

#include "proto/process.h"
#include "rt/rt.h"

#include <stdatomic.h>

enum { QUEUE_COUNT = 64, STACK_SIZE = 16 << 10 };
enum { ASK = 0 }; /* signal 0: only look */
enum answer { ANSWER_NONE, ANSWER_ALIVE, ANSWER_GONE };

static struct {
	struct {
		u32 group, signal;
	} entry[QUEUE_COUNT];
	_Atomic u32 head; /* written by the loop; the thread waits for it to change */
	_Atomic u32 tail; /* written by the thread */
	_Atomic u32 answer;
	cap_t proc, event;
	u64 bits;
} queue;

static void queue_do(u32 group, u32 signal)
{
	err_t error = process_kill_group(queue.proc, group, signal);

	if (signal != ASK)
		return;
	atomic_store(&queue.answer, error == E_SRCH ? ANSWER_GONE : ANSWER_ALIVE);
	error = event_signal(queue.event, queue.bits);
	(void)error; /* our own event */
}

static void queue_run(void *argument)
{
	u32 tail = 0;

	(void)argument;
	for (;;) {
		u32 head = atomic_load(&queue.head);
		if (head == tail) {
			err_t error =
			        futex_wait((u64)&queue.head, head, UINT32_MAX, DEADLINE_NEVER);
			(void)error; /* E_AGAIN: it has changed meanwhile */
			continue;
		}
		queue_do(queue.entry[tail % QUEUE_COUNT].group,
		         queue.entry[tail % QUEUE_COUNT].signal);
		atomic_store(&queue.tail, ++tail);
	}
}

err_t kill_start(cap_t proc, cap_t event, u64 bits)
{
	cap_t thread;

	queue.proc = proc;
	queue.event = event;
	queue.bits = bits;
	return rt_thread(queue_run, NULL, STACK_SIZE, &thread);
}

static bool queue_put(u32 group, u32 signal)
{
	u32 head = atomic_load(&queue.head);
	u64 woken;
	err_t error;

	if (!queue.proc || head - atomic_load(&queue.tail) >= QUEUE_COUNT)
		return false;
	queue.entry[head % QUEUE_COUNT].group = group;
	queue.entry[head % QUEUE_COUNT].signal = signal;
	atomic_store(&queue.head, head + 1);
	error = futex_wake((u64)&queue.head, 1, UINT32_MAX, &woken);
	(void)error; /* our own memory */
	return true;
}

void kill_group(u32 group, u32 signal)
{
	if (group && !queue_put(group, signal))
		rt_log("signal %u to group %u is lost", signal, group);
}

bool kill_ask(u32 group) { return queue_put(group, ASK); }

bool kill_answer(bool *alive)
{
	u32 answer = atomic_exchange(&queue.answer, ANSWER_NONE);

	*alive = answer == ANSWER_ALIVE;
	return answer != ANSWER_NONE;
}
