/* SPDX-License-Identifier: MIT */
/* CPUs of the simulated machine: entering the kernel, and coming back out of functions that do not
 * return. */
#include "machine.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include "object/task.h"
#include "object/thread.h"
#include "sched/run.h"
#include "trap.h"

_Static_assert(offsetof(struct thread, arch) == 0, "arch_thread_of");

enum { FPU_SIZE = 512, SETTLE_MAX = 100000, FAULTS_MAX = 8 };

static struct cpu machine_cpus[HOST_CPUS];
static u32 machine_count;
static jmp_buf out; /* where arch_resume and arch_idle go */
static bool inside; /* the kernel runs */

u32 host_cpu;
u64 host_now = 1000, host_clock_step;
void (*host_left)(void), (*host_paused)(void);

struct cpu *host_current_cpu(void) { return &machine_cpus[host_cpu]; }
struct thread *host_thread(void) { return machine_cpus[host_cpu].current; }

/* --- leaving --- */

static _Noreturn void leave(void)
{
	inside = false;
	kernel_unlock();
	longjmp(out, 1);
}

_Noreturn void arch_resume(struct thread *thread)
{
	struct cpu *cpu = arch_cpu();

	ASSERT(cpu->current == thread && thread_on_cpu(thread) && thread->cpu == cpu && !cpu->idle);
	ASSERT(thread->state == THREAD_RUNNABLE && !thread->queued && !thread->task->suspended);
	cpu->arch.idle = false;
	leave();
}

_Noreturn void arch_switch_message(struct thread *from, struct thread *to)
{
	arch_thread_save(from);
	thread_words(from, to);
	arch_resume(to);
}

_Noreturn void arch_idle(void)
{
	ASSERT(!arch_cpu()->current && arch_cpu()->idle);
	arch_cpu()->arch.idle = true;
	leave();
}

_Noreturn void arch_pause(void)
{
	arch_cpu()->arch.paused = true;
	leave();
}

/* --- entering --- */

/* Run a statement that ends in arch_resume, arch_idle or arch_pause. */
#define ENTER_ONCE(statement)                                                                      \
	do {                                                                                       \
		ASSERT(!inside);                                                                   \
		inside = true;                                                                     \
		if (!setjmp(out)) {                                                                \
			statement;                                                                 \
		}                                                                                  \
		if (host_left)                                                                     \
			host_left();                                                               \
	} while (0)
/* And go on until it does not end in a pause. */
#define ENTER(statement)                                                                           \
	do {                                                                                       \
		ENTER_ONCE(statement);                                                             \
		finish();                                                                          \
	} while (0)

static _Noreturn void idle_interrupt(unsigned vector)
{
	trap_interrupt_idle(vector);
	kernel_lock();
	sched_run();
}

static void interrupt(unsigned vector)
{
	if (machine_cpus[host_cpu].arch.idle)
		ENTER_ONCE(idle_interrupt(vector));
	else
		ENTER_ONCE(trap_interrupt(vector));
}

static _Noreturn void go_on(void)
{
	arch_cpu()->arch.paused = false;
	kernel_lock_after_others();
	sched_run();
}

/* Something to deliver on `cpu`? */
static unsigned pending(struct arch_cpu *cpu)
{
	if (cpu->kicked) {
		cpu->kicked = false;
		return VECTOR_KICK;
	}
	if (cpu->timer_deadline <= host_now) {
		cpu->timer_deadline = DEADLINE_NEVER;
		return VECTOR_TIMER;
	}
	return 0;
}

/* A turn for `cpu`, if it has something to do. */
static bool turn(u32 cpu)
{
	host_cpu = cpu;
	if (machine_cpus[cpu].arch.paused) {
		ENTER_ONCE(go_on());
		return true;
	}
	unsigned vector = pending(&machine_cpus[cpu].arch);
	if (vector)
		interrupt(vector);
	return vector;
}

/* While this CPU pauses, the others have their turns. */
static void finish(void)
{
	u32 here = host_cpu;

	for (u32 turns = 0; machine_cpus[here].arch.paused; turns++) {
		void (*hook)(void) = host_paused;
		ASSERT(turns < SETTLE_MAX);
		host_paused = NULL;
		if (hook)
			hook();
		host_paused = hook;
		for (u32 cpu = 0; cpu < cpu_count; cpu++)
			(void)turn(cpu);
		host_cpu = here;
	}
}

void host_syscall(void)
{
	struct thread *thread = host_thread();

	ASSERT(thread);
	thread->arch.call = thread->arch.regs[ARCH_REG_CALL];
	thread->arch.restart = false;
	u32 number = (u32)thread->arch.call - CALL_FIRST;
	if (number >= CALL_IPC_CALL && number < CALL_COUNT)
		ENTER(trap_message());
	else
		ENTER(trap_syscall());
}

void host_page_fault(vaddr_t addr, u32 access) { ENTER(trap_page_fault(addr, access)); }
void host_exception(unsigned vector, u64 code) { ENTER(trap_exception(vector, code)); }

void host_interrupt(unsigned vector)
{
	interrupt(vector);
	finish();
}

void host_settle(void)
{
	u32 here = host_cpu;
	bool more = true;

	for (u32 turns = 0; more; turns++) {
		ASSERT(turns < SETTLE_MAX);
		more = false;
		for (u32 cpu = 0; cpu < cpu_count; cpu++)
			more |= turn(cpu);
	}
	host_cpu = here;
}

