/* SPDX-License-Identifier: MIT */
/* From the boot loader to C: Multiboot2 enters in 32-bit protected mode without paging (Multiboot2,
 * 3.3). This makes page tables that show the low 4 GiB at 0, in the direct map and, its first GiB,
 * where the kernel is linked; boot/paging.c refines them. */

#include "offsets.h"

#define PHYSICAL(symbol) ((symbol) - KERNEL_OFFSET)

MAGIC_HEADER = 0xe85250d6
MAGIC_LOADER = 0x36d76289
ENTRY_TABLE = 0x3	/* present, writable */
ENTRY_LARGE = 0x83	/* and a page of its own */

	.section .multiboot, "a"
	.balign 8
header:
	.long MAGIC_HEADER, 0, header_end - header
	.long 0x100000000 - (MAGIC_HEADER + (header_end - header))
	/* 3.1.4 information request: command line, modules, memory map. */
	.short 1, 0
	.long 20, 1, 3, 6
	.balign 8
	/* 3.1.10: modules begin at page boundaries. */
	.short 6, 0
	.long 8
	.short 0, 0
	.long 8
header_end:

	.section .text.boot, "ax"
	.code32
	.globl boot_start
boot_start:
	cli
	cld
	mov $PHYSICAL(boot_stack + STACK_SIZE), %esp
	mov %ebx, %ebp
	mov %eax, %ebx
	rdtsc
	mov %eax, PHYSICAL(boot_ticks)
	mov %edx, PHYSICAL(boot_ticks) + 4
	mov $PHYSICAL(text_loader), %esi
	cmp $MAGIC_LOADER, %ebx
	jne fail32

	/* 64-bit mode (bit 29) and execute-disable (bit 20): SDM vol. 2A, CPUID. */
	mov $PHYSICAL(text_processor), %esi
	mov $0x80000000, %eax
	cpuid
	cmp $0x80000001, %eax
	jb fail32
	mov $0x80000001, %eax
	cpuid
	and $0x20100000, %edx
	cmp $0x20100000, %edx
	jne fail32

	/* 2048 pages of 2 MiB, four tables. */
	mov $PHYSICAL(direct_low), %edi
	mov $ENTRY_LARGE, %eax
	mov $2048, %ecx
1:	mov %eax, (%edi)
	add $0x200000, %eax
	add $8, %edi
	loop 1b
	mov $PHYSICAL(direct_low) + ENTRY_TABLE, %eax
	mov %eax, PHYSICAL(kernel_table3) + 510 * 8
	mov $PHYSICAL(direct_table3), %edi
	mov $4, %ecx
1:	mov %eax, (%edi)
	add $0x1000, %eax
	add $8, %edi
	loop 1b
	movl $PHYSICAL(direct_table3) + ENTRY_TABLE, PHYSICAL(kernel_root)
	movl $PHYSICAL(direct_table3) + ENTRY_TABLE, PHYSICAL(kernel_root) + 256 * 8
	movl $PHYSICAL(kernel_table3) + ENTRY_TABLE, PHYSICAL(kernel_root) + 511 * 8

	/* SDM vol. 3A, 9.8.5: PAE, the root, long mode (and NX), paging; write protection for the
	 * kernel too. */
	mov $0x20, %eax
	mov %eax, %cr4
	mov $PHYSICAL(kernel_root), %eax
	mov %eax, %cr3
	mov $0xc0000080, %ecx
	rdmsr
	or $0x900, %eax
	wrmsr
	mov $0x80010011, %eax
	mov %eax, %cr0
	lgdt PHYSICAL(boot_gdt_pointer)
	ljmp $SELECTOR_KERNEL_CODE, $PHYSICAL(boot_long)

/* Print the string at esi on the first serial port and stop. */
fail32:
	lodsb
	test %al, %al
	jz 2f
	mov %al, %bl
	mov $0x3fd, %dx
	mov $0x100000, %ecx
