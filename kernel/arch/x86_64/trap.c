/* SPDX-License-Identifier: MIT */
/* What entry.S calls: sorts exceptions and interrupts. Those that concern the machine alone
 * (floating point, flushes, early timers) are served here without the kernel lock; everything else
 * goes to the generic kernel. */
#include "trap.h"

#include "abi/message.h"
#include "machine.h"
#include "x86.h"

_Static_assert((int)CALL_FIRST == 0xd000 && (int)CALL_COUNT == 256 && (int)CALL_IPC_CALL == 240,
               "entry.S");

enum {
	EXCEPTION_NMI = 2,
	EXCEPTION_NO_FPU = 7,
	EXCEPTION_DOUBLE_FAULT = 8,
	EXCEPTION_PAGE_FAULT = 14,
	EXCEPTION_MACHINE_CHECK = 18,
	EXCEPTION_COUNT = 32,
	VECTOR_PIC_END = 0x30, /* the masked 8259s may still send a spurious one: ioapic.c */
};

/* SDM vol. 3A, 4.7: the error code of a page fault. */
enum { FAULT_WRITE = 2, FAULT_RESERVED = 8, FAULT_EXEC = 16 };

static const char *const exception_names[EXCEPTION_COUNT] = {
	[0] = "divide error",
	[1] = "debug exception",
	[2] = "NMI",
	[3] = "breakpoint",
	[4] = "overflow",
	[5] = "bound range exceeded",
	[6] = "invalid opcode",
	[7] = "no floating point",
	[8] = "double fault",
	[10] = "invalid TSS",
	[11] = "segment not present",
	[12] = "stack segment fault",
	[13] = "protection fault",
	[14] = "page fault",
	[16] = "floating point error",
	[17] = "alignment check",
	[18] = "machine check",
	[19] = "SIMD error",
};

static _Noreturn void trap_report(struct arch_frame *frame, u64 address)
{
	const char *name = frame->vector < EXCEPTION_COUNT ? exception_names[frame->vector] : NULL;

	arch_cpu()->arch.fault_frame = frame;
	trap_fatal(name ? name : "unexpected exception", frame->rip, frame->rsp, address);
}

static void trap_user_fault(struct arch_frame *frame)
{
	u64 address = read_cr2();

	if (frame->error & FAULT_RESERVED)
		trap_report(frame, address);
	trap_page_fault(address, frame->error & FAULT_EXEC    ? ACCESS_EXEC
	                         : frame->error & FAULT_WRITE ? ACCESS_WRITE
	                                                      : ACCESS_READ);
}

/* Serve what needs no generic code. False: `vector` is the generic kernel's. */
static bool trap_serve(unsigned vector)
{
	switch (vector) {
	case VECTOR_FLUSH:
		apic_end_of_interrupt();
		flush_serve(&arch_cpu()->arch);
		return true;
	case VECTOR_TIMER:
		apic_end_of_interrupt();
		return !apic_timer_due();
	case VECTOR_KICK:
		apic_end_of_interrupt();
		return false;
	case VECTOR_SPURIOUS: /* SDM vol. 3A, 10.9: no end of interrupt */
		return true;
	default:
		if (vector < VECTOR_PIC_END)
			return true;
		irq_acknowledge(vector);
		return false;
	}
}

void trap_user(struct arch_frame *frame)
{
	unsigned vector = (unsigned)frame->vector;

	if (vector == EXCEPTION_PAGE_FAULT)
		trap_user_fault(frame);
	else if (vector == EXCEPTION_NO_FPU)
		fpu_fault();
	else if (vector < EXCEPTION_COUNT)
		trap_exception(vector, frame->error);
	else if (!trap_serve(vector))
		trap_interrupt(vector);
}

void trap_kernel(struct arch_frame *frame)
{
	unsigned vector = (unsigned)frame->vector;

	if (vector < EXCEPTION_COUNT)
		trap_report(frame, vector == EXCEPTION_PAGE_FAULT ? read_cr2() : 0);
	if (vector == VECTOR_FLUSH && arch_cpu()->arch.space && arch_cpu()->arch.flush_pending)
		space_enter(&arch_cpu()->arch, NULL); /* idle: not asked a second time */
	if (!trap_serve(vector))
		trap_interrupt_idle(vector);
}

_Noreturn void trap_ist(struct arch_frame *frame)
{
	if (frame->vector == EXCEPTION_NMI && __atomic_load_n(&panic_stopping, __ATOMIC_ACQUIRE))
		cpu_stop();
	trap_report(frame, frame->vector == EXCEPTION_DOUBLE_FAULT ? read_cr2() : 0);
}
