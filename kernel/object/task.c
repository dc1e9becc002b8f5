/* SPDX-License-Identifier: MIT */
#include "object/task.h"

#include "object/bank.h"
#include "object/event.h"
#include "object/segment.h"
#include "object/thread.h"
#include "sched/run.h"

struct task *current_task(void) { return current()->task; }

struct task *task_new(struct bank *bank)
{
	struct task *task = object_take(bank, KIND_TASK);
	if (!task)
		return NULL;
	void *root = bank_take_page(bank, FRAME_SPACE);
	if (!root) {
		object_give(&task->object);
		return NULL;
	}
	arch_space_init(&task->space, arch_paddr(root));
	list_init(&task->threads);
	return task;
}

/* --- the end --- */

/* E_RESTART: one still runs elsewhere, or there are many. */
static err_t task_end_threads(struct task *task)
{
	bool restart = false;
	struct list *next;
	for (struct list *l = task->threads.next; l != &task->threads; l = next) {
		struct thread *thread = container_of(l, struct thread, task_link);
		next = l->next;
		restart |= thread_destroy(thread) == E_RESTART;
		if (sched_spend(1) && task->thread_count)
			return E_RESTART;
	}
	return restart ? E_RESTART : OK;
}

static err_t task_unmap_all(struct task *task)
{
	struct region *region;
	while ((region = region_first(task, 0))) {
		if (region_destroy(region) == E_RESTART)
			return E_RESTART;
	}
	return OK;
}

static void task_signal(struct task *task, unsigned shift)
{
	struct object *event = weak_get(&task->watcher);
	if (event)
		event_raise(container_of(event, struct event, object), task->watch_bits << shift);
}

void task_thread_ended(struct task *task)
{
	if (!task->object.dying && !task->resetting)
		task_signal(task, WATCH_DEAD);
}

void task_stop_at_fault(struct thread *thread, u64 kind, u64 code, u64 address)
{
	struct task *task = thread->task;
	task->fault_kind = kind;
	task->fault_code = code;
	task->fault_address = address;
	task->fault_ip = arch_ip(thread);
	task->fault_sp = arch_sp(thread);
	task->suspended++;
	list_each (other, &task->threads, struct thread, task_link)
		sched_kick(other);
	task_signal(task, WATCH_FAULT);
}

err_t task_destroy(struct task *task)
{
	bool first = !task->object.dying;
	task->object.dying = true;
	if (first)
		task_signal(task, WATCH_DEAD);
	err_t error = task_end_threads(task);
	if (!error)
		error = task_unmap_all(task);
	if (error)
		return error;
	for (cap_t cap = cap_next(task, 1); cap; cap = cap_next(task, cap)) {
		cap_drop(task, cap);
		if (sched_spend(1))
			return E_RESTART;
	}
	arch_space_leave(&task->space);
	for (paddr_t table; (table = arch_space_take_table(&task->space));) {
		bank_give_page(task->object.bank, arch_ptr(table));
		if (sched_spend(1))
			return E_RESTART;
	}
	object_give(&task->object);
	return OK;
}

/* --- clone --- */

static err_t region_copy(const struct region *region, struct task *task, bool same)
{
	struct bank *bank = task->object.bank;
	struct segment *segment = region->segment;
	struct region *copy = object_take(bank, SLAB_REGION);
	if (!copy)
		return E_FUNDS;
	copy->size = region->size;
	copy->access = region->access;
	copy->access_max = region->access_max;
	copy->shared = region->shared;
	copy->offset = region->offset;
	if (!segment || region->shared || same || segment_is_physical(segment)) {
		region_link(copy, task, segment, region_start(region));
		return OK;
	}
	u64 index = region->offset / PAGE_SIZE;
	segment = segment_copy_new(bank, region->segment, index, region->size / PAGE_SIZE,
	                           segment->committed);
	if (!segment) {
		object_give(&copy->object);
		return E_FUNDS;
	}
	copy->offset = 0;
	region_link(copy, task, segment, region_start(region));
	return segment_copy(segment, region->segment, index);
}

/* Go on where the copy ends so far. */
static err_t task_copy(struct task *from, struct task *to, u64 same_below)
{
	const struct region *last = region_last(to);
	const struct region *r = last ? region_find(from, region_start(last)) : NULL;
	err_t error = OK;

	if (last && last->segment && last->segment->copying && r && r->segment)
		error = segment_copy(last->segment, r->segment, r->offset / PAGE_SIZE);
	for (r = region_first(from, last ? region_end(last) : 0); r && !error;
	     r = region_first(from, region_end(r)))
		error = region_copy(r, to, region_start(r) < same_below);
	return error;
}

