/* SPDX-License-Identifier: MIT */
/* What open files without a place in a file system (pipes, sockets, counters) answer alike: the
 * parts of file.h that do not depend on what flows through them. */
#pragma once

#include "proto/file_server.h"
#include "rt/rt.h"

/* Whole handlers of file.h: there is no position, and nothing to bring to a disk. */
err_t anonymous_seek(struct request *rq, i64 offset, u32 whence, i64 *position);
err_t anonymous_sync(struct request *rq, bool data_only);

/* The answers to file_stat, file_statfs (`type`: Linux's magic number of the file system) and
 * file_path ("kind:[ino]", or "anon_inode:[kind]" without a number). */
err_t anonymous_stat(struct request *rq, const struct file_stat *st);
err_t anonymous_statfs(struct request *rq, u64 type);
err_t anonymous_path(struct request *rq, const char *kind, u64 ino, u64 *length);

/* file_flags: O_NONBLOCK can be changed; all that the open file has are the answer. */
err_t anonymous_flags(u32 *own, u32 mask, u32 value, u32 *flags);
