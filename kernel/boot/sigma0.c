/* SPDX-License-Identifier: MIT */
/* The first task. It gets the root bank, the root schedule and all device authority, at the numbers
 * of enum sigma0_cap. */
#include "abi/bundle.h"
#include "boot/boot_info.h"
#include "boot/main.h"
#include "object/bank.h"
#include "object/cap.h"
#include "object/device.h"
#include "object/schedule.h"
#include "object/segment.h"
#include "object/task.h"
#include "object/thread.h"
#include "sched/run.h"

enum { SIGMA0_STACK_PAGES = 16, SIGMA0_STACK_TOP = 0x300000 };

static void give(struct task *task, u32 slot, struct object *object, u32 rights)
{
	struct slot_reservation reservation;
	if (cap_reserve_at(task, slot, &reservation))
		panic("sigma0: no memory for its capabilities");
	cap_fill(&reservation, object, rights);
}

static void map(struct task *task, struct segment *segment, u64 offset, vaddr_t addr, u64 size,
                u32 access)
{
	struct region *region = object_take(root_bank, SLAB_REGION);
	if (!region)
		panic("sigma0: no memory for its regions");
	region->size = size;
	region->offset = offset;
	region->access = region->access_max = (u8)access;
	region_link(region, task, segment, addr);
}

static struct segment *must(struct segment *segment)
{
	if (!segment)
		panic("sigma0: no memory");
	return segment;
}

/* A segment with a copy of `size` bytes of kernel-visible memory. */
static struct segment *segment_of(const void *data, u64 size)
{
	struct segment *segment =
	        must(segment_new(root_bank, page_round_up(size) / PAGE_SIZE, true));
	for (u64 at = 0; at < size; at += PAGE_SIZE) {
		u64 *slot = segment_slot_get(segment, at / PAGE_SIZE);
		void *page = slot ? segment_take_page(segment, FRAME_DATA) : NULL;
		if (!page)
			panic("sigma0: no memory for its image");
		memcpy(page, (const char *)data + at, min_u64(PAGE_SIZE, size - at));
		struct frame *frame = frame_of(arch_paddr(page));
		frame->shares = 1;
		segment->resident++;
		*slot = slot_make(frame_paddr(frame));
	}
	return segment;
}

static const struct bundle_header *bundle_check(const struct boot_info *info)
{
	const struct bundle_header *bundle = arch_ptr(info->bundle);
	if (!info->bundle || info->bundle_size < sizeof(*bundle) || bundle->magic != BUNDLE_MAGIC)
		panic("no boot bundle: the boot loader must load one as a module");
	if ((bundle->sigma0_offset | bundle->sigma0_size | bundle->sigma0_text_size |
	     bundle->sigma0_address) &
	            PAGE_MASK ||
	    !range_fits(bundle->sigma0_offset, bundle->sigma0_size, info->bundle_size) ||
	    !range_fits(bundle->sigma0_address, bundle->sigma0_size, USER_END) ||
	    bundle->sigma0_text_size > bundle->sigma0_size || !bundle->sigma0_text_size ||
	    bundle->sigma0_address < SIGMA0_STACK_TOP || bundle->sigma0_entry >= USER_END)
		panic("the boot bundle is damaged");
	return bundle;
}

static struct task *sigma0_memory(const struct bundle_header *bundle)
{
	struct task *task = task_new(root_bank);
	if (!task)
		panic("sigma0: no memory");
	struct segment *image =
	        segment_of((const char *)bundle + bundle->sigma0_offset, bundle->sigma0_size);
	struct segment *stack = must(segment_new(root_bank, SIGMA0_STACK_PAGES, true));
	u64 text = bundle->sigma0_text_size;
	map(task, image, 0, bundle->sigma0_address, text, ACCESS_READ | ACCESS_EXEC);
	if (bundle->sigma0_size > text)
		map(task, image, text, bundle->sigma0_address + text, bundle->sigma0_size - text,
		    ACCESS_READ | ACCESS_WRITE);
	map(task, stack, 0, SIGMA0_STACK_TOP - SIGMA0_STACK_PAGES * PAGE_SIZE,
	    SIGMA0_STACK_PAGES * PAGE_SIZE, ACCESS_READ | ACCESS_WRITE);
	return task;
}

static struct thread *sigma0_thread(struct task *task)
{
	struct thread *thread = object_take(root_bank, KIND_THREAD);
	if (!thread)
		panic("sigma0: no memory for its thread");
	thread_init(thread, task, &root_schedule);
	object_get(&thread->object);
	return thread;
}

void sigma0_start(const struct boot_info *info, void *clock_page)
{
	enum { RIGHTS_VIEW = RIGHT_READ | RIGHT_EXEC | RIGHT_COPY };
	const struct bundle_header *bundle = bundle_check(info);
	struct task *task = sigma0_memory(bundle);
	struct thread *thread = sigma0_thread(task);
	u64 bundle_pages = page_round_up(info->bundle_size) / PAGE_SIZE;

	give(task, SIGMA0_TASK, &task->object, RIGHT_ALL);
	give(task, SIGMA0_BANK, &root_bank->object, RIGHT_ALL);
	give(task, SIGMA0_SCHEDULE, &root_schedule.object, RIGHT_ALL);
	give(task, SIGMA0_THREAD, &thread->object, RIGHT_ALL);
	give(task, SIGMA0_BUNDLE,
	     &must(segment_new_physical(root_bank, info->bundle, bundle_pages))->object,
	     RIGHTS_VIEW);
	give(task, SIGMA0_CLOCK,
	     &must(segment_new_physical(root_bank, arch_image_paddr(clock_page), 1))->object,
	     RIGHT_READ | RIGHT_COPY);
	give(task, SIGMA0_INTERRUPTS, &root_interrupt.object, RIGHT_ALL);
	give(task, SIGMA0_IO_PORTS, &root_io_ports.object, RIGHT_ALL);
	give(task, SIGMA0_PHYSICAL, &root_physical.object, RIGHT_ALL);
	give(task, SIGMA0_MACHINE, &root_machine.object, RIGHT_ALL);
	give(task, SIGMA0_COMMAND_LINE, &segment_of(info->command_line, COMMAND_LINE_MAX)->object,
	     RIGHT_READ | RIGHT_COPY);

	arch_thread_set(thread, bundle->sigma0_entry, SIGMA0_STACK_TOP - 16, 0, 0, 0);
	thread->state = THREAD_RUNNABLE;
	sched_ready(thread);
}
