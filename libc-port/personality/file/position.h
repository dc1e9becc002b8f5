/* SPDX-License-Identifier: MIT */
/* Where a regular file is read and written next. While a process is the only one that has the file
 * open it keeps the position itself, and lseek asks nobody; before anybody else gets the gate (a
 * child, the receiver of a message) the server is told, and has it from then on. */
#pragma once

#include "core/call.h"
#include "file/descriptor.h"

/* The offset for a call that moves the position; FILE_POSITION: the server knows. Other threads'
 * calls at the position wait until position_end says how far this one went (errors: nowhere). */
i64 position_begin(struct file *file);
void position_end(struct file *file, i64 offset, i64 done);

/* From now on the server has it. Waits for calls that move it: not with process_lock held. */
void position_publish(struct file *file);
/* All of them; and is it so, with process_lock held or alone? */
void positions_publish(void);
bool positions_published(void);

/* Where it is. */
err_t position_get(struct file *file, i64 *position);
