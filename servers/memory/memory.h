/* SPDX-License-Identifier: MIT */
/* What the memory manager's files share. */
#pragma once

#include "lib/text/text.h"
#include "proto/memory.h"
#include "rt/rt.h"

enum { LABEL_MANAGER = 0, LABEL_REPORT = 1 }; /* open report files have labels from 2 on */
enum { BANK_NAME_MAX = 24, NAMED_MAX = 64, PAGES_KEPT_MIN = 16, PAGES_KEPT_MAX = 256 };

/* What the manager was given. `ram` is the account out of which processes get theirs. */
struct memory {
	cap_t ram, machine;
};
extern struct memory memory;

/* A figure of a bank; 0 if the bank is gone. */
u64 figure_of(cap_t bank, u32 which);

/* --- book.c: the banks that the report lists --- */

struct bank_entry {
	cap_t bank; /* with RIGHT_READ only; 0: free */
	u32 pid;    /* of a process; 0: `name` counts */
	char *name;
};

/* Note a bank; the entry owns `bank` on success. E_FUNDS, E_LIMIT (too many names). */
MUST_CHECK err_t book_add_process(cap_t bank, u32 pid);
MUST_CHECK err_t book_add_named(cap_t bank, const char *name);
/* The next entry from `index` on whose bank still exists, NULL after the last. Drops the dead. */
const struct bank_entry *book_next(u32 *index);
u32 book_size(void);

/* Forget all (tests). */
void book_clear(void);

/* --- serve.c --- */
void memory_dispatch(struct server *server, struct request *rq);
void memory_closed(struct server *server, u64 label);

/* --- report.c --- */
void report_print(struct text_window *window);
