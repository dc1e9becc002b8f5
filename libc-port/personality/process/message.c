/* SPDX-License-Identifier: MIT */
/* System V's message queues: a message to the ipc server each. The program's own struct msgbuf is
 * lent to it. */
#include "core/call.h"
#include "core/user.h"
#include "process/process.h"
#include "proto/ipc.h"

enum { TYPE_SIZE = sizeof(struct ipc_message) };
enum { IPC_RMID, IPC_SET, IPC_STAT, IPC_INFO, MSG_STAT = 11, MSG_INFO, MSG_STAT_ANY };

struct linux_ipc_perm {
	u32 key, uid, gid, cuid, cgid, mode;
	u16 seq, pad[3];
	u64 unused[2];
};

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

static i64 queue_result(err_t error)
{
	switch (error) {
	case E_SRCH:
		return -EIDRM;
	case E_NODATA:
		return -ENOMSG;
	case E_CAP:
	case E_DEAD:
		return -ENOSYS; /* no ipc server */
	default:
		return error_result(error);
	}
}

i64 posix_msgget(const struct thread_regs *a)
{
	u32 id;
	err_t error = ipc_queue_get(PROCESS_IPC, (u32)a->rdi, (u32)a->rsi, process_page->ids.euid,
	                            process_page->ids.egid, &id);

	return error ? queue_result(error) : (i64)id;
}

/* Neither is begun again after a handler (signal(7)). */
i64 posix_msgsnd(const struct thread_regs *a)
{
	i64 type;

	if (!user_read(&type, a->rsi, sizeof(type)))
		return -EFAULT;
	if (a->rdx > IPC_MESSAGE_MAX || (i32)a->rdi < 0)
		return -EINVAL;
	if (!user_range(a->rsi, TYPE_SIZE + a->rdx))
		return -EFAULT;
	return queue_result(INTERRUPTIBLE(ipc_queue_send(PROCESS_IPC, (u32)a->rdi, (u32)a->r10,
	                                                 process_page->pid, (const void *)a->rsi,
	                                                 TYPE_SIZE + a->rdx)));
}

i64 posix_msgrcv(const struct thread_regs *a)
{
	u64 size = a->rdx < IPC_MESSAGE_MAX ? a->rdx : IPC_MESSAGE_MAX;
	u64 count = 0;

	if ((i64)a->rdx < 0 || (i32)a->rdi < 0)
		return -EINVAL;
	if (!user_range(a->rsi, TYPE_SIZE + size))
		return -EFAULT;
	err_t error = INTERRUPTIBLE(ipc_queue_receive(PROCESS_IPC, (u32)a->rdi, (u32)a->r8,
	                                              process_page->pid, (i64)a->r10,
	                                              (void *)a->rsi, TYPE_SIZE + size, &count));
	return error ? queue_result(error) : (i64)count;
}

/* --- msgctl --- */

static i64 queue_stat(u32 id, bool by_index, u64 to)
{
	struct ipc_queue_stat stat;
	err_t error = ipc_queue_stat(PROCESS_IPC, id, by_index, &stat, sizeof(stat));

	if (error)
		return queue_result(error);
	struct linux_msqid out = {
		.perm = { .key = stat.key,
		          .uid = stat.uid,
		          .gid = stat.gid,
		          .cuid = stat.creator_uid,
		          .cgid = stat.creator_gid,
		          .mode = stat.mode,
		          .seq = (u16)stat.sequence },
		.stime = stat.sent,
		.rtime = stat.received,
		.ctime = stat.changed,
		.cbytes = stat.bytes,
		.qnum = stat.count,
		.qbytes = stat.limit,
		.lspid = stat.last_sender,
		.lrpid = stat.last_receiver,
	};
	return !user_write(to, &out, sizeof(out)) ? -EFAULT : by_index ? (i64)stat.id : 0;
}

static i64 queue_set(u32 id, u64 from)
{
	struct linux_msqid in;

	if (!user_read(&in, from, sizeof(in)))
		return -EFAULT;
	if (in.perm.uid == UINT32_MAX || in.perm.gid == UINT32_MAX)
		return -EINVAL;
	return queue_result(
	        ipc_queue_set(PROCESS_IPC, id, in.qbytes, in.perm.uid, in.perm.gid, in.perm.mode));
}

/* What there may be, or, if `used`, what there is. */
static i64 queue_info(bool used, u64 to)
{
	enum { SEGMENT_BYTES = 16, MAP_SIZE = 16384, SEGMENTS = 0xffff };
	u32 most, queues, highest;
	u64 messages, bytes;
	err_t error = ipc_queue_info(PROCESS_IPC, &most, &queues, &highest, &messages, &bytes);

	if (error)
		return queue_result(error);
	/* Where Linux has only constants they are Linux's. */
	struct linux_msginfo out = { .max = IPC_MESSAGE_MAX,
		                     .mnb = IPC_QUEUE_LIMIT,
		                     .mni = (i32)most,
		                     .ssz = SEGMENT_BYTES,
		                     .seg = SEGMENTS };
	out.pool = used ? (i32)queues : (i32)(most * (IPC_QUEUE_LIMIT / 1024));
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
		return queue_result(ipc_queue_remove(PROCESS_IPC, id));
	case IPC_SET:
		return queue_set(id, a->rdx);
	case IPC_STAT:
		return queue_stat(id, false, a->rdx);
	case MSG_STAT:
	case MSG_STAT_ANY:
		return queue_stat(id, true, a->rdx);
	case IPC_INFO:
	case MSG_INFO:
		return queue_info((u32)a->rsi == MSG_INFO, a->rdx);
	default:
		return -EINVAL;
	}
}
