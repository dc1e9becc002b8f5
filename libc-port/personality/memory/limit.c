/* SPDX-License-Identifier: MIT */
/* RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK and RLIMIT_MEMLOCK. What is used is counted when there is a
 * limit: regions are few. The stack counts as far as it may grow; of the heap counts what the
 * program has asked for, not what has been mapped ahead. */
#include "core/lock.h"
#include "core/user.h"
#include "memory/map.h"
#include "process/process.h"

/* "unlimited"; and what a lowered limit leaves below what the stack pointer has reached. */
enum { STACK_GAP = 0x20000 };
#define STACK_SIZE_MAX 0x40000000ull

static u32 future_flags; /* REGION_LOCKED after mlockall(MCL_FUTURE) */

static u64 overlap(u64 start, u64 end, u64 low, u64 high)
{
	low = low > start ? low : start;
	high = high < end ? high : end;
	return low < high ? high - low : 0;
}

static bool is_data(u32 access, u32 flags)
{
	return access & ACCESS_WRITE && !(flags & (REGION_SHARED | REGION_STACK));
}

/* What lies outside [start, end): everything, or what counts for RLIMIT_DATA. */
static u64 used_outside(u64 start, u64 end, bool data)
{
	u64 ahead = page_round_up(memory_break.now), used = 0;

	for (u32 i = 0; i < memory.count; i++) {
		const struct region *r = &memory.list[i];
		if (data && !is_data(r->access, r->flags))
			continue;
		u64 low = r->start > ahead ? r->start : ahead;
		u64 high = r->end < memory_break.end ? r->end : memory_break.end;
		used += r->end - r->start - overlap(r->start, r->end, start, end);
		if (low < high)
			used -= high - low - overlap(low, high, start, end);
	}
	return used;
}

static bool fits(u64 used, u64 more, u64 limit) { return used <= limit && more <= limit - used; }

static bool data_allowed(u64 more, u64 start, u64 end)
{
	u64 limit = limit_soft(RLIMIT_DATA);

	if (!limit) /* Linux takes that for a program that cannot tell its data from the rest */
		limit = process_page->limit[RLIMIT_DATA].hard;
	return limit == UINT64_MAX || fits(used_outside(start, end, true), more, limit);
}

bool memory_allowed(u64 more, u64 start, u64 end, u32 access, u32 flags)
{
	u64 limit = limit_soft(RLIMIT_AS);

	if (limit != UINT64_MAX && !fits(used_outside(start, end, false), more, limit))
		return false;
	return !is_data(access, flags) || data_allowed(more, start, end);
}

bool memory_protect_allowed(const struct region *region, u32 access)
{
	if (is_data(region->access, region->flags) || !is_data(access, region->flags))
		return true;
	return data_allowed(region->end - region->start, region->start, region->end);
}

/* --- the stack --- */

/* `lowest` is the stack's lowest region: see that it begins at `wanted`, but not above `sp`. */
static err_t stack_resize(const struct region *lowest, u64 wanted, u64 sp)
{
	u64 reached = page_round_down(sp) - STACK_GAP;

	if (wanted < lowest->start && region_free(&memory, wanted, lowest->start))
		return memory_add(wanted, lowest->start - wanted, lowest->access,
		                  REGION_STACK | REGION_RESERVE);
	wanted = wanted < reached ? wanted : reached;
	return wanted > lowest->start ? memory_remove(lowest->start, wanted) : OK;
}

void memory_limit_stack(void)
{
	u64 limit = limit_soft(RLIMIT_STACK), sp = self()->user.rsp;

	lock_take(&process_lock);
	u32 i = region_find(&memory, sp);
	if (i < memory.count && memory.list[i].start <= sp && memory.list[i].flags & REGION_STACK) {
		u64 size = page_round_up(limit < STACK_SIZE_MAX ? limit : STACK_SIZE_MAX), end;
		u32 low = i, top = i;
		while (low && memory.list[low - 1].flags & REGION_STACK &&
		       memory.list[low - 1].end == memory.list[low].start)
			low--;
		while (top + 1 < memory.count && memory.list[top + 1].flags & REGION_STACK)
			top++;
		end = memory.list[top].end;
		struct region lowest = memory.list[low];
		/* A stack that cannot grow is as one at its limit: no error. */
		(void)stack_resize(&lowest, end - size, sp);
	}
	lock_give(&process_lock);
}

