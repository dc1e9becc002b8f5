/* SPDX-License-Identifier: MIT */
/* Banks: accounts of physical memory. They form a tree; what a bank is charged, its parent is
 * charged too, less what the bank holds in reserve: a parent's figure contains max(charged,
 * reserve) of each child. */
#pragma once

#include "mm/frame.h"
#include "object/object.h"

struct bank {
	struct object object;  /* object.bank: the parent; NULL for the root */
	struct list abandoned; /* as struct lasting has it */
	struct list children, sibling;
	u64 limit, charged, reserve;   /* pages */
	u64 own;                       /* pages charged to this very bank */
	u64 uses[FRAME_USES];          /* pages taken, by use */
	u64 promised;                  /* pages charged for committed segments */
	struct list slabs[SLAB_COUNT]; /* frames, those with room first */
	u64 low; /* watermark: signal when less than this is available; 0: none */
	struct weak low_event;
	u64 low_bits;
};

extern struct bank *root_bank;

/* The account of all memory; lies in the kernel's image. */
void bank_init_root(void);

/* Count `pages` against the bank; false, and nothing has changed, if it or one above cannot pay. */
MUST_CHECK bool bank_charge(struct bank *bank, u64 pages);
void bank_refund(struct bank *bank, u64 pages);
/* What a charge could get now. */
u64 bank_available(const struct bank *bank);

/* A charged frame, contents unknown; NULL if the bank cannot pay. */
struct frame *bank_take_frame(struct bank *bank, enum frame_use use);
void bank_give_frame(struct bank *bank, struct frame *frame);
/* The same for zeroed pages: the kernel's address of the page. */
void *bank_take_page(struct bank *bank, enum frame_use use);
void bank_give_page(struct bank *bank, void *page);

err_t bank_destroy(struct bank *bank);
