/* SPDX-License-Identifier: MIT */
/* An image made by mke2fs, mounted, and called through the protocols. */
#pragma once

#include "../semantics/calls.h"
#include "fs/ext/ext.h"

struct world {
	char image[64], folder[64]; /* `folder`: for the host's side */
	struct disk *disk;
	struct ext ext;
	bool mounted;
};
extern struct world world;
extern u32 world_cache; /* blocks of 4 KiB that may be cached */

/* mke2fs with `options` on a sparse file of `size` (mke2fs' way to say it), then mount. */
void world_make(const char *options, const char *size);
/* Only make the image; `extra` as in mke2fs. */
void world_make_image(const char *options, const char *size);
err_t world_try_mount(bool readonly, const char **why);
void world_mount(void);
/* Without writing anything back, as if the power failed. */
void world_drop(void);
/* Sync, unmount, and e2fsck -fn must find nothing. */
void world_check(void);
/* Only e2fsck: its exit status. */
int world_fsck(const char *options);
void world_end(void);
