/* SPDX-License-Identifier: MIT */
/* The frames of physical memory: one struct frame for each page that the machine has, made once at
 * boot. Frames are taken only through banks (object/bank.h), which have counted that there is one:
 * the free list cannot be empty when a bank has paid. */
#pragma once

#include "kernel.h"

enum frame_use {
	FRAME_FREE,
	FRAME_SLAB,  /* kernel objects of one kind and bank */
	FRAME_CAPS,  /* capability tables */
	FRAME_SPACE, /* page tables */
	FRAME_NODE,  /* segments' index nodes */
	FRAME_DATA,  /* segments' contents */
	FRAME_USES
};

struct frame {
	struct list link;  /* free: the free list; slab: the bank's list of this kind */
	struct bank *bank; /* slab: whose */
	union {
		u64 used; /* slab: bit i is set if object i is in use */
		struct {
			u32 shares; /* data: segment slots that hold this frame */
			u32 pins;   /* data: reasons why it must stay where it is */
		};
	};
	union {
		struct {
			u8 use;  /* enum frame_use */
			u8 kind; /* slab: enum slab_kind */
		};
		u16 use_and_kind;
	};
};

/* In `pins`: a device may reach the frame; the other bits count threads' control blocks. */
#define PIN_DMA (1u << 31)

struct boot_info;

extern u64 frames_total, frames_free;

void frame_init(const struct boot_info *info);
/* A frame with unknown contents; NULL only if no frame is free at all. */
struct frame *frame_take(enum frame_use use);
/* `count` frames that follow each other in memory, as data; NULL if there is no such run. */
struct frame *frame_take_run(u64 count);
void frame_give(struct frame *frame);

/* One for each usable range; its array lies in the range's own first pages. Written at boot only;
 * the largest comes first. */
struct frame_range {
	paddr_t start;
	u64 count;
	struct frame *frames;
};
extern struct frame_range frame_ranges[];

struct frame *frame_of_others(paddr_t addr);
/* The frame at a physical address, or NULL if that is not managed memory. */
static inline u64 frame_index(paddr_t addr) { return (addr - frame_ranges[0].start) / PAGE_SIZE; }
static inline struct frame *frame_of(paddr_t addr)
{
	u64 index = frame_index(addr);

	return index < frame_ranges[0].count ? &frame_ranges[0].frames[index]
	                                     : frame_of_others(addr);
}
/* Ordinary memory that the kernel may read and write: managed, or the boot bundle. */
bool frame_is_ram(paddr_t addr);
paddr_t frame_paddr(const struct frame *frame);
static inline void *frame_ptr(const struct frame *frame) { return arch_ptr(frame_paddr(frame)); }
