/* SPDX-License-Identifier: MIT */
/* What a processor is told once: descriptor tables, control registers, MSRs. */
#include "machine.h"

#include "x86.h"

_Static_assert(offsetof(struct cpu, arch) == 0, "arch first");
_Static_assert(offsetof(struct arch_cpu, self) == CPU_SELF, "offsets.h");
_Static_assert(offsetof(struct arch_cpu, stack_top) == CPU_STACK_TOP, "offsets.h");
_Static_assert(offsetof(struct arch_cpu, frame) == CPU_FRAME, "offsets.h");
_Static_assert(offsetof(struct arch_cpu, reflect_frame) == CPU_REFLECT_FRAME, "offsets.h");
_Static_assert(offsetof(struct arch_cpu, reflect) == CPU_REFLECT_RIP, "offsets.h");
_Static_assert(offsetof(struct arch_cpu, reflect[3]) == CPU_USER_RSP, "offsets.h");
_Static_assert(offsetof(struct arch_frame, vector) == FRAME_VECTOR, "offsets.h");
_Static_assert(offsetof(struct arch_frame, rip) == FRAME_RIP, "offsets.h");
_Static_assert(offsetof(struct arch_frame, ss) == FRAME_SS, "offsets.h");
_Static_assert(sizeof(struct arch_frame) == FRAME_SIZE && FRAME_SIZE % 16 == 0, "offsets.h");
_Static_assert(offsetof(struct arch_thread, frame) == 0, "arch_frame_of");
_Static_assert(offsetof(struct arch_thread, call) == THREAD_CALL, "offsets.h");
_Static_assert(sizeof(struct tss) == 104, "tss");

/* SDM vol. 3A, 6.14.1 */
struct idt_gate {
	u16 offset_low, selector;
	u8 ist, type;
	u16 offset_middle;
	u32 offset_high, reserved;
};
enum { GATE_INTERRUPT = 0x8e, GATE_USER = 0x60, VECTOR_BREAKPOINT = 3, ENTRY_SIZE = 16 };

struct descriptor_pointer {
	u16 limit;
	u64 base;
} __attribute__((packed));

static struct idt_gate idt[ARCH_VECTORS]; /* the same for all CPUs */

enum { REGISTER_B, REGISTER_C, REGISTER_D };
struct feature {
	const char *name;
	u32 leaf;
	u8 which, bit;
};

/* SDM vol. 2A, CPUID. What every 64-bit processor has is not asked for. */
static const struct feature needed[] = {
	{ "apic", 1, REGISTER_D, 9 },
	{ "pge", 1, REGISTER_D, 13 },
	{ "xsave", 1, REGISTER_C, 26 },
	{ "fsgsbase", 7, REGISTER_B, 0 },
	{ "syscall", 0x80000001, REGISTER_D, 11 },
	{ "nx", 0x80000001, REGISTER_D, 20 },
};
static const struct feature smep = { "smep", 7, REGISTER_B, 7 };
static const struct feature smap = { "smap", 7, REGISTER_B, 20 };
static const struct feature umip = { "umip", 7, REGISTER_C, 2 };

static bool cpu_has(const struct feature *feature)
{
	struct cpuid r;

	if (cpuid(feature->leaf & 0x80000000, 0).a < feature->leaf)
		return false;
	r = cpuid(feature->leaf, 0);
	u32 value = feature->which == REGISTER_B ? r.b : feature->which == REGISTER_C ? r.c : r.d;
	return value >> feature->bit & 1;
}

/* Text is still writable: boot/paging.c has not run. */
static void cpu_remove_clac(void)
{
	static const u8 nop3[] = { 0x0f, 0x1f, 0x00 };

	for (u32 i = 0; i < sizeof(nop3); i++)
		entry_clac[i] = (char)nop3[i];
}

void cpu_check_features(void)
{
	bool missing = false;

	for (u32 i = 0; i < COUNT_OF(needed); i++) {
		if (cpu_has(&needed[i]))
			continue;
		console_text(missing ? " " : "Drove: this processor lacks: ");
		console_text(needed[i].name);
		missing = true;
	}
	if (missing) {
		console_text("\n");
		boot_fail("it needs an x86_64 processor of 2013 or later (QEMU: -cpu max)");
	}
	if (!cpu_has(&smap))
		cpu_remove_clac();
}

static void idt_init(void)
{
	for (u32 i = 0; i < ARCH_VECTORS; i++) {
		u64 entry = (u64)entry_vectors + (u64)i * ENTRY_SIZE;
		bool fatal = i == 2 || i == 8 || i == 18;
		idt[i] = (struct idt_gate){
			.offset_low = (u16)entry,
			.selector = SELECTOR_KERNEL_CODE,
			.ist = fatal ? IST_FATAL : 0,
			.type = i == VECTOR_BREAKPOINT ? GATE_INTERRUPT | GATE_USER
			                               : GATE_INTERRUPT,
			.offset_middle = (u16)(entry >> 16),
			.offset_high = (u32)(entry >> 32),
		};
	}
}

