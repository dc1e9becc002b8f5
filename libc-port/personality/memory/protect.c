/* SPDX-License-Identifier: MIT */
/* mprotect, madvise, mremap, brk and what else changes memory that is mapped already. */
#include "memory/map.h"

#include "core/lock.h"
#include "core/user.h"
#include "file/descriptor.h"
#include "proto/file.h"
#include "proto/process.h"

/* Give a private region that maps the file's own segment a segment of its own, so that it can be
 * written. */
static err_t region_make_private(struct region *region)
{
	u64 size = region->mapped_end - region->start;
	cap_t segment, clone;

	if (!size) {
		region->flags &= ~(u32)REGION_DIRECT;
		return OK;
	}
	err_t error = task_segment(PROCESS_TASK, region->start, &segment);
	if (error)
		return error;
	error = segment_clone(PROCESS_BANK, segment, region->offset, size, SEGMENT_COMMITTED,
	                      &clone);
	(void)cap_close(segment);
	if (error)
		return error;
	error = task_map(PROCESS_TASK, clone, 0, region->start, size, region->access | MAP_REPLACE);
	(void)cap_close(clone);
	if (!error)
		region->flags &= ~(u32)REGION_DIRECT;
	return error;
}

static err_t protect_locked(u64 start, u64 end, u32 access)
{
	if (!region_room(&memory, 2))
		return E_FUNDS;
	if (!region_covered(&memory, start, end))
		return E_FUNDS;
	region_split(&memory, start, end);
	for (u32 i = region_find(&memory, start); i < memory.count; i++) {
		struct region *region = &memory.list[i];
		err_t error = OK;

		if (region->start >= end)
			break;
		if (!memory_protect_allowed(region, access))
			return E_FUNDS;
		if (region->flags & REGION_DIRECT && access & ACCESS_WRITE)
			error = region_make_private(region);
		if (!error && region->mapped_end > region->start)
			error = task_protect(PROCESS_TASK, region->start,
			                     region->mapped_end - region->start, access);
		if (error)
			return error == E_RANGE || error == E_CAP ? E_ACCESS : error;
	}
	region_protect(&memory, start, end, access);
	return OK;
}

i64 posix_mprotect(const struct thread_regs *a)
{
	u64 start = a->rdi, size = page_round_up(a->rsi);

	if (start % PAGE_SIZE || a->rdx & ~0x3000007ull)
		return -EINVAL;
	if (!size)
		return 0;
	if (!range_fits(start, size, PERSONALITY_BASE))
		return -ENOMEM;
	lock_take(&process_lock);
	err_t error = protect_locked(start, start + size, memory_access((u32)a->rdx));
	lock_give(&process_lock);
	return error_result(error);
}

/* Below this, clearing is cheaper than a new segment, and leaves the map as it is. */
enum { DISCARD_CLEAR_MAX = 8 * PAGE_SIZE };

/* Make the part of a private anonymous region read as zeroes, and give its memory back. */
static err_t discard(const struct region *region, u64 start, u64 end)
{
	u32 access = region->access, flags = region->flags;

	if (flags & REGION_LOCKED)
		return E_INVAL;
	if (flags & (REGION_FILE | REGION_SHARED))
		return OK;
	if (end - start <= DISCARD_CLEAR_MAX && access & ACCESS_WRITE)
		return user_zero(start, end - start) ? OK : E_FUNDS;
	if (!region_room(&memory, 4))
		return OK;
	err_t error = memory_remove(start, end);
	return error ? error : memory_add(start, end - start, access, flags);
}

static i64 discard_range(u64 start, u64 end)
{
	err_t error = OK;

	if (!region_covered(&memory, start, end))
		return -ENOMEM;
	while (start < end && !error) {
		const struct region *region = &memory.list[region_find(&memory, start)];
		u64 stop = region->end < end ? region->end : end;
		error = discard(region, start, stop);
		start = stop;
	}
	return error_result(error);
}

i64 posix_madvise(const struct thread_regs *a)
{
	u64 start = a->rdi, size = page_round_up(a->rsi);

	if (start % PAGE_SIZE || a->rdx > MADV_LAST || size < a->rsi)
		return -EINVAL;
	if (!range_fits(start, size, PERSONALITY_BASE))
		return -ENOMEM;
	if (!size || a->rdx != MADV_DONTNEED)
		return a->rdx == MADV_REMOVE ? -EOPNOTSUPP : 0;
	lock_take(&process_lock);
	i64 result = discard_range(start, start + size);
	lock_give(&process_lock);
	return result;
}

