/* SPDX-License-Identifier: MIT */
/* What a process shows of itself: addresses of its personality's tables. The personality's image
 * says where this struct lies (personality_header.view); who may look into the task's memory reads
 * it from there, without the process's help. So a process that hangs, or is stopped, can be looked
 * at, and one that lies, or changes its tables meanwhile, shows nonsense, but holds nobody up. The
 * reader checks every number. */
#pragma once

#include "abi/types.h"

enum { VIEW_VERSION = 2, VIEW_PATH_MAX = 4096, VIEW_SIGNALS = 64 };

/* The name of each field says what lies at the address that it holds. */
struct personality_view {
	u32 size, version; /* of this struct; VIEW_VERSION */
	/* The program's strings, on its stack, and their ends; its auxiliary vector. */
	u64 arguments, arguments_end, environment, environment_end, auxiliary;
	u64 path, working, root; /* of the program, of its directories: text */
	u64 umask;               /* u32 */
	u64 regions;             /* address of the first view_region (u64) */
	u64 region_count;        /* u32 */
	u64 descriptors;         /* address of the first view_descriptor (u64) */
	u64 descriptor_end;      /* u32 */
	u64 threads;             /* address of the first thread (u64) */
	u64 mounts;              /* paths of mount points, mount_size bytes each; the first is / */
	u64 actions;             /* the signals' actions: handlers (u64) */
	u64 break_start, break_now; /* u64 */
	u64 stack_low, stack_high;  /* these are the bounds themselves */
	/* Sizes of entries, and where in a thread things lie. */
	u32 region_size, descriptor_size, action_size, mount_size, mount_max, reserved;
	u32 thread_id, thread_next, thread_blocked; /* u32, u64 (address), u64 */
};

/* How an entry of each list begins. */
struct view_region {
	u64 start, end;
	u32 access, flags; /* ACCESS_*; VIEW_SHARED ... */
	u64 offset;        /* in the file */
};
enum view_region_flag { VIEW_SHARED = 1, VIEW_FILE = 2, VIEW_STACK = 8 };

struct view_descriptor {
	u64 file; /* address of its view_file; 0: the number is free */
	u64 cloexec;
};
struct view_file {
	cap_t cap; /* of the task */
	u32 users;
	u32 mode;  /* st_mode when it was opened */
	u32 flags; /* O_*, likewise */
	u32 mount; /* low 16 bits: which of the mounts it lies in */
	u32 reserved;
	i64 position; /* -1: the server has it */
};
