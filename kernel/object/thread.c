/* SPDX-License-Identifier: MIT */
#include "object/thread.h"

#include "ipc/futex.h"
#include "object/bank.h"
#include "object/event.h"
#include "object/port.h"
#include "object/schedule.h"
#include "object/segment.h"
#include "object/task.h"
#include "sched/run.h"

size_t thread_size(void) { return ((sizeof(struct thread) + 63) & ~(size_t)63) + arch_fpu_size(); }

/* --- waiting --- */

void thread_unwait(struct thread *thread)
{
	list_remove(&thread->wait_link);
	list_remove(&thread->page_link);
	timer_cancel(&thread->timer);
	thread->reply = NULL;
	thread->gate = NULL;
	thread->interruptible = false;
	thread->page_sent = false;
	thread->state = THREAD_RUNNABLE;
}

void thread_wake(struct thread *thread, err_t error, u64 result)
{
	thread_unwait(thread);
	arch_call_result(thread, error, result);
	if (!thread_on_cpu(thread))
		sched_ready(thread);
}

/* End a wait early, with `error`. */
static void thread_give_up(struct thread *thread, err_t error)
{
	struct reply *reply = thread->reply;
	thread_wake(thread, error, 0);
	if (reply)
		reply_abandon(reply);
}

void thread_timeout(struct thread *thread)
{
	if (thread->state != THREAD_RUNNABLE && thread->state != THREAD_STOPPED)
		thread_give_up(thread, E_TIMEOUT);
}

/* --- page-in --- */

void thread_wait_page(struct thread *thread, struct segment *segment, u64 index, u32 access)
{
	bool told = false;
	list_each (other, &segment->waiters, struct thread, page_link)
		told |= other->page_index == index;

	thread->state = THREAD_PAGE;
	thread->page_segment = segment;
	thread->page_index = index;
	thread->page_access = access;
	list_add_tail(&segment->waiters, &thread->page_link);
	if (!told) {
		list_add_tail(&segment->keeper->faults, &thread->wait_link);
		port_poke(segment->keeper);
	}
}

void thread_page_arrived(struct thread *thread, err_t error)
{
	vaddr_t addr = thread->page_addr;
	u32 access = thread->page_access;

	thread_unwait(thread);
	if (error)
		thread_fault(thread, UPCALL_FAULT, error, addr, access);
	if (!thread_on_cpu(thread))
		sched_ready(thread);
}

/* Others that wait for the same page relied on this thread's message: they ask again. */
static void thread_leave_page(struct thread *thread)
{
	struct segment *segment = thread->page_segment;
	u64 index = thread->page_index;
	bool untold = list_linked(&thread->wait_link);

	thread_unwait(thread);
	if (untold)
		segment_wake(segment, index, OK);
}

/* --- the control block --- */

static void control_release(struct thread *thread)
{
	if (!thread->control)
		return;
	frame_of(arch_paddr(thread->control))->pins--;
	thread->control = NULL;
	list_remove(&thread->control_link);
	object_put(&thread->control_segment->object);
	thread->control_segment = NULL;
}

void thread_control_lost(struct thread *thread)
{
	thread->control = NULL;
	thread->control_segment = NULL;
	list_remove(&thread->control_link);
}

/* Find and pin the page of a control block at `addr` of the task. */
static err_t control_take(struct thread *thread, struct task *task, vaddr_t addr)
{
	void *memory;
	if (addr % 8 || (addr & PAGE_MASK) > PAGE_SIZE - sizeof(struct thread_control))
		return E_RANGE;
	err_t error = task_memory(task, addr, ACCESS_READ | ACCESS_WRITE, &memory);
	if (error)
		return error;
	struct segment *segment = region_find(task, addr)->segment;
	struct frame *frame = frame_of(arch_paddr(memory));
	if (!frame || segment->physical || segment->window || segment->has_keeper)
		return E_RANGE;
	frame->pins++;
	object_get(&segment->object);
	list_add_tail(&segment->controls, &thread->control_link);
	thread->control_segment = segment;
	thread->control = memory;
	return OK;
}

/* --- calls that stop and go on --- */

void thread_make(struct thread *thread, struct object *object)
{
	struct object *old = weak_get(&thread->making);
	if (object)
		object_get(object);
	weak_set(&thread->making, object);
	if (old)
		object_put(old);
	arch_cpu()->look = true; /* an interrupt may have waited */
}

