/* SPDX-License-Identifier: MIT */
/* For tests of the counter server without inotify. */
#include "counter/notify.h"

err_t notify_make(u32 flags, struct counter **counter)
{
	(void)flags, (void)counter;
	return E_LIMIT;
}
void notify_free(struct counter *counter) { (void)counter; }
err_t notify_read(struct counter *counter, struct request *rq, bool may_wait, u64 *count)
{
	(void)counter, (void)rq, (void)may_wait, (void)count;
	return E_INVAL;
}
err_t notify_poll(struct counter *counter, struct request *rq, u32 mask, u64 bits, u32 *ready)
{
	(void)counter, (void)rq, (void)mask, (void)bits, (void)ready;
	return E_INVAL;
}
err_t notify_size(struct counter *counter, struct request *rq, u64 *size)
{
	(void)counter, (void)rq, (void)size;
	return E_INVAL;
}
err_t notify_end_watch(struct counter *counter, u32 watch)
{
	(void)counter, (void)watch;
	return E_INVAL;
}
err_t notify_give_ring(struct counter *counter, cap_t *sync, struct ring **ring, cap_t *news)
{
	(void)counter, (void)sync, (void)ring, (void)news;
	return E_INVAL;
}
err_t notify_add_watch(struct counter *counter, u64 ring, cap_t *gate, u32 *watch)
{
	(void)counter, (void)ring, (void)gate, (void)watch;
	return E_INVAL;
}
err_t gate_identify(cap_t port, cap_t gate, u64 *label)
{
	(void)port, (void)gate, (void)label;
	return E_XDEV;
}
