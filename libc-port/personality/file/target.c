/* SPDX-License-Identifier: MIT */
/* Descriptor and path to target. */
#include "file/target.h"

i64 target_find(struct target *target, u64 fd, u64 path, u32 flags)
{
	i32 number = (i32)fd, self_fd = -1;
	i64 size = path_fetch(target->path, path);

	target->file = NULL;
	if (size < 0)
		return size;
	if (!size && !(flags & TARGET_EMPTY))
		return -ENOENT;
	if (size >= 7 && (target->path[1] == 'p' || target->path[1] == 'd')) {
		(void)self_name(target->path, flags & TARGET_FOLLOW);
		if (flags & TARGET_FOLLOW)
			(void)self_link(target->path, &self_fd);
	}
	if (self_fd >= 0 || (!size && number != AT_FDCWD)) {
		target->file = descriptor_get((u32)(self_fd >= 0 ? self_fd : number));
		target->place = (struct place){ 0 };
		return target->file ? 0 : self_fd >= 0 ? -ENOENT : -EBADF;
	}
	return place_find(&target->place, number, target->path);
}

void target_done(struct target *target)
{
	place_done(&target->place);
	if (target->file)
		file_put(target->file);
}

i64 target_walk(struct target *target, struct walk *walk)
{
	err_t error = target->file ? E_NOTSUP : walk_path(walk, &target->place, target->path);

	target_done(target);
	return error_result(error);
}
