/* SPDX-License-Identifier: MIT */
#include "ipc/lend.h"

#include "object/port.h"
#include "object/task.h"
#include "object/thread.h"

enum lend_stop lend_copy(struct task *from, vaddr_t from_addr, struct task *to, vaddr_t to_addr,
                         u64 size, u64 *done, err_t *error)
{
	void *source = NULL, *target = NULL;
	*error = OK;
	for (*done = 0; *done < size;) {
		vaddr_t a = from_addr + *done, b = to_addr + *done;
		if ((*error = task_memory(from, a, ACCESS_READ, &source)))
			return LEND_FROM;
		if ((*error = task_memory(to, b, ACCESS_WRITE, &target)))
			return LEND_TO;
		u64 n = min_u64(size - *done, PAGE_SIZE - (a & PAGE_MASK));
		n = min_u64(n, PAGE_SIZE - (b & PAGE_MASK));
		memcpy(target, source, n);
		*done += n;
	}
	return LEND_DONE;
}

/* What a server is told when a copy stops: its own mistakes by name, all that the caller must see
 * to as E_TOUCH. */
static err_t lend_error(enum lend_stop stop, enum lend_stop server_side, err_t error)
{
	if (stop == LEND_DONE)
		return OK;
	return stop == server_side && error != E_TOUCH ? E_FAULT : E_TOUCH;
}

err_t sys_lend_read(cap_t cap, u64 offset, u64 addr, u64 size, u64 *done)
{
	err_t error;
	const struct reply *reply = CAP_FIND(cap, REPLY, reply, RIGHT_USE);
	if (!reply)
		return E_CAP;
	if (!reply->caller)
		return E_DEAD;
	/* The registers of a thread that waits do not change. */
	const u64 *call = arch_regs(reply->caller);
	if (!range_fits(offset, size, (u32)call[ARCH_REG_SIZES]) ||
	    !range_fits(addr, size, USER_END))
		return E_RANGE;
	enum lend_stop stop = lend_copy(reply->caller->task, call[ARCH_REG_IN] + offset,
	                                current_task(), addr, size, done, &error);
	return lend_error(stop, LEND_TO, error);
}

err_t sys_lend_write(cap_t cap, u64 offset, u64 addr, u64 size, u64 *done)
{
	err_t error;
	const struct reply *reply = CAP_FIND(cap, REPLY, reply, RIGHT_USE);
	if (!reply)
		return E_CAP;
	if (!reply->caller)
		return E_DEAD;
	const u64 *call = arch_regs(reply->caller);
	if (!range_fits(offset, size, call[ARCH_REG_SIZES] >> 32) ||
	    !range_fits(addr, size, USER_END))
		return E_RANGE;
	enum lend_stop stop = lend_copy(current_task(), addr, reply->caller->task,
	                                call[ARCH_REG_OUT] + offset, size, done, &error);
	return lend_error(stop, LEND_FROM, error);
}
