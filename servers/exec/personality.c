/* SPDX-License-Identifier: MIT */
/* The personality: its code is one segment shared by all processes, its data a copy of a pristine segment. Beside them lie the first stack, and the block
 * with what the new personality must know. */
#include <string.h>

#include "exec.h"

enum { START_AT = 0x4000000, STACK_AT = 0x5000000, STACK_SIZE = 64 << 10 };

struct personality_header personality;

static struct elf_image image;
static cap_t code;			  /* the file's segment */
static cap_t pristine[ELF_PARTS_MAX]; /* of each part that is written to */

static err_t segment_bytes(struct elf_source *source, u64 offset, void *buf, size_t size)
{
	memcpy(buf, (const char *)source->cookie + offset, size);
	return OK;
}

/* Copy a writable part's contents into a segment that is never written again. */
static err_t pristine_make(const struct elf_part *part, const char *file, cap_t *segment)
{
	cap_t made;
	err_t error = segment_create(RT_BANK, part->size, 0, &made);
	if (error)
		return error;
	if (part->file_size) {
		char *memory = rt_map(made, 0, part->size, RIGHT_READ | RIGHT_WRITE);
		if (!memory)
			return E_FUNDS;
		memcpy(memory, file + part->file_offset, part->file_size);
		rt_unmap(memory, part->size);
	}
	*segment = made;
	return OK;
}

err_t personality_open(cap_t file)
{
	u64 size;
	err_t error = segment_read(file, SEGMENT_SIZE, &size);
	if (error)
		return error;
	const char *memory = rt_map(file, 0, size, RIGHT_READ);
	if (!memory)
		return E_FUNDS;
	struct elf_source source = { .read = segment_bytes, .size = size, .cookie = (void *)(uintptr_t)memory };
	error = elf_check(&source, &image);
	if (error)
		return error;
	if (image.movable || image.low != PERSONALITY_BASE || image.high > PERSONALITY_BASE + START_AT)
		return E_NOEXEC;
	for (u32 i = 0; i < image.part_count && !error; i++) {
		if (image.part[i].addr == PERSONALITY_BASE)
			memcpy(&personality, memory + image.part[i].file_offset, sizeof(personality));
		if (image.part[i].access & RIGHT_WRITE)
			error = pristine_make(&image.part[i], memory, &pristine[i]);
	}
	rt_unmap((void *)(uintptr_t)memory, size);
	code = file;
	return error ? error : personality.magic == PERSONALITY_MAGIC ? OK : E_NOEXEC;
}

static err_t code_plan(struct plan *plan)
{
	for (u32 i = 0; i < image.part_count; i++) {
		const struct elf_part *part = &image.part[i];
		struct plan_map map = { .addr = part->addr, .size = part->size, .access = part->access };
		err_t error = OK;
		if (part->access & RIGHT_WRITE) {
			map.own = true;
			error = segment_clone(plan->bank, pristine[i], 0, part->size, SEGMENT_COMMITTED, &map.segment);
		} else {
			map.segment = code;
			map.offset = part->file_offset;
			map.access |= MAP_SHARED;
		}
		if (!error)
			error = plan_add(plan, &map);
		if (error)
			return error;
	}
	return OK;
}

static void start_fill(const struct plan *plan, const struct exec_request *request, char *memory, u64 base)
{
	struct personality_start *start = (void *)memory;
	struct start_region *region = (void *)(start + 1);
	u64 count = 0;

	for (u32 i = 0; i < plan->map_count; i++) {
		const struct plan_map *map = &plan->map[i];
		if (map->tell)
			region[count++] = (struct start_region){ map->addr, map->size, map->access & 7,
								 map->region_flags };
	}
	char *inherit = (char *)(region + count);
	memcpy(inherit, request->inherit, request->header.inherit_size);
	*start = (struct personality_start){
		.program_entry = plan->interpreted ? plan->interpreter.entry + plan->interpreter_bias :
						     plan->image.entry + plan->bias,
		.program_sp = plan->program_sp,
		.brk_start = page_round_up(plan->image.high + plan->bias),
		.stack_low = plan->stack_low,
		.stack_high = plan->stack_high,
		.inherit = base + (u64)(inherit - memory),
		.inherit_size = request->header.inherit_size,
		.stack_top = PERSONALITY_BASE + STACK_AT + STACK_SIZE,
		.regions = base + sizeof(*start),
		.region_count = count,
		.random = plan->random,
		.name = plan->stack_high - 8 - request->header.strings_size,
	};
}

static err_t start_plan(struct plan *plan, const struct exec_request *request)
{
	u64 size = page_round_up(sizeof(struct personality_start) + PLAN_MAPS * sizeof(struct start_region) +
				 request->header.inherit_size);
	struct plan_map map = { .addr = PERSONALITY_BASE + START_AT, .size = size, .own = true,
				.access = RIGHT_READ | RIGHT_WRITE };
	err_t error = segment_create(plan->bank, size, 0, &map.segment);
	if (error)
		return error;
	char *memory = rt_map(map.segment, 0, size, RIGHT_READ | RIGHT_WRITE);
	if (!memory) {
		(void)!cap_close(map.segment);
		return E_FUNDS;
	}
	start_fill(plan, request, memory, map.addr);
	rt_unmap(memory, size);
	plan->start_addr = map.addr;
	return plan_add(plan, &map);
}

err_t personality_plan(struct plan *plan, const struct exec_request *request)
{
	struct plan_map stack = { .addr = PERSONALITY_BASE + STACK_AT, .size = STACK_SIZE, .own = true,
				  .access = RIGHT_READ | RIGHT_WRITE };
	err_t error = code_plan(plan);
	if (!error)
		error = segment_create(plan->bank, STACK_SIZE, 0, &stack.segment);
	if (!error)
		error = plan_add(plan, &stack);
	return error ? error : start_plan(plan, request);
}
