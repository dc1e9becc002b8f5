/* SPDX-License-Identifier: MIT */
/* sigma0 becomes a server like others: with a start block, which it writes itself. */
#include "sigma0.h"

#include <string.h>

/* Far from the image, wherever that is. */
#define HEAP_START 0x100000000ull

static struct rt_start block;

static void block_add(const char *name, cap_t cap)
{
	strcpy(block.name[block.names].name, name);
	block.name[block.names++].cap = cap;
}

_Noreturn void sigma0_begin(void)
{
	_Static_assert((u32)SIGMA0_TASK == RT_TASK && (u32)SIGMA0_BANK == RT_BANK &&
	                       (u32)SIGMA0_SCHEDULE == RT_SCHEDULE &&
	                       (u32)SIGMA0_THREAD == RT_THREAD && (u32)SIGMA0_CLOCK == RT_CLOCK,
	               "sigma0's table begins like every server's");

	block.size = sizeof(block);
	block_add("task", SIGMA0_TASK);
	block_add("bank", SIGMA0_BANK);
	block_add("schedule", SIGMA0_SCHEDULE);
	block_add("thread", SIGMA0_THREAD);
	block_add("clock", SIGMA0_CLOCK);
	block_add("machine", SIGMA0_MACHINE);
	block.arguments = 1;
	strcpy(block.text, "sigma0");
	block.heap_start = HEAP_START;
	block.heap_end = USER_END - PAGE_SIZE;
	rt_start_main(&block);
}
