/* SPDX-License-Identifier: MIT */
/* mmap and munmap. A mapping is a segment of its own, made and mapped in two or three kernel
 * calls, without asking anybody; the segment's capability is closed at once, the mapping keeps
 * it alive.
 *
 * private anonymous   committed segment (ENOMEM if the bank cannot promise), or uncommitted
 *                     for what is only reserved
 * shared anonymous    committed, mapped shared
 * shared file         the file's own segment, mapped shared
 * private file        read-only: the file's own segment (REGION_DIRECT: cloned when it is made
 *                     writable); else a clone */
#include "memory/map.h"

#include "core/lock.h"
#include "core/user.h"
#include "file/descriptor.h"
#include "proto/file.h"
#include "process/process.h"

static struct region regions_small[REGION_SMALL];
struct region_map memory = { .room = REGION_SMALL, .list = regions_small };
struct memory_break memory_break;

struct region *region_memory(void)
{
	return process_memory(AT_REGIONS, REGION_MAX * sizeof(struct region));
}

void memory_start(const struct personality_start *start)
{
	const struct start_region *list = (const struct start_region *)start->regions;

	for (u64 i = 0; i < start->region_count && region_room(&memory, 1); i++) {
		struct region region = {
			.start = list[i].start,
			.end = list[i].start + list[i].size,
			.mapped_end = list[i].start + list[i].size,
			.access = list[i].access,
			.flags = (list[i].flags & 1 ? REGION_FILE : 0) |
			         (list[i].flags & 2 ? REGION_STACK | REGION_RESERVE : 0) |
			         (list[i].flags & 4 ? REGION_SHARED : 0),
		};
		if (region.start < PERSONALITY_BASE)
			region_add(&memory, &region);
	}
	memory_break.start = memory_break.now = memory_break.end = page_round_up(start->brk_start);
}

u32 memory_access(u32 protection)
{
	u32 access = 0;

	if (protection & (PROT_READ | PROT_WRITE))
		access |= ACCESS_READ;
	if (protection & PROT_WRITE)
		access |= ACCESS_WRITE;
	if (protection & PROT_EXEC)
		access |= ACCESS_READ | ACCESS_EXEC;
	return access;
}

err_t memory_add(u64 start, u64 size, u32 access, u32 flags)
{
	u32 committed = flags & REGION_RESERVE ? 0 : SEGMENT_COMMITTED;
	u32 shared = flags & REGION_SHARED ? MAP_SHARED : 0;
	cap_t segment;

	if (!region_room(&memory, 1))
		return E_FUNDS;
	err_t error = segment_create(PROCESS_BANK, size, committed, &segment);
	if (error)
		return error;
	error = task_map(PROCESS_TASK, segment, 0, start, size, access | shared | MAP_REPLACE);
	(void)cap_close(segment);
	if (error)
		return error;
	struct region region = { .start = start,
		                 .end = start + size,
		                 .mapped_end = start + size,
		                 .access = access,
		                 .flags = flags };
	region_add(&memory, &region);
	return OK;
}

err_t memory_remove(u64 start, u64 end)
{
	if (region_free(&memory, start, end))
		return OK;
	if (!region_room(&memory, 1))
		return E_FUNDS;
	err_t error = task_unmap(PROCESS_TASK, start, end - start);
	if (error)
		return error;
	region_remove(&memory, start, end);
	return OK;
}

u64 memory_search(u64 hint, u64 size)
{
	hint = page_round_down(hint);
	if (hint >= USER_START && range_fits(hint, size, PROGRAM_MAP_TOP) &&
	    region_free(&memory, hint, hint + size))
		return hint;
	/* The heap may still grow: leave it room. */
	u64 low = memory_break.end + 0x40000000;
	u64 found = region_search(&memory, low, PROGRAM_MAP_TOP, size);
	return found ? found : region_search(&memory, 0x10000, PROGRAM_MAP_TOP, size);
}

i32 memory_fault_signal(u64 address)
{
	u32 i = region_find(&memory, address);

	if (i < memory.count && memory.list[i].start <= address &&
	    address >= memory.list[i].mapped_end && memory.list[i].flags & REGION_FILE)
		return SIGBUS;
	return SIGSEGV;
}

struct map_request {
	u64 start, size, offset;
	u32 access, flags; /* flags: REGION_* */
	struct file *file; /* a reference of ours, or NULL */
};

/* The segment for a file mapping, how much of it there is, and the flags of the region. */
static err_t map_file_segment(struct map_request *map, cap_t *segment, u64 *offset, u64 *available)
{
	cap_t contents;
	u64 file_size;
	bool shared = map->flags & REGION_SHARED;
	u32 wanted = shared ? map->access : map->access & ~(u32)ACCESS_WRITE;
	err_t error = file_map(map->file->cap, wanted | ACCESS_READ, &contents, &file_size);

	if (error)
		return error;
	u64 end = page_round_up(file_size);
	*available = map->offset >= end              ? 0
	             : end - map->offset < map->size ? end - map->offset
	                                             : map->size;
	*offset = map->offset;
	*segment = contents;
	if (shared || !*available)
		return OK;
	if (!(map->access & ACCESS_WRITE)) {
		map->flags |= REGION_DIRECT;
		return OK;
	}
	error = segment_clone(PROCESS_BANK, contents, map->offset, *available, SEGMENT_COMMITTED,
	                      segment);
	(void)cap_close(contents);
	*offset = 0;
	return error;
}