1:	in %dx, %al
	test $0x20, %al
	loopz 1b
	mov %bl, %al
	mov $0x3f8, %dx
	out %al, %dx
	jmp fail32
2:	hlt
	jmp 2b

	.code64
boot_long:
	mov $boot_long_high, %rax
	jmp *%rax
boot_long_high:
	mov $SELECTOR_KERNEL_DATA, %eax
	mov %eax, %ss
	xor %eax, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %fs
	mov %eax, %gs
	mov $boot_stack + STACK_SIZE, %rsp
	mov %ebp, %edi
	xor %ebp, %ebp
	call boot_main
	ud2

/* What the application processors execute first, copied to a page below 1 MiB that the start-up
 * interrupt names (SDM vol. 3A, 8.4.4): real mode with cs = page / 16. */
	.section .rodata.trampoline, "a"
	.globl trampoline, trampoline_end
	.balign 16
	.code16
trampoline:
	cli
	cld
	mov %cs, %ax
	mov %ax, %ds
	movzwl %ax, %eax
	shl $4, %eax
	add $(trampoline_code32 - trampoline), %eax
	mov %eax, trampoline_jump - trampoline
	lgdtl trampoline_gdt_pointer - trampoline
	mov %cr0, %eax
	or $1, %eax
	mov %eax, %cr0
	ljmpl *(trampoline_jump - trampoline)
	.code32
trampoline_code32:
	mov $SELECTOR_KERNEL_DATA, %eax
	mov %eax, %ds
	mov $0x20, %eax
	mov %eax, %cr4
	mov PHYSICAL(smp_root), %eax
	mov %eax, %cr3
	mov $0xc0000080, %ecx
	rdmsr
	or $0x900, %eax
	wrmsr
	mov $0x80010011, %eax
	mov %eax, %cr0
	ljmp $SELECTOR_KERNEL_CODE, $PHYSICAL(trampoline_long)
	.balign 4
trampoline_jump:
	.long 0
	.short 0x8
trampoline_gdt_pointer:
	.short boot_gdt_end - boot_gdt - 1
	.long PHYSICAL(boot_gdt)
trampoline_end:

	.section .text.boot, "ax"
	.code64
/* In the identity map of smp_root. */
trampoline_long:
	mov $trampoline_high, %rax
	jmp *%rax
trampoline_high:
	mov $SELECTOR_KERNEL_DATA, %eax
	mov %eax, %ss
	xor %eax, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %fs
	mov %eax, %gs
	mov smp_stack_top(%rip), %rsp
	xor %ebp, %ebp
	call smp_enter
	ud2

	.section .rodata.boot, "a"
	.balign 8
boot_gdt: /* null, 32-bit code, 64-bit code, data: SDM vol. 3A, 3.4.5 */
	.quad 0
	.quad 0x00cf9b000000ffff
	.quad 0x00af9b000000ffff
	.quad 0x00cf93000000ffff
boot_gdt_end:
boot_gdt_pointer:
	.short boot_gdt_end - boot_gdt - 1
	.long PHYSICAL(boot_gdt)
text_loader:
	.asciz "Drove: not started by a Multiboot2 boot loader\r\n"
text_processor:
	.asciz "Drove: this processor has no 64-bit mode or no execute-disable bit\r\n"

	.bss
	.globl kernel_root, kernel_table3, kernel_table2, kernel_table1, direct_table3, direct_low
	.globl boot_stack, boot_ist
	.balign 4096
kernel_root:
	.skip 4096
kernel_table3:
	.skip 4096
kernel_table2:
	.skip 4096
kernel_table1: /* the image; the stack window */
	.skip 2 * 4096
direct_table3:
	.skip 4096
direct_low:
	.skip 4 * 4096
boot_stack:
	.skip STACK_SIZE
boot_ist:
	.skip 4096

	.data
	.globl boot_ticks
	.balign 8
boot_ticks:
	.quad 0

	.section .note.GNU-stack, "", @progbits
