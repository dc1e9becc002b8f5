/* SPDX-License-Identifier: MIT */
/* Loading programs. The exec server replaces what a task runs: all or nothing until the old program
 * is gone for good. */
#pragma once

#include "proto/proto.h"

INTERFACE(exec, 4)

/* Where things lie in every process. The personality's image begins with struct personality_header
 * at PERSONALITY_BASE. */
#define PERSONALITY_BASE       0x7ff000000000ull
#define PERSONALITY_SIZE       0x10000000ull     /* code, data, heap: [BASE, BASE + SIZE) */
#define PERSONALITY_END        USER_END          /* everything from BASE up is the personality's */
#define PROGRAM_STACK_TOP      0x7fefffff0000ull /* less a random offset */
#define PROGRAM_MAP_TOP        0x7fe000000000ull /* mmap goes down from here */
#define PROGRAM_STACK_SIZE_MAX 0x800000ull       /* 8 MiB, uncommitted */

#define PERSONALITY_MAGIC 0x31534f5045564f52ull
struct personality_header {
	u64 magic;
	u64 start;         /* entered with rdi = struct personality_start *, rsp =
	                      personality_start.stack_top of its own first stack */
	u64 syscall_entry; /* task_entries */
	u64 upcall_entry;
	u64 gate_entry; /* AT_SYSINFO: calls from our libc, return address in r11 */
	u64 control;    /* address of the first thread's struct thread_control: exec gives it to
	                   thread_create */
	u64 view;       /* address of struct personality_view (view.h) */
	u64 vdso;       /* AT_SYSINFO_EHDR: an ELF header that Linux's C libraries find clocks by */
};

/* The request: this header, then `arguments` zero-terminated strings, then `environment` ones, then
 * (8-byte aligned) `keep` cap_t's: the slots that survive besides those below PROCESS_CAP_FIRST,
 * then (8-byte aligned) `inherit_size` bytes that the new personality finds as it left them. */
struct exec_arguments {
	u32 size; /* of all of it */
	u32 arguments, environment, keep;
	u32 inherit_size, strings_size;
	u32 name_size; /* AT_EXECFN, the first string of all, before the arguments; counted in
	                  strings_size */
	u32 flags;     /* 0 */
	u64 reserved;
};
enum { EXEC_SIZE_MAX = 0x200000 }; /* of the request: more is E_2BIG */

/* What the new personality is started with; lies with its data on the first page below its first
 * stack. */
struct personality_start {
	u64 program_entry; /* of the interpreter, if there is one */
	u64 program_sp;    /* points to argc: a stack as the System V ABI wants it, auxiliary vector
	                      complete */
	u64 brk_start;
	u64 stack_low, stack_high; /* region of the program's stack, growing inside it by touch */
	u64 inherit, inherit_size; /* copy of what the old personality left, 0 if none */
	u64 stack_top;             /* of the personality's first stack (64 KiB) */
	u64 regions, region_count; /* struct start_region[]: what exec mapped for the program */
	u64 random;
	u64 name; /* address of the program's name (AT_EXECFN) */
};
struct start_region {
	u64 start, size;
	u32 access, flags; /* flags: 1 = from a file, 2 = stack, 4 = shared */
};

enum exec_need {
	EXEC_DONE = 0,
	EXEC_INTERPRETER =
	        1,       /* an ELF interpreter is needed: `text` is its path; call again with it */
	EXEC_SCRIPT = 2, /* "#!": `text` is interpreter path, zero, argument (maybe empty), zero;
	                    start that instead */
};

/* Run `file` in `task`, which `bank` pays for (the caller's own, or a fresh one). Checks everything
 * first: E_NOEXEC, E_2BIG, E_FUNDS, E_IO leave the task as it was, as does need != EXEC_DONE. Then
 * all threads of the task end, the caller among them, all regions go, capabilities not kept are
 * closed, and the new program starts. `interpreter` may be 0. */
RPC(1)
err_t exec_run(cap_t exec, cap_t task, cap_t file, cap_t interpreter, cap_t bank,
               const void *arguments, size_t size, void *text, size_t text_size, u32 *need);
