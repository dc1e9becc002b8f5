/* SPDX-License-Identifier: MIT */
/* Locks and queues of a server that runs one thing at a time: there is one fiber, and it never
 * waits. */
#include "rt/fiber.h"

#include <stdio.h>
#include <stdlib.h>

static void must(bool condition, const char *what)
{
	if (condition)
		return;
	printf("# fake: %s\n", what);
	abort();
}

void fiber_queue_init(struct fiber_queue *queue) { list_init(&queue->waiting); }
void fiber_wait(struct fiber_queue *queue) { (void)queue, must(false, "nothing to wait for"); }
void fiber_wake_one(struct fiber_queue *queue) { (void)queue; }
void fiber_wake_all(struct fiber_queue *queue) { (void)queue; }
bool fiber_active(void) { return false; }
void fiber_lock_init(struct fiber_lock *lock) { lock->owner = NULL; }

void fiber_lock_take(struct fiber_lock *lock)
{
	must(!lock->owner, "a lock is taken twice");
	lock->owner = (struct fiber *)lock;
}

void fiber_lock_give(struct fiber_lock *lock)
{
	must(lock->owner, "a lock is given that is not taken");
	lock->owner = NULL;
}
