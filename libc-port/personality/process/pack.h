/* SPDX-License-Identifier: MIT */
/* The strings of an exec request, put together in one buffer (proto/exec.h, struct
 * exec_arguments). */
#pragma once

#include "proto/exec.h"

struct pack {
	char *buffer; /* begins with struct exec_arguments */
	u64 at, limit;
};

void pack_start(struct pack *pack, char *buffer, u64 limit);
struct exec_arguments *pack_header(struct pack *pack);

/* Append a string with its zero. False: full. */
bool pack_string(struct pack *pack, const char *string);

/* A script is run by its interpreter: the first argument (if there is one) is replaced by
 * `interpreter`, `argument` (unless it is empty) and `path`. After all strings are there, before
 * pack_end. False: full. */
bool pack_script(struct pack *pack, const char *interpreter, const char *argument,
                 const char *path);

/* Close the strings. What follows is written after it, 8-byte aligned: returns where. */
u64 pack_end(struct pack *pack);
