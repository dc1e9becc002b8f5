/* SPDX-License-Identifier: MIT */
#include "lib/guard.h"
#include "rt/internal.h"

/* guard_copy.S */
bool guard_copy_words(void *to, const void *from, size_t words, u64 *recover_ip);

bool guard_copy(void *to, const void *from, size_t size)
{
	/* Without a control block (abi/thread.h) there is nowhere to recover: take the risk. */
	static u64 nowhere;

	return guard_copy_words(to, from, size / sizeof(u32),
	                        rt_control ? &rt_control->recover_ip : &nowhere);
}
