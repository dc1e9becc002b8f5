/* SPDX-License-Identifier: MIT */
/* What Linux calls the vDSO: functions that C libraries call in place of system calls, found by
 * name in an ELF image whose address is AT_SYSINFO_EHDR. They run as part of the program: they use
 * nothing of the personality's but the clock page, and a bad address is the program's own fault.
 * System V ABI, "Symbol Table", "Dynamic Section", "Hash Table"; no versions, so that every version
 * asked for is there. */
#include <elf.h>

#include "process/clock.h"

#define VDSO_BASE (PERSONALITY_BASE + 0x100) /* layout.ld */

static i64 call(i64 number, u64 a, u64 b)
{
	i64 result;

	__asm__ volatile("syscall"
	                 : "=a"(result)
	                 : "a"(number), "D"(a), "S"(b)
	                 : "rcx", "r11", "memory");
	return result;
}

static i64 vdso_clock_gettime(u64 clock, struct linux_timespec *time)
{
	enum { CLOCK_GETTIME = 228 };
	u64 ns;

	if (!clock_of_page((u32)clock, &ns))
		return call(CLOCK_GETTIME, clock, (u64)time);
	time->seconds = (i64)(ns / (u64)NS_PER_SECOND);
	time->ns = (i64)(ns % (u64)NS_PER_SECOND);
	return 0;
}

static i64 vdso_gettimeofday(struct linux_timeval *time, u64 *zone)
{
	u64 ns = clock_real();

	if (time) {
		time->seconds = (i64)(ns / (u64)NS_PER_SECOND);
		time->us = (i64)(ns % (u64)NS_PER_SECOND / 1000);
	}
	if (zone)
		*zone = 0;
	return 0;
}

static i64 vdso_time(i64 *time)
{
	i64 now = (i64)(clock_real() / (u64)NS_PER_SECOND);

	if (time)
		*time = now;
	return now;
}

enum {
	NAME_CLOCK = 1,
	NAME_DAY = NAME_CLOCK + 21,
	NAME_TIME = NAME_DAY + 20,
	NAME_SELF = NAME_TIME + 12
};
enum { SYMBOLS = 4, DYNAMICS = 7 };

struct vdso_image {
	Elf64_Ehdr header;
	Elf64_Phdr load, dynamic;
	Elf64_Sym symbol[SYMBOLS];
	Elf64_Dyn dyn[DYNAMICS];
	u32 hash[2 + 1 + SYMBOLS];
	char names[72];
};

#define AT(member) offsetof(struct vdso_image, member)
#define FUNCTION(name_at, function)                                                                \
	{                                                                                          \
		.st_name = (name_at), .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),              \
		.st_shndx = 1, .st_value = (u64)(function)-VDSO_BASE, .st_size = 1                 \
	}

extern const struct vdso_image vdso_image;
const struct vdso_image vdso_image __attribute__((section(".vdso"), used)) = {
	.header = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
	            .e_type = ET_DYN,
	            .e_machine = EM_X86_64,
	            .e_version = EV_CURRENT,
	            .e_phoff = AT(load),
	            .e_ehsize = sizeof(Elf64_Ehdr),
	            .e_phentsize = sizeof(Elf64_Phdr),
	            .e_phnum = 2 },
	.load = { .p_type = PT_LOAD,
	          .p_flags = PF_R | PF_X,
	          .p_filesz = AT_PAGE - 0x100, /* up to the personality's own pages */
	          .p_memsz = AT_PAGE - 0x100,
	          .p_align = 1 },
	.dynamic = { .p_type = PT_DYNAMIC,
	             .p_flags = PF_R,
	             .p_offset = AT(dyn),
	             .p_vaddr = AT(dyn),
	             .p_filesz = sizeof(Elf64_Dyn) * DYNAMICS,
	             .p_memsz = sizeof(Elf64_Dyn) * DYNAMICS,
	             .p_align = 8 },
	.symbol = { [1] = FUNCTION(NAME_CLOCK, vdso_clock_gettime),
	            [2] = FUNCTION(NAME_DAY, vdso_gettimeofday),
	            [3] = FUNCTION(NAME_TIME, vdso_time) },
	.dyn = { { DT_HASH, { AT(hash) } },
	         { DT_SYMTAB, { AT(symbol) } },
	         { DT_SYMENT, { sizeof(Elf64_Sym) } },
	         { DT_STRTAB, { AT(names) } },
	         { DT_STRSZ, { sizeof(vdso_image.names) } },
	         { DT_SONAME, { NAME_SELF } } },
	.hash = { 1, SYMBOLS, 1, 0, 2, 3, 0 }, /* one bucket: 1, 2, 3 */
	.names = "\0__vdso_clock_gettime\0__vdso_gettimeofday\0__vdso_time\0linux-vdso.so.1",
};
