/* SPDX-License-Identifier: MIT */
/* The index of a directory's names, for dir.c. All under the directory's lock. */
#pragma once

#include "ext.h"

/* An empty index for a directory without one; the caller adds all names there are. False: there can
 * be none. */
bool dir_index_begin(struct ext_node *dir);
void dir_index_drop(struct ext_node *dir);
/* These do nothing without an index. */
void dir_index_add(struct ext_node *dir, const char *name, size_t size, u32 block);
void dir_index_remove(struct ext_node *dir, const char *name, size_t size, u32 block);
/* The next block that may hold the name; *at is 0 first. False: there is none, so the name does not
 * exist. */
bool dir_index_next(const struct ext_node *dir, const char *name, size_t size, u32 *at, u32 *block);
