/* SPDX-License-Identifier: MIT */
/* The end: stop all processors, print registers and how we came here. */
#include "machine.h"

#include "x86.h"

enum { TRACE_MAX = 24, NMI_WAIT_SPINS = 100000 };

bool panic_stopping;

_Noreturn void cpu_stop(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

_Noreturn void boot_fail(const char *text)
{
	console_text("Drove: cannot start: ");
	console_text(text);
	console_text("\n");
	cpu_stop();
}

static const char *const register_names[ARCH_REG_COUNT] = {
	"rdi", "rsi", "rdx", "r10", "r8 ", "r9 ", "rbx", "rax",
	"r12", "r13", "r14", "r15", "rbp", "rcx", "r11",
};

static void panic_register(const char *name, u64 value, const char *after)
{
	console_text(name);
	console_text(" ");
	console_hex(value);
	console_text(after);
}

static void panic_frame(const char *title, const struct arch_frame *frame)
{
	console_text(title);
	console_text("\n");
	for (u32 i = 0; i < ARCH_REG_COUNT; i++)
		panic_register(register_names[i], frame->regs[i], i % 4 == 3 ? "\n" : "  ");
	panic_register("\nrip", frame->rip, "  ");
	panic_register("rsp", frame->rsp, "  ");
	panic_register("flags", frame->rflags, "\n");
	panic_register("vector", frame->vector, "  ");
	panic_register("error", frame->error, "\n");
}

static void panic_function(u64 ip)
{
	u64 start = 0;
	const char *name = symbol_find(ip, &start);

	console_text("  ");
	console_hex(ip);
	if (name) {
		console_text(" ");
		console_text(name);
		console_text("+");
		console_decimal(ip - start);
	}
	console_text("\n");
}

/* True if the two words of a stack frame can be read at `frame`: on one of this CPU's stacks, or
 * the first stack. */
static bool frame_readable(u64 frame)
{
	u64 ist_top = arch_cpu()->arch.tss.ist[IST_FATAL - 1];
	u64 top = arch_cpu()->arch.stack_top;

	return frame % 8 == 0 && ((frame >= top - STACK_SIZE && frame < top - 16) ||
	                          (frame >= ist_top - PAGE_SIZE + 16 && frame < ist_top - 16));
}

/* Code is compiled with frame pointers: each points to the caller's, the return address is beside
 * it. */
static void panic_trace(u64 frame)
{
	for (u32 i = 0; i < TRACE_MAX && frame_readable(frame); i++) {
		const u64 *words = (const u64 *)frame;
		if (words[1] == 0)
			break;
		panic_function(words[1]);
		if (words[0] <= frame)
			break;
		frame = words[0];
	}
}

_Noreturn void arch_panic_stop(const struct thread *thread)
{
	const struct arch_frame *fault = arch_cpu()->arch.fault_frame;

	/* The first to come here stops the others; a second panic on the way only stops. */
	if (__atomic_exchange_n(&panic_stopping, true, __ATOMIC_ACQ_REL))
		cpu_stop();
	console_resume();
	if (cpu_count > 1)
		apic_nmi_others();
	for (u32 i = 0; i < NMI_WAIT_SPINS; i++)
		cpu_pause();
	if (fault) {
		panic_frame("kernel registers", fault);
		console_text("at\n");
		panic_function(fault->rip);
	}
	console_text("called from\n");
	panic_trace(fault ? fault->regs[ARCH_REG_CAPS2] : (u64)__builtin_frame_address(0));
	if (thread)
		panic_frame("registers of the current thread", arch_frame_of(thread));
	console_text("stopped\n");
	cpu_stop();
}
