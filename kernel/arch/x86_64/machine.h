/* SPDX-License-Identifier: MIT */
/* What the files of arch/x86_64 offer one another. Start-up: boot/boot.h. */
#pragma once

#include "arch/arch.h"
#include "object/thread.h"
#include "sched/cpu.h"
#include "x86.h"

/* --- entry.S --- */
extern const char entry_vectors[];
extern char entry_clac[];
void entry_syscall(void);
_Noreturn void arch_restore(struct arch_frame *frame);
_Noreturn void arch_restore_message(struct arch_frame *frame, const u64 *words);
_Noreturn void stack_start(u64 top, void (*function)(void));

/* --- trap.c: called by entry.S --- */
void trap_user(struct arch_frame *frame);
void trap_kernel(struct arch_frame *frame);
_Noreturn void trap_ist(struct arch_frame *frame);

/* --- cpu.c --- */
enum { IST_FATAL = 1 }; /* the one IST stack: NMI, double fault, machine check */
/* Stop with a message if the processor lacks something that Drove needs. */
void cpu_check_features(void);
/* Enter the stacks of window `index` in `cpu`. */
void cpu_place_stacks(struct cpu *cpu, u32 index);
/* Descriptor tables, control registers and MSRs of the CPU this runs on; %gs leads to `cpu` from
 * here on. */
void cpu_init(struct cpu *cpu);
/* The stacks of CPU `index` in the stack window. */
static inline u64 cpu_ist_base(u32 index)
{
	return STACK_WINDOW + (u64)index * STACK_WINDOW_SIZE + PAGE_SIZE;
}
static inline u64 cpu_stack_base(u32 index) { return cpu_ist_base(index) + 2 * PAGE_SIZE; }

/* --- fpu.c --- */
void fpu_init_cpu(void);
void fpu_fault(void); /* #NM in user mode */
void fpu_thread_init(struct thread *thread);
static inline bool fpu_loaded(const struct arch_cpu *cpu, const struct arch_thread *thread)
{
	return cpu->fpu_owner == thread && thread->fpu_on == cpu;
}
extern u32 fpu_features; /* XCR0 */
extern bool fpu_has_xsaveopt;
static INLINE void fpu_store(struct thread *thread)
{
	if (fpu_has_xsaveopt)
		__asm__ volatile("xsaveopt64 (%0)" ::"r"(thread_fpu(thread)), "a"(fpu_features),
		                 "d"(0)
		                 : "memory");
	else
		__asm__ volatile("xsave64 (%0)" ::"r"(thread_fpu(thread)), "a"(fpu_features), "d"(0)
		                 : "memory");
}
/* The thread stops running here: store its registers, if they are here and may have changed. */
static inline void fpu_save(const struct arch_cpu *cpu, struct thread *thread)
{
	if (!cpu->fpu_off && fpu_loaded(cpu, (struct arch_thread *)(void *)thread))
		fpu_store(thread);
}
/* The next use of the registers faults (#NM), or does not. */
static INLINE void fpu_forbid(struct arch_cpu *cpu)
{
	if (cpu->fpu_off)
		return;
	write_cr0(read_cr0() | CR0_TS);
	cpu->fpu_off = true;
}
static INLINE void fpu_allow(struct arch_cpu *cpu)
{
	if (!cpu->fpu_off)
		return;
	__asm__ volatile("clts");
	cpu->fpu_off = false;
}
/* The next thread to run here: let it use the registers, if they are its own. */
static inline void fpu_switch(struct arch_cpu *cpu, const struct arch_thread *thread)
{
	if (fpu_loaded(cpu, thread))
		fpu_allow(cpu);
	else
		fpu_forbid(cpu);
}
/* Both at once, from one thread that runs to another: what it may use is its own. */
static INLINE void fpu_hand_over(struct arch_cpu *cpu, struct thread *from,
                                 const struct arch_thread *to)
{
	if (!cpu->fpu_off) {
		fpu_store(from);
		fpu_forbid(cpu);
	} else if (fpu_loaded(cpu, to)) {
		fpu_allow(cpu);
	}
}

/* --- mmu.c, flush.c --- */
extern u64 kernel_root[]; /* the kernel's own root table; its upper half is in every space */
/* NULL: the kernel's own */
static inline void space_enter(struct arch_cpu *cpu, struct arch_space *space)
{
	cpu->space = space;
	write_cr3(space ? space->root : arch_image_paddr(kernel_root));
}
void flush_serve(struct arch_cpu *cpu);

/* --- apic.c --- */
void apic_init(void); /* the boot CPU: how the local APICs are reached */
void apic_init_cpu(void);
void apic_timer_calibrate(void);
void apic_end_of_interrupt(void);
void apic_send(u32 apic_id, u32 command); /* vector or'ed with enum apic_command */
enum apic_command { APIC_FIXED = 0, APIC_NMI = 4 << 8, APIC_INIT = 5 << 8, APIC_STARTUP = 6 << 8 };
void apic_nmi_others(void);
/* The timer's interrupt has come: true if the deadline is really over, otherwise it is set
 * again. */
bool apic_timer_due(void);

/* --- ioapic.c --- */
/* Silences the 8259s too, which must come before the local APIC ignores them: an interrupt
 * that they have asked for and nobody can give a vector for is a protection fault in QEMU. */
void ioapic_init(void);
/* Acknowledge a device interrupt; a level-triggered line stays masked until arch_irq_unmask. */
void irq_acknowledge(unsigned vector);

/* --- clock.c --- */
void clock_init(u64 boot_ticks);
u64 clock_ticks_at(u64 ns); /* the TSC at that time */

/* --- console.c --- */
void console_init(void);
void console_resume(void); /* the last words come whoever has the port */
void console_text(const char *text);
void console_hex(u64 value);
void console_decimal(u64 value);

/* --- panic.c --- */
extern bool panic_stopping; /* an NMI means: stop here */
_Noreturn void cpu_stop(void);
/* Print `text` and stop; for start-up, before there is anything to report to. */
_Noreturn void boot_fail(const char *text);

/* --- symbols.c --- */
/* Keep the kernel's ELF symbol and string tables, which lie at these addresses. */
void symbols_init(const void *symbols, u64 symbols_size, const char *strings, u64 strings_size);
/* The function that `ip` lies in and where it starts; NULL if none is known. */
const char *symbol_find(u64 ip, u64 *start);
