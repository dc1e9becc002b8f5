/* SPDX-License-Identifier: MIT */
/* The other processors: what they need is set aside while memory is still ours, they are started
 * one after another by the universal start-up algorithm (SDM vol. 3A, 8.4.4.1). One that does not
 * answer is left out. */
#include "boot.h"

#include "trap.h"
#include "x86.h"

#define INIT_WAIT_NS     10000000ull   /* 10 ms between INIT and start-up */
#define STARTUP_AGAIN_NS 200000ull     /* then the start-up interrupt is sent a second time */
#define STARTUP_WAIT_NS  2000000000ull /* a virtual machine may be slow to run it */

u64 smp_stack_top;
u32 smp_root;

static struct cpu *prepared[CPU_MAX]; /* from 1 on; cpus[] gets those that start */
static u32 prepared_count = 1;
static paddr_t trampoline_page;
static u64 tsc_adjust;
static bool has_tsc_adjust;
static struct cpu *starting; /* what smp_enter is to become; it clears this. Atomic */

_Static_assert(sizeof(struct cpu) <= PAGE_SIZE, "a page holds a struct cpu");

static void smp_prepare_cpu(u32 apic_id)
{
	u32 index = prepared_count++;
	struct cpu *cpu = boot_take_pages(1);
	paddr_t stacks = arch_paddr(boot_take_pages(1 + STACK_SIZE / PAGE_SIZE));

	cpu->arch.apic_id = apic_id;
	prepared[index] = cpu;
	paging_map_stack(cpu_ist_base(index), stacks);
	for (u64 i = 0; i < STACK_SIZE; i += PAGE_SIZE)
		paging_map_stack(cpu_stack_base(index) + i, stacks + PAGE_SIZE + i);
	cpu_place_stacks(cpu, index);
}

void smp_prepare(void)
{
	const struct acpi_machine *m = &acpi_machine;
	u32 own = cpus[0]->arch.apic_id;
	u64 *root;

	if (m->cpu_count <= 1 || !(trampoline_page = boot_take_low_page()))
		return;
	__builtin_memcpy(arch_ptr(trampoline_page), trampoline,
	                 (size_t)(trampoline_end - trampoline));
	root = boot_take_pages(1);
	paging_init_start(root);
	smp_root = (u32)arch_paddr(root);
	for (u32 i = 0; i < m->cpu_count && prepared_count < CPU_MAX; i++)
		if (m->apic_ids[i] != own)
			smp_prepare_cpu(m->apic_ids[i]);
}

_Noreturn void smp_enter(void)
{
	struct cpu *cpu = __atomic_load_n(&starting, __ATOMIC_ACQUIRE);

	write_cr3(arch_image_paddr(kernel_root));
	cpu_init(cpu);
	if (has_tsc_adjust)
		wrmsr(MSR_TSC_ADJUST, tsc_adjust);
	apic_init_cpu();
	__atomic_store_n(&starting, NULL, __ATOMIC_RELEASE);
	kernel_cpu_main();
}

static bool smp_wait(u64 ns)
{
	u64 end = arch_now() + ns;

	while (arch_now() < end) {
		if (!__atomic_load_n(&starting, __ATOMIC_ACQUIRE))
			return true;
		cpu_pause();
	}
	return false;
}

static bool smp_start_cpu(struct cpu *cpu)
{
	u32 startup = APIC_STARTUP | (u32)(trampoline_page >> PAGE_SHIFT);

	smp_stack_top = cpu->arch.stack_top;
	__atomic_store_n(&starting, cpu, __ATOMIC_RELEASE);
	apic_send(cpu->arch.apic_id, startup);
	if (smp_wait(STARTUP_AGAIN_NS))
		return true;
	apic_send(cpu->arch.apic_id, startup);
	if (smp_wait(STARTUP_WAIT_NS))
		return true;
	apic_send(cpu->arch.apic_id, APIC_INIT); /* should it wake later, it stays where it is */
	return false;
}

void arch_start_cpus(void)
{
	u64 end;

	/* SDM vol. 2A, CPUID 7.0:EBX[1]: firmware may leave the counters apart; one clock for all
	 * (arch_now). */
	has_tsc_adjust = cpuid(0, 0).a >= 7 && (cpuid(7, 0).b & 2);
	if (has_tsc_adjust)
		tsc_adjust = rdmsr(MSR_TSC_ADJUST);
	if (prepared_count == 1)
		return;
	for (u32 i = 1; i < prepared_count; i++)
		apic_send(prepared[i]->arch.apic_id, APIC_INIT);
	end = arch_now() + INIT_WAIT_NS;
	while (arch_now() < end)
		cpu_pause();
	for (u32 i = 1; i < prepared_count; i++) {
		struct cpu *cpu = prepared[i];
		u32 index = cpu_count;
		/* A CPU keeps the stacks of its place among the prepared ones; its number may be
		 * smaller. */
		cpu->index = index;
		cpus[index] = cpu;
		if (smp_start_cpu(cpu))
			cpu_count = index + 1;
		else
			cpus[index] = NULL;
	}
}