/* --- locked memory: nothing is ever evicted, so that it only counts --- */

enum { MLOCK_ONFAULT = 1 };
enum { MCL_CURRENT = 1, MCL_FUTURE = 2, MCL_ONFAULT = 4 };

static u64 locked_outside(u64 start, u64 end)
{
	u64 used = 0;

	for (u32 i = 0; i < memory.count; i++) {
		const struct region *r = &memory.list[i];
		if (r->flags & REGION_LOCKED)
			used += r->end - r->start - overlap(r->start, r->end, start, end);
	}
	return used;
}

static i64 lock_permitted(void)
{
	return process_page->ids.euid && !limit_soft(RLIMIT_MEMLOCK) ? -EPERM : 0;
}

static bool lock_allowed(u64 more, u64 start, u64 end)
{
	return !process_page->ids.euid ||
	       fits(locked_outside(start, end), more, limit_soft(RLIMIT_MEMLOCK));
}

i64 memory_lock_new(u64 size, bool wanted, u32 *flags)
{
	i64 result = wanted ? lock_permitted() : 0;

	if (!wanted && !future_flags)
		return 0;
	*flags |= REGION_LOCKED;
	return result ? result : lock_allowed(size, 0, 0) ? 0 : -EAGAIN;
}

void memory_forked(void)
{
	future_flags = 0;
	for (u32 i = 0; i < memory.count; i++)
		memory.list[i].flags &= ~(u32)REGION_LOCKED;
}

static i64 lock_range(u64 address, u64 size, bool locks)
{
	u64 start = page_round_down(address), end = page_round_up(address + size);

	if (address + size < address || (end < start && size))
		return -EINVAL;
	if (start == end || !size)
		return 0;
	if (!range_fits(start, end - start, PERSONALITY_BASE))
		return -ENOMEM;
	lock_take(&process_lock);
	bool fine = region_room(&memory, 2) && (!locks || lock_allowed(end - start, start, end)) &&
	            region_covered(&memory, start, end);
	if (fine)
		region_mark(&memory, start, end, REGION_LOCKED, locks);
	lock_give(&process_lock);
	return fine ? 0 : -ENOMEM;
}

static i64 lock_pages(u64 address, u64 size)
{
	i64 result = lock_permitted();

	if (!result)
		result = lock_range(address, size, true);
	return result || !size || user_touch(address, size, false) ? result : -ENOMEM;
}

i64 posix_mlock(const struct thread_regs *a) { return lock_pages(a->rdi, a->rsi); }

i64 posix_mlock2(const struct thread_regs *a)
{
	if (a->rdx & ~(u64)MLOCK_ONFAULT)
		return -EINVAL;
	if (!(a->rdx & MLOCK_ONFAULT))
		return lock_pages(a->rdi, a->rsi);
	i64 result = lock_permitted();
	return result ? result : lock_range(a->rdi, a->rsi, true);
}

i64 posix_munlock(const struct thread_regs *a) { return lock_range(a->rdi, a->rsi, false); }

i64 posix_mlockall(const struct thread_regs *a)
{
	u64 flags = a->rdi;

	if (!flags || flags & ~7ull || flags == MCL_ONFAULT)
		return -EINVAL;
	i64 result = lock_permitted();
	if (result)
		return result;
	lock_take(&process_lock);
	if (flags & MCL_CURRENT && !lock_allowed(used_outside(0, 0, false), 0, USER_END))
		result = -ENOMEM;
	else
		future_flags = flags & MCL_FUTURE ? REGION_LOCKED : 0;
	for (u32 i = 0; i < memory.count && !result && flags & MCL_CURRENT; i++)
		memory.list[i].flags |= REGION_LOCKED;
	lock_give(&process_lock);
	return result;
}

i64 posix_munlockall(const struct thread_regs *a)
{
	(void)a;
	lock_take(&process_lock);
	memory_forked();
	lock_give(&process_lock);
	return 0;
}
