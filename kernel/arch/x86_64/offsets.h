/* SPDX-License-Identifier: MIT */
/* Numbers that C and assembly share. cpu.c asserts that they are what the structures have. */
#pragma once

/* Where the image is linked, and what turns its addresses into physical ones. */
#define KERNEL_OFFSET 0xffffffff80000000
/* Physical memory as the kernel sees it; host tests have theirs elsewhere. */
#ifndef DIRECT_MAP
#define DIRECT_MAP 0xffff800000000000
#endif
/* Stacks of CPU i, with unmapped pages around them: window + i * window size. */
#define STACK_WINDOW      0xffffffff80200000
#define STACK_WINDOW_SIZE 0x8000
#define STACK_SIZE        0x2000

/* Selectors; those of user mode are Linux's, which programs have been seen to look at. */
#define SELECTOR_KERNEL_CODE 0x10
#define SELECTOR_KERNEL_DATA 0x18
#define SELECTOR_USER_BASE   0x23 /* SYSRET adds 8 and 16: SDM vol. 2B, SYSRET */
#define SELECTOR_USER_DATA   0x2b
#define SELECTOR_USER_CODE   0x33
#define SELECTOR_TSS         0x40

/* struct arch_frame */
#define FRAME_RDI    0
#define FRAME_RSI    8
#define FRAME_RDX    16
#define FRAME_R10    24
#define FRAME_R8     32
#define FRAME_R9     40
#define FRAME_RBX    48
#define FRAME_RAX    56
#define FRAME_R12    64
#define FRAME_R13    72
#define FRAME_R14    80
#define FRAME_R15    88
#define FRAME_RBP    96
#define FRAME_RCX    104
#define FRAME_R11    112
#define FRAME_VECTOR 120
#define FRAME_ERROR  128
#define FRAME_RIP    136
#define FRAME_CS     144
#define FRAME_RFLAGS 152
#define FRAME_RSP    160
#define FRAME_SS     168
#define FRAME_SIZE   176
#define THREAD_CALL  176 /* struct arch_thread: rax as it was at the call */

/* struct arch_cpu */
#define CPU_SELF          0
#define CPU_STACK_TOP     8
#define CPU_FRAME         16
#define CPU_REFLECT_FRAME 24
#define CPU_REFLECT_RIP   32
#define CPU_USER_RSP      56

/* arch_frame.vector of a thread that came in by `syscall` and may leave by `sysret`. */
#define ENTRY_SYSCALL 256
