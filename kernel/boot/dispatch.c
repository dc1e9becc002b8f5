/* SPDX-License-Identifier: MIT */
/* Every entry into the kernel: take the lock, see that the calling thread still exists, do it, and
 * go on with whoever is to run. */
#include "abi/message.h"
#include "boot/syscall.h"
#include "object/device.h"
#include "object/port.h"
#include "object/segment.h"
#include "object/task.h"
#include "object/thread.h"
#include "sched/run.h"
#include "trap.h"

static void dispatch_call(struct thread *thread, const struct syscall *call)
{
	u64 words[6], result = 0;
	for (unsigned i = 0; i < COUNT_OF(words); i++)
		words[i] = arch_call_argument(thread, i);
	UNCOMMIT();
	err_t error = call->call(words, &result);
	UNCOMMIT();
	/* The thread may have ended itself. */
	if (current() != thread || error == E_BLOCKED)
		return;
	if (error == E_RESTART) {
		arch_call_restart(thread);
		sched_pause();
	}
	arch_call_result(thread, error, error ? 0 : result);
}

_Noreturn void trap_syscall(void)
{
	sched_enter(arch_cpu());
	struct thread *thread = current();
	u32 number = (u32)arch_call_number(thread) - CALL_FIRST;

	if (number < syscall_count && syscalls[number].call)
		dispatch_call(thread, &syscalls[number]);
	else
		arch_call_result(thread, E_NOSYS, 0);
	sched_run();
}

_Noreturn void trap_page_fault(vaddr_t addr, u32 access)
{
	sched_enter(arch_cpu());
	struct thread *thread = current();
	struct region *region = addr < USER_END ? region_find(thread->task, addr) : NULL;
	struct segment *segment = NULL;
	u64 index = 0;
	paddr_t page;
	err_t error = !region ? E_FAULT
	              : access & ~(u32)region->access
	                      ? E_ACCESS
	                      : region_resolve(region, addr, access, &page, &segment, &index);
	thread->page_addr = addr;
	if (error == E_AGAIN)
		thread_wait_page(thread, segment, index, access);
	else if (error)
		thread_fault(thread, UPCALL_FAULT, error, addr, access);
	sched_run();
}

_Noreturn void trap_exception(unsigned vector, u64 code)
{
	sched_enter(arch_cpu());
	thread_fault(current(), UPCALL_EXCEPTION, vector, code, 0);
	sched_run();
}

static void interrupt(unsigned vector)
{
	if (vector == VECTOR_TIMER)
		sched_timer_tick();
	else if (vector != VECTOR_KICK && vector != VECTOR_FLUSH && vector != VECTOR_SPURIOUS)
		interrupt_deliver(vector);
}

_Noreturn void trap_interrupt(unsigned vector)
{
	sched_enter(arch_cpu());
	interrupt(vector);
	sched_run();
}

void trap_interrupt_idle(unsigned vector)
{
	kernel_lock();
	interrupt(vector);
	kernel_unlock();
}

_Noreturn void trap_fatal(const char *what, u64 ip, u64 sp, u64 address)
{
	panic("%s in the kernel at %lx, stack %lx, address %lx", what, ip, sp, address);
}
