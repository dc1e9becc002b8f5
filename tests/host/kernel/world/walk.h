/* SPDX-License-Identifier: MIT */
/* Everything that the kernel keeps in frames, found by looking at each frame. */
#pragma once

#include "mm/frame.h"
#include "object/object.h"

/* An object, and what was found to belong to it. */
struct found {
	struct object *object;
	u32 refs;  /* capabilities, and uses by the kernel */
	u64 nodes; /* of a segment */
	/* Of a bank: */
	u64 pages[FRAME_USES];
	u64 paid, promised;
};

struct walk {
	struct {
		struct frame *frame;
		u32 shares, controls;
	} * frames;
	u64 frame_count, free;
	struct found *objects; /* the root bank is the first */
	u32 object_count, object_room;
	u32 *index; /* hash of the objects' addresses */
	u32 index_size;
};

/* Aborts the test if something does not fit together at all. */
struct walk *walk_make(void);
void walk_free(struct walk *walk);
/* The record of an object; NULL for those in the kernel's image (but the root bank). */
struct found *walk_find(const struct walk *walk, const struct object *object);
