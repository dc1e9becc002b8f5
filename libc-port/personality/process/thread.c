/* SPDX-License-Identifier: MIT */
/* Threads of the process. Each has a slot above the personality's image: a page that is never
 * mapped, a stack that is filled as it is touched, and struct thread on the last page. Slots are
 * used again; their pages stay. */
#include "core/call.h"
#include "core/lock.h"
#include "core/text.h"
#include "core/user.h"
#include "file/descriptor.h"
#include "process/process.h"
#include "process/signal.h"

enum { SLOT_SIZE = 0x10000, THREAD_ID_STEP = 0x10000 };

_Static_assert(offsetof(struct thread, stack_top) == THREAD_STACK_TOP, "offsets.h");
_Static_assert(offsetof(struct thread, entry) == THREAD_ENTRY, "offsets.h");
_Static_assert(offsetof(struct thread, mxcsr) == THREAD_MXCSR, "offsets.h");
_Static_assert(offsetof(struct thread, fpu_control) == THREAD_FPU_CONTROL, "offsets.h");
_Static_assert(offsetof(struct thread, user) == THREAD_USER, "offsets.h");
_Static_assert(offsetof(struct thread, control) == THREAD_CONTROL, "offsets.h");
_Static_assert(offsetof(struct thread_control, recover_ip) == 16, "offsets.h");
_Static_assert(offsetof(struct thread_regs, rsp) == REG_RSP, "offsets.h");
_Static_assert(offsetof(struct thread_regs, rdi) == REG_RDI, "offsets.h");
_Static_assert(offsetof(struct thread_regs, r11) == REG_R11, "offsets.h");
_Static_assert(offsetof(struct msg, cap) == MSG_CAP, "offsets.h");
_Static_assert(offsetof(struct msg, out_size) == MSG_OUT_SIZE, "offsets.h");
_Static_assert(sizeof(struct thread) <= PAGE_SIZE, "a thread's page");

struct thread main_thread __attribute__((aligned(PAGE_SIZE)));
struct thread *thread_list = &main_thread;
u32 thread_count = 1;
static struct thread *slots_free;
static u32 slot_count, ids_given;
/* The thread that the process server interrupts. */
static cap_t signal_cap = PROCESS_THREAD;

extern const char entry_thread[];

struct thread *thread_find(u32 id)
{
	struct thread *thread = thread_list;

	while (thread && thread->id != id)
		thread = thread->next;
	return thread;
}

err_t thread_sleep(u64 deadline)
{
	return futex_wait((u64)&self()->sleep, 0, UINT32_MAX, deadline);
}

/* --- slots --- */

static struct thread *slot_map(void)
{
	u64 start = THREAD_SLOTS + (u64)slot_count * SLOT_SIZE;
	u64 size = SLOT_SIZE - PAGE_SIZE;
	cap_t segment;

	if (start + SLOT_SIZE > USER_END)
		return NULL;
	if (segment_create(PROCESS_BANK, size, 0, &segment))
		return NULL;
	err_t error = task_map(PROCESS_TASK, segment, 0, start + PAGE_SIZE, size,
	                       ACCESS_READ | ACCESS_WRITE | MAP_REPLACE);
	(void)cap_close(segment);
	struct thread *thread = (struct thread *)(start + SLOT_SIZE - PAGE_SIZE);
	/* The control block's page must be there, and enough stack for a call to begin. */
	if (error || !user_touch((u64)thread - PAGE_SIZE, 2 * PAGE_SIZE, true))
		return NULL;
	slot_count++;
	return thread;
}

/* With process_lock held. */
static struct thread *slot_take(void)
{
	for (struct thread **link = &slots_free; *link; link = &(*link)->next) {
		struct thread *thread = *link;
		if (__atomic_load_n(&thread->busy, __ATOMIC_ACQUIRE))
			continue;
		*link = thread->next;
		return thread;
	}
	return slot_map();
}

