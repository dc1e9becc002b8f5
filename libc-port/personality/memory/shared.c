/* SPDX-License-Identifier: MIT */
/* System V's shared memory: a segment of the ipc server's, mapped shared. The kernel counts its
 * mappings, so that the end of a process needs no message. */
#include "core/lock.h"
#include "core/user.h"
#include "memory/map.h"
#include "process/ipc.h"
#include "process/process.h"

enum { SHM_LOCK = 11, SHM_UNLOCK, SHM_STAT, SHM_INFO, SHM_STAT_ANY };
enum {
	SHM_HUGETLB = 04000,
	SHM_RDONLY = 010000,
	SHM_RND = 020000,
	SHM_REMAP = 040000,
	SHM_EXEC = 0100000
};

struct linux_shmid {
	struct linux_ipc_perm perm;
	u64 segsz, atime, dtime, ctime;
	u32 cpid, lpid;
	u64 nattch, unused[2];
};
_Static_assert(sizeof(struct linux_shmid) == 112, "shmid64_ds");

struct linux_shminfo {
	u64 max, min, mni, seg, all, unused[4];
};

struct linux_shm_info {
	i32 used_ids, pad;
	u64 total, resident, swapped, swap_attempts, swap_successes;
};

i64 posix_shmget(const struct thread_regs *a)
{
	if (a->rdx & SHM_HUGETLB)
		return -ENOMEM; /* there are no huge pages */
	return ipc_get_id(IPC_MEMORY, a->rdi, a->rsi, a->rdx);
}

/* --- shmat --- */

struct attach {
	u32 id, access, flags;
	u64 start, size;
};

/* Choose where. With the lock. */
static i64 attach_place(struct attach *attach)
{
	if (!attach->start) {
		attach->start = memory_search(0, attach->size);
		return attach->start ? 0 : -ENOMEM;
	}
	if (!range_fits(attach->start, attach->size, PERSONALITY_BASE) ||
	    attach->start < USER_START)
		return -EINVAL;
	if (!(attach->flags & SHM_REMAP))
		return region_free(&memory, attach->start, attach->start + attach->size) ? 0
		                                                                         : -EINVAL;
	return region_room(&memory, 3)
	               ? error_result(memory_remove(attach->start, attach->start + attach->size))
	               : -ENOMEM;
}

static i64 attach_map(struct attach *attach, cap_t segment)
{
	i64 result = attach_place(attach);

	if (result)
		return result;
	if (!region_room(&memory, 1) ||
	    !memory_allowed(attach->size, attach->start, attach->start + attach->size,
	                    attach->access, REGION_SHARED))
		return -ENOMEM;
	err_t error = task_map(PROCESS_TASK, segment, 0, attach->start, attach->size,
	                       attach->access | MAP_SHARED | MAP_REPLACE);
	if (error)
		return error_result(error);
	struct region region = { .start = attach->start,
		                 .end = attach->start + attach->size,
		                 .mapped_end = attach->start + attach->size,
		                 .access = attach->access,
		                 .flags = REGION_SHARED | REGION_FILE,
		                 .shared = attach->id + 1ull };
	region_add(&memory, &region);
	return (i64)attach->start;
}

i64 posix_shmat(const struct thread_regs *a)
{
	struct attach attach = { .id = (u32)a->rdi, .flags = (u32)a->rdx, .start = a->rsi };
	cap_t client, segment;
	u64 size;

	if ((i32)attach.id < 0)
		return -EINVAL;
	if (!attach.start && attach.flags & SHM_REMAP)
		return -EINVAL;
	if (attach.start % PAGE_SIZE) {
		if (!(attach.flags & SHM_RND))
			return -EINVAL;
		attach.start = page_round_down(attach.start);
		if (!attach.start && attach.flags & SHM_REMAP)
			return -EINVAL;
	}
	attach.access = ACCESS_READ | (attach.flags & SHM_RDONLY ? 0 : ACCESS_WRITE) |
	                (attach.flags & SHM_EXEC ? ACCESS_EXEC : 0);
	err_t error = ipc_open(&client);
	if (!error)
		error = ipc_memory_attach(client, attach.id, attach.access, &segment, &size);
	if (error)
		return ipc_result(error);
	attach.size = page_round_up(size);
	lock_take(&process_lock);
	i64 result = attach_map(&attach, segment);
	lock_give(&process_lock);
	(void)cap_close(segment);
	return result;
}

/* --- shmdt --- */