/* --- calls --- */

err_t sys_task_create(cap_t bank_cap, cap_t *out)
{
	struct bank *bank = CAP_FIND(bank_cap, BANK, bank, RIGHT_USE);
	if (!bank)
		return E_CAP;
	struct task *task = task_new(bank);
	return task ? cap_publish(&task->object, RIGHT_ALL, out) : E_FUNDS;
}

static err_t task_clone_go_on(cap_t cap, cap_t bank_cap, u64 end, cap_t *out)
{
	struct task *from = CAP_FIND(cap, TASK, task, RIGHT_CONTROL);
	struct bank *bank = CAP_FIND(bank_cap, BANK, bank, RIGHT_USE);
	if (!from || !bank)
		return E_CAP;
	struct object *made = thread_making(current(), bank, KIND_TASK);
	struct task *task = container_of(made, struct task, object);
	err_t error = OK;
	if (!made) {
		task = task_new(bank);
		if (!task)
			return E_FUNDS;
		thread_make(current(), &task->object);
		error = cap_copy_all(from, task);
	}
	if (!error)
		error = task_copy(from, task, end);
	if (error)
		return error;
	task->syscall_entry = from->syscall_entry;
	task->upcall_entry = from->upcall_entry;
	return cap_grant(&task->object, RIGHT_ALL, out);
}

err_t sys_task_clone_sharing(cap_t cap, cap_t bank_cap, u64 end, cap_t *out)
{
	err_t error = task_clone_go_on(cap, bank_cap, end, out);
	if (error != E_RESTART)
		thread_make(current(), NULL);
	return error;
}

err_t sys_task_clone(cap_t cap, cap_t bank_cap, cap_t *out)
{
	return sys_task_clone_sharing(cap, bank_cap, 0, out);
}

err_t sys_task_entries(cap_t cap, u64 syscall_entry, u64 upcall_entry)
{
	struct task *task = CAP_FIND(cap, TASK, task, RIGHT_CONTROL);
	if (!task)
		return E_CAP;
	if (syscall_entry >= USER_END || upcall_entry >= USER_END)
		return E_RANGE;

	COMMIT();
	task->syscall_entry = syscall_entry;
	task->upcall_entry = upcall_entry;
	return OK;
}

err_t sys_task_suspend(cap_t cap)
{
	struct task *task = CAP_FIND(cap, TASK, task, RIGHT_CONTROL);
	if (!task)
		return E_CAP;

	COMMIT();
	task->suspended++;
	list_each (thread, &task->threads, struct thread, task_link) {
		sched_remove(thread);
		sched_kick(thread);
	}
	return OK;
}

err_t sys_task_resume(cap_t cap)
{
	struct task *task = CAP_FIND(cap, TASK, task, RIGHT_CONTROL);
	if (!task)
		return E_CAP;
	if (!task->suspended)
		return E_RANGE;

	COMMIT();
	if (--task->suspended)
		return OK;
	task->fault_kind = 0;
	list_each (thread, &task->threads, struct thread, task_link) {
		if (thread->state == THREAD_RUNNABLE && !thread_on_cpu(thread) && !thread->queued)
			sched_ready(thread);
	}
	return OK;
}

err_t sys_task_reset(cap_t cap)
{
	struct task *task = CAP_FIND(cap, TASK, task, RIGHT_CONTROL);
	if (!task)
		return E_CAP;
	if (task == current_task())
		return E_RANGE;
	/* No death notice, also for a thread that ends on another processor before we come back
	 * here. */
	task->resetting = true;
	err_t error = task_end_threads(task);
	if (error)
		return error;
	task->resetting = false;
	if (task_unmap_all(task) == E_RESTART)
		return E_RESTART;
	task->suspended = 0;
	task->fault_kind = 0;
	task->syscall_entry = task->upcall_entry = 0;
	return OK;
}

err_t sys_task_watch(cap_t cap, cap_t event_cap, u64 bits)
{
	struct task *task = CAP_FIND(cap, TASK, task, RIGHT_CONTROL);
	struct event *event = event_cap ? CAP_FIND(event_cap, EVENT, event, RIGHT_USE) : NULL;
	if (!task || (event_cap && !event))
		return E_CAP;

	COMMIT();
	weak_set(&task->watcher, event ? &event->object : NULL);
	task->watch_bits = bits;
	return OK;
}

static u64 task_time(const struct task *task)
{
	u64 ticks = task->ticks;
	list_each (thread, &task->threads, struct thread, task_link)
		ticks += thread->ticks;
	return arch_ticks_ns(ticks);
}

