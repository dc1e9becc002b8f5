/* SPDX-License-Identifier: MIT */
#include "core/view.h"

#include "core/text.h"
#include "file/walk.h"
#include "memory/map.h"
#include "process/process.h"
#include "process/signal.h"
#include "proto/view.h"

/* The tables begin as the interface says. */
#define SAME(type, field, shown, shown_field)                                                      \
	_Static_assert(offsetof(struct type, field) == offsetof(struct shown, shown_field) &&      \
	                       sizeof(((struct type *)0)->field) <=                                \
	                               sizeof(((struct shown *)0)->shown_field),                   \
	               #type)
SAME(region, start, view_region, start);
SAME(region, end, view_region, end);
SAME(region, access, view_region, access);
SAME(region, flags, view_region, flags);
SAME(region, offset, view_region, offset);
SAME(descriptor, file, view_descriptor, file);
SAME(descriptor, cloexec, view_descriptor, cloexec);
SAME(file, cap, view_file, cap);
SAME(file, mode, view_file, mode);
SAME(file, flags, view_file, flags);
SAME(file, mount, view_file, mount);
SAME(file, position, view_file, position);
_Static_assert(REGION_SHARED == (int)VIEW_SHARED && REGION_FILE == (int)VIEW_FILE &&
                       REGION_STACK == (int)VIEW_STACK,
               "flags");

/* Its address stands in the image's header (entry.S). */
struct personality_view view = {
	.size = sizeof(view),
	.version = VIEW_VERSION,
	.path = (u64)process_path,
	.working = (u64)cwd.path,
	.root = (u64) "/",
	.umask = (u64)&process_umask,
	.regions = (u64)&memory.list,
	.region_count = (u64)&memory.count,
	.region_size = sizeof(struct region),
	.descriptors = (u64)&descriptors,
	.descriptor_end = (u64)&descriptor_end,
	.descriptor_size = sizeof(struct descriptor),
	.threads = (u64)&thread_list,
	.thread_id = offsetof(struct thread, id),
	.thread_next = offsetof(struct thread, next),
	.thread_blocked = offsetof(struct thread, blocked),
	.mounts = (u64)mounts,
	.mount_size = MOUNT_PATH_MAX,
	.mount_max = MOUNT_MAX,
	.actions = (u64)signal_actions,
	.action_size = sizeof(struct linux_sigaction),
	.break_start = (u64)&memory_break.start,
	.break_now = (u64)&memory_break.now,
};

/* From the first of `strings` to the end of the last: exec puts them one behind the other. */
static void view_strings(const u64 *strings, u64 count, u64 *start, u64 *end)
{
	if (!count)
		return;
	*start = strings[0];
	*end = strings[count - 1] + strlen((const char *)strings[count - 1]) + 1;
}

void view_start(const struct personality_start *start)
{
	const u64 *stack = (const u64 *)start->program_sp, *environment = stack + 1 + stack[0] + 1;
	u64 count = 0;

	while (environment[count])
		count++;
	view_strings(stack + 1, stack[0], &view.arguments, &view.arguments_end);
	view_strings(environment, count, &view.environment, &view.environment_end);
	view.auxiliary = (u64)(environment + count + 1);
	view.stack_low = start->stack_low;
	view.stack_high = start->stack_high;
}
