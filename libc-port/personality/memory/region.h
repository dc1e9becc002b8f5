/* SPDX-License-Identifier: MIT */
/* The map of the program's address space: a sorted array of regions that do not overlap.
 * Bookkeeping only; map.c makes the kernel agree with it. */
#pragma once

#include "abi/types.h"

struct file;

enum region_flag {
	REGION_SHARED = 1, /* MAP_SHARED */
	REGION_FILE = 2,   /* from a file: not merged, `offset` counts */
	REGION_DIRECT = 4, /* private, but of the file's own segment: cloned before it is written */
	REGION_STACK = 8,
	REGION_RESERVE = 16, /* uncommitted: MAP_NORESERVE, PROT_NONE when made, stacks */
	REGION_LOCKED = 32,  /* mlock */
};

struct region {
	u64 start, end;
	u32 access, flags;
	u64 offset;     /* in the file, of `start` */
	u64 mapped_end; /* where the kernel's mapping ends: nothing is mapped beyond a file's end */
	struct file *file; /* of a shared file mapping: a counted reference */
	u64 shared;        /* of System V's memory: its number, + 1 */
};

enum { REGION_SMALL = 64, REGION_MAX = 8192 };

struct region_map {
	u32 count, room;
	struct region *list;
};

/* The first region that ends above `address`: its index, or `count`. */
u32 region_find(const struct region_map *map, u64 address);

/* True if `more` regions fit; the list may move. Ask before changing the kernel's idea. */
bool region_room(struct region_map *map, u32 more);

/* Memory for REGION_MAX regions, or NULL; asked for once. Provided by map.c. */
struct region *region_memory(void);

/* True if nothing lies in [start, end). */
bool region_free(const struct region_map *map, u64 start, u64 end);

/* True if every byte of [start, end) lies in some region. */
bool region_covered(const struct region_map *map, u64 start, u64 end);

/* The highest free range of `size` bytes in [low, high): its start, or 0. */
u64 region_search(const struct region_map *map, u64 low, u64 high, u64 size);

/* Add a region where nothing lies; neighbours of the same kind are joined. Needs room for 1. */
void region_add(struct region_map *map, const struct region *region);

/* Cut [start, end) out. Needs room for 1. References of regions that go are given back. */
void region_remove(struct region_map *map, u64 start, u64 end);

/* See that regions begin at `start` and end at `end`, if those lie inside some. Needs room for
 * 2. */
void region_split(struct region_map *map, u64 start, u64 end);

/* Set access of [start, end). Needs room for 2. */
void region_protect(struct region_map *map, u64 start, u64 end, u32 access);

/* Set or clear a flag of [start, end). Needs room for 2. */
void region_mark(struct region_map *map, u64 start, u64 end, u32 flag, bool set);

/* Provided by the descriptor table: one more, one less user of the file. */
void file_get(struct file *file);
void file_put(struct file *file);
