/* SPDX-License-Identifier: MIT */
/* What the exec server's files share. One program is loaded at a time; everything that can fail is prepared in a struct plan, and only then does
 * the old program end. */
#pragma once

#include "lib/elf/elf.h"
#include "proto/exec.h"
#include "proto/process.h"
#include "rt/rt.h"

enum { PLAN_MAPS = 2 * ELF_PARTS_MAX + 16, REGIONS_MAX = PLAN_MAPS };

/* A mapping that the new program will have. */
struct plan_map {
	cap_t segment;
	u64 offset, addr, size;
	u32 access;
	bool own;	/* the segment's capability is closed afterwards */
	u32 region_flags; /* struct start_region's; told to the personality if `tell` */
	bool tell;
};

struct plan {
	cap_t bank;
	u32 map_count;
	struct plan_map map[PLAN_MAPS];
	cap_t kept[2]; /* file segments, closed afterwards */
	u32 kept_count;
	u64 bias, interpreter_bias;
	struct elf_image image, interpreter;
	bool interpreted;
	u64 program_sp, stack_low, stack_high;
	u64 start_addr; /* struct personality_start */
	u64 random;
};

/* The request, copied out of the caller's memory and checked (request.c). */
struct exec_request {
	struct exec_arguments header;
	const char *name;
	const char *strings; /* arguments, then environment */
	u64 strings_size;
	const cap_t *keep;
	const u8 *inherit;
};
MUST_CHECK err_t request_fetch(struct request *rq, struct exec_request *request);
void request_done(void);

/* A file that is read through its gate (file.c). */
struct exec_file {
	cap_t gate;
	u64 size;
	cap_t segment; /* 0 until file_segment; of at least `size` bytes */
};
MUST_CHECK err_t file_open(struct exec_file *file, cap_t gate);
MUST_CHECK err_t file_bytes(struct exec_file *file, u64 offset, void *buf, size_t size);
/* The file's contents as a segment: its page cache, or a copy that `bank` pays for where a file system has none. */
MUST_CHECK err_t file_segment(struct exec_file *file, cap_t bank);

/* Check the ELF file and plan its mappings (image.c). Adds to plan->map. */
MUST_CHECK err_t image_check(struct exec_file *file, struct elf_image *image);
MUST_CHECK err_t image_plan(struct plan *plan, struct exec_file *file, const struct elf_image *image, u64 bias);

/* The program's stack with arguments, environment, auxiliary vector (stack.c). */
MUST_CHECK err_t stack_plan(struct plan *plan, const struct exec_request *request);

/* The personality's code, data, first stack and start block (personality.c). */
MUST_CHECK err_t personality_open(cap_t file);
extern struct personality_header personality;
MUST_CHECK err_t personality_plan(struct plan *plan, const struct exec_request *request);

MUST_CHECK err_t plan_add(struct plan *plan, const struct plan_map *map);
void plan_drop(struct plan *plan);
/* The point of no return: `task` becomes the planned program (run.c). */
MUST_CHECK err_t plan_run(struct plan *plan, cap_t task, const struct exec_request *request);

/* Unpredictable bits (random.c). */
u64 random_bits(void);
