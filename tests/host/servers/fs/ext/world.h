/* SPDX-License-Identifier: MIT */
/* An image made by mke2fs, mounted, and called through the protocols. */
#pragma once

#include "../fake_fs.h"
#include "fs/ext/ext.h"
#include "fs/lib/fs.h"
#include "proto/dir.h"
#include "proto/file.h"
#include "test.h"

struct world {
	char image[64], folder[64]; /* `folder`: for the host's side */
	struct disk *disk;
	struct ext ext;
	bool mounted;
};
extern struct world world;

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
/* Run a command on the host with printf's arguments; its exit status. */
int host(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Shorthands at the root, with zero-terminated paths. Open answers the gate in *file. */
err_t w_open(const char *path, u32 flags, u32 mode, cap_t *file);
err_t w_mkdir(const char *path);
err_t w_make(const char *path, u32 mode, u64 rdev);
err_t w_remove(const char *path, u32 flags);
err_t w_rename(const char *from, const char *to, u32 flags);
err_t w_link(const char *from, const char *to);
err_t w_symlink(const char *target, const char *path);
err_t w_stat(const char *path, u32 flags, struct file_stat *st);
err_t w_readlink(const char *path, char *target, size_t size, u64 *length);
err_t w_truncate(const char *path, u64 size);
/* Make or overwrite a whole file. */
err_t w_put(const char *path, const void *data, size_t size);
/* Read it whole: malloc'ed. */
err_t w_get(const char *path, char **data, size_t *size);
err_t w_sync(void);
void w_close(cap_t file);

/* Numbers that look random and are the same each time. */
u32 world_random(u64 *state);
