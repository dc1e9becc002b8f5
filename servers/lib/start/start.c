/* SPDX-License-Identifier: MIT */
/* The loader of servers. Text is mapped out of the bundle, which is not copied; data is copied page
 * by page. What is left of the last page of data is zero, so .bss needs no clearing. */
#include "start.h"

#include <string.h>

#include "abi/thread.h"
#include "lib/elf/elf.h"

enum { START_STACK = 64 << 10, START_CONTROL = 3584 };
_Static_assert(sizeof(struct rt_start) <= START_CONTROL,
               "the start block has room for the control block");
_Static_assert(START_CONTROL + sizeof(struct thread_control) <= PAGE_SIZE, "both fit a page");

/* Our own copy of the block; one server is started at a time. */
static struct rt_start block;

static err_t source_read(struct elf_source *source, u64 offset, void *buf, size_t size)
{
	const struct bundle_file *file = source->cookie;

	memcpy(buf, (const u8 *)file->data + offset, size);
	return OK;
}

static void cap_drop(cap_t cap)
{
	err_t error = cap_close(cap);

	(void)error; /* it was just made */
}

/* --- the program --- */

/* A segment that only the new task's mapping keeps. */
static err_t map_and_forget(cap_t task, cap_t segment, u64 addr, u64 size, u32 access)
{
	err_t error = task_map(task, segment, 0, addr, size, access);

	cap_drop(segment);
	return error;
}

static err_t copy_in(cap_t task, u64 addr, const u8 *data, u64 size)
{
	err_t error = OK;

	while (size > 0 && !error) {
		u64 part = size < PAGE_SIZE ? size : PAGE_SIZE;
		error = task_write(task, addr, (u64)data, part);
		addr += part;
		data += part;
		size -= part;
	}
	return error;
}

static err_t map_part(const struct start *start, cap_t task, const struct bundle_file *file,
                      const struct elf_part *part)
{
	u64 offset = file->offset + part->file_offset;
	const u8 *data = (const u8 *)file->data + part->file_offset;
	cap_t segment;
	err_t error;

	switch (part->how) {
	case ELF_MAP:
		return task_map(task, start->bundle->segment, offset, part->addr, part->size,
		                part->access);
	case ELF_COPY:
	case ELF_ZERO:
		error = segment_create(start->bank, part->size, 0, &segment);
		if (error)
			return error;
		error = map_and_forget(task, segment, part->addr, part->size, part->access);
		return error ? error : copy_in(task, part->addr, data, part->file_size);
	}
	return E_NOEXEC;
}

static err_t map_image(const struct start *start, cap_t task, struct started *started, u64 *end)
{
	struct bundle_file file;
	struct elf_image image;
	err_t error = bundle_find(start->bundle, start->image, &file);
	if (error)
		return error;
	struct elf_source source = { .read = source_read, .size = file.size, .cookie = &file };
	error = elf_check(&source, &image);
	if (error)
		return error;
	if (image.movable || image.interpreter_size || image.high > USER_END / 2)
		return E_NOEXEC;
	for (u32 i = 0; i < image.part_count && !error; i++)
		error = map_part(start, task, &file, &image.part[i]);
	started->ip = image.entry;
	*end = image.high;
	return error;
}

/* --- the start block --- */

static err_t block_add_name(const char *name, cap_t slot)
{
	if (block.names == RT_START_NAMES)
		return E_2BIG;
	size_t size = strlen(name);
	if (size >= sizeof(block.name[0].name))
		return E_2BIG;
	memcpy(block.name[block.names].name, name, size);
	block.name[block.names++].cap = slot;
	return OK;
}

static err_t block_add_cap(cap_t task, const char *name, cap_t cap, u32 rights, cap_t slot)
{
	cap_t copy;
	err_t error = block_add_name(name, slot);

	return error ? error : cap_copy(task, cap, rights, slot, &copy);
}

static err_t block_add_caps(const struct start *start, cap_t task)
{
	cap_t slot = RT_SLOT_FIRST;
	err_t error = block_add_cap(task, "task", task, RIGHT_ALL, RT_TASK);

	if (!error)
		error = block_add_cap(task, "bank", start->bank, RIGHT_ALL, RT_BANK);
	if (!error)
		error = block_add_cap(task, "schedule", start->schedule, RIGHT_ALL, RT_SCHEDULE);
	if (!error)
		error = block_add_cap(task, "clock", start->clock, RIGHT_READ | RIGHT_COPY,
		                      RT_CLOCK);
	for (u32 i = 0; i < start->grant_count && !error; i++) {
		const struct start_grant *grant = &start->grant[i];
		error = block_add_cap(task, grant->name, grant->cap, grant->rights, slot++);
	}
	return error;
}

static err_t block_add_strings(const char *const *strings, u32 count, size_t *used)
{
	for (u32 i = 0; i < count; i++) {
		size_t size = strlen(strings[i]) + 1;
		if (size > RT_START_TEXT - *used)
			return E_2BIG;
		memcpy(block.text + *used, strings[i], size);
		*used += size;
	}
	return OK;
}

static err_t block_fill(const struct start *start, cap_t task)
{
	size_t used = 0;

	memset(&block, 0, sizeof(block));
	block.size = sizeof(block);
	block.arguments = start->argument_count;
	block.environment = start->environment_count;
	err_t error = block_add_strings(start->argument, start->argument_count, &used);
	if (!error)
		error = block_add_strings(start->environment, start->environment_count, &used);
	if (!error)
		error = block_add_caps(start, task);
	return error;
}

/* --- stack and thread --- */

/* Stack and start block are one segment and one region. */
static err_t map_stack(const struct start *start, cap_t task, u64 image_end,
                       struct started *started)
{
	u64 low = image_end + PAGE_SIZE, high = low + START_STACK;
	cap_t segment;
	err_t error = segment_create(start->bank, START_STACK + PAGE_SIZE, 0, &segment);

	if (error)
		return error;
	error = map_and_forget(task, segment, low, START_STACK + PAGE_SIZE,
	                       ACCESS_READ | ACCESS_WRITE);
	if (error)
		return error;
	block.stack_low = low;
	block.stack_high = high;
	block.heap_start = high + PAGE_SIZE;
	block.heap_end = USER_END - PAGE_SIZE;
	block.control = high + START_CONTROL;
	started->sp = high;
	started->argument = high;
	return OK;
}

static err_t make_thread(const struct start *start, cap_t task, struct started *started)
{
	cap_t thread, copy;
	err_t error = block_add_name("thread", RT_THREAD);

	if (!error)
		error = task_write(task, started->argument, (u64)&block, sizeof(block));
	if (!error)
		error = thread_create(task, start->bank, start->schedule, block.control, &thread);
	if (error)
		return error;
	error = cap_copy(task, thread, RIGHT_ALL, RT_THREAD, &copy);
	if (error)
		cap_drop(thread);
	else
		started->thread = thread;
	return error;
}

err_t start_server(const struct start *start, struct started *started)
{
	u64 image_end = 0;
	cap_t task;
	err_t error = task_create(start->bank, &task);

	if (error)
		return error;
	error = block_fill(start, task);
	if (!error)
		error = map_image(start, task, started, &image_end);
	if (!error)
		error = map_stack(start, task, image_end, started);
	if (!error)
		error = make_thread(start, task, started);
	if (error) {
		err_t destroyed = cap_destroy(task);
		(void)destroyed; /* with all that it holds */
		cap_drop(task);
		return error;
	}
	started->task = task;
	return OK;
}
