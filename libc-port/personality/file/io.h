/* SPDX-License-Identifier: MIT */
/* Reading and writing an open file, as results of system calls. */
#pragma once

#include "file/descriptor.h"

/* At `offset` or FILE_POSITION; flags: FILE_IO_*. A write goes as far as it can. */
i64 io_read_file(struct file *file, u64 buffer, u64 size, i64 offset, u32 flags);
i64 io_write_file(struct file *file, u64 buffer, u64 size, i64 offset);
/* RLIMIT_FSIZE: bytes that may still be written there (UINT64_MAX: as many as there are). At its
 * end: SIGXFSZ, and the error. */
u64 io_room(struct file *file, i64 offset);
i64 io_too_big(void);
/* What an error of either means: SIGPIPE is sent, an interruption begins again. */
i64 io_result(err_t error);

static inline bool file_reads(const struct file *file)
{
	return !(file->flags & O_PATH) && (file->flags & O_ACCMODE) != O_WRONLY;
}
static inline bool file_writes(const struct file *file)
{
	return !(file->flags & O_PATH) && (file->flags & O_ACCMODE) != O_RDONLY;
}

/* --- copy.c --- */

/* An offset in the program's memory, if there is one, else FILE_POSITION: 0 or a negative number.
 * Afterwards it is advanced by what the call did: the call's result. */
i64 offset_read(u64 address, i64 *offset);
i64 offset_write(u64 address, i64 offset, i64 result);
/* O_APPEND is set. */
bool file_appends(struct file *file);