/* The heap grows in pieces, so that a program that asks for a page at a time does not get a
 * segment for each. */
enum { BREAK_STEP = 0x20000 };

static bool break_allowed(u64 wanted)
{
	u64 now = page_round_up(memory_break.now), end = page_round_up(wanted);
	u32 locked = 0;

	return end <= now || (memory_allowed(end - now, 0, 0, ACCESS_READ | ACCESS_WRITE, 0) &&
	                      !memory_lock_new(end - now, false, &locked));
}

static err_t break_grow(u64 wanted)
{
	struct memory_break *b = &memory_break;
	u64 need = page_round_up(wanted) - b->end;
	u64 step = (b->end - b->start) / 4 & ~PAGE_MASK;
	u64 sizes[] = { need + (step > BREAK_STEP ? step : BREAK_STEP), need };
	err_t error = E_FUNDS;

	for (u32 i = 0; i < COUNT_OF(sizes) && error; i++) {
		if (range_fits(b->end, sizes[i], PROGRAM_MAP_TOP) &&
		    region_free(&memory, b->end, b->end + sizes[i]))
			error = memory_add(b->end, sizes[i], ACCESS_READ | ACCESS_WRITE, 0);
		if (!error)
			b->end += sizes[i];
	}
	return error;
}

/* What lies between the new break and the old one must be zero when it is used again. */
static void break_shrink(u64 wanted)
{
	u64 end = page_round_up(wanted);

	if (end < memory_break.end && memory_remove(end, memory_break.end))
		return;
	memory_break.end = end < memory_break.end ? end : memory_break.end;
	(void)user_zero(wanted, memory_break.end - wanted);
	memory_break.now = wanted;
}

i64 posix_brk(const struct thread_regs *a)
{
	struct memory_break *b = &memory_break;
	u64 wanted = a->rdi;

	lock_take(&process_lock);
	if (wanted >= b->start && wanted < b->now)
		break_shrink(wanted);
	else if (wanted > b->now && wanted < PROGRAM_MAP_TOP && break_allowed(wanted) &&
	         (wanted <= b->end || !break_grow(wanted)))
		b->now = wanted;
	u64 now = b->now;
	lock_give(&process_lock);
	return (i64)now;
}

struct remap {
	u64 old, old_size, size, flags, target;
};

/* Where it goes: in place if the space behind is free, else anywhere if it may move. 0: nowhere. */
static u64 remap_place(const struct remap *r)
{
	u64 old_end = r->old + r->old_size;

	if (r->flags & MREMAP_FIXED)
		return r->target;
	if (r->size <= r->old_size || (range_fits(r->old, r->size, PROGRAM_MAP_TOP) &&
	                               region_free(&memory, old_end, r->old + r->size)))
		return r->old;
	return r->flags & MREMAP_MAYMOVE ? memory_search(0, r->size) : 0;
}

/* Move the mapping, and note it. */
static err_t remap_move(const struct remap *r, const struct region *region, u64 target, u64 size)
{
	struct region moved = *region;
	err_t error = task_move(PROCESS_TASK, r->old, size, target);

	if (error)
		return error;
	moved.start = target;
	moved.end = target + size;
	moved.mapped_end = moved.end < target + (region->mapped_end - r->old)
	                           ? moved.end
	                           : target + (region->mapped_end - r->old);
	if (moved.file)
		file_get(moved.file);
	region_remove(&memory, r->old, r->old + size);
	region_add(&memory, &moved);
	return OK;
}

/* The part behind the old end: fresh memory, or more of the file. */
static err_t remap_extend(const struct region *region, u64 start, u64 size)
{
	cap_t segment;

	if (!(region->flags & REGION_FILE))
		return memory_add(start, size, region->access, region->flags);
	if (!region->file)
		return E_FUNDS;
	err_t error = task_segment(PROCESS_TASK, region->start, &segment);
	if (error)
		return error;
	u64 offset = region->offset + (region->end - region->start);
	error = task_map(PROCESS_TASK, segment, offset, start, size, region->access | MAP_SHARED);
	(void)cap_close(segment);
	if (error)
		return error;
	struct region more = { .start = start,
		               .end = start + size,
		               .mapped_end = start + size,
		               .access = region->access,
		               .flags = region->flags,
		               .offset = offset,
		               .file = region->file };
	file_get(more.file);
	region_add(&memory, &more);
	return OK;
}