static void thread_unlink(struct thread *thread)
{
	struct thread **link = &thread_list;

	while (*link != thread)
		link = &(*link)->next;
	*link = thread->next;
	thread_count--;
}

/* --- a new thread --- */

static void thread_prepare(struct thread *thread, const struct thread *parent, u64 stack)
{
	cap_t poll_event = thread->poll_event;

	*thread = (struct thread){
		.self = thread,
		.stack_top = (u64)thread,
		.mxcsr = parent->mxcsr,
		.fpu_control = parent->fpu_control,
		.user = parent->user,
		.control = { .masked = 1 },
		.restart = -1,
		.blocked = parent->blocked,
		.affinity = parent->affinity,
		.poll_event = poll_event,
		.busy = 1,
	};
	thread->user.rax = 0;
	thread->user.rsp = stack;
	thread->id = ++ids_given * THREAD_ID_STEP + (process_page->pid & (THREAD_ID_STEP - 1));
}

void thread_keep_affinity(struct thread *thread)
{
	/* It has been possible before. */
	if (thread->affinity)
		(void)thread_affinity(thread->cap, thread->affinity);
}

static err_t thread_begin(struct thread *thread, u64 fs_base)
{
	err_t error = thread_create(PROCESS_TASK, PROCESS_BANK, PROCESS_SCHEDULE,
	                            (u64)&thread->control, &thread->cap);
	if (error)
		return error;
	thread_keep_affinity(thread);
	error = thread_start(thread->cap, (u64)entry_thread, thread->stack_top, (u64)thread,
	                     fs_base, (u64)thread);
	if (error)
		(void)cap_close(thread->cap);
	return error;
}

i64 thread_new(struct thread *parent, u64 flags, u64 stack, u64 parent_id, u64 child_id, u64 tls)
{
	thread_save_fpu(parent);
	lock_take(&process_lock);
	struct thread *thread = slot_take();
	if (!thread) {
		lock_give(&process_lock);
		return -EAGAIN;
	}
	thread_prepare(thread, parent, stack);
	u32 id = thread->id;
	thread->clear_id = flags & CLONE_CHILD_CLEARTID ? child_id : 0;
	if ((flags & CLONE_PARENT_SETTID && !user_write(parent_id, &id, sizeof(id))) ||
	    (flags & CLONE_CHILD_SETTID && !user_write(child_id, &id, sizeof(id))))
		flags = 0; /* Linux too goes on */
	thread->next = thread_list;
	thread_list = thread;
	thread_count++;
	err_t error = thread_begin(thread, flags & CLONE_SETTLS ? tls : fs_base_read());
	if (error) {
		thread_unlink(thread);
		thread->busy = 0;
		thread->next = slots_free;
		slots_free = thread;
	}
	lock_give(&process_lock);
	return error ? -EAGAIN : (i64)id;
}

/* --- the end of a thread --- */

/* A robust mutex whose owner dies is marked and its waiters told (futex(2), get_robust_list(2)). */
static void robust_mark(u64 entry, i64 offset, u32 id)
{
	u64 address = (entry & ~1ull) + (u64)offset, woken;
	u32 word;

	if (!user_read(&word, address, sizeof(word)) || (word & FUTEX_TID_MASK) != id)
		return;
	while (true) {
		i64 found =
		        user_exchange_u32(address, word, (word & FUTEX_WAITERS) | FUTEX_OWNER_DIED);
		if (found < 0)
			return;
		if ((u32)found == word)
			break;
		word = (u32)found;
	}
	if (word & FUTEX_WAITERS)
		(void)futex_wake(address, 1, UINT32_MAX, &woken);
}

