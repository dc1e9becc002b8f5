/* SPDX-License-Identifier: MIT */
/* What the memory manager's files share. */
#pragma once

#include "rt/rt.h"

enum { BANKS_MAX = 64, BANK_NAME_MAX = 24, REPORT_MAX = 8192 };

struct named_bank {
	cap_t bank;
	char name[BANK_NAME_MAX];
};

struct memory {
	cap_t ram, machine;
	u32 named;
	struct named_bank bank[BANKS_MAX];
};

/* The report's text, made anew; its size. */
size_t report_make(const struct memory *memory, char *text, size_t room);
/* Serve dir.h and file.h: the manager's gate is a file with the report in it. */
void node_dispatch(struct memory *memory, struct request *rq);
