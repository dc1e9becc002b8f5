/* SPDX-License-Identifier: MIT */
/* Fibers: stacks that take turns in one thread. The loop's own stack runs a fiber until it waits or
 * ends, and nothing else. */
#include "fiber.h"

#include <stdlib.h>

#include "internal.h"

struct fiber {
	struct list link; /* of the free ones, of the ready ones, or of the queue it waits in */
	void *sp;
	void (*function)(void *);
	void *argument;
};

static struct list free_fibers, ready_fibers;
static u32 total_count, free_count;
static struct fiber *current; /* NULL: the loop's own stack */
static void *loop_sp;
static struct fiber loop_fiber; /* stands for the loop as owner of a lock */

void fiber_queue_init(struct fiber_queue *queue) { list_init(&queue->waiting); }

/* The stack as fiber_switch leaves one: six registers, then where to go on. */
static void fiber_prepare(struct fiber *fiber, char *stack, size_t stack_size)
{
	u64 *top = (u64 *)(void *)(stack + stack_size) - 2;

	*top = (u64)fiber_entry;
	fiber->sp = top - 6;
	list_add_tail(&free_fibers, &fiber->link);
	free_count++;
}

/* A guard page lies below each stack: address space is taken for it, and nothing mapped. */
err_t fiber_start(u32 count, size_t stack_size)
{
	struct fiber *fibers = calloc(count, sizeof(*fibers));

	list_init(&free_fibers);
	list_init(&ready_fibers);
	if (!fibers)
		return E_FUNDS;
	stack_size = page_round_up(stack_size);
	for (u32 i = 0; i < count; i++) {
		vaddr_t guard = rt_address_take(PAGE_SIZE);
		char *stack = rt_pages(stack_size, 0, NULL);
		if (!guard || !stack)
			return E_FUNDS;
		fiber_prepare(&fibers[i], stack, stack_size);
	}
	total_count = count;
	return OK;
}

static void fiber_resume(struct fiber *fiber)
{
	current = fiber;
	fiber_switch(&loop_sp, fiber->sp);
	current = NULL;
}

/* Back to the loop; returns when the fiber is resumed. */
static void fiber_leave(struct fiber *fiber) { fiber_switch(&fiber->sp, loop_sp); }

_Noreturn void fiber_main(void)
{
	struct fiber *fiber = current;

	for (;;) {
		fiber->function(fiber->argument);
		list_add_head(&free_fibers, &fiber->link);
		free_count++;
		fiber_leave(fiber);
	}
}

bool fiber_run(void (*function)(void *), void *argument)
{
	struct fiber *fiber = free_count ? list_first(&free_fibers, struct fiber, link) : NULL;

	if (!fiber)
		return false;
	list_remove(&fiber->link);
	free_count--;
	fiber->function = function;
	fiber->argument = argument;
	if (current)
		list_add_tail(&ready_fibers, &fiber->link);
	else
		fiber_resume(fiber);
	return true;
}

u32 fiber_free_count(void) { return free_count; }
u32 fiber_count(void) { return total_count; }
bool fiber_active(void) { return current != NULL; }
bool fiber_is_ready(void) { return total_count && !list_empty(&ready_fibers); }

void fiber_wait(struct fiber_queue *queue)
{
	if (!current)
		rt_fail("fiber_wait: not on a fiber");
	list_add_tail(&queue->waiting, &current->link);
	fiber_leave(current);
}

void fiber_wake_one(struct fiber_queue *queue)
{
	struct fiber *fiber = list_first(&queue->waiting, struct fiber, link);

	if (!fiber)
		return;
	list_remove(&fiber->link);
	list_add_tail(&ready_fibers, &fiber->link);
}

void fiber_wake_all(struct fiber_queue *queue)
{
	while (!list_empty(&queue->waiting))
		fiber_wake_one(queue);
}

void fiber_run_ready(void)
{
	struct fiber *fiber;

	if (current)
		rt_fail("fiber_run_ready: on a fiber");
	while (fiber_is_ready() && (fiber = list_first(&ready_fibers, struct fiber, link))) {
		list_remove(&fiber->link);
		fiber_resume(fiber);
	}
}

void fiber_lock_init(struct fiber_lock *lock)
{
	lock->owner = NULL;
	fiber_queue_init(&lock->queue);
}

/* fiber_lock_give has made us the owner when fiber_wait returns. */
void fiber_lock_take(struct fiber_lock *lock)
{
	struct fiber *self = current ? current : &loop_fiber;

	if (lock->owner == self)
		rt_fail("fiber_lock_take: taken twice");
	if (!lock->owner)
		lock->owner = self;
	else
		fiber_wait(&lock->queue);
}

void fiber_lock_give(struct fiber_lock *lock)
{
	if (lock->owner != (current ? current : &loop_fiber))
		rt_fail("fiber_lock_give: not the owner");
	lock->owner = list_first(&lock->queue.waiting, struct fiber, link);
	fiber_wake_one(&lock->queue);
}