static i64 remap_locked(const struct remap *r)
{
	u32 i = region_find(&memory, r->old);
	u64 old_end = r->old + r->old_size, target;
	u64 kept = r->old_size < r->size ? r->old_size : r->size;

	if (i == memory.count || memory.list[i].start > r->old ||
	    !region_covered(&memory, r->old, old_end))
		return -EFAULT;
	if (!region_room(&memory, 6) || !(target = remap_place(r)))
		return -ENOMEM;
	if (r->size > kept) {
		u32 flags = memory.list[i].flags;
		i64 result = memory_lock_new(r->size - kept, flags & REGION_LOCKED, &flags);
		if (result)
			return result;
		if (!memory_allowed(r->size - kept, 0, 0, memory.list[i].access, flags))
			return -ENOMEM;
	}
	err_t error = OK;
	if (r->flags & MREMAP_FIXED)
		error = memory_remove(target, target + r->size);
	if (!error && r->size < r->old_size)
		error = memory_remove(r->old + r->size, old_end);
	region_split(&memory, r->old, r->old + kept);
	if (!error && target != r->old) {
		struct region region = memory.list[region_find(&memory, r->old)];
		error = remap_move(r, &region, target, kept);
	}
	if (!error && r->size > kept) {
		struct region region = memory.list[region_find(&memory, target)];
		error = remap_extend(&region, target + kept, r->size - kept);
	}
	return error ? error_result(error) : (i64)target;
}

i64 posix_mremap(const struct thread_regs *a)
{
	struct remap r = { .old = a->rdi,
		           .old_size = page_round_up(a->rsi),
		           .size = page_round_up(a->rdx),
		           .flags = a->r10,
		           .target = a->r8 };

	if (r.old % PAGE_SIZE || !r.size || !r.old_size || r.flags & ~3ull || r.size < a->rdx ||
	    !range_fits(r.old, r.old_size, PERSONALITY_BASE))
		return -EINVAL;
	if (r.flags & MREMAP_FIXED &&
	    (!(r.flags & MREMAP_MAYMOVE) || r.target % PAGE_SIZE ||
	     !range_fits(r.target, r.size, PERSONALITY_BASE) ||
	     (r.target < r.old + r.old_size && r.old < r.target + r.size)))
		return -EINVAL;
	if (r.size >= USER_END)
		return -ENOMEM;
	lock_take(&process_lock);
	i64 result = remap_locked(&r);
	lock_give(&process_lock);
	return result;
}

i64 posix_msync(const struct thread_regs *a)
{
	u64 start = a->rdi, size = page_round_up(a->rsi);
	err_t error = OK;

	if (start % PAGE_SIZE || a->rdx & ~7ull || (a->rdx & 5) == 5 ||
	    !range_fits(start, size, PERSONALITY_BASE))
		return -EINVAL;
	lock_take(&process_lock);
	bool covered = region_covered(&memory, start, start + size);
	for (u64 at = start; covered && at < start + size && !error;) {
		const struct region *region = &memory.list[region_find(&memory, at)];
		struct file *file = region->file;

		at = region->end;
		if (!file || !(a->rdx & 4))
			continue;
		/* Not under the lock: the map may change meanwhile, so the rest is looked up
		 * afresh. */
		file_get(file);
		lock_give(&process_lock);
		error = file_sync(file->cap, true);
		file_put(file);
		lock_take(&process_lock);
		covered = at >= start + size || region_covered(&memory, at, start + size);
	}
	lock_give(&process_lock);
	return covered ? error_result(error) : -ENOMEM;
}

i64 posix_mincore(const struct thread_regs *a)
{
	u64 start = a->rdi, size = page_round_up(a->rsi);

	if (start % PAGE_SIZE)
		return -EINVAL;
	lock_take(&process_lock);
	bool covered = range_fits(start, size, PERSONALITY_BASE) &&
	               region_covered(&memory, start, start + size);
	lock_give(&process_lock);
	if (!covered)
		return -ENOMEM;
	for (u64 i = 0; i < size / PAGE_SIZE; i++) {
		u8 present = 1;
		if (!user_write(a->rdx + i, &present, 1))
			return -EFAULT;
	}
	return 0;
}
