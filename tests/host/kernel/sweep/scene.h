/* SPDX-License-Identifier: MIT */
/* One of everything that kernel calls can be about, held by sigma0's thread on CPU 0. */
#pragma once

#include "world.h"

enum {
	SCENE_LARGE = 2000,        /* pages of a segment that needs two levels of nodes */
	SCENE_HOLE = 0x50000000,   /* nothing is mapped at or around it */
	SCENE_MAPPED = 0x40000000, /* eight pages of `small`, private */
	SCENE_BUFFER = 0x60000000, /* 16 pages of own memory, untouched up to the eighth */
	/* For task_caps_keep: two numbers, the second on a page that is untouched; the first lets a
	 * capability of `task` go before the second is looked at. */
	SCENE_LIST = SCENE_BUFFER + 9 * PAGE_SIZE - 4,
	SCENE_LIST_COUNT = 2,
};

struct scene {
	cap_t bank;  /* an account of its own, without any object yet */
	cap_t used;  /* the account that paid for all below */
	cap_t small; /* 8 pages, two of them touched, mapped at SCENE_MAPPED */
	cap_t large; /* SCENE_LARGE pages, a few of them touched, wide apart */
	cap_t other; /* 4 pages, untouched */
	cap_t kept;  /* 16 pages, the port is its keeper, one page is there */
	cap_t buffer;
	cap_t task;   /* with `small` mapped at SCENE_MAPPED, and capabilities up to number 710 */
	cap_t thread; /* of it, stopped */
	cap_t suspended; /* another task */
	cap_t taken;     /* a reply: a caller has lent 200 bytes in and out */
	cap_t port, gate, reply, event, schedule;
	cap_t interrupt, message, ports, physical;
};

struct scene scene_make(void);
/* Fill own capability table so that the next slot needs a page. */
void scene_fill_table(void);
