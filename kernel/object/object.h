/* SPDX-License-Identifier: MIT */
/* What all kernel objects have in common. An object lies in a page ("slab") of objects of its kind
 * that its bank has paid for. Capabilities refer to it by address and serial number; a serial
 * number is never used again, so a capability for an object that has been destroyed is recognised
 * wherever it is, and nobody has to hunt for copies. I:no-hunting */
#pragma once

#include "kernel.h"
#include "mm/frame.h"

/* Kinds of slab: the kinds of object, and the kernel's own records. */
enum slab_kind {
	SLAB_REGION = KIND_COUNT, /* a mapping in a task */
	SLAB_NOTE,                /* a port's note of a gate that leads to it */
	SLAB_COUNT
};

struct object {
	u64 serial;        /* 0: this slot of the slab is free */
	struct bank *bank; /* who pays */
	u32 refs;          /* capabilities, and uses by the kernel that keep it alive */
	u8 kind;
	bool dying; /* its destruction has begun */
};

/* What takes long to destroy begins so: banks, tasks, segments. */
struct lasting {
	struct object object;
	struct list abandoned; /* in the list of those that are to go */
};

/* A reference that does not keep its object alive. */
struct weak {
	struct object *object;
	u64 serial;
};

/* A zeroed object with its header filled in and no references; NULL if the bank cannot pay. */
void *object_take(struct bank *bank, unsigned kind);
/* Give the memory back. For objects that were never published, and at the end of destruction. */
void object_give(struct object *object);
/* The struct object of what object_take returned, and back. */
struct object *object_header(void *whole, unsigned kind);

/* True if `object` still is what had this serial number. */
bool object_alive(const struct object *object, u64 serial);
/* The same for what was of `kind` when it had the number: quicker. The memory may have become
 * anything since, but in a slab of the same kind this is still the place of a header. */
static inline bool object_alive_as(const struct object *object, unsigned kind, u64 serial)
{
	u64 index = frame_index(arch_paddr(object));

	if (index >= frame_ranges[0].count)
		return object_alive(object, serial);
	return frame_ranges[0].frames[index].use_and_kind == (FRAME_SLAB | kind << 8) &&
	       object->serial == serial;
}

static inline void object_get(struct object *object) { object->refs++; }
/* Drop a reference; the last one destroys the object. */
void object_put(struct object *object);
/* Destroy now. E_RESTART: one of its threads still runs on another processor, or it is enough work
 * for one entry into the kernel (sched_spend): call again. */
err_t object_destroy(struct object *object);
/* Destroy it at the end of this entry into the kernel, which goes on, with pauses, until that is
 * done: nobody of less claim to the processor than the present thread runs here before. */
void object_abandon(struct object *object);
/* Something is left that keeps a thread of this priority from going on. */
bool object_left(u32 priority);
/* Destroy some of it. */
void object_drain(void);

void weak_set(struct weak *weak, struct object *object);
struct object *weak_get(const struct weak *weak);

/* Size and alignment of a slab's slots. */
size_t slab_size(unsigned kind);

/* The first object of `kind` that `bank` has paid for, or NULL. */
struct object *object_first(struct bank *bank, unsigned kind);