struct object *thread_making(const struct thread *thread, const struct bank *bank, unsigned kind)
{
	struct object *object = weak_get(&thread->making);
	return object && object->kind == kind && object->bank == bank && !object->dying ? object
	                                                                                : NULL;
}

/* --- upcalls --- */

static void thread_upcall(struct thread *thread)
{
	if (thread->making.object)
		thread_make(thread, NULL);
	arch_regs_store(thread, &thread->control->saved);
	thread->control->masked = 1;
	arch_set_ip(thread, thread->task->upcall_entry);
}

void thread_fault(struct thread *thread, u64 kind, u64 code, u64 address, u32 access)
{
	struct thread_control *control = thread->control;
	if (control) {
		u64 recover = control->recover_ip;
		control->upcall_kind = kind;
		control->upcall_code = code;
		control->upcall_address = address;
		control->upcall_access = access;
		if (!control->masked && thread->task->upcall_entry) {
			thread_upcall(thread);
			return;
		}
		if (control->masked && recover && recover < USER_END) {
			arch_set_ip(thread, recover);
			return;
		}
	}
	task_stop_at_fault(thread, kind, code, address);
}

void thread_check_interrupt(struct thread *thread)
{
	struct thread_control *control = thread->control;

	thread->interrupt = false;
	/* Masked: the thread looks at `pending` itself when it unmasks. */
	if (!control || control->masked || !control->pending || !thread->task->upcall_entry)
		return;
	control->upcall_kind = UPCALL_INTERRUPT;
	thread_upcall(thread);
}

/* --- the end --- */

static void thread_stop_waiting(struct thread *thread)
{
	struct reply *reply = thread->reply;

	if (thread->state == THREAD_PAGE)
		thread_leave_page(thread);
	else
		thread_unwait(thread);
	if (reply)
		reply_abandon(reply);
}

err_t thread_destroy(struct thread *thread)
{
	struct task *task = thread->task;

	if (thread_on_cpu(thread) && thread->cpu != arch_cpu()) {
		thread->object.dying = true;
		sched_kick(thread);
		return E_RESTART;
	}
	if (thread_on_cpu(thread))
		sched_leave();
	sched_remove(thread);
	thread_stop_waiting(thread);
	thread->state = THREAD_STOPPED;
	thread_make(thread, NULL);
	control_release(thread);
	task->ticks += thread->ticks;
	task->thread_count--;
	list_remove(&thread->task_link);
	object_give(&thread->object);
	if (task->thread_count == 0)
		task_thread_ended(task);
	return OK;
}

/* --- calls --- */

void thread_init(struct thread *thread, struct task *task, const struct schedule *schedule)
{
	thread->task = task;
	thread->priority = schedule->priority;
	thread->affinity = UINT64_MAX;
	thread->state = THREAD_STOPPED;
	list_init(&thread->run_link);
	list_init(&thread->wait_link);
	list_init(&thread->page_link);
	if (!thread->control_link.next)
		list_init(&thread->control_link);
	arch_thread_init(thread);
	list_add_tail(&task->threads, &thread->task_link);
	task->thread_count++;
}

err_t sys_thread_create(cap_t task_cap, cap_t bank_cap, cap_t schedule_cap, u64 control, cap_t *out)
{
	struct task *task = CAP_FIND(task_cap, TASK, task, RIGHT_CONTROL);
	struct bank *bank = CAP_FIND(bank_cap, BANK, bank, RIGHT_USE);
	const struct schedule *schedule = CAP_FIND(schedule_cap, SCHEDULE, schedule, RIGHT_USE);
	if (!task || !bank || !schedule)
		return E_CAP;

	struct thread *thread = object_take(bank, KIND_THREAD);
	if (!thread)
		return E_FUNDS;
	list_init(&thread->control_link);
	struct slot_reservation slot;
	err_t error = cap_reserve(current_task(), &slot);
	if (error)
		goto give;
	if (control && (error = control_take(thread, task, control)))
		goto cancel;

	COMMIT();
	thread_init(thread, task, schedule);
	weak_set(&thread->schedule, cap_find(schedule_cap, KIND_SCHEDULE, RIGHT_USE));
	/* The task keeps its threads: closing the capability does not end one. */
	object_get(&thread->object);
	*out = cap_fill(&slot, &thread->object, RIGHT_ALL);
	return OK;

cancel:
	cap_cancel(&slot);
give:
	object_give(&thread->object);
	return error;
}

