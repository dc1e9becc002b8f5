/* SPDX-License-Identifier: MIT */
/* Threads seen from the machine: registers, and going to user mode or to sleep. */
#include "machine.h"

#include "object/task.h"
#include "object/thread.h"
#include "sched/run.h"
#include "x86.h"

_Static_assert(offsetof(struct thread, arch) == 0, "arch_thread_of");

/* An address that iretq and sysret take in user mode; what cannot be one becomes one where nothing
 * is ever mapped. SDM vol. 2B, SYSRET: a non-canonical address would fault in the kernel. */
static vaddr_t user_ip(vaddr_t ip) { return ip < USER_END ? ip : USER_END; }

/* SDM vol. 1, 3.3.7.1: the upper 17 bits are the same. WRFSBASE faults otherwise. */
static u64 canonical_base(u64 base)
{
	u64 top = base >> 47;

	return top == 0 || top == 0x1ffff ? base : 0;
}

static bool bases_live(const struct arch_cpu *cpu, const struct arch_thread *arch)
{
	return cpu->frame == &arch->frame && arch->live_on == cpu;
}

/* Memory is to hold the segment bases; user mode changes them without the kernel (WRFSBASE). */
static void bases_fetch(const struct arch_cpu *cpu, struct arch_thread *arch)
{
	if (!bases_live(cpu, arch))
		return;
	arch->fs_base = read_fs_base();
	arch->gs_base = read_user_gs_base();
}

void arch_thread_init(struct thread *thread)
{
	struct arch_thread *arch = &thread->arch;

	*arch = (struct arch_thread){ 0 };
	fpu_thread_init(thread);
	arch_thread_set(thread, 0, 0, 0, 0, 0);
}

void arch_thread_set(struct thread *thread, vaddr_t ip, vaddr_t sp, u64 argument, u64 fs, u64 gs)
{
	struct arch_thread *arch = &thread->arch;

	arch->frame = (struct arch_frame){
		.regs[ARCH_REG_WORD] = argument,
		.rip = user_ip(ip),
		.cs = SELECTOR_USER_CODE,
		.rflags = FLAGS_USER,
		.rsp = sp,
		.ss = SELECTOR_USER_DATA,
	};
	arch->fs_base = canonical_base(fs);
	arch->gs_base = canonical_base(gs);
	arch->live_on = NULL;
}

void arch_thread_save(struct thread *thread)
{
	struct arch_cpu *cpu = &arch_cpu()->arch;

	bases_fetch(cpu, &thread->arch);
	fpu_save(cpu, thread);
}

/* thread_regs of abi/thread.h, with the place of each general register in struct arch_frame. */
#define GENERAL_REGISTERS(X)                                                                       \
	X(rdi, 0)                                                                                  \
	X(rsi, 1)                                                                                  \
	X(rdx, 2)                                                                                  \
	X(r10, 3)                                                                                  \
	X(r8, 4)                                                                                   \
	X(r9, 5)                                                                                   \
	X(rbx, 6)                                                                                  \
	X(rax, 7) X(r12, 8) X(r13, 9) X(r14, 10) X(r15, 11) X(rbp, 12) X(rcx, 13) X(r11, 14)

void arch_regs_store(struct thread *thread, struct thread_regs *regs)
{
	struct arch_thread *arch = &thread->arch;
	const struct arch_frame *frame = &arch->frame;

	bases_fetch(&arch_cpu()->arch, arch);
#define STORE(name, index) regs->name = frame->regs[index];
	GENERAL_REGISTERS(STORE)
#undef STORE
	regs->rip = frame->rip;
	regs->rflags = frame->rflags;
	regs->rsp = frame->rsp;
	regs->fs_base = arch->fs_base;
	regs->gs_base = arch->gs_base;
	if (frame->vector == ENTRY_SYSCALL) { /* not saved at entry: as the processor left them */
		regs->rcx = frame->rip;
		regs->r11 = frame->rflags;
	}
}

void arch_regs_load(struct thread *thread, const struct thread_regs *regs)
{
	struct arch_thread *arch = &thread->arch;
	struct arch_frame *frame = &arch->frame;

#define LOAD(name, index) frame->regs[index] = regs->name;
	GENERAL_REGISTERS(LOAD)
#undef LOAD
	frame->vector = 0;
	frame->rip = user_ip(regs->rip);
	frame->rflags = (regs->rflags & FLAGS_FREE) | FLAGS_USER;
	frame->rsp = regs->rsp;
	arch->fs_base = canonical_base(regs->fs_base);
	arch->gs_base = canonical_base(regs->gs_base);
	arch->live_on = NULL;
}

