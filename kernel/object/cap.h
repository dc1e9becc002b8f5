/* SPDX-License-Identifier: MIT */
/* Capability tables. A table is a root page of up to 512 slot pages of 256 slots; both are taken
 * when a slot is first needed and given back when the last is free, so a table costs what it holds.
 * The task's bank pays. */
#pragma once

#include "object/object.h"

struct task;

enum {
	CAP_PAGE_SLOTS = PAGE_SIZE / 16,
	CAP_PAGES = PAGE_SIZE / 8,
	CAP_MAX = CAP_PAGE_SLOTS * CAP_PAGES,
};

struct cap_slot {
	u64 what; /* object's address, rights in the upper 16 bits; 0: free; CAP_RESERVED */
	u64 serial;
};

struct cap_table {
	u64 *root;      /* slot page's address | slots in use, or 0; NULL: no slot in use */
	u32 pages;      /* slot pages in root */
	u32 first_free; /* no slot below is free */
	u32 used;
};

/* A slot set aside and paid for: filled or cancelled. */
struct slot_reservation {
	struct task *task;
	u32 index;
};

/* What a capability of `task` refers to, if it is alive, of `kind` (KIND_NONE: any), and has all of
 * `rights`; else NULL. */
struct object *cap_find_in(struct task *task, cap_t cap, enum kind kind, u32 rights);
struct object *cap_find(cap_t cap, enum kind kind, u32 rights);
#define CAP_FIND(cap, KIND, type, rights)                                                          \
	((struct type *)(void *)cap_object(cap_find(cap, KIND_##KIND, rights),                     \
	                                   offsetof(struct type, object)))
static inline void *cap_object(struct object *object, size_t offset)
{
	return object ? (char *)object - offset : NULL;
}
/* Its rights (CAP_STAYS included); 0 if it is none. */
u32 cap_rights(struct task *task, cap_t cap);

MUST_CHECK err_t cap_reserve(struct task *task, struct slot_reservation *slot);
/* A certain slot, which must be free (else E_BUSY). */
MUST_CHECK err_t cap_reserve_at(struct task *task, u32 index, struct slot_reservation *slot);
void cap_cancel(const struct slot_reservation *slot);
/* The new capability, which counts as a reference. */
cap_t cap_fill(const struct slot_reservation *slot, struct object *object, u32 rights);

/* Close; E_CAP if the slot is free. */
err_t cap_drop(struct task *task, cap_t cap);
/* The first capability from `cap` on, or 0. */
cap_t cap_next(const struct task *task, cap_t cap);
/* Copy all that does not stay from one table to an empty one: same numbers. E_FUNDS: the target is
 * left with part of it. */
err_t cap_copy_all(struct task *from, struct task *to);
