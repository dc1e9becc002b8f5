/* SPDX-License-Identifier: MIT */
/* The kernel's log: a ring in its image, and the serial port until a driver takes that over. */
#pragma once

#include "kernel.h"

enum { LOG_SIZE = 16384 };

void log_put(const char *text, size_t size);
void log_console_off(void);
/* Bytes ever written. */
u64 log_sequence(void);
/* The text at `sequence`, as much as lies in one piece, at most `size`; *sequence moves up past
 * what was overwritten. */
const char *log_at(u64 *sequence, u64 *size);