/* --- memory as user mode sees it --- */

void *host_touch(vaddr_t addr, u32 access)
{
	struct thread *thread = host_thread();
	vaddr_t ip = arch_ip(thread);
	paddr_t page;

	/* A thread that recovers where it faulted would do so for ever. */
	for (u32 i = 0;
	     !host_translate(&arch_cpu()->arch, &thread->task->space, addr, access, &page); i++) {
		host_page_fault(addr, access);
		if (host_thread() != thread || arch_ip(thread) != ip || i == FAULTS_MAX)
			return NULL;
	}
	return (char *)arch_ptr(page) + (addr & PAGE_MASK);
}

static bool transfer(vaddr_t addr, char *buf, size_t size, u32 access)
{
	for (size_t done = 0; done < size;) {
		u64 n = min_u64(size - done, PAGE_SIZE - ((addr + done) & PAGE_MASK));
		char *memory = host_touch(addr + done, access);
		if (!memory)
			return false;
		if (access == ACCESS_WRITE)
			memcpy(memory, buf + done, n);
		else
			memcpy(buf + done, memory, n);
		done += n;
	}
	return true;
}

bool host_read(vaddr_t from, void *to, size_t size)
{
	return transfer(from, to, size, ACCESS_READ);
}

bool host_write(vaddr_t to, const void *from, size_t size)
{
	return transfer(to, (char *)(uintptr_t)from, size, ACCESS_WRITE);
}

/* --- threads --- */

size_t arch_fpu_size(void) { return FPU_SIZE; }
void arch_fpu_reset(struct thread *thread) { memset(thread_fpu(thread), 0, FPU_SIZE); }

void arch_thread_init(struct thread *thread)
{
	thread->arch = (struct arch_thread){ 0 };
	arch_fpu_reset(thread);
}

void arch_thread_set(struct thread *thread, vaddr_t ip, vaddr_t sp, u64 argument, u64 fs_base,
                     u64 gs_base)
{
	thread->arch = (struct arch_thread){ .regs[ARCH_REG_WORD] = argument,
		                             .ip = ip,
		                             .sp = sp,
		                             .fs_base = fs_base,
		                             .gs_base = gs_base };
}

void arch_thread_save(struct thread *thread) { ASSERT(thread->cpu == arch_cpu()); }

/* In the order of struct thread_regs. */
static u64 *saved_places(struct thread_regs *regs, unsigned i)
{
	u64 *const places[ARCH_REG_COUNT] = { &regs->rdi, &regs->rsi, &regs->rdx, &regs->r10,
		                              &regs->r8,  &regs->r9,  &regs->rbx, &regs->rax,
		                              &regs->r12, &regs->r13, &regs->r14, &regs->r15,
		                              &regs->rbp };
	return places[i];
}

void arch_regs_store(struct thread *thread, struct thread_regs *regs)
{
	for (unsigned i = 0; i < ARCH_REG_COUNT; i++)
		*saved_places(regs, i) = thread->arch.regs[i];
	regs->rip = thread->arch.ip;
	regs->rsp = thread->arch.sp;
	regs->fs_base = thread->arch.fs_base;
	regs->gs_base = thread->arch.gs_base;
}

void arch_regs_load(struct thread *thread, const struct thread_regs *regs)
{
	struct thread_regs copy = *regs;

	for (unsigned i = 0; i < ARCH_REG_COUNT; i++)
		thread->arch.regs[i] = *saved_places(&copy, i);
	arch_set_ip(thread, regs->rip);
	thread->arch.sp = regs->rsp;
	thread->arch.fs_base = regs->fs_base;
	thread->arch.gs_base = regs->gs_base;
}

void arch_call_restart(struct thread *thread)
{
	thread->arch.restart = true;
	thread->arch.regs[ARCH_REG_CALL] = thread->arch.call;
}

void arch_set_ip(struct thread *thread, vaddr_t ip)
{
	thread->arch.ip = ip < USER_END ? ip : USER_END;
}
vaddr_t arch_sp(const struct thread *thread) { return thread->arch.sp; }

/* --- CPUs and time --- */

void arch_start_cpus(void)
{
	for (u32 i = 0; i < machine_count; i++) {
		machine_cpus[i].index = i;
		machine_cpus[i].arch.timer_deadline = DEADLINE_NEVER;
		cpus[i] = &machine_cpus[i];
	}
	cpu_count = machine_count;
}

/* The CPUs but the first: real ones wait for the kernel lock until kernel_main has let go of it. */
static void others_start(void)
{
	for (host_cpu = 1; host_cpu < machine_count; host_cpu++)
		ENTER(kernel_cpu_main());
	host_cpu = 0;
}

void host_start(const struct boot_info *info, u32 count)
{
	machine_count = count;
	ENTER(kernel_main(info));
	others_start();
}

void arch_kick(struct cpu *cpu) { cpu->arch.kicked = true; }

void arch_relax(void)
{
	printf("# the kernel lock is taken twice\n");
	abort();
}

u64 arch_now(void) { return host_now += host_clock_step; }
u64 arch_ticks_ns(u64 ticks) { return ticks; }
void arch_timer_set(u64 deadline) { arch_cpu()->arch.timer_deadline = deadline; }

_Noreturn void arch_panic_stop(const struct thread *thread)
{
	(void)thread;
	printf("# %.*s\n", (int)host_console_size, host_console);
	abort();
}

_Noreturn void arch_reset(void)
{
	printf("# reset\n");
	abort();
}
