/* SPDX-License-Identifier: MIT */
/* The caller's side of messages. */
#include "internal.h"

_Static_assert(offsetof(struct msg, cap) == 56 && offsetof(struct msg, in) == 72 &&
                       offsetof(struct msg, in_size) == 80 && offsetof(struct msg, out) == 88 &&
                       offsetof(struct msg, out_size) == 96,
               "ipc.S knows struct msg");
_Static_assert(offsetof(struct ipc_received, label) == 56 &&
                       offsetof(struct ipc_received, in_count) == 64 &&
                       offsetof(struct ipc_received, sizes) == 72 &&
                       offsetof(struct ipc_received, cap) == 80 &&
                       offsetof(struct ipc_received, kind) == 96 &&
                       offsetof(struct ipc_received, reply) == 100,
               "ipc.S knows struct ipc_received");

enum { CALL_TRIES = 8 }; /* each finds a lent page evicted again */

/* Bring the lent pages back: read `in`, write to `out` without changing it. */
static void call_touch(const struct msg *m)
{
	for (size_t i = 0; i < m->in_size; i += PAGE_SIZE)
		(void)((const volatile u8 *)m->in)[i];
	if (m->in_size)
		(void)((const volatile u8 *)m->in)[m->in_size - 1];
	for (size_t i = 0; i < m->out_size; i += PAGE_SIZE)
		__atomic_fetch_or((u8 *)m->out + i, 0, __ATOMIC_RELAXED);
	if (m->out_size)
		__atomic_fetch_or((u8 *)m->out + m->out_size - 1, 0, __ATOMIC_RELAXED);
}

static err_t call_once(cap_t gate, struct msg *m)
{
	err_t error = ipc_call(CALL_IPC_CALL, gate, m);

	return error ? error : (err_t)m->word[0];
}

/* Capabilities that are moved are gone after the first try, so their pages are touched before it.
 */
static bool call_moves(const struct msg *m)
{
	return (m->cap[0] | m->cap[1] | m->cap[2] | m->cap[3]) & CAP_MOVE;
}

err_t rt_call(cap_t gate, struct msg *m)
{
	if ((m->in_size | m->out_size) == 0)
		return call_once(gate, m);
	if ((m->in_size | m->out_size) > UINT32_MAX)
		return E_RANGE;
	if (call_moves(m))
		call_touch(m);

	struct msg asked = *m;
	err_t error = call_once(gate, m);
	for (int i = 1; error == E_TOUCH && i < CALL_TRIES; i++) {
		*m = asked;
		call_touch(m);
		error = call_once(gate, m);
	}
	return error;
}

void rt_call_deadline(u64 deadline)
{
	if (rt_control)
		rt_control->deadline = deadline;
}
