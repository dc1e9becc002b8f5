/* SPDX-License-Identifier: MIT */
/* The processor's registers and instructions by their names in the Intel SDM (vol. 2 for
 * instructions, vol. 3A 2.5 for control registers, vol. 4 for MSRs). */
#pragma once

#include "abi/types.h"

enum {
	CR0_MP = 1 << 1,
	CR0_EM = 1 << 2,
	CR0_TS = 1 << 3,
	CR0_NE = 1 << 5,
	CR0_WP = 1 << 16,
	CR0_AM = 1 << 18,
};
enum {
	CR4_PAE = 1 << 5,
	CR4_MCE = 1 << 6,
	CR4_PGE = 1 << 7,
	CR4_OSFXSR = 1 << 9,
	CR4_OSXMMEXCPT = 1 << 10,
	CR4_UMIP = 1 << 11,
	CR4_FSGSBASE = 1 << 16,
	CR4_OSXSAVE = 1 << 18,
	CR4_SMEP = 1 << 20,
	CR4_SMAP = 1 << 21,
};
enum {
	FLAG_TF = 1 << 8,
	FLAG_IF = 1 << 9,
	FLAG_DF = 1 << 10,
	FLAG_AC = 1 << 18,
	FLAGS_USER = 0x202,      /* what a fresh thread has: IF and the bit that is always 1 */
	FLAGS_FREE = 0x250dd5,   /* what user mode may choose: ID AC RF OF DF TF SF ZF AF PF CF */
	FLAGS_SYSCALL = 0x57700, /* cleared by syscall: AC RF NT IOPL DF IF TF */
};
enum {
	MSR_APIC_BASE = 0x1b,
	MSR_TSC_ADJUST = 0x3b,
	MSR_SYSENTER_CS = 0x174,
	MSR_TSC_DEADLINE = 0x6e0,
	MSR_X2APIC = 0x800,
};
#define MSR_EFER           0xc0000080u
#define MSR_STAR           0xc0000081u
#define MSR_LSTAR          0xc0000082u
#define MSR_CSTAR          0xc0000083u
#define MSR_FMASK          0xc0000084u
#define MSR_KERNEL_GS_BASE 0xc0000102u
enum { EFER_SCE = 1, EFER_LME = 1 << 8, EFER_NXE = 1 << 11 };

/* Page-table entries: SDM vol. 3A, 4.5.4. */
#define PTE_PRESENT  0x1ull
#define PTE_WRITE    0x2ull
#define PTE_USER     0x4ull
#define PTE_PWT      0x8ull
#define PTE_PCD      0x10ull
#define PTE_ACCESSED 0x20ull
#define PTE_DIRTY    0x40ull
#define PTE_LARGE    0x80ull
#define PTE_GLOBAL   0x100ull
#define PTE_NX       (1ull << 63)
#define PTE_ADDR     0x000ffffffffff000ull
enum { TABLE_ENTRIES = 512, ROOT_USER_ENTRIES = 256 };

struct cpuid {
	u32 a, b, c, d;
};

static inline struct cpuid cpuid(u32 leaf, u32 subleaf)
{
	struct cpuid r;

	__asm__ volatile("cpuid"
	                 : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d)
	                 : "a"(leaf), "c"(subleaf));
	return r;
}

static inline u64 rdmsr(u32 msr)
{
	u32 low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return low | (u64)high << 32;
}

static inline void wrmsr(u32 msr, u64 value)
{
	__asm__ volatile("wrmsr" ::"c"(msr), "a"((u32)value), "d"((u32)(value >> 32)) : "memory");
}

static inline u64 rdtsc(void)
{
	u32 low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
	return low | (u64)high << 32;
}

#define REGISTER_ACCESS(name, instruction_read, instruction_write)                                 \
	static inline u64 read_##name(void)                                                        \
	{                                                                                          \
		u64 value;                                                                         \
		__asm__ volatile(instruction_read : "=r"(value)::"memory");                        \
		return value;                                                                      \
	}                                                                                          \
	static inline void write_##name(u64 value)                                                 \
	{                                                                                          \
		__asm__ volatile(instruction_write ::"r"(value) : "memory");                       \
	}
REGISTER_ACCESS(cr0, "mov %%cr0, %0", "mov %0, %%cr0")
REGISTER_ACCESS(cr2, "mov %%cr2, %0", "mov %0, %%cr2")
REGISTER_ACCESS(cr3, "mov %%cr3, %0", "mov %0, %%cr3")
REGISTER_ACCESS(cr4, "mov %%cr4, %0", "mov %0, %%cr4")
REGISTER_ACCESS(fs_base, "rdfsbase %0", "wrfsbase %0")
REGISTER_ACCESS(gs_base, "rdgsbase %0", "wrgsbase %0")
/* The user's GS base while the kernel's is in force. Interrupts are off, and the NMI entry trusts
 * no GS base. */
REGISTER_ACCESS(user_gs_base, "swapgs; rdgsbase %0; swapgs", "swapgs; wrgsbase %0; swapgs")
#undef REGISTER_ACCESS

static inline u64 exchange_user_gs_base(u64 value)
{
	u64 old;

	__asm__ volatile("swapgs; rdgsbase %0; wrgsbase %1; swapgs"
	                 : "=&r"(old)
	                 : "r"(value)
	                 : "memory");
	return old;
}

static inline void xsetbv(u64 value)
{
	__asm__ volatile("xsetbv" ::"c"(0), "a"((u32)value), "d"((u32)(value >> 32)));
}

static inline void invlpg(vaddr_t addr) { __asm__ volatile("invlpg (%0)" ::"r"(addr) : "memory"); }
static inline void cpu_pause(void) { __asm__ volatile("pause" ::: "memory"); }

static inline u8 in8(u16 port)
{
	u8 value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline void out8(u16 port, u8 value)
{
	__asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}

static inline void mmio_write32(volatile u32 *reg, u32 value) { *reg = value; }
static inline u32 mmio_read32(const volatile u32 *reg) { return *reg; }