/* The region at `i` is a part of the memory that was attached at `start`. */
static bool attached_at(u32 i, u64 start, u64 shared)
{
	const struct region *region = &memory.list[i];

	return region->shared && (!shared || region->shared == shared) && region->start >= start &&
	       region->start - start == region->offset;
}

/* Parts may have been unmapped: what is left of it goes. 0: nothing is attached there. */
static u64 detach(u64 start)
{
	u64 shared = 0;
	u32 i = region_find(&memory, start);

	while (i < memory.count) {
		if (!attached_at(i, start, shared)) {
			i++;
			continue;
		}
		shared = memory.list[i].shared;
		if (memory_remove(memory.list[i].start, memory.list[i].end))
			break;
	}
	return shared;
}

i64 posix_shmdt(const struct thread_regs *a)
{
	cap_t client;

	if (a->rdi % PAGE_SIZE)
		return -EINVAL;
	lock_take(&process_lock);
	u64 shared = detach(a->rdi);
	lock_give(&process_lock);
	if (!shared)
		return -EINVAL;
	/* Only for the time that its stat shows. */
	if (!ipc_open(&client))
		(void)ipc_memory_detached(client, (u32)(shared - 1));
	return 0;
}

/* --- shmctl --- */

static i64 memory_show(u32 id, u32 flags, u64 to)
{
	struct ipc_memory_stat stat;
	i64 result = ipc_stat_id(IPC_MEMORY, id, flags, &stat, sizeof(stat));

	if (result)
		return result;
	struct linux_shmid out = {
		.segsz = stat.size,
		.atime = stat.attached,
		.dtime = stat.detached,
		.ctime = stat.changed,
		.cpid = stat.creator,
		.lpid = stat.last,
		.nattch = stat.mappings,
	};
	ipc_perm_show(&out.perm, &stat.perm);
	return !user_write(to, &out, sizeof(out)) ? -EFAULT
	       : flags & IPC_STAT_INDEX           ? (i64)stat.perm.id
	                                          : 0;
}

static i64 memory_set(u32 id, u64 from)
{
	struct linux_shmid in;

	return user_read(&in, from, sizeof(in)) ? ipc_set_id(IPC_MEMORY, id, &in.perm, 0) : -EFAULT;
}

static i64 memory_limits(u64 to, u32 highest)
{
	struct linux_shminfo out = { .max = IPC_MEMORY_MAX,
		                     .min = 1,
		                     .mni = IPC_OBJECTS_MAX,
		                     .seg = IPC_OBJECTS_MAX,
		                     .all = IPC_MEMORY_MAX / PAGE_SIZE };

	return user_write(to, &out, sizeof(out)) ? (i64)highest : -EFAULT;
}

static i64 memory_info(bool used, u64 to)
{
	u32 count, highest;
	u64 pages, resident;
	cap_t client;
	err_t error = ipc_open(&client);

	if (!error)
		error = ipc_info(client, IPC_MEMORY, &count, &highest, &pages, &resident);
	if (error)
		return ipc_result(error);
	if (!used)
		return memory_limits(to, highest);
	struct linux_shm_info out = { .used_ids = (i32)count,
		                      .total = pages,
		                      .resident = resident };
	return user_write(to, &out, sizeof(out)) ? (i64)highest : -EFAULT;
}

static i64 memory_locked(u32 id, bool locked)
{
	cap_t client;
	err_t error = ipc_open(&client);

	return ipc_result(error ? error : ipc_memory_lock(client, id, locked));
}

i64 posix_shmctl(const struct thread_regs *a)
{
	u32 id = (u32)a->rdi;

	if ((i32)id < 0)
		return -EINVAL;
	switch ((u32)a->rsi) {
	case IPC_RMID:
		return ipc_remove_id(IPC_MEMORY, id);
	case IPC_SET:
		return memory_set(id, a->rdx);
	case IPC_STAT:
		return memory_show(id, 0, a->rdx);
	case SHM_STAT:
		return memory_show(id, IPC_STAT_INDEX, a->rdx);
	case SHM_STAT_ANY:
		return memory_show(id, IPC_STAT_INDEX | IPC_STAT_ANY, a->rdx);
	case IPC_INFO:
	case SHM_INFO:
		return memory_info((u32)a->rsi == SHM_INFO, a->rdx);
	case SHM_LOCK:
	case SHM_UNLOCK:
		return memory_locked(id, (u32)a->rsi == SHM_LOCK);
	default:
		return -EINVAL;
	}
}
