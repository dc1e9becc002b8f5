/* SPDX-License-Identifier: MIT */
/* Floating-point registers: x87, SSE and AVX. They are loaded at a thread's first use after it got
 * the processor (#NM) and stored whenever a thread that has them loaded stops running, so that
 * memory is complete and the thread can go on elsewhere. CR0.TS is set while a thread runs whose
 * registers these are not. AVX-512 stays off (XCR0): its registers would make every thread 1.7 KiB
 * larger. */
#include "machine.h"

#include "object/thread.h"
#include "x86.h"

enum { XCR0_X87 = 1, XCR0_SSE = 2, XCR0_AVX = 4 };
enum { LEGACY_SIZE = 512, HEADER_SIZE = 64, MXCSR_OFFSET = 24, MXCSR_INITIAL = 0x1f80 };

/* An XSAVE area whose header says "everything as after reset" (SDM vol. 1, 13.6); MXCSR is read all
 * the same. */
static struct {
	u8 bytes[LEGACY_SIZE + HEADER_SIZE];
} __attribute__((aligned(64))) fpu_initial;

u32 fpu_features;
bool fpu_has_xsaveopt;
static u32 fpu_size;

static void xrstor(const void *area)
{
	__asm__ volatile("xrstor64 (%0)" ::"r"(area), "a"(fpu_features), "d"(0) : "memory");
}

/* SDM vol. 1, 13.2 and 13.3: CPUID 0DH tells what there is and how much room it takes. */
void fpu_init_cpu(void)
{
	u64 offered = cpuid(0xd, 0).a;

	fpu_features = (u32)offered & (XCR0_X87 | XCR0_SSE | XCR0_AVX);
	xsetbv(fpu_features);
	fpu_size = cpuid(0xd, 0).b;
	fpu_has_xsaveopt = cpuid(0xd, 1).a & 1;
	*(u32 *)(void *)(fpu_initial.bytes + MXCSR_OFFSET) = MXCSR_INITIAL;
}

size_t arch_fpu_size(void) { return fpu_size; }

/* XSAVE leaves most of the header as it is, and XRSTOR wants zeroes there. */
void fpu_thread_init(struct thread *thread)
{
	u8 *header = (u8 *)thread_fpu(thread) + LEGACY_SIZE;

	for (u32 i = 0; i < HEADER_SIZE; i++)
		header[i] = 0;
	thread->arch.fpu_on = NULL;
	thread->arch.fpu_used = false;
}

void arch_fpu_reset(struct thread *thread)
{
	struct arch_cpu *cpu = &arch_cpu()->arch;

	fpu_thread_init(thread);
	if (cpu->fpu_owner == &thread->arch) {
		cpu->fpu_owner = NULL;
		fpu_forbid(cpu);
	}
}

/* SDM vol. 3A, 2.5, CR0.TS. Whoever's state is in the registers was stored when it stopped
 * running. */
void fpu_fault(void)
{
	struct arch_cpu *cpu = &arch_cpu()->arch;
	struct thread *thread = arch_cpu()->current;
	struct arch_thread *arch = &thread->arch;

	fpu_allow(cpu);
	xrstor(arch->fpu_used ? thread_fpu(thread) : fpu_initial.bytes);
	arch->fpu_used = true;
	arch->fpu_on = cpu;
	cpu->fpu_owner = arch;
}
