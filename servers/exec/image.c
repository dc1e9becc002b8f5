/* SPDX-License-Identifier: MIT */
/* From the parts of an ELF file to mappings.
 *
 * 	what the file says	what the program gets
 * 	read-only pages		the file's page cache itself, shared by all and by forks
 * 	written pages		a copy-on-write copy of the page cache, promised to the process
 * 	the last, partial page	a page of its own, filled here: the rest of it is zeroes
 * 	.bss			zeroes, promised
 *
 * Where a file system has no page cache to share, the bytes are read into pages of the process's
 * own. */
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

/* --- places --- */

/* Programs that cannot be moved lie below PLACE_LOW; what is movable is put somewhere in 2^40
 * bytes (28 bits of pages) from there, interpreters from PLACE_INTERPRETER. */
#define PLACE_LOW         0x550000000000ull
#define PLACE_INTERPRETER 0x7d0000000000ull
#define PLACE_RANGE       0x010000000000ull
#define IMAGE_SIZE_MAX    0x008000000000ull
enum { BRK_RANDOM_PAGES = 1 << 13 };

static u64 place_random(u64 base) { return base + (random_bits() % PLACE_RANGE & ~PAGE_MASK); }

err_t image_place(struct plan *plan)
{
	const struct elf_image *image = &plan->image, *interpreter = &plan->interpreter;

	if (image->high - image->low > IMAGE_SIZE_MAX ||
	    (!image->movable && image->high > PLACE_LOW))
		return E_NOEXEC;
	if (image->movable)
		plan->bias = place_random(PLACE_LOW) - image->low;
	plan->brk_start = page_round_up(image->high + plan->bias) +
	                  random_bits() % BRK_RANDOM_PAGES * PAGE_SIZE;
	if (!plan->interpreted)
		return OK;
	if (!interpreter->movable || interpreter->high - interpreter->low > IMAGE_SIZE_MAX / 2)
		return E_NOEXEC;
	plan->interpreter_bias = place_random(PLACE_INTERPRETER) - interpreter->low;
	return OK;
}

/* --- parts --- */

static err_t part_share(struct plan *plan, struct plan_map *map, cap_t cache, u64 offset)
{
	map->segment = cache;
	map->offset = offset;
	map->region = REGION_FILE;
	map->access |= MAP_SHARED;
	return plan_add(plan, map);
}

static err_t part_copy(struct plan *plan, struct plan_map *map, cap_t cache, u64 offset)
{
	u32 flags = map->access & ACCESS_WRITE ? SEGMENT_COMMITTED : 0;
	err_t error = segment_clone(plan->bank, cache, offset, map->size, flags, &map->segment);

	if (error)
		return error;
	map->own = true;
	return plan_add(plan, map);
}

/* Pages of the process's own, with `count` bytes of the file. */
static err_t part_read(struct plan *plan, struct plan_map *map, struct exec_file *file, u64 offset,
                       u64 count)
{
	void *memory;
	err_t error = plan_create(plan, map, &memory);

	if (error)
		return error;
	error = file_bytes(file, offset, memory, count);
	plan_unmap(map, memory);
	return error;
}

static err_t part_zero(struct plan *plan, struct plan_map *map)
{
	u32 flags = map->access & ACCESS_WRITE ? SEGMENT_COMMITTED : 0;
	err_t error = segment_create(plan->bank, map->size, flags, &map->segment);

	if (error)
		return error;
	map->own = true;
	return plan_add(plan, map);
}

static err_t part_plan(struct plan *plan, struct exec_file *file, const struct elf_part *part,
                       u64 bias)
{
	struct plan_map whole = {
		.addr = part->addr + bias, .size = part->size, .access = part->access, .told = true
	};
	u64 offset = part->file_offset, count = part->file_size;
	cap_t cache;

	if (part->how == ELF_ZERO)
		return part_zero(plan, &whole);
	err_t error = file_segment(file, &cache);
	if (error)
		return error;
	if (!cache)
		return part_read(plan, &whole, file, offset, count);
	if (part->how == ELF_MAP)
		return part_share(plan, &whole, cache, offset);

	/* Beyond the file's own bytes the page cache has the next section's, or nothing. */
	struct plan_map tail = whole;
	whole.size = page_round_down(count);
	tail.addr += whole.size;
	tail.size -= whole.size;
	if (whole.size)
		error = part_copy(plan, &whole, cache, offset);
	if (error || !tail.size)
		return error;
	return part_read(plan, &tail, file, offset + whole.size, count - whole.size);
}

err_t image_plan(struct plan *plan, struct exec_file *file, const struct elf_image *image, u64 bias)
{
	err_t error = OK;

	for (u32 i = 0; i < image->part_count && !error; i++)
		error = part_plan(plan, file, &image->part[i], bias);
	return error;
}
