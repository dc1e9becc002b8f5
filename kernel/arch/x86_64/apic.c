/* SPDX-License-Identifier: MIT */
/* The local APIC (SDM vol. 3A, chapter 10): interrupts between processors and the timer. Registers
 * are reached through MSRs (x2APIC) where there is that mode, else through its page of memory. */
#include "machine.h"

#include "trap.h"
#include "x86.h"

/* 10.4.1, table 10-1: offsets of the registers; the x2APIC MSR is MSR_X2APIC + offset / 16. */
enum {
	REGISTER_ID = 0x20,
	REGISTER_TASK_PRIORITY = 0x80,
	REGISTER_EOI = 0xb0,
	REGISTER_SPURIOUS = 0xf0,
	REGISTER_COMMAND = 0x300,
	REGISTER_COMMAND_HIGH = 0x310,
	REGISTER_LVT_TIMER = 0x320,
	REGISTER_LVT_PERFORMANCE = 0x340,
	REGISTER_LVT_LINT0 = 0x350,
	REGISTER_LVT_LINT1 = 0x360,
	REGISTER_LVT_ERROR = 0x370,
	REGISTER_TIMER_INITIAL = 0x380,
	REGISTER_TIMER_CURRENT = 0x390,
	REGISTER_TIMER_DIVIDE = 0x3e0,
};
enum {
	BASE_X2APIC = 1 << 10,
	BASE_ENABLE = 1 << 11,
	SPURIOUS_ENABLE = 1 << 8,
	LVT_MASKED = 1 << 16,
	LVT_NMI = 4 << 8,
	LVT_EXTERNAL = 7 << 8,
	TIMER_TSC_DEADLINE = 2 << 17,
	TIMER_DIVIDE_1 = 0xb,
	COMMAND_PENDING = 1 << 12,
	COMMAND_ASSERT = 1 << 14,
	COMMAND_OTHERS = 3 << 18,
};
enum { CPUID_X2APIC = 21, CPUID_TSC_DEADLINE = 24 }; /* CPUID.1:ECX */
enum { CALIBRATE_NS = 1000000, COMMAND_SPINS = 1000000, SCALE_SHIFT = 32 };

static volatile u32 *registers; /* NULL: x2APIC */
static bool has_deadline;
static u64 timer_scale; /* timer ticks per ns, times 2^32; without TSC deadline mode */

static u32 apic_read(u32 offset)
{
	if (registers)
		return mmio_read32(&registers[offset / 4]);
	return (u32)rdmsr(MSR_X2APIC + offset / 16);
}

static void apic_write(u32 offset, u32 value)
{
	if (registers)
		mmio_write32(&registers[offset / 4], value);
	else
		wrmsr(MSR_X2APIC + offset / 16, value);
}

void apic_init(void)
{
	u32 features = cpuid(1, 0).c;

	has_deadline = features >> CPUID_TSC_DEADLINE & 1;
	if (!(features >> CPUID_X2APIC & 1))
		registers = arch_ptr(rdmsr(MSR_APIC_BASE) & PTE_ADDR);
	apic_init_cpu();
}

/* 10.4.7, 10.12.1. LINT1 is the NMI line on PCs, LINT0 belongs to the 8259s, which stay silent. */
void apic_init_cpu(void)
{
	u64 base = rdmsr(MSR_APIC_BASE) | BASE_ENABLE;

	wrmsr(MSR_APIC_BASE, base);
	if (!registers)
		wrmsr(MSR_APIC_BASE, base | BASE_X2APIC);
	arch_cpu()->arch.apic_id =
	        registers ? apic_read(REGISTER_ID) >> 24 : apic_read(REGISTER_ID);
	apic_write(REGISTER_SPURIOUS, SPURIOUS_ENABLE | VECTOR_SPURIOUS);
	apic_write(REGISTER_TASK_PRIORITY, 0);
	apic_write(REGISTER_LVT_LINT0, LVT_MASKED | LVT_EXTERNAL);
	apic_write(REGISTER_LVT_LINT1, LVT_NMI);
	apic_write(REGISTER_LVT_ERROR, LVT_MASKED);
	apic_write(REGISTER_TIMER_DIVIDE, TIMER_DIVIDE_1);
	apic_write(REGISTER_LVT_TIMER, VECTOR_TIMER | (has_deadline ? (u32)TIMER_TSC_DEADLINE : 0));
	apic_write(REGISTER_EOI, 0);
}

