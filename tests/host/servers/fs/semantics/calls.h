/* SPDX-License-Identifier: MIT */
/* Shorthands for calls at the root directory (label 0) of the file system under test, with
 * zero-terminated paths. */
#pragma once

#include "../fake_fs.h"
#include "fs/lib/fs.h"
#include "proto/dir.h"
#include "proto/file.h"
#include "test.h"

/* Open answers the gate in *file. */
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
/* The last E_CROSS: its kind and rest. */
extern u64 w_cross_kind;
extern char w_rest[DIR_PATH_MAX + 1];

/* Numbers that look random and are the same each time. */
u32 world_random(u64 *state);

/* Run a command on the host with printf's arguments; its exit status. */
int host(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* An empty file system of the kind under test / check that it is whole, and unmount it. */
void world_begin(void);
void world_finish(void);
