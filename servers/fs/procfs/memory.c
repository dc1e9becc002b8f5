/* SPDX-License-Identifier: MIT */
/* A process's map. */
#include "procfs.h"

enum { NAME_COLUMN = 73 };

static const char *region_name(const struct look *look, const struct view_region *region,
                               u64 break_start, u64 break_now)
{
	if (region->flags & VIEW_STACK)
		return region->end <= look->view.stack_high && region->start >= look->view.stack_low
		               ? "[stack]"
		               : "";
	return region->start < break_now && region->end > break_start &&
	                       !(region->flags & VIEW_FILE)
	               ? "[heap]"
	               : "";
}

static err_t print_regions(struct text_window *w, const struct subject *subject, bool sizes)
{
	struct view_region region;
	struct look look;
	err_t error = look_start(&look, subject->pid);

	if (error)
		return error;
	u64 break_start = look_u64(&look, look.view.break_start);
	u64 break_now = look_u64(&look, look.view.break_now);
	for (u32 i = 0; look_region(&look, i, &region); i++) {
		u64 line = w->at;
		text_print(w, "%lx-%lx %c%c%c%c %08lx 00:00 0 ", region.start, region.end,
		           region.access & ACCESS_READ ? 'r' : '-',
		           region.access & ACCESS_WRITE ? 'w' : '-',
		           region.access & ACCESS_EXEC ? 'x' : '-',
		           region.flags & VIEW_SHARED ? 's' : 'p', region.offset);
		const char *name = region_name(&look, &region, break_start, break_now);
		if (name[0])
			text_print(w, "%*s%s", (int)(NAME_COLUMN - (w->at - line)), "", name);
		text_put(w, "\n", 1);
		if (sizes)
			text_print(w, "Size:           %8lu kB\nKernelPageSize: %8u kB\n",
			           (region.end - region.start) / 1024, PAGE_SIZE / 1024);
	}
	look_end(&look);
	return OK;
}

err_t print_maps(struct text_window *w, const struct subject *subject)
{
	return print_regions(w, subject, false);
}

/* Which pages of a region are resident is not counted, so it is not told. */
err_t print_smaps(struct text_window *w, const struct subject *subject)
{
	return print_regions(w, subject, true);
}
