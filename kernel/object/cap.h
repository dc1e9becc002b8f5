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
	u64 what; /* address, rights and kind of the object; 0: free; CAP_RESERVED */
	u64 serial;
};
#define CAP_RESERVED 1ull
enum { CAP_ADDRESS_BITS = 48, CAP_KIND_SHIFT = 58 }; /* the rights lie between */

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

static inline struct cap_slot *slot_find(const struct cap_table *table, cap_t cap)
{
	u64 entry = cap < CAP_MAX && table->root ? table->root[cap / CAP_PAGE_SLOTS] : 0;

	return entry ? (struct cap_slot *)(entry & ~PAGE_MASK) + cap % CAP_PAGE_SLOTS : NULL;
}

/* Addresses have 48 bits that count; those above are copies of the uppermost. */
static inline struct object *slot_object(const struct cap_slot *slot)
{
	enum { UNUSED = 64 - CAP_ADDRESS_BITS };

	return (struct object *)((i64)(slot->what << UNUSED) >> UNUSED);
}

static inline u32 slot_rights(const struct cap_slot *slot)
{
	return (u32)(slot->what >> CAP_ADDRESS_BITS) &
	       ((1u << (CAP_KIND_SHIFT - CAP_ADDRESS_BITS)) - 1);
}

static inline unsigned slot_kind(const struct cap_slot *slot)
{
	return (unsigned)(slot->what >> CAP_KIND_SHIFT);
}

/* What a capability in the table refers to, if it is alive, of `kind`, and has all of `rights`;
 * else NULL. */
static INLINE struct object *cap_look_up(const struct cap_table *table, cap_t cap, enum kind kind,
                                         u32 rights)
{
	u64 entry = cap < CAP_MAX && table->root ? table->root[cap / CAP_PAGE_SLOTS] : 0;
	if (!entry)
		return NULL;
	const struct cap_slot *slot =
	        (struct cap_slot *)(entry & ~PAGE_MASK) + cap % CAP_PAGE_SLOTS;
	u64 wanted = (u64)rights << CAP_ADDRESS_BITS | (u64)kind << CAP_KIND_SHIFT;
	u64 looked_at = (u64)rights << CAP_ADDRESS_BITS | ~0ull << CAP_KIND_SHIFT;
	if ((slot->what & looked_at) != wanted)
		return NULL;
	struct object *object = slot_object(slot);
	return object_alive_as(object, kind, slot->serial) && !object->dying ? object : NULL;
}

/* The same in a task's table, or the caller's; KIND_NONE: of any kind. */
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
/* What is left of a call that has found and checked `object`: a capability for it in the caller's
 * table. */
err_t cap_grant(struct object *object, u32 rights, cap_t *out);
/* The same for a new object that nobody knows yet: it goes again if there is no slot for it. */
err_t cap_publish(struct object *object, u32 rights, cap_t *out);

/* Close; E_CAP if the slot is free. */
err_t cap_drop(struct task *task, cap_t cap);
/* The first capability from `cap` on, or 0. */
cap_t cap_next(const struct task *task, cap_t cap);
/* Copy all that does not stay from one table to an empty one: same numbers. E_FUNDS: the target is
 * left with part of it. */
err_t cap_copy_all(struct task *from, struct task *to);
