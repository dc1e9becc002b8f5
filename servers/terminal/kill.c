/* SPDX-License-Identifier: MIT */
/* One queue with one writer (the server loop) and one reader (the thread). The thread uses no
 * malloc and no stdio. */
#include "kill.h"

#include "proto/process.h"
#include "rt/rt.h"

#include <stdatomic.h>

enum { QUEUE_COUNT = 64, STACK_SIZE = 16 << 10 };

static struct {
	struct {
		i64 pid; /* as kill's: -pid is a group */
		u32 signal;
	} entry[QUEUE_COUNT];
	_Atomic u32 head; /* written by the loop; the thread waits for it to change */
	_Atomic u32 tail; /* written by the thread */
	cap_t proc;
} queue;

static void queue_run(void *argument)
{
	u32 tail = 0;

	(void)argument;
	for (;;) {
		u32 head = atomic_load(&queue.head);
		err_t error;
		if (head == tail) {
			error = futex_wait((u64)&queue.head, head, UINT32_MAX, DEADLINE_NEVER);
			(void)error; /* E_AGAIN: it has changed meanwhile */
			continue;
		}
		error = process_kill(queue.proc, queue.entry[tail % QUEUE_COUNT].pid,
		                     queue.entry[tail % QUEUE_COUNT].signal);
		(void)error; /* they may have gone */
		atomic_store(&queue.tail, ++tail);
	}
}

err_t kill_start(cap_t proc)
{
	cap_t thread;

	queue.proc = proc;
	return rt_thread(queue_run, NULL, STACK_SIZE, &thread);
}

static void queue_put(i64 pid, u32 signal)
{
	u32 head = atomic_load(&queue.head);
	u64 woken;

	if (!pid)
		return;
	if (!queue.proc || head - atomic_load(&queue.tail) >= QUEUE_COUNT) {
		rt_log("signal %u to %ld is lost", signal, pid);
		return;
	}
	queue.entry[head % QUEUE_COUNT].pid = pid;
	queue.entry[head % QUEUE_COUNT].signal = signal;
	atomic_store(&queue.head, head + 1);
	err_t error = futex_wake((u64)&queue.head, 1, UINT32_MAX, &woken);
	(void)error; /* our own memory */
}

void kill_group(u32 group, u32 signal) { queue_put(-(i64)group, signal); }
void kill_process(u32 pid, u32 signal) { queue_put(pid, signal); }
