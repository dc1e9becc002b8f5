/* SPDX-License-Identifier: MIT */
/* Looking into a process: its personality says where its tables lie (proto/view.h). What comes from
 * there may be wrong, or change while we look: numbers are bounded, addresses are the kernel's to
 * check, and lists end after as many steps as they may have entries. */
#include <stddef.h>
#include <string.h>

#include "procfs.h"
#include "proto/exec.h"

#define WAIT_NS 2000000000ull
enum {
	FETCH_MAX = PAGE_SIZE,
	REGIONS_MAX = 8192,
	DESCRIPTORS_MAX = 4096,
	THREADS_MAX = 1024,
	ENTRY_MAX = 4096,
};

void deadline_start(void) { rt_call_deadline(rt_now() + WAIT_NS); }
void deadline_end(void) { rt_call_deadline(0); }

err_t process_get(u32 pid, struct inspect_process *process)
{
	deadline_start();
	err_t error = inspect_process(procfs.inspect, pid, process, sizeof(*process));
	deadline_end();
	process->name[sizeof(process->name) - 1] = 0;
	return error;
}

err_t look_at(const struct look *look, u64 address, void *to, size_t size)
{
	for (size_t done = 0; done < size;) {
		size_t part = FETCH_MAX - (address + done) % PAGE_SIZE;
		if (part > size - done)
			part = size - done;
		err_t error = task_fetch(look->task, address + done, (u64)to + done, part);
		if (error)
			return error;
		done += part;
	}
	return OK;
}

err_t look_start(struct look *look, u32 pid)
{
	struct personality_header header;

	deadline_start();
	err_t error = inspect_task(procfs.inspect, pid, &look->task);
	deadline_end();
	if (error)
		return error;
	error = look_at(look, PERSONALITY_BASE, &header, sizeof(header));
	if (!error && header.magic != PERSONALITY_MAGIC)
		error = E_NOTSUP;
	if (!error)
		error = look_at(look, header.view, &look->view, sizeof(look->view));
	if (!error && (look->view.size != sizeof(look->view) || look->view.version != VIEW_VERSION))
		error = E_NOTSUP;
	if (error)
		look_end(look);
	return error;
}

void look_end(struct look *look)
{
	err_t error = cap_close(look->task);

	(void)error; /* the process has ended */
}

size_t look_text(const struct look *look, u64 address, char *to, size_t room)
{
	size_t size = 0;

	while (size < room) {
		size_t part = PAGE_SIZE - (address + size) % PAGE_SIZE;
		if (part > room - size)
			part = room - size;
		if (look_at(look, address + size, to + size, part))
			break;
		const char *end = memchr(to + size, 0, part);
		if (end)
			return (size_t)(end - to);
		size += part;
	}
	return size;
}

u32 look_u32(const struct look *look, u64 address)
{
	u32 value;

	return look_at(look, address, &value, sizeof(value)) ? 0 : value;
}

u64 look_u64(const struct look *look, u64 address)
{
	u64 value;

	return look_at(look, address, &value, sizeof(value)) ? 0 : value;
}

bool look_region(const struct look *look, u32 index, struct view_region *region)
{
	u32 count = look_u32(look, look->view.region_count), size = look->view.region_size;

	if (index >= count || index >= REGIONS_MAX || size < sizeof(*region) || size > ENTRY_MAX)
		return false;
	u64 list = look_u64(look, look->view.regions);
	return !look_at(look, list + (u64)index * size, region, sizeof(*region));
}

u32 look_descriptor_end(const struct look *look)
{
	u32 end = look_u32(look, look->view.descriptor_end);

	return end < DESCRIPTORS_MAX ? end : DESCRIPTORS_MAX;
}

bool look_descriptor(const struct look *look, u32 fd, struct view_file *file, bool *cloexec)
{
	struct view_descriptor descriptor;
	u32 size = look->view.descriptor_size;

	if (fd >= look_descriptor_end(look) || size < sizeof(descriptor) || size > ENTRY_MAX)
		return false;
	u64 list = look_u64(look, look->view.descriptors);
	if (look_at(look, list + (u64)fd * size, &descriptor, sizeof(descriptor)) ||
	    !descriptor.file)
		return false;
	*cloexec = descriptor.cloexec & 1;
	return !look_at(look, descriptor.file, file, sizeof(*file));
}

u32 look_thread(const struct look *look, u32 after)
{
	u64 at = look_u64(look, look->view.threads);
	u32 best = 0;

	for (u32 i = 0; at && i < THREADS_MAX; i++) {
		u32 id = look_u32(look, at + look->view.thread_id);
		if (id > after && (!best || id < best))
			best = id;
		at = look_u64(look, at + look->view.thread_next);
	}
	return best;
}

u64 look_blocked(const struct look *look, u32 thread)
{
	u64 at = look_u64(look, look->view.threads);

	for (u32 i = 0; at && i < THREADS_MAX; i++) {
		if (look_u32(look, at + look->view.thread_id) == thread)
			return look_u64(look, at + look->view.thread_blocked);
		at = look_u64(look, at + look->view.thread_next);
	}
	return 0;
}

void look_actions(const struct look *look, u64 *ignored, u64 *caught)
{
	enum { DEFAULT, IGNORE };
	u32 size = look->view.action_size;

	*ignored = *caught = 0;
	if (size < sizeof(u64) || size > ENTRY_MAX)
		return;
	for (u32 i = 0; i < VIEW_SIGNALS; i++) {
		u64 handler = look_u64(look, look->view.actions + (u64)i * size);
		if (handler == IGNORE)
			*ignored |= 1ull << i;
		else if (handler != DEFAULT)
			*caught |= 1ull << i;
	}
}

struct sizes look_sizes(const struct look *look)
{
	struct sizes sizes = { 0 };
	struct view_region region;

	for (u32 i = 0; look_region(look, i, &region); i++) {
		u64 size = region.end > region.start ? region.end - region.start : 0;
		sizes.all += size;
		if (region.flags & VIEW_SHARED)
			sizes.shared += size;
		if (region.flags & VIEW_STACK)
			sizes.stack += size;
		else if (region.access & ACCESS_WRITE)
			sizes.data += size;
		else if (region.access & ACCESS_EXEC)
			sizes.code += size;
	}
	return sizes;
}
