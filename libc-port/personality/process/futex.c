/* SPDX-License-Identifier: MIT */
/* futex: the kernel's own calls; private ones need nothing special. */
#include "core/call.h"
#include "core/user.h"
#include "process/process.h"

/* A word that is not at hand is touched, then the call made again. */
#define TOUCHING(call, address)                                                                    \
	({                                                                                         \
		err_t error_;                                                                      \
		u32 tries_ = 0;                                                                    \
		while ((error_ = (call)) == E_TOUCH && tries_++ < 64) {                            \
			if (!user_touch(address, sizeof(u32), true) &&                             \
			    !user_touch(address, sizeof(u32), false))                              \
				break;                                                             \
		}                                                                                  \
		error_;                                                                            \
	})

struct futex {
	u64 address, value, timeout, target, value3;
	u32 operation;
	bool real;
};

static i64 wait(const struct futex *f, u32 bitset)
{
	struct linux_timespec time = { 0, 0 };
	bool absolute = f->operation == FUTEX_WAIT_BITSET;
	u64 clock = f->real ? CLOCK_REALTIME : CLOCK_MONOTONIC, deadline = DEADLINE_NEVER;

	if (f->timeout && !user_read(&time, f->timeout, sizeof(time)))
		return -EFAULT;
	if (!timespec_valid(&time) || !bitset)
		return -EINVAL;
	self()->real = f->timeout && absolute && f->real;
	if (f->timeout)
		(void)time_after(&time, absolute, clock, &deadline);
	i64 result = 1;
	while (result > 0) {
		err_t error = TOUCHING(futex_wait(f->address, (u32)f->value, bitset, deadline),
		                       f->address);
		if (error != E_INTR)
			result = error_result(error);
		else if (signal_interrupts())
			result = f->timeout ? -EINTR : -ERESTART;
		else if (self()->real)
			(void)time_after(&time, true, clock, &deadline);
	}
	self()->real = false;
	return result;
}

static i64 wake(const struct futex *f, u32 bitset)
{
	u64 woken;

	if (!bitset)
		return -EINVAL;
	err_t error = TOUCHING(futex_wake(f->address, (u32)f->value, bitset, &woken), f->address);
	return error ? error_result(error) : (i64)woken;
}

static i64 requeue(const struct futex *f, bool check)
{
	u64 count;
	u64 expected = (u32)f->value3 | (check ? 1ull << 32 : 0);

	if ((i32)f->value < 0 || (i32)f->timeout < 0)
		return -EINVAL;
	err_t error = TOUCHING(futex_requeue(f->address, (u32)f->value, f->target, (u32)f->timeout,
	                                     expected, &count),
	                       f->address);
	return error ? error_result(error) : (i64)count;
}

static u32 operate(u32 operation, u32 old, u32 argument)
{
	switch (operation) {
	case 0:
		return argument;
	case 1:
		return old + argument;
	case 2:
		return old | argument;
	case 3:
		return old & ~argument;
	default:
		return old ^ argument;
	}
}

static bool compare(u32 comparison, i32 old, i32 argument)
{
	switch (comparison) {
	case 0:
		return old == argument;
	case 1:
		return old != argument;
	case 2:
		return old < argument;
	case 3:
		return old <= argument;
	case 4:
		return old > argument;
	default:
		return old >= argument;
	}
}

static i32 signed12(u64 value) { return (i32)(value << 20) >> 20; }

/* FUTEX_WAKE_OP: change the second word, wake on the first, and on the second if its old value
 * compares. */
static i64 wake_operate(const struct futex *f)
{
	u32 operation = f->value3 >> 28 & 7, comparison = f->value3 >> 24 & 15;
	i32 argument = signed12(f->value3 >> 12 & 0xfff), against = signed12(f->value3 & 0xfff);
	u64 woken, more = 0;
	u32 old;

	if (operation > 4 || comparison > 5)
		return -ENOSYS;
	if (f->value3 >> 31)
		argument = (i32)(1u << (argument & 31));
	if (!user_read(&old, f->target, sizeof(old)))
		return -EFAULT;
	while (true) {
		i64 found =
		        user_exchange_u32(f->target, old, operate(operation, old, (u32)argument));
		if (found < 0)
			return -EFAULT;
		if ((u32)found == old)
			break;
		old = (u32)found;
	}
	err_t error =
	        TOUCHING(futex_wake(f->address, (u32)f->value, UINT32_MAX, &woken), f->address);
	if (!error && compare(comparison, (i32)old, against))
		error = futex_wake(f->target, (u32)f->timeout, UINT32_MAX, &more);
	return error ? error_result(error) : (i64)(woken + more);
}

i64 posix_futex(const struct thread_regs *a)
{
	u32 flags = (u32)a->rsi & (FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
	struct futex f = { a->rdi,
		           a->rdx,
		           a->r10,
		           a->r8,
		           a->r9,
		           (u32)a->rsi & ~flags,
		           flags & FUTEX_CLOCK_REALTIME };

	if (f.address % sizeof(u32))
		return -EINVAL;
	if (!user_range(f.address, sizeof(u32)))
		return -EFAULT;
	switch (f.operation) {
	case FUTEX_WAIT:
		return wait(&f, UINT32_MAX);
	case FUTEX_WAIT_BITSET:
		return wait(&f, (u32)f.value3);
	case FUTEX_WAKE:
		return wake(&f, UINT32_MAX);
	case FUTEX_WAKE_BITSET:
		return wake(&f, (u32)f.value3);
	case FUTEX_REQUEUE:
		return requeue(&f, false);
	case FUTEX_CMP_REQUEUE:
		return requeue(&f, true);
	case FUTEX_WAKE_OP:
		return wake_operate(&f);
	default:
		return -ENOSYS;
	}
}
