/* SPDX-License-Identifier: MIT */
/* A second thread. It has a control block and a thread pointer of its own, but musl does not know
 * of it: it may use memory and string functions and kernel calls, not malloc or stdio. */
#include <string.h>

#include "internal.h"

struct second {
	void *self; /* musl finds it through fs:0 */
	u8 musl[512];
	struct thread_control control __attribute__((aligned(16)));
	void (*entry)(void *argument);
	void *argument;
};
_Static_assert(sizeof(struct second) <= PAGE_SIZE, "a second thread's data fits a page");

static void second_main(struct second *second)
{
	second->entry(second->argument);
	rt_end();
}

static err_t second_start(struct second *second, cap_t *thread)
{
	cap_t made;
	err_t error = thread_create(RT_TASK, RT_BANK, RT_SCHEDULE, (u64)&second->control, &made);

	if (error)
		return error;
	/* As after a call: the stack is 8 off 16. */
	u64 sp = (u64)second - sizeof(u64);
	error = thread_start(made, (u64)second_main, sp, (u64)second, (u64)second, 0);
	if (error) {
		err_t closed = cap_close(made);
		(void)closed;
		return error;
	}
	*thread = made;
	return OK;
}

err_t rt_thread(void (*entry)(void *argument), void *argument, size_t stack_size, cap_t *thread)
{
	size_t size = page_round_up(stack_size) + PAGE_SIZE;
	char *pages = rt_pages(size, 0, NULL);

	if (!pages)
		return E_FUNDS;
	struct second *second = (struct second *)(void *)(pages + size - PAGE_SIZE);
	memset(second, 0, sizeof(*second));
	second->self = second;
	second->control.masked = 1;
	second->entry = entry;
	second->argument = argument;
	err_t error = second_start(second, thread);
	if (error)
		rt_pages_free(pages, size);
	return error;
}
