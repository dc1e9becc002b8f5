/* SPDX-License-Identifier: MIT */
/* From the parts of an ELF file to mappings. Text is the file's own pages; data is a copy of them that the process pays for. */
#include <string.h>

#include "exec.h"

static err_t source_read(struct elf_source *source, u64 offset, void *buf, size_t size)
{
	return file_bytes(source->cookie, offset, buf, size);
}

err_t image_check(struct exec_file *file, struct elf_image *image)
{
	struct elf_source source = { .read = source_read, .size = file->size, .cookie = file };
	return elf_check(&source, image);
}

/* Clear what .bss wants of the last page of a copy. */
static err_t part_clear(const struct elf_part *part, cap_t copy)
{
	if (!part->zero_size)
		return OK;
	u64 page = page_round_down(part->zero_addr);
	u64 size = page_round_up(part->zero_addr + part->zero_size) - page;
	char *memory = rt_map(copy, page - part->addr, size, RIGHT_READ | RIGHT_WRITE);
	if (!memory)
		return E_FUNDS;
	memset(memory + (part->zero_addr - page), 0, part->zero_size);
	rt_unmap(memory, size);
	return OK;
}

static err_t part_plan(struct plan *plan, struct exec_file *file, const struct elf_part *part, u64 bias)
{
	struct plan_map map = { .addr = part->addr + bias, .size = part->size, .access = part->access,
				.tell = true };
	u32 flags = part->access & RIGHT_WRITE ? SEGMENT_COMMITTED : 0;
	err_t error = OK;

	if (part->how == ELF_MAP) {
		map.segment = file->segment;
		map.offset = part->file_offset;
		map.region_flags = 1;
		return plan_add(plan, &map);
	}
	if (part->how == ELF_COPY)
		error = segment_clone(plan->bank, file->segment, part->file_offset, part->size, flags, &map.segment);
	else
		error = segment_create(plan->bank, part->size, flags, &map.segment);
	if (error)
		return error;
	map.own = true;
	error = part->how == ELF_COPY ? part_clear(part, map.segment) : OK;
	if (error)
		(void)!cap_close(map.segment);
	return error ? error : plan_add(plan, &map);
}

err_t image_plan(struct plan *plan, struct exec_file *file, const struct elf_image *image, u64 bias)
{
	if (!file->segment) {
		err_t error = file_segment(file, plan->bank);
		if (error)
			return error;
		plan->kept[plan->kept_count++] = file->segment;
	}
	for (u32 i = 0; i < image->part_count; i++) {
		err_t error = part_plan(plan, file, &image->part[i], bias);
		if (error)
			return error;
	}
	return OK;
}
