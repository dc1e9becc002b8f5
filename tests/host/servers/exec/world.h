/* SPDX-License-Identifier: MIT */
/* A world for the exec server: segments with contents, a task that records what is done to it, a
 * program file, an interpreter, a caller with a request. */
#pragma once

#include "exec/exec.h"

enum { CAP_TASK = 10, CAP_BANK, CAP_FILE, CAP_INTERPRETER, CAP_SCHEDULE, CAP_PERSONALITY };
enum { FILE_MAX = 0x8000, MAPS_MAX = 256, REQUEST_MAX = 0x10000 };

struct world_file {
	u8 data[FILE_MAX];
	u64 size;
	u32 mode;
	bool cached; /* its file system has a page cache */
	err_t error; /* what reading answers */
};

struct world_map {
	u64 addr, size, offset;
	u32 access, segment;
};

struct world {
	u32 steps_left; /* kernel calls that succeed before one fails for want of funds */
	struct world_file file, interpreter;
	u8 request[REQUEST_MAX];
	size_t request_size;
	char text[600]; /* the answer's */
	size_t text_room;
	/* The task. */
	bool reset, destroyed, started;
	u32 kept;
	struct world_map map[MAPS_MAX];
	u32 map_count;
	u64 control, ip, sp, argument;
	u64 entries[2];
};
extern struct world world;

/* A fresh world with a small static program. */
void world_start(void);
/* An ELF file: text at `base` + 0x1000, data with .bss behind it. */
void world_elf(struct world_file *file, u16 type, u64 base, const char *interpreter);
/* The caller's request. */
void world_request(const char *name, const char *const *arguments, const char *const *environment);
/* Call. E_DEAD stands for "the caller's thread is gone": success. */
err_t world_exec(bool with_interpreter, u32 *need);
/* Capabilities of the server's that are left over, and mappings. */
u32 world_left(void);
/* Memory of the task. */
bool world_mapped(u64 addr, u64 size);
u8 world_byte(u64 addr);
u64 world_word(u64 addr);
const char *world_string(u64 addr);
u64 world_segment_size(u32 segment);
