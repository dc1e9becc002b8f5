/* SPDX-License-Identifier: MIT */
/* What the kernel reports from outside the program's own calls: interrupts, faults, exceptions. */
#include "core/call.h"
#include "memory/map.h"
#include "process/process.h"
#include "process/signal.h"

extern const char entry_syscall[], window_enter_syscall_end[], entry_gate[],
        window_enter_gate_end[], window_leave_start[], window_leave_end[];

void upcall_main(struct thread *thread);
void pending_main(struct thread *thread);

static bool between(u64 ip, const char *start, const char *end)
{
	return ip >= (u64)start && ip < (u64)end;
}

/* The program's registers at the upcall. In the first instruction of a call: as if it had not
 * begun. In the last ones: as they were about to be loaded. */
static void upcall_registers(struct thread *thread)
{
	const struct thread_regs *saved = &thread->control.saved;

	if (between(saved->rip, window_leave_start, window_leave_end))
		return;
	thread->user = *saved;
	if (between(saved->rip, entry_syscall, window_enter_syscall_end))
		thread->user.rip = saved->r11 - ENTRY_SYSCALL_SIZE;
	else if (between(saved->rip, entry_gate, window_enter_gate_end))
		thread->user.rip = saved->r11 - ENTRY_GATE_SIZE;
}

struct cause {
	i32 signal, code;
};

/* By vector: SDM vol. 3A, table 6-1. */
static struct cause exception_cause(u64 vector)
{
	static const struct cause causes[] = {
		[0] = { SIGFPE, FPE_INTDIV }, [1] = { SIGTRAP, TRAP_TRACE },
		[3] = { SIGTRAP, SI_KERNEL }, [4] = { SIGSEGV, SI_KERNEL },
		[5] = { SIGSEGV, SI_KERNEL }, [6] = { SIGILL, ILL_ILLOPN },
		[7] = { SIGFPE, SI_KERNEL },  [16] = { SIGFPE, FPE_FLTINV },
		[17] = { SIGBUS, SI_KERNEL }, [19] = { SIGFPE, FPE_FLTINV },
	};

	if (vector < COUNT_OF(causes) && causes[vector].signal)
		return causes[vector];
	return (struct cause){ SIGSEGV, SI_KERNEL };
}

static struct cause fault_cause(u64 error, u64 address)
{
	switch (error) {
	case E_FAULT:
		if (memory_fault_signal(address) == SIGBUS)
			return (struct cause){ SIGBUS, BUS_ADRERR };
		return (struct cause){ SIGSEGV, SEGV_MAPERR };
	case E_ACCESS:
		return (struct cause){ SIGSEGV, SEGV_ACCERR };
	default:
		return (struct cause){ SIGBUS, BUS_ADRERR };
	}
}

void upcall_main(struct thread *thread)
{
	const struct thread_control *control = &thread->control;
	struct signal_info info = { 0 };
	struct cause cause = { 0 };

	thread->restart = -1;
	upcall_registers(thread);
	if (control->upcall_kind == UPCALL_FAULT) {
		cause = fault_cause(control->upcall_code, control->upcall_address);
		info.value = control->upcall_address;
	} else if (control->upcall_kind == UPCALL_EXCEPTION) {
		cause = exception_cause(control->upcall_code);
		info.value = cause.code == SI_KERNEL ? 0 : thread->user.rip;
	}
	if (cause.signal) {
		info.code = cause.code;
		signal_force(thread, cause.signal, &info);
	}
	signal_deliver(thread);
}

void pending_main(struct thread *thread) { signal_deliver(thread); }
