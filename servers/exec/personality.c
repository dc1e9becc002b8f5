/* SPDX-License-Identifier: MIT */
/* The personality: its code is one segment shared by all processes, its data a copy of a pristine
 * segment. Beside the page that it shares with the process server (so that they need no page
 * tables of their own) lie its first stack, and the block with what it must know. */
#include "exec.h"

#include <string.h>

/* Offsets from PERSONALITY_BASE. A page between stack and block stays empty. */
enum { STACK_AT = 0x6010000, STACK_SIZE = 0x10000, START_AT = 0x6030000, IMAGE_MAX = 0x2000000 };

struct personality_header personality;

static struct elf_image image;
static cap_t code;                    /* the file's segment */
static cap_t pristine[ELF_PARTS_MAX]; /* of each part that is written to; 0: zeroes */

static err_t segment_bytes(struct elf_source *source, u64 offset, void *buf, size_t size)
{
	memcpy(buf, (const char *)source->cookie + offset, size);
	return OK;
}

/* Copy a writable part's contents into a segment that is never written again. */
static err_t pristine_make(const struct elf_part *part, const char *file, cap_t *segment)
{
	cap_t made;
	err_t error = segment_create(RT_BANK, part->size, SEGMENT_COMMITTED, &made);

	if (error)
		return error;
	char *memory = rt_map(made, 0, part->size, ACCESS_READ | ACCESS_WRITE);
	if (!memory)
		return E_FUNDS;
	memcpy(memory, file + part->file_offset, part->file_size);
	rt_unmap(memory, part->size);
	*segment = made;
	return OK;
}

static err_t parts_prepare(const char *file)
{
	err_t error = OK;

	for (u32 i = 0; i < image.part_count && !error; i++) {
		const struct elf_part *part = &image.part[i];
		if (part->addr == PERSONALITY_BASE && part->file_size >= sizeof(personality))
			memcpy(&personality, file + part->file_offset, sizeof(personality));
		if (part->access & ACCESS_WRITE && part->file_size)
			error = pristine_make(part, file, &pristine[i]);
	}
	return error;
}

err_t personality_open(cap_t file)
{
	u64 size;
	err_t error = segment_read(file, SEGMENT_SIZE, &size);

	if (error)
		return error;
	char *memory = rt_map(file, 0, size, ACCESS_READ);
	if (!memory)
		return E_FUNDS;
	struct elf_source source = { .read = segment_bytes, .size = size, .cookie = memory };
	error = elf_check(&source, &image);
	if (!error && (image.movable || image.low != PERSONALITY_BASE ||
	               image.high > PERSONALITY_BASE + IMAGE_MAX))
		error = E_NOEXEC;
	if (!error)
		error = parts_prepare(memory);
	rt_unmap(memory, size);
	code = file;
	return error ? error : personality.magic == PERSONALITY_MAGIC ? OK : E_NOEXEC;
}

u64 personality_stack_top(void) { return PERSONALITY_BASE + STACK_AT + STACK_SIZE; }

static err_t data_segment(cap_t bank, u32 index, cap_t *segment)
{
	u64 size = image.part[index].size;

	if (!pristine[index])
		return segment_create(bank, size, SEGMENT_COMMITTED, segment);
	return segment_clone(bank, pristine[index], 0, size, SEGMENT_COMMITTED, segment);
}

static err_t image_part_plan(struct plan *plan, u32 index)
{
	const struct elf_part *part = &image.part[index];
	struct plan_map map = { .addr = part->addr, .size = part->size, .access = part->access };

	if (!(part->access & ACCESS_WRITE)) {
		map.segment = code;
		map.offset = part->file_offset;
		map.access |= MAP_SHARED;
		return plan_add(plan, &map);
	}
	err_t error = data_segment(plan->bank, index, &map.segment);
	if (error)
		return error;
	map.own = true;
	return plan_add(plan, &map);
}

static err_t first_stack_plan(struct plan *plan)
{
	struct plan_map map = { .addr = PERSONALITY_BASE + STACK_AT,
		                .size = STACK_SIZE,
		                .access = ACCESS_READ | ACCESS_WRITE,
		                .own = true };
	err_t error = segment_create(plan->bank, STACK_SIZE, 0, &map.segment);

	return error ? error : plan_add(plan, &map);
}

/* --- the start block --- */

static u64 regions_fill(const struct plan *plan, struct start_region *region)
{
	u64 count = 0;

	for (u32 i = 0; i < plan->map_count; i++) {
		const struct plan_map *map = &plan->map[i];
		u32 access = map->access & (ACCESS_READ | ACCESS_WRITE | ACCESS_EXEC);
		if (map->told)
			region[count++] =
			        (struct start_region){ map->addr, map->size, access, map->region };
	}
	return count;
}

static void start_fill(const struct plan *plan, const struct exec_request *request, char *memory)
{
	struct personality_start *start = (void *)memory;
	struct start_region *region = (void *)(start + 1);
	u64 count = regions_fill(plan, region), base = plan->start_addr;
	u64 inherit = sizeof(*start) + count * sizeof(*region);

	memcpy(memory + inherit, request->inherit, request->header.inherit_size);
	*start = (struct personality_start){
		.program_entry = plan->interpreted
		                         ? plan->interpreter.entry + plan->interpreter_bias
		                         : plan->image.entry + plan->bias,
		.program_sp = plan->program_sp,
		.brk_start = plan->brk_start,
		.stack_low = plan->stack_low,
		.stack_high = plan->stack_high,
		.inherit = request->header.inherit_size ? base + inherit : 0,
		.inherit_size = request->header.inherit_size,
		.stack_top = personality_stack_top(),
		.regions = base + sizeof(*start),
		.region_count = count,
		.random = random_bits(),
		.name = plan->name_addr,
	};
}

static err_t start_plan(struct plan *plan, const struct exec_request *request)
{
	u64 size = sizeof(struct personality_start) +
	           plan->map_count * sizeof(struct start_region) + request->header.inherit_size;
	struct plan_map map = { .addr = PERSONALITY_BASE + START_AT,
		                .size = page_round_up(size),
		                .access = ACCESS_READ | ACCESS_WRITE };
	void *memory;
	err_t error = plan_create(plan, &map, &memory);

	if (error)
		return error;
	plan->start_addr = map.addr;
	start_fill(plan, request, memory);
	plan_unmap(&map, memory);
	return OK;
}

err_t personality_plan(struct plan *plan, const struct exec_request *request)
{
	err_t error = OK;

	for (u32 i = 0; i < image.part_count && !error; i++)
		error = image_part_plan(plan, i);
	if (!error)
		error = first_stack_plan(plan);
	return error ? error : start_plan(plan, request);
}
