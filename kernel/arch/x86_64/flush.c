/* SPDX-License-Identifier: MIT */
/* Making processors forget translations (SDM vol. 3A, 4.10.4 and 4.10.5). One flush is under way at
 * a time: its initiator holds the kernel lock. The processors concerned run user code, wait for the
 * kernel lock, or are idle; they serve the request in the interrupt VECTOR_FLUSH or in arch_relax,
 * whichever comes first, and need no lock. */
#include "machine.h"

#include "trap.h"
#include "x86.h"

enum { FLUSH_SINGLE_MAX = 32 }; /* above, dropping everything is cheaper than page by page */

enum flush_kind { FLUSH_RANGE, FLUSH_LEAVE };

/* Written by the initiator before it sets flush_pending of the CPUs, read by those until they clear
 * it. */
static struct {
	enum flush_kind kind;
	vaddr_t addr;
	u64 count;
} request;

/* Reloading CR3 drops what is not global, and only the kernel's own pages are global. */
static void flush_here(struct arch_cpu *cpu)
{
	if (request.kind == FLUSH_LEAVE) {
		space_enter(cpu, NULL);
	} else if (request.count > FLUSH_SINGLE_MAX) {
		write_cr3(read_cr3());
	} else {
		for (u64 i = 0; i < request.count; i++)
			invlpg(request.addr + i * PAGE_SIZE);
	}
}

void flush_serve(struct arch_cpu *cpu)
{
	if (!__atomic_load_n(&cpu->flush_pending, __ATOMIC_ACQUIRE))
		return;
	flush_here(cpu);
	__atomic_store_n(&cpu->flush_pending, false, __ATOMIC_RELEASE);
}

/* Carry out `request` on every CPU that has `space` loaded. Nobody loads it meanwhile: that needs
 * the kernel lock. */
static void flush_everywhere(const struct arch_space *space)
{
	struct cpu *self = arch_cpu();

	for (u32 i = 0; i < cpu_count; i++) {
		struct arch_cpu *cpu = &cpus[i]->arch;
		if (cpus[i] == self || cpu->space != space)
			continue;
		__atomic_store_n(&cpu->flush_pending, true, __ATOMIC_RELEASE);
		apic_send(cpu->apic_id, VECTOR_FLUSH);
	}
	if (self->arch.space == space)
		flush_here(&self->arch);
	for (u32 i = 0; i < cpu_count; i++)
		while (__atomic_load_n(&cpus[i]->arch.flush_pending, __ATOMIC_ACQUIRE))
			cpu_pause();
}

void arch_flush(struct arch_space *space, vaddr_t addr, u64 count)
{
	request.kind = FLUSH_RANGE;
	request.addr = addr;
	request.count = count;
	flush_everywhere(space);
}

void arch_space_leave(struct arch_space *space)
{
	request.kind = FLUSH_LEAVE;
	flush_everywhere(space);
}

void arch_relax(void)
{
	cpu_pause();
	flush_serve(&arch_cpu()->arch);
}
