/* SPDX-License-Identifier: MIT */
/* Calls to servers: touching lent pages that were not at hand, and telling bad ones from those. */
#include "core/call.h"
#include "core/user.h"

/* A page may be evicted again before the server copies; that it happens this often means
 * something else. */
enum { TOUCH_TRIES = 64 };

err_t rt_call(cap_t gate, struct msg *m)
{
	u64 number = self()->interruptible ? CALL_IPC_CALL_INTERRUPTIBLE : CALL_IPC_CALL;

	for (u32 i = 0; i < TOUCH_TRIES; i++) {
		err_t error = ipc_call((CALL_FIRST + number) | (u64)gate << 32, m);
		if (error != E_TOUCH)
			return error;
		if (!user_touch((u64)m->in, m->in_size, false) ||
		    !user_touch((u64)m->out, m->out_size, true))
			return E_FAULT;
	}
	return E_FUNDS;
}
