/* SPDX-License-Identifier: MIT */
/* Arguments for kernel calls, by kind, mostly plausible ones.
 *
 * capital letter: a capability   B bank  S segment  T task  H thread  P port  G gate  R reply  E
 * event  I interrupt  O I/O ports
 * 	Y physical range  C schedule  M machine  X any  Q task or 0  V event or 0  L port or 0
 * small letter: a number   p pages of size  o offset  a address (page)  b address (any)  n small  f
 * flags  r rights  t bits  d deadline
 * 	m CPUs  k control block  z port number  u 0 or 1  q 0 to 2 */
#pragma once

#include "world.h"

/* From a sequence that the seed determines. */
void random_seed(u64 seed);
u64 random_below(u64 end);

/* A capability of the running thread's task: of `kind` (KIND_NONE: any) most of the time. */
cap_t argument_cap(enum kind kind);
u64 argument(char kind);

struct call_form {
	u32 number;
	u32 weight; /* how often, against others */
	const char *arguments, *name;
};
extern const struct call_form call_forms[];
extern const u32 call_form_count;