static void robust_end(const struct thread *thread)
{
	struct {
		u64 next;
		i64 offset;
		u64 pending;
	} head;
	u64 entry, list = thread->robust_list;

	if (!list || !user_read(&head, list, sizeof(head)))
		return;
	entry = head.next;
	for (u32 i = 0; i < 2048 && (entry & ~1ull) != list; i++) {
		u64 next;
		if (!user_read(&next, entry & ~1ull, sizeof(next)))
			return;
		if (entry != head.pending)
			robust_mark(entry, head.offset, thread->id);
		entry = next;
	}
	if (head.pending)
		robust_mark(head.pending, head.offset, thread->id);
}

static void thread_clear_id(const struct thread *thread)
{
	u32 zero = 0;
	u64 woken;

	if (thread->clear_id && user_write(thread->clear_id, &zero, sizeof(zero)))
		(void)futex_wake(thread->clear_id, 1, UINT32_MAX, &woken);
}

i64 posix_exit(const struct thread_regs *a)
{
	struct thread *thread = self();

	lock_take(&process_lock);
	if (thread_count == 1) {
		lock_give(&process_lock);
		process_end((u32)(a->rdi & 0xff) << 8);
	}
	thread_unlink(thread);
	process_pending |= thread->pending;
	cap_t heir = 0;
	if (thread->cap == signal_cap)
		heir = signal_cap = thread_list->cap;
	lock_give(&process_lock);
	if (heir)
		(void)process_signal_thread(PROCESS_PROCESS, heir);
	robust_end(thread);
	thread_clear_id(thread);
	if (thread == &main_thread || thread->first)
		(void)thread_exit(0);
	(void)cap_close(thread->cap);
	lock_take(&process_lock);
	thread->next = slots_free;
	slots_free = thread;
	lock_give(&process_lock);
	(void)thread_exit((u64)&thread->busy);
	__builtin_unreachable();
}

static void slot_forget(struct thread *thread)
{
	if (thread->poll_event)
		(void)cap_close(thread->poll_event);
	thread->poll_event = 0;
	memset(thread->watches, 0, sizeof(thread->watches));
}

void thread_forked(struct thread *survivor)
{
	/* The others' capabilities were copied; their memory too, which is kept for threads to
	 * come. */
	for (struct thread *thread = thread_list, *next; thread; thread = next) {
		next = thread->next;
		slot_forget(thread);
		if (thread->cap && thread->cap != PROCESS_THREAD)
			(void)cap_close(thread->cap);
		if (thread == survivor || thread == &main_thread)
			continue;
		thread->busy = 0;
		thread->next = slots_free;
		slots_free = thread;
	}
	for (struct thread *thread = slots_free; thread; thread = thread->next) {
		slot_forget(thread);
		thread->busy = 0;
	}
	bool recount = thread_count > 1;
	survivor->next = NULL;
	survivor->cap = signal_cap = PROCESS_THREAD;
	survivor->id = process_page->pid;
	survivor->first = true;
	survivor->pending = 0;
	survivor->robust_list = 0;
	thread_list = survivor;
	thread_count = 1;
	if (recount)
		descriptor_recount();
}

i64 posix_gettid(const struct thread_regs *a)
{
	(void)a;
	return self()->id;
}

i64 posix_set_tid_address(const struct thread_regs *a)
{
	self()->clear_id = a->rdi;
	return self()->id;
}

i64 posix_set_robust_list(const struct thread_regs *a)
{
	if (a->rsi != 24)
		return -EINVAL;
	self()->robust_list = a->rdi;
	return 0;
}

i64 posix_sched_yield(const struct thread_regs *a)
{
	(void)a;
	(void)thread_yield();
	return 0;
}

i64 posix_arch_prctl(const struct thread_regs *a)
{
	u64 base;

	switch (a->rdi) {
	case ARCH_SET_FS:
		if (a->rsi >= USER_END)
			return -EPERM;
		fs_base_write(a->rsi);
		return 0;
	case ARCH_GET_FS:
		base = fs_base_read();
		return user_write(a->rsi, &base, sizeof(base)) ? 0 : -EFAULT;
	default: /* gs belongs to the personality */
		return -EINVAL;
	}
}