/* SDM vol. 3A, 3.4.5 and 8.2.3. There is no 32-bit user code: compatibility mode cannot be
 * entered. */
static void gdt_init(struct arch_cpu *cpu)
{
	u64 tss = (u64)&cpu->tss;

	cpu->gdt[SELECTOR_KERNEL_CODE / 8] = 0x00af9b000000ffff;
	cpu->gdt[SELECTOR_KERNEL_DATA / 8] = 0x00cf93000000ffff;
	cpu->gdt[SELECTOR_USER_DATA / 8] = 0x00cff3000000ffff;
	cpu->gdt[SELECTOR_USER_CODE / 8] = 0x00affb000000ffff;
	cpu->gdt[SELECTOR_TSS / 8] = (sizeof(struct tss) - 1) | (tss & 0xffffff) << 16 |
	                             0x89ull << 40 | (tss >> 24 & 0xff) << 56;
	cpu->gdt[SELECTOR_TSS / 8 + 1] = tss >> 32;
}

static void tables_load(struct arch_cpu *cpu)
{
	struct descriptor_pointer gdt_pointer = { sizeof(cpu->gdt) - 1, (u64)cpu->gdt };
	struct descriptor_pointer idt_pointer = { sizeof(idt) - 1, (u64)idt };

	__asm__ volatile("lgdt %0" ::"m"(gdt_pointer));
	__asm__ volatile("lidt %0" ::"m"(idt_pointer));
	__asm__ volatile(
	        "push %0; lea 1f(%%rip), %%rax; push %%rax; lretq; 1:" ::"i"(SELECTOR_KERNEL_CODE)
	        : "rax", "memory");
	__asm__ volatile("mov %0, %%ss" ::"r"(SELECTOR_KERNEL_DATA));
	__asm__ volatile(
	        "mov %0, %%ds; mov %0, %%es; mov %0, %%fs; mov %0, %%gs; lldt %w0" ::"r"(0));
	__asm__ volatile("ltr %w0" ::"r"(SELECTOR_TSS));
}

static u64 cpu_control(void)
{
	u64 cr4 = CR4_PAE | CR4_MCE | CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_FSGSBASE |
	          CR4_OSXSAVE;

	if (cpu_has(&smep))
		cr4 |= CR4_SMEP;
	if (cpu_has(&smap))
		cr4 |= CR4_SMAP;
	if (cpu_has(&umip))
		cr4 |= CR4_UMIP;
	return cr4;
}

/* SDM vol. 3A, 5.8.8. Kernel data is 8 above kernel code, as SYSCALL has it. */
static void syscall_init(void)
{
	wrmsr(MSR_STAR, (u64)SELECTOR_USER_BASE << 48 | (u64)SELECTOR_KERNEL_CODE << 32);
	wrmsr(MSR_LSTAR, (u64)entry_syscall);
	wrmsr(MSR_CSTAR, 0);
	wrmsr(MSR_FMASK, FLAGS_SYSCALL);
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE);
	wrmsr(MSR_SYSENTER_CS, 0); /* SYSENTER faults */
}

void cpu_place_stacks(struct cpu *cpu, u32 index)
{
	u64 *owner = (u64 *)(cpu_ist_base(index) + PAGE_SIZE - 16);

	cpu->arch.stack_top = cpu_stack_base(index) + STACK_SIZE;
	cpu->arch.tss.ist[IST_FATAL - 1] = (u64)owner;
	*owner = (u64)cpu; /* entry_ist finds it there */
}

void cpu_init(struct cpu *cpu)
{
	struct arch_cpu *arch = &cpu->arch;

	if (cpu == cpus[0])
		idt_init();
	arch->self = cpu;
	arch->reflect_frame = arch->reflect;
	arch->reflect[1] = SELECTOR_USER_CODE;
	arch->reflect[2] = FLAGS_USER;
	arch->reflect[4] = SELECTOR_USER_DATA;
	arch->timer_deadline = DEADLINE_NEVER;
	arch->tss.io_map = sizeof(struct tss);
	gdt_init(arch);
	tables_load(arch);
	write_cr4(cpu_control());
	write_cr0((read_cr0() & ~(u64)(CR0_EM | CR0_AM)) | CR0_MP | CR0_NE | CR0_WP | CR0_TS);
	arch->fpu_off = true;
	write_gs_base((u64)cpu);
	write_user_gs_base(0);
	write_fs_base(0);
	/* Nobody has set data breakpoints, and user mode cannot. */
	__asm__ volatile("mov %0, %%dr7" ::"r"(0x400ull));
	syscall_init();
	fpu_init_cpu();
}
