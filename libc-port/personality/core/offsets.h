/* SPDX-License-Identifier: MIT */
/* Where the assembly finds the fields of struct thread (behind %gs) and struct msg; thread.c
 * asserts them. */
#pragma once

#define THREAD_SELF        0
#define THREAD_STACK_TOP   8
#define THREAD_ENTRY       16 /* u32: bytes back from rip to what made the call */
#define THREAD_MXCSR       20
#define THREAD_FPU_CONTROL 24
#define THREAD_USER        32
#define THREAD_CONTROL     192
#define THREAD_MASKED      (THREAD_CONTROL + 0)
#define THREAD_PENDING     (THREAD_CONTROL + 4)
#define THREAD_RECOVER     (THREAD_CONTROL + 16)

#define REG_R15    0
#define REG_R14    8
#define REG_R13    16
#define REG_R12    24
#define REG_RBP    32
#define REG_RBX    40
#define REG_R11    48
#define REG_R10    56
#define REG_R9     64
#define REG_R8     72
#define REG_RAX    80
#define REG_RCX    88
#define REG_RDX    96
#define REG_RSI    104
#define REG_RDI    112
#define REG_RIP    120
#define REG_RFLAGS 128
#define REG_RSP    136

#define MSG_WORD     0
#define MSG_CAP      56
#define MSG_IN       72
#define MSG_IN_SIZE  80
#define MSG_OUT      88
#define MSG_OUT_SIZE 96

/* Length of the instructions of a call: `syscall`, and `lea 1f(%rip), %r11; jmp *gate(%rip);
 * 1:`. */
#define ENTRY_SYSCALL_SIZE 2
#define ENTRY_GATE_SIZE    13

#define CALL_FIRST_NUMBER 0xd000
#define ERROR_TOUCH       7