/* SYSCALL is two bytes long. */
void arch_call_restart(struct thread *thread)
{
	struct arch_thread *arch = &thread->arch;

	arch->frame.rip -= 2;
	arch->frame.regs[ARCH_REG_CALL] = arch->call;
}

/* To an entry point: with the flags that compiled code expects. */
void arch_set_ip(struct thread *thread, vaddr_t ip)
{
	struct arch_frame *frame = &thread->arch.frame;

	if (frame->vector == ENTRY_SYSCALL) {
		frame->regs[ARCH_REG_RCX] = frame->rip;
		frame->regs[ARCH_REG_R11] = frame->rflags;
		frame->vector = 0;
	}
	frame->rip = user_ip(ip);
	frame->rflags &= ~(u64)(FLAG_TF | FLAG_DF | FLAG_AC);
}

vaddr_t arch_sp(const struct thread *thread) { return arch_frame_of(thread)->rsp; }

/* Selectors that the last thread left must not be seen by the next; loading one clears its base. */
static inline void selectors_clear(struct cpu *cpu)
{
	u32 ds, es, fs, gs;

	__asm__ volatile("mov %%ds, %0; mov %%es, %1; mov %%fs, %2; mov %%gs, %3"
	                 : "=r"(ds), "=r"(es), "=r"(fs), "=r"(gs));
	if (!(ds | es | fs | gs))
		return;
	__asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%fs; mov %0, %%gs" ::"r"(0));
	write_gs_base((u64)cpu);
}

/* But for the segment bases. */
static INLINE void thread_make_live(struct arch_cpu *cpu, struct arch_thread *arch)
{
	cpu->frame = &arch->frame;
	cpu->tss.rsp[0] = (u64)(&arch->frame + 1);
	arch->live_on = cpu;
}

static INLINE void task_make_live(struct arch_cpu *cpu, struct task *task)
{
	struct arch_space *space = task_space(task);

	if (cpu->space != space)
		space_enter(cpu, space);
	cpu->reflect[0] = task_syscall_entry(task);
}

_Noreturn HOT void arch_resume(struct thread *thread)
{
	struct cpu *cpu = arch_cpu();

	if (!bases_live(&cpu->arch, &thread->arch)) {
		selectors_clear(cpu);
		write_fs_base(thread->arch.fs_base);
		write_user_gs_base(thread->arch.gs_base);
		thread_make_live(&cpu->arch, &thread->arch);
		fpu_switch(&cpu->arch, &thread->arch);
	}
	task_make_live(&cpu->arch, thread->task);
	kernel_unlock();
	arch_restore(&thread->arch.frame);
}

/* `to` may see the selectors of `from`, which has just told it seven words. */
_Noreturn HOT void arch_switch_message(struct thread *from, struct thread *to)
{
	struct arch_cpu *cpu = &arch_cpu()->arch;

	from->arch.fs_base = read_fs_base();
	write_fs_base(to->arch.fs_base);
	from->arch.gs_base = exchange_user_gs_base(to->arch.gs_base);
	thread_make_live(cpu, &to->arch);
	task_make_live(cpu, to->task);
	fpu_hand_over(cpu, from, &to->arch);
	arch_restore_message(&to->arch.frame, &from->arch.frame.regs[ARCH_REG_WORD]);
}

/* SDM vol. 2B, STI: no interrupt comes between sti and hlt, so that none is slept over. */
static void idle_loop(void)
{
	for (;;) {
		kernel_unlock();
		__asm__ volatile("sti; hlt; cli" ::: "memory");
		kernel_lock();
		sched_run();
	}
}

_Noreturn void arch_idle(void) { stack_start(arch_cpu()->arch.stack_top, idle_loop); }

static void pause_here(void)
{
	kernel_unlock();
	__asm__ volatile("sti; nop; cli" ::: "memory");
	kernel_lock_after_others();
	sched_run();
}

_Noreturn void arch_pause(void) { stack_start(arch_cpu()->arch.stack_top, pause_here); }
