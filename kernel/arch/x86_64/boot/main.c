/* SPDX-License-Identifier: MIT */
/* The order of start-up: from the boot loader's structures to kernel_main. */
#include "boot.h"

#include "trap.h"

static struct boot_info info;
static struct loader loader;
static struct cpu boot_cpu;

static void boot_continue(void) { kernel_main(&info); }

/* The first CPU's stacks are part of the image; from here on they are used through the window,
 * between unmapped pages. */
static void boot_map_stacks(void)
{
	paging_map_stack(cpu_ist_base(0), arch_image_paddr(boot_ist));
	for (u64 i = 0; i < STACK_SIZE; i += PAGE_SIZE)
		paging_map_stack(cpu_stack_base(0) + i, arch_image_paddr(boot_stack) + i);
}

_Noreturn void boot_main(u32 multiboot)
{
	console_init();
	cpu_check_features();
	multiboot_parse(multiboot, &loader, &info);
	memory_init(&loader, &info);
	paging_init(&info);
	boot_map_stacks();
	cpus[0] = &boot_cpu;
	cpu_count = 1;
	cpu_place_stacks(&boot_cpu, 0);
	cpu_init(&boot_cpu);
	acpi_init(&loader, &info);
	ioapic_init();
	apic_init();
	clock_init(boot_ticks);
	apic_timer_calibrate();
	smp_prepare();
	memory_finish(&info);
	stack_start(boot_cpu.arch.stack_top, boot_continue);
}