static err_t map_file(struct map_request *map)
{
	cap_t segment;
	u64 offset, available;
	err_t error = map_file_segment(map, &segment, &offset, &available);

	if (error)
		return error;
	lock_take(&process_lock);
	error = region_room(&memory, 3) ? memory_remove(map->start, map->start + map->size)
	                                : E_FUNDS;
	if (!error && available) {
		bool shared = map->flags & (REGION_SHARED | REGION_DIRECT);
		error = task_map(PROCESS_TASK, segment, offset, map->start, available,
		                 map->access | (shared ? MAP_SHARED : 0) | MAP_REPLACE);
	}
	if (!error) {
		struct region region = { .start = map->start,
			                 .end = map->start + map->size,
			                 .mapped_end = map->start + available,
			                 .access = map->access,
			                 .flags = map->flags | REGION_FILE,
			                 .offset = map->offset };
		if (map->flags & REGION_SHARED) {
			region.file = map->file;
			file_get(map->file);
		}
		region_add(&memory, &region);
	}
	lock_give(&process_lock);
	(void)cap_close(segment);
	return error;
}

/* Choose where, and check what is there. 0 in *start if there is no place. Called with the lock. */
static i64 map_place(u64 hint, u64 size, u64 flags, u64 *start)
{
	if (!(flags & (MMAP_FIXED | MMAP_FIXED_NOREPLACE))) {
		*start = memory_search(hint, size);
		return *start ? 0 : -ENOMEM;
	}
	if (hint % PAGE_SIZE || hint < USER_START)
		return hint % PAGE_SIZE ? -EINVAL : -EPERM;
	if (!range_fits(hint, size, PERSONALITY_BASE))
		return -ENOMEM;
	if (flags & MMAP_FIXED_NOREPLACE && !region_free(&memory, hint, hint + size))
		return -EEXIST;
	*start = hint;
	return 0;
}

/* Where, and whether the limits allow it. Called with the lock. */
static i64 map_check(u64 hint, u64 size, u64 flags, u32 access, u32 *kind, u64 *start)
{
	i64 result = map_place(hint, size, flags, start);

	if (!result)
		result = memory_lock_new(size, flags & MMAP_LOCKED, kind);
	if (result || memory_allowed(size, *start, *start + size, access, *kind))
		return result;
	return -ENOMEM;
}

static i64 map_anonymous(u64 hint, u64 size, u32 protection, u64 flags)
{
	u64 start;
	u32 access = memory_access(protection), kind = 0;

	if ((flags & MMAP_TYPE) != MMAP_PRIVATE)
		kind |= REGION_SHARED;
	else if (!(protection & PROT_WRITE) ||
	         flags & (MMAP_NORESERVE | MMAP_STACK | MMAP_GROWSDOWN))
		kind |= REGION_RESERVE;
	lock_take(&process_lock);
	i64 result = map_check(hint, size, flags, access, &kind, &start);
	if (!result) {
		bool fixed = flags & MMAP_FIXED;
		err_t error = !region_room(&memory, 3) ? E_FUNDS
		              : fixed                  ? memory_remove(start, start + size)
		                                       : OK;
		if (!error)
			error = memory_add(start, size, access, kind);
		result = error ? error_result(error) : (i64)start;
	}
	lock_give(&process_lock);
	return result;
}

static i64 map_with_file(const struct thread_regs *a, u64 size, u32 protection, u64 flags)
{
	struct map_request map = { .size = size,
		                   .offset = a->r9,
		                   .access = memory_access(protection) };

	if ((flags & MMAP_TYPE) != MMAP_PRIVATE)
		map.flags |= REGION_SHARED;
	if (map.offset % PAGE_SIZE || map.offset > INT64_MAX - size)
		return -EINVAL;
	map.file = descriptor_get((u32)a->r8);
	if (!map.file)
		return -EBADF;
	if (map.file->flags & O_PATH || file_is(map.file, S_IFDIR)) {
		i64 error = map.file->flags & O_PATH ? -EBADF : -ENODEV;
		file_put(map.file);
		return error;
	}
	lock_take(&process_lock);
	i64 result = map_check(a->rdi, size, flags, map.access, &map.flags, &map.start);
	lock_give(&process_lock);
	if (!result) {
		err_t error = map_file(&map);
		result = error == E_NOTSUP || error == E_NOSYS ? -ENODEV
		         : error                               ? error_result(error)
		                                               : (i64)map.start;
	}
	file_put(map.file);
	return result;
}

i64 posix_mmap(const struct thread_regs *a)
{
	u64 size = page_round_up(a->rsi), flags = a->r10, type = flags & MMAP_TYPE;
	u32 protection = (u32)a->rdx;

	if (!a->rsi ||
	    (type != MMAP_SHARED && type != MMAP_PRIVATE && type != MMAP_SHARED_VALIDATE))
		return -EINVAL;
	if (size < a->rsi || size >= USER_END)
		return -ENOMEM;
	if (flags & MMAP_ANONYMOUS)
		return map_anonymous(a->rdi, size, protection, flags);
	return map_with_file(a, size, protection, flags);
}

i64 posix_munmap(const struct thread_regs *a)
{
	u64 start = a->rdi, size = page_round_up(a->rsi);

	if (start % PAGE_SIZE || !a->rsi || size < a->rsi ||
	    !range_fits(start, size, PERSONALITY_BASE))
		return -EINVAL;
	lock_take(&process_lock);
	err_t error = memory_remove(start, start + size);
	lock_give(&process_lock);
	return error_result(error);
}
