/* SPDX-License-Identifier: MIT */
#include "boot/main.h"

#include "abi/clock.h"
#include "boot/boot_info.h"
#include "ipc/futex.h"
#include "object/bank.h"
#include "object/device.h"
#include "sched/run.h"
#include "trap.h"

u64 boot_kernel_pages, boot_rsdp, boot_sigma0_ns;

/* Mapped read-only by everybody; in the kernel's image, so that it is charged to nobody. */
static union {
	struct clock_page clock;
	char page[PAGE_SIZE];
} clock __attribute__((aligned(PAGE_SIZE)));

void boot_set_realtime(u64 realtime_ns)
{
	struct clock_page *page = &clock.clock;
	__atomic_store_n(&page->sequence, page->sequence + 1, __ATOMIC_SEQ_CST);
	page->realtime_offset = (i64)(realtime_ns - arch_now());
	__atomic_store_n(&page->sequence, page->sequence + 1, __ATOMIC_SEQ_CST);
}

static void cpu_init(struct cpu *cpu)
{
	for (unsigned i = 0; i <= PRIORITY_MAX; i++)
		list_init(&cpu->queue[i]);
	cpu->ready = 0;
	cpu->current = NULL;
	cpu->run_since = arch_ticks();
	cpu->online = true;
}

_Noreturn void kernel_main(const struct boot_info *info)
{
	kernel_lock();
	cpu_init(arch_cpu());
	cpus[0] = arch_cpu();
	cpu_count = 1;
	frame_init(info);
	bank_init_root();
	device_init(info);
	futex_init();
	boot_kernel_pages = info->kernel_pages;
	boot_rsdp = info->rsdp;
	print("drove: %lu MiB of memory, %lu KiB taken by the kernel\n", frames_total / 256,
	      info->kernel_pages * 4);

	arch_clock_page_init(&clock);
	arch_start_cpus();
	clock.clock.cpus = cpu_count;
	clock.clock.total_pages = frames_total;
	print("drove: %u processor%s\n", cpu_count, cpu_count == 1 ? "" : "s");

	boot_sigma0_ns = arch_now();
	sigma0_start(info, &clock);
	sched_run();
}

_Noreturn void kernel_cpu_main(void)
{
	kernel_lock();
	cpu_init(arch_cpu());
	sched_run();
}