void apic_end_of_interrupt(void) { apic_write(REGISTER_EOI, 0); }

/* 10.6.1. In x2APIC mode one write does all; else the last command must have left first. */
static void apic_command(u32 apic_id, u32 command)
{
	if (!registers) {
		__asm__ volatile("mfence; lfence" ::
		                         : "memory"); /* 10.12.3: not a serialising write */
		wrmsr(MSR_X2APIC + REGISTER_COMMAND / 16, (u64)apic_id << 32 | command);
		return;
	}
	for (u32 i = 0; i < COMMAND_SPINS && apic_read(REGISTER_COMMAND) & COMMAND_PENDING; i++)
		cpu_pause();
	apic_write(REGISTER_COMMAND_HIGH, apic_id << 24);
	apic_write(REGISTER_COMMAND, command);
}

void apic_send(u32 apic_id, u32 command) { apic_command(apic_id, command | COMMAND_ASSERT); }

void apic_nmi_others(void) { apic_command(0, (u32)APIC_NMI | COMMAND_ASSERT | COMMAND_OTHERS); }

void arch_kick(struct cpu *cpu) { apic_send(cpu->arch.apic_id, VECTOR_KICK); }

/* Compare the timer with the TSC, whose frequency is known, for a millisecond. */
void apic_timer_calibrate(void)
{
	u64 start, end;
	u32 count;

	if (has_deadline)
		return;
	apic_write(REGISTER_LVT_TIMER, VECTOR_TIMER | LVT_MASKED);
	start = arch_now();
	apic_write(REGISTER_TIMER_INITIAL, UINT32_MAX);
	do
		end = arch_now();
	while (end - start < CALIBRATE_NS);
	count = UINT32_MAX - apic_read(REGISTER_TIMER_CURRENT);
	end = arch_now();
	apic_write(REGISTER_TIMER_INITIAL, 0);
	apic_write(REGISTER_LVT_TIMER, VECTOR_TIMER);
	timer_scale = ((u64)count << SCALE_SHIFT) / (end - start);
	if (timer_scale == 0)
		boot_fail("the local APIC's timer does not run");
}

/* Never 0, which would stop the timer; a deadline too far for the counter is set again by
 * apic_timer_due. */
static u32 timer_count(u64 ns)
{
	unsigned __int128 count = ((unsigned __int128)ns * timer_scale >> SCALE_SHIFT) + 1;

	return count > UINT32_MAX ? UINT32_MAX : (u32)count;
}

static void timer_start(u64 deadline)
{
	u64 now;

	if (has_deadline) { /* 10.5.4.1 */
		wrmsr(MSR_TSC_DEADLINE, deadline == DEADLINE_NEVER ? 0 : clock_ticks_at(deadline));
		return;
	}
	if (deadline == DEADLINE_NEVER) {
		apic_write(REGISTER_TIMER_INITIAL, 0);
		return;
	}
	now = arch_now();
	apic_write(REGISTER_TIMER_INITIAL, timer_count(deadline > now ? deadline - now : 0));
}

void arch_timer_set(u64 deadline)
{
	struct arch_cpu *cpu = &arch_cpu()->arch;

	if (cpu->timer_deadline == deadline)
		return;
	cpu->timer_deadline = deadline;
	timer_start(deadline);
}

bool apic_timer_due(void)
{
	struct arch_cpu *cpu = &arch_cpu()->arch;

	if (cpu->timer_deadline == DEADLINE_NEVER)
		return false;
	if (arch_now() < cpu->timer_deadline) {
		timer_start(cpu->timer_deadline);
		return false;
	}
	cpu->timer_deadline = DEADLINE_NEVER;
	return true;
}
