/* SPDX-License-Identifier: MIT */
/* What a call with a descriptor and a path is about. */
#pragma once

#include "file/walk.h"

enum target_flag {
	TARGET_FOLLOW =
	        1, /* a last component that is a link is followed (links of /proc/self are) */
	TARGET_EMPTY = 2, /* the empty path means the descriptor itself */
};

struct target {
	struct place place;
	struct file
	        *file; /* the path leads to this open file itself (with one more user), or NULL */
	char path[PATH_MAX];
};

/* Fetch the path and find the place; 0 or a negative number (then there is nothing to be done
 * with). */
MUST_CHECK i64 target_find(struct target *target, u64 fd, u64 path, u32 flags);
void target_done(struct target *target);

/* Open it (dir_open). Does not end the target. (open.c) */
err_t file_open(struct target *target, u32 flags, u32 mode, struct file **file);

/* Send walk->m along; ends the target. 0 or a negative number. */
i64 target_walk(struct target *target, struct walk *walk);

/* newfstatat's flags: 0 or a negative number. (stat.c) */
i64 stat_at(u64 fd, u64 path, u32 flags, struct file_stat *st);

/* faccessat2: 0 or a negative number. (stat.c) */
i64 access_at(u64 fd, u64 path, u32 mode, u32 flags);