static u64 task_resident(struct task *task)
{
	u64 pages = 0;
	for (struct region *r = region_first(task, 0); r; r = region_first(task, region_end(r)))
		pages += r->segment ? min_u64(r->segment->resident, r->size / PAGE_SIZE) : 0;
	return pages;
}

err_t sys_task_read(cap_t cap, u32 figure, u64 *value)
{
	struct task *task = CAP_FIND(cap, TASK, task, RIGHT_READ);
	if (!task)
		return E_CAP;
	switch (figure) {
	case TASK_FAULT_KIND:
		*value = task->fault_kind;
		return OK;
	case TASK_FAULT_CODE:
		*value = task->fault_code;
		return OK;
	case TASK_FAULT_ADDRESS:
		*value = task->fault_address;
		return OK;
	case TASK_FAULT_IP:
		*value = task->fault_ip;
		return OK;
	case TASK_FAULT_SP:
		*value = task->fault_sp;
		return OK;
	case TASK_THREADS:
		*value = task->thread_count;
		return OK;
	case TASK_TIME_NS:
		*value = task_time(task);
		return OK;
	case TASK_RESIDENT:
		*value = task_resident(task);
		return OK;
	case TASK_CAPS:
		*value = task->caps.used;
		return OK;
	default:
		return E_RANGE;
	}
}

err_t sys_task_segment(cap_t cap, u64 addr, cap_t *out)
{
	struct task *task = CAP_FIND(cap, TASK, task, RIGHT_CONTROL);
	if (!task)
		return E_CAP;
	const struct region *region = region_find(task, addr);
	if (!region || !region->segment)
		return E_FAULT;
	return cap_grant(&region->segment->object, region->access_max | RIGHT_COPY, out);
}

err_t sys_task_cap(cap_t task_cap, cap_t cap, cap_t *out)
{
	struct task *task = CAP_FIND(task_cap, TASK, task, RIGHT_CONTROL);
	struct object *object = task ? cap_find_in(task, cap, KIND_NONE, RIGHT_COPY) : NULL;
	if (!object)
		return E_CAP;
	return cap_grant(object, cap_rights(task, cap) & RIGHT_ALL, out);
}

/* --- memory of another task --- */

static err_t copy_checked(struct task *to, vaddr_t to_addr, struct task *from, vaddr_t from_addr,
                          u64 size)
{
	while (size) {
		void *target, *source;
		err_t error = task_memory_any(from, from_addr, ACCESS_READ, &source);
		if (!error)
			error = task_memory_any(to, to_addr, ACCESS_WRITE, &target);
		if (error)
			return error;
		u64 n = min_u64(size, PAGE_SIZE - (from_addr & PAGE_MASK));
		n = min_u64(n, PAGE_SIZE - (to_addr & PAGE_MASK));
		memcpy(target, source, n);
		to_addr += n;
		from_addr += n;
		size -= n;
	}
	return OK;
}

static err_t task_transfer(struct task *to, vaddr_t to_addr, struct task *from, vaddr_t from_addr,
                           u64 size)
{
	if (size > PAGE_SIZE || !range_fits(to_addr, size, USER_END) ||
	    !range_fits(from_addr, size, USER_END))
		return E_RANGE;
	return copy_checked(to, to_addr, from, from_addr, size);
}

err_t sys_task_write(cap_t cap, u64 to, u64 from, u64 size)
{
	struct task *task = CAP_FIND(cap, TASK, task, RIGHT_CONTROL);
	return task ? task_transfer(task, to, current_task(), from, size) : E_CAP;
}

err_t sys_task_fetch(cap_t cap, u64 from, u64 to, u64 size)
{
	struct task *task = CAP_FIND(cap, TASK, task, RIGHT_CONTROL);
	return task ? task_transfer(current_task(), to, task, from, size) : E_CAP;
}

err_t task_fetch_u32(struct task *task, vaddr_t addr, u32 *value)
{
	void *memory;
	if (addr % 4)
		return E_RANGE;
	err_t error = task_memory(task, addr, ACCESS_READ, &memory);
	if (!error)
		*value = *(const u32 *)memory;
	return error;
}

err_t task_copy_out(struct task *task, vaddr_t to, const void *from, u64 size)
{
	const char *source = from;
	while (size) {
		void *target;
		err_t error = task_memory(task, to, ACCESS_WRITE, &target);
		if (error)
			return error;
		u64 n = min_u64(size, PAGE_SIZE - (to & PAGE_MASK));
		memcpy(target, source, n);
		to += n;
		source += n;
		size -= n;
	}
	return OK;
}
