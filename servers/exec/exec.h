/* SPDX-License-Identifier: MIT */
/* What the exec server's files share. One program is loaded at a time; everything that can fail is
 * prepared in a struct plan, and only then does the old program end. Nothing that a stranger pays
 * for or a file server keeps is touched here but pages that are paid for already: touching others
 * could end this server. I:touch-own */
#pragma once

#include "abi/thread.h"
#include "lib/elf/elf.h"
#include "proto/exec.h"
#include "proto/process.h"
#include "rt/rt.h"

/* A part of a file may become two mappings; then stack, personality, its stack, its start block. */
enum { PLAN_MAPS = 4 * ELF_PARTS_MAX + 16 };

/* Flags of struct start_region. */
enum { REGION_FILE = 1, REGION_STACK = 2 };

/* A mapping that the new program will have. */
struct plan_map {
	cap_t segment;
	u64 offset, addr, size;
	u32 access; /* ACCESS_*, map flags */
	u32 region; /* REGION_* */
	bool own;   /* the capability is the plan's: closed when the plan is dropped */
	bool told;  /* listed in personality_start */
};

struct plan {
	cap_t bank; /* who pays: the request's */
	u32 map_count;
	struct plan_map map[PLAN_MAPS];
	struct elf_image image, interpreter;
	bool interpreted;
	u64 bias, interpreter_bias;
	u64 brk_start;
	u64 program_sp, stack_low, stack_high;
	u64 name_addr;
	u64 start_addr; /* struct personality_start */
};

/* --- request.c: the request, copied out of the caller's memory and checked --- */

struct exec_request {
	struct exec_arguments header;
	const char *name;
	const char *strings; /* arguments, then environment */
	u64 strings_size;
	const cap_t *keep; /* sorted */
	const u8 *inherit;
};

/* E_MSG, E_2BIG, E_FUNDS; E_TOUCH is for the caller. request_done in any case. */
MUST_CHECK err_t request_fetch(struct request *rq, struct exec_request *request);
void request_done(void);
/* Checks `size` bytes at `data`, which stays where it is. */
MUST_CHECK err_t request_check(struct exec_request *request, const void *data, size_t size);

/* --- file.c: a program file, read through its gate --- */

struct exec_file {
	cap_t gate;
	u64 size;
	cap_t segment; /* its page cache, once asked for; 0 if there is none */
	bool asked;
	size_t head_size;
	u8 head[PAGE_SIZE]; /* its first bytes */
};

/* E_ACCESS: not a regular file, or not executable. file_close in any case. */
MUST_CHECK err_t file_open(struct exec_file *file, cap_t gate);
void file_close(struct exec_file *file);
/* All of the bytes or an error; E_IO if the file is shorter than it was. */
MUST_CHECK err_t file_bytes(struct exec_file *file, u64 offset, void *buf, size_t size);
/* The file's page cache as a segment that can be read and executed; *segment is 0 if its file
 * system has none. */
MUST_CHECK err_t file_segment(struct exec_file *file, cap_t *segment);

/* --- script.c --- */

enum { SCRIPT_MAX = 256 };

/* "#!interpreter argument": the two into `text` (SCRIPT_MAX + 2 bytes), each with its zero.
 * E_NOEXEC. */
MUST_CHECK err_t script_parse(const char *line, size_t size, char *text, size_t *text_size);

/* --- image.c: from an ELF file to mappings --- */

MUST_CHECK err_t image_check(struct exec_file *file, struct elf_image *image);
MUST_CHECK err_t image_plan(struct plan *plan, struct exec_file *file,
                            const struct elf_image *image, u64 bias);
/* Choose where what is movable goes. E_NOEXEC: it does not fit where programs may lie. */
MUST_CHECK err_t image_place(struct plan *plan);

/* --- stack.c: the program's stack with arguments, environment, auxiliary vector --- */

MUST_CHECK err_t stack_plan(struct plan *plan, const struct exec_request *request);

/* --- personality.c: its code, data, first stack, and the block that it starts with --- */

extern struct personality_header personality;
MUST_CHECK err_t personality_open(cap_t file);
/* The last step of planning: the start block lists all that has been planned. */
MUST_CHECK err_t personality_plan(struct plan *plan, const struct exec_request *request);
u64 personality_stack_top(void);

/* --- plan.c --- */

/* Takes over map->segment if it is the plan's own, whether it succeeds or not. */
MUST_CHECK err_t plan_add(struct plan *plan, const struct plan_map *map);
/* A new committed segment for map->size bytes, mapped here at *memory (plan_unmap when it is
 * filled). */
MUST_CHECK err_t plan_create(struct plan *plan, struct plan_map *map, void **memory);
void plan_unmap(const struct plan_map *map, void *memory);
void plan_drop(struct plan *plan);
/* The point of no return: `task` becomes the planned program. */
MUST_CHECK err_t plan_run(const struct plan *plan, cap_t task, const struct exec_request *request);
/* The schedule that first threads run on. */
void plan_start(cap_t schedule);

/* --- load.c --- */

void exec_dispatch(struct server *server, struct request *rq);

/* --- random.c --- */

/* Unpredictable bits. */
u64 random_bits(void);

static inline void close_own(cap_t cap)
{
	err_t error = cap_close(cap);

	(void)error; /* it was ours */
}
