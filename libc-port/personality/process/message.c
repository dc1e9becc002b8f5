/* SPDX-License-Identifier: MIT */
/* System V's message queues: a message to the ipc server each. The program's own struct msgbuf is
 * lent to it. */
#include "core/call.h"
#include "core/user.h"
#include "process/ipc.h"

enum { TYPE_SIZE = sizeof(struct ipc_message) };
enum { MSG_STAT = 11, MSG_INFO, MSG_STAT_ANY };

struct linux_msqid {
	struct linux_ipc_perm perm;
	u64 stime, rtime, ctime;
	u64 cbytes, qnum, qbytes;
	u32 lspid, lrpid;
	u64 unused[2];
};
_Static_assert(sizeof(struct linux_msqid) == 120, "msqid64_ds");

struct linux_msginfo {
	i32 pool, map, max, mnb, mni, ssz, tql;
	u16 seg, pad;
};

i64 posix_msgget(const struct thread_regs *a) { return ipc_get_id(IPC_QUEUE, a->rdi, 0, a->rsi); }

/* Neither is begun again after a handler (signal(7)). */
i64 posix_msgsnd(const struct thread_regs *a)
{
	cap_t client;
	i64 type;

	if (!user_read(&type, a->rsi, sizeof(type)))
		return -EFAULT;
	if (a->rdx > IPC_MESSAGE_MAX || (i32)a->rdi < 0 || type < 1)
		return -EINVAL;
	if (!user_range(a->rsi, TYPE_SIZE + a->rdx))
		return -EFAULT;
	err_t error = ipc_open(&client);
	if (!error)
		error = INTERRUPTIBLE(ipc_queue_send(client, (u32)a->rdi, (u32)a->r10,
		                                     (const void *)a->rsi, TYPE_SIZE + a->rdx));
	return ipc_result(error);
}

i64 posix_msgrcv(const struct thread_regs *a)
{
	u64 size = a->rdx < IPC_MESSAGE_MAX ? a->rdx : IPC_MESSAGE_MAX;
	u64 count = 0;
	cap_t client;

	if ((i64)a->rdx < 0 || (i32)a->rdi < 0)
		return -EINVAL;
	if (!user_range(a->rsi, TYPE_SIZE + size))
		return -EFAULT;
	err_t error = ipc_open(&client);
	if (!error)
		error = INTERRUPTIBLE(ipc_queue_receive(client, (u32)a->rdi, (u32)a->r8,
		                                        (i64)a->r10, (void *)a->rsi,
		                                        TYPE_SIZE + size, &count));
	return error ? ipc_result(error) : (i64)count;
}

/* --- msgctl --- */

static i64 queue_show(u32 id, u32 flags, u64 to)
{
	struct ipc_queue_stat stat;
	i64 result = ipc_stat_id(IPC_QUEUE, id, flags, &stat, sizeof(stat));

	if (result)
		return result;
	struct linux_msqid out = {
		.stime = stat.sent,
		.rtime = stat.received,
		.ctime = stat.changed,
		.cbytes = stat.bytes,
		.qnum = stat.count,
		.qbytes = stat.limit,
		.lspid = stat.last_sender,
		.lrpid = stat.last_receiver,
	};
	ipc_perm_show(&out.perm, &stat.perm);
	return !user_write(to, &out, sizeof(out)) ? -EFAULT
	       : flags & IPC_STAT_INDEX           ? (i64)stat.perm.id
	                                          : 0;
}

static i64 queue_set(u32 id, u64 from)
{
	struct linux_msqid in;

	if (!user_read(&in, from, sizeof(in)))
		return -EFAULT;
	return ipc_set_id(IPC_QUEUE, id, &in.perm, in.qbytes);
}

/* What there may be, or, if `used`, what there is. */
static i64 queue_info(bool used, u64 to)
{
	enum { SEGMENT_BYTES = 16, MAP_SIZE = 16384, SEGMENTS = 0xffff };
	u32 queues, highest;
	u64 messages, bytes;
	cap_t client;
	err_t error = ipc_open(&client);

	if (!error)
		error = ipc_info(client, IPC_QUEUE, &queues, &highest, &messages, &bytes);
	if (error)
		return ipc_result(error);
	/* Where Linux has only constants they are Linux's. */
	struct linux_msginfo out = { .max = IPC_MESSAGE_MAX,
		                     .mnb = IPC_QUEUE_LIMIT,
		                     .mni = IPC_OBJECTS_MAX,
		                     .ssz = SEGMENT_BYTES,
		                     .seg = SEGMENTS };
	out.pool = used ? (i32)queues : IPC_OBJECTS_MAX * (IPC_QUEUE_LIMIT / 1024);
	out.map = used ? (i32)messages : MAP_SIZE;
	out.tql = used ? (i32)bytes : MAP_SIZE;
	return user_write(to, &out, sizeof(out)) ? (i64)highest : -EFAULT;
}

i64 posix_msgctl(const struct thread_regs *a)
{
	u32 id = (u32)a->rdi;

	if ((i32)id < 0 || (i32)a->rsi < 0)
		return -EINVAL;
	switch ((u32)a->rsi) {
	case IPC_RMID:
		return ipc_remove_id(IPC_QUEUE, id);
	case IPC_SET:
		return queue_set(id, a->rdx);
	case IPC_STAT:
		return queue_show(id, 0, a->rdx);
	case MSG_STAT:
		return queue_show(id, IPC_STAT_INDEX, a->rdx);
	case MSG_STAT_ANY:
		return queue_show(id, IPC_STAT_INDEX | IPC_STAT_ANY, a->rdx);
	case IPC_INFO:
	case MSG_INFO:
		return queue_info((u32)a->rsi == MSG_INFO, a->rdx);
	default:
		return -EINVAL;
	}
}