err_t sys_thread_start(cap_t cap, u64 ip, u64 sp, u64 argument, u64 fs_base, u64 gs_base)
{
	struct thread *thread = CAP_FIND(cap, THREAD, thread, RIGHT_CONTROL);
	if (!thread)
		return E_CAP;
	if (ip >= USER_END || sp > USER_END || fs_base >= USER_END || gs_base >= USER_END)
		return E_RANGE;
	if (thread->state != THREAD_STOPPED)
		return E_BUSY;

	COMMIT();
	arch_thread_set(thread, ip, sp, argument, fs_base, gs_base);
	thread->state = THREAD_RUNNABLE;
	sched_ready(thread);
	return OK;
}

err_t sys_thread_interrupt(cap_t cap)
{
	struct thread *thread = CAP_FIND(cap, THREAD, thread, RIGHT_CONTROL);
	if (!thread)
		return E_CAP;
	if (!thread->control)
		return E_RANGE;

	COMMIT();
	thread->control->pending = 1;
	thread->interrupt = true;
	if (thread->interruptible && thread->state == THREAD_SERVED)
		reply_cancel(thread->reply); /* the server answers it */
	else if (thread->interruptible)
		thread_give_up(thread, E_INTR);
	else
		sched_kick(thread);
	return OK;
}

err_t sys_thread_exit(u64 clear)
{
	void *memory;
	u64 woken;
	if (clear && clear % 4 == 0 &&
	    task_memory(current_task(), clear, ACCESS_WRITE, &memory) == OK) {
		*(u32 *)memory = 0;
		(void)sys_futex_wake(clear, 1, UINT32_MAX, &woken);
	}
	(void)thread_destroy(current());
	return E_BLOCKED;
}

err_t sys_upcall_return(void)
{
	struct thread *thread = current();
	if (!thread->control)
		return E_FAULT;

	COMMIT();
	thread->control->masked = 0;
	arch_regs_load(thread, &thread->control->saved);
	thread->interrupt = true; /* look at `pending` */
	return E_BLOCKED;         /* the registers are complete */
}

err_t sys_thread_yield(void)
{
	sched_yield();
	return OK;
}

_Static_assert((int)THREAD_RUNNABLE == (int)THREAD_STATE_RUNNABLE, "the ABI's");

err_t sys_thread_read(cap_t cap, u32 figure, u64 *value)
{
	const struct thread *thread = CAP_FIND(cap, THREAD, thread, RIGHT_READ);
	if (!thread)
		return E_CAP;
	switch (figure) {
	case THREAD_TIME_NS:
		*value = arch_ticks_ns(thread->ticks);
		return OK;
	case THREAD_STATE:
		*value = thread->state;
		return OK;
	case THREAD_IP:
		*value = arch_ip(thread);
		return OK;
	case THREAD_CPU:
		*value = thread->cpu ? thread->cpu->index : 0;
		return OK;
	default:
		return E_RANGE;
	}
}

err_t sys_thread_affinity(cap_t cap, u64 mask)
{
	struct thread *thread = CAP_FIND(cap, THREAD, thread, RIGHT_CONTROL);
	if (!thread)
		return E_CAP;
	u64 online = 0;
	for (u32 i = 0; i < cpu_count; i++) {
		if (cpus[i] && cpus[i]->online)
			online |= 1ull << i;
	}
	if (!(mask & online))
		return E_RANGE;

	COMMIT();
	thread->affinity = mask;
	if (thread->queued) {
		sched_remove(thread);
		sched_ready(thread);
	} else if (thread_on_cpu(thread)) {
		sched_kick(thread);
	} else if (thread->cpu && !(mask >> thread->cpu->index & 1)) {
		thread->cpu = NULL;
	}
	return OK;
}

err_t sys_thread_self_time(u64 *ns)
{
	const struct cpu *cpu = arch_cpu();
	*ns = arch_ticks_ns(current()->ticks + (arch_ticks() - cpu->run_since));
	return OK;
}
