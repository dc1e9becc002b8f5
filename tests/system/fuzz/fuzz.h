/* SPDX-License-Identifier: MIT */
/* What both generators of wrong calls share. */
#pragma once

#include <stdint.h>

void random_seed(uint64_t seed);
uint64_t random_below(uint64_t end);
/* Numbers at the limits of things. */
uint64_t random_edge(void);
/* An address: of good memory, its last bytes, read-only, nowhere. */
uint64_t random_addr(void);
/* Make the memory that random_addr speaks of. */
void random_memory(void);

/* Shared by all processes: counts each call before it is made. */
extern volatile uint64_t *calls_made;
/* Make `count` wrong calls; may not return. */
void kernel_calls(unsigned count);
void linux_calls(unsigned count);
