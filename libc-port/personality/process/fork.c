/* SPDX-License-Identifier: MIT */
/* fork, vfork and clone. The process server clones the task, this code and data with it; the
 * child begins at entry_fork with the caller's struct thread, and mends what must not be the
 * parent's. A vfork child works on the parent's program memory, with a copy of this. */
#include "core/call.h"
#include "core/lock.h"
#include "core/user.h"
#include "file/position.h"
#include "memory/map.h"
#include "process/ipc.h"
#include "process/process.h"
#include "process/random.h"
#include "process/signal.h"
#include "process/timer.h"

extern const char entry_fork[];
void fork_child(struct thread *thread);

/* What the child is to do first; copied with everything else. */
static struct {
	u64 stack, child_id;
	bool set_id, clear_id;
} child;

struct fork {
	u64 flags, stack, parent_id, child_id, tls;
};

static i64 process_new(const struct fork *fork)
{
	struct thread *thread = self();
	bool alone = thread_count == 1;
	u32 pid;
	struct process_fork how = {
		.ip = (u64)entry_fork,
		.sp = thread->stack_top,
		.control = (u64)&thread->control,
		.fs_base = fork->flags & CLONE_SETTLS ? fork->tls : fs_base_read(),
		.gs_base = (u64)thread,
		.flags = fork->flags & CLONE_VFORK ? FORK_VFORK : 0,
	};

	/* The child's tables must not be half way through another thread's change. */
	for (;;) {
		positions_publish();
		if (!alone)
			lock_take(&process_lock);
		if (alone || positions_published())
			break;
		lock_give(&process_lock); /* another has been opened */
	}
	child.stack = fork->stack ? fork->stack : thread->user.rsp;
	child.child_id = fork->child_id;
	child.set_id = fork->flags & CLONE_CHILD_SETTID;
	child.clear_id = fork->flags & CLONE_CHILD_CLEARTID;
	thread_save_fpu(thread);
	err_t error = process_fork(PROCESS_PROCESS, &how, &pid);
	if (!alone)
		lock_give(&process_lock);
	if (error)
		return error_result(error);
	if (fork->flags & CLONE_PARENT_SETTID && !user_write(fork->parent_id, &pid, sizeof(pid)))
		return -EFAULT;
	return pid;
}

void fork_child(struct thread *thread)
{
	process_lock.state = 0;
	process_map_page();
	thread_forked(thread);
	thread_keep_affinity(thread);
	for (u32 i = 0; i < files_end; i++)
		file_at(i)->locked = false;
	random_forked();
	identity_forked();
	ipc_forked();
	timers_forked();
	memory_forked();
	process_pending = 0;
	/* A signal may have come already. */
	signal_set_mask(thread, thread->blocked);
	thread->user.rax = 0;
	thread->user.rsp = child.stack;
	thread->clear_id = child.clear_id ? child.child_id : 0;
	if (child.set_id)
		(void)user_write(child.child_id, &thread->id, sizeof(thread->id));
}

static i64 clone_any(const struct fork *fork)
{
	if (fork->flags & CLONE_NEW)
		return -EPERM;
	if (fork->flags & CLONE_THREAD) {
		if ((fork->flags & (CLONE_VM | CLONE_SIGHAND)) != (CLONE_VM | CLONE_SIGHAND))
			return -EINVAL;
		return thread_new(self(), fork->flags, fork->stack, fork->parent_id, fork->child_id,
		                  fork->tls);
	}
	/* Memory shared between processes exists only as vfork, where nobody can tell but by
	 * what the child leaves. */
	if (fork->flags & CLONE_VM && !(fork->flags & CLONE_VFORK))
		return -EINVAL;
	return process_new(fork);
}

i64 posix_fork(const struct thread_regs *a)
{
	(void)a;
	return process_new(&(struct fork){ 0 });
}

i64 posix_vfork(const struct thread_regs *a)
{
	(void)a;
	return process_new(&(struct fork){ .flags = CLONE_VFORK });
}

i64 posix_clone(const struct thread_regs *a)
{
	return clone_any(&(struct fork){ a->rdi, a->rsi, a->rdx, a->r10, a->r8 });
}

struct clone_args {
	u64 flags, pidfd, child_id, parent_id, exit_signal, stack, stack_size, tls, set_id,
	        set_id_size, cgroup;
};

i64 posix_clone3(const struct thread_regs *a)
{
	struct clone_args in = { 0 };
	u64 size = a->rsi < sizeof(in) ? a->rsi : sizeof(in);

	if (a->rsi < 64)
		return -EINVAL;
	if (!user_read(&in, a->rdi, size))
		return -EFAULT;
	if (in.set_id_size || in.flags & 0xff)
		return -EINVAL;
	u64 stack = in.stack ? in.stack + in.stack_size : 0;
	return clone_any(&(struct fork){ in.flags, stack, in.parent_id, in.child_id, in.tls });
}
