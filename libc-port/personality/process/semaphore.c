/* SPDX-License-Identifier: MIT */
/* System V's semaphores: a message to the ipc server each. */
#include "core/call.h"
#include "core/user.h"
#include "process/ipc.h"
#include "process/process.h"

enum {
	GETPID = 11,
	GETVAL,
	GETALL,
	GETNCNT,
	GETZCNT,
	SETVAL,
	SETALL,
	SEM_STAT,
	SEM_INFO,
	SEM_STAT_ANY,
};

struct linux_semid {
	struct linux_ipc_perm perm;
	u64 otime, unused1, ctime, unused2, nsems, unused[2];
};
_Static_assert(sizeof(struct linux_semid) == 104, "semid64_ds");

struct linux_seminfo {
	i32 map, mni, mns, mnu, msl, opm, ume, usz, vmx, aem;
};

i64 posix_semget(const struct thread_regs *a)
{
	if ((i32)a->rsi < 0 || (i32)a->rsi > IPC_SEMAPHORES_MAX)
		return -EINVAL;
	return ipc_get_id(IPC_SEMAPHORES, a->rdi, (u32)a->rsi, a->rdx);
}

/* --- semop, semtimedop: not begun again after a handler (signal(7)) --- */

static i64 operate(const struct thread_regs *a, u64 timeout)
{
	u64 size = a->rdx * sizeof(struct ipc_operation);
	cap_t client;

	if ((i32)a->rdi < 0 || !a->rdx)
		return -EINVAL;
	if (a->rdx > IPC_OPERATIONS_MAX)
		return -E2BIG;
	if (!user_range(a->rsi, size))
		return -EFAULT;
	err_t error = ipc_open(&client);
	if (!error)
		error = INTERRUPTIBLE(
		        ipc_operate(client, (u32)a->rdi, timeout, (const void *)a->rsi, size));
	return ipc_result(error);
}

i64 posix_semop(const struct thread_regs *a) { return operate(a, UINT64_MAX); }

i64 posix_semtimedop(const struct thread_regs *a)
{
	struct linux_timespec time;

	if (!a->r10)
		return operate(a, UINT64_MAX);
	if (!user_read(&time, a->r10, sizeof(time)))
		return -EFAULT;
	return timespec_valid(&time) ? operate(a, timespec_ns(&time)) : -EINVAL;
}

/* --- semctl --- */

static i64 set_show(u32 id, u32 flags, u64 to)
{
	struct ipc_set_stat stat;
	i64 result = ipc_stat_id(IPC_SEMAPHORES, id, flags, &stat, sizeof(stat));

	if (result)
		return result;
	struct linux_semid out = { .otime = stat.operated,
		                   .ctime = stat.changed,
		                   .nsems = stat.count };
	ipc_perm_show(&out.perm, &stat.perm);
	return !user_write(to, &out, sizeof(out)) ? -EFAULT
	       : flags & IPC_STAT_INDEX           ? (i64)stat.perm.id
	                                          : 0;
}

static i64 set_change(u32 id, u64 from)
{
	struct linux_semid in;

	return user_read(&in, from, sizeof(in)) ? ipc_set_id(IPC_SEMAPHORES, id, &in.perm, 0)
	                                        : -EFAULT;
}

/* What there may be, or, if `used`, what there is. */
static i64 sets_info(bool used, u64 to)
{
	u32 sets, highest;
	u64 semaphores, nothing;
	cap_t client;
	err_t error = ipc_open(&client);

	if (!error)
		error = ipc_info(client, IPC_SEMAPHORES, &sets, &highest, &semaphores, &nothing);
	if (error)
		return ipc_result(error);
	enum { ALL = IPC_SEMAPHORES_MAX * IPC_OBJECTS_MAX };
	struct linux_seminfo out = { .map = ALL,
		                     .mni = IPC_OBJECTS_MAX,
		                     .mns = ALL,
		                     .mnu = ALL,
		                     .msl = IPC_SEMAPHORES_MAX,
		                     .opm = IPC_OPERATIONS_MAX,
		                     .ume = IPC_OPERATIONS_MAX,
		                     .usz = used ? (i32)sets : 20,
		                     .vmx = IPC_VALUE_MAX,
		                     .aem = used ? (i32)semaphores : IPC_VALUE_MAX };
	return user_write(to, &out, sizeof(out)) ? (i64)highest : -EFAULT;
}

static i64 semaphore_figure(u32 id, u32 index, u32 figure)
{
	cap_t client;
	u32 value;
	err_t error = ipc_open(&client);

	if (!error)
		error = ipc_semaphore_get(client, id, index, figure, &value);
	return error ? ipc_result(error) : (i64)value;
}

static i64 semaphore_set(u32 id, u32 index, i32 value)
{
	cap_t client;
	err_t error = ipc_open(&client);

	return ipc_result(error ? error : ipc_semaphore_set(client, id, index, (u32)value));
}

/* All values of the set, which has as many as it says. */
static i64 semaphores_move(u32 id, u64 address, bool set)
{
	struct ipc_set_stat stat;
	cap_t client;
	i64 result = ipc_stat_id(IPC_SEMAPHORES, id, IPC_STAT_ANY, &stat, sizeof(stat));

	if (result)
		return result;
	u64 size = stat.count * sizeof(u16);
	if (!user_range(address, size))
		return -EFAULT;
	err_t error = ipc_open(&client);
	if (!error)
		error = set ? ipc_semaphores_set(client, id, (const void *)address, size)
		            : ipc_semaphores_get(client, id, (void *)address, size);
	return ipc_result(error);
}

i64 posix_semctl(const struct thread_regs *a)
{
	u32 id = (u32)a->rdi, index = (u32)a->rsi;

	if ((i32)id < 0)
		return -EINVAL;
	switch ((u32)a->rdx) {
	case IPC_RMID:
		return ipc_remove_id(IPC_SEMAPHORES, id);
	case IPC_SET:
		return set_change(id, a->r10);
	case IPC_STAT:
		return set_show(id, 0, a->r10);
	case SEM_STAT:
		return set_show(id, IPC_STAT_INDEX, a->r10);
	case SEM_STAT_ANY:
		return set_show(id, IPC_STAT_INDEX | IPC_STAT_ANY, a->r10);
	case IPC_INFO:
	case SEM_INFO:
		return sets_info((u32)a->rdx == SEM_INFO, a->r10);
	case GETVAL:
		return semaphore_figure(id, index, IPC_SEMAPHORE_VALUE);
	case GETPID:
		return semaphore_figure(id, index, IPC_SEMAPHORE_PROCESS);
	case GETNCNT:
		return semaphore_figure(id, index, IPC_SEMAPHORE_MORE);
	case GETZCNT:
		return semaphore_figure(id, index, IPC_SEMAPHORE_ZERO);
	case SETVAL:
		return semaphore_set(id, index, (i32)a->r10);
	case GETALL:
	case SETALL:
		return semaphores_move(id, a->r10, (u32)a->rdx == SETALL);
	default:
		return -EINVAL;
	}
}
