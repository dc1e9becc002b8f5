/* SPDX-License-Identifier: MIT */
/* A kernel that delivers what the test has put in line, and writes down every answer. */
#pragma once

#include <setjmp.h>

#include "host/test.h"
#include "rt/internal.h"

enum { FAKE_REPLY_FIRST = 40, FAKE_ANSWERS_MAX = 4096 };

struct fake_answer {
	cap_t reply;
	err_t error;
	u64 word1;
	cap_t cap[MSG_CAPS];
	size_t out_size;
	char out[64];
	bool combined; /* with the next receive */
};

struct fake {
	struct ipc_received queue[256];
	char in[256][64]; /* what each caller lends, by reply */
	u32 queue_first, queue_end;
	struct fake_answer answer[FAKE_ANSWERS_MAX];
	u32 answers;
	u32 open[256]; /* by reply - FAKE_REPLY_FIRST: answers that are due */
	u32 replies;
	err_t refuse;   /* the next answer is refused with this */
	u32 closed[64]; /* times each capability was closed */
	u64 bound_label;
	jmp_buf failed; /* where rt_fail goes */
	bool fail_expected;
};
extern struct fake fake;

void fake_reset(void);
/* A call arrives through reply object `index`. */
void fake_call(u32 index, u64 number, u64 label, const char *in);
void fake_put(u32 kind, u32 index, u64 label, u64 word0);
const struct fake_answer *fake_last(void);

/* Run the statement; true if it ended in rt_fail. */
#define FAILS(statement)                                                                           \
	(fake.fail_expected = true,                                                                \
	 setjmp(fake.failed) ? true : ((statement), fake.fail_expected = false, false))
