/* SPDX-License-Identifier: MIT */
/* Random bytes for the process: a ChaCha20 stream keyed from /dev/urandom. */
#pragma once

#include "abi/types.h"

void random_start(u64 seed);
/* A child must not give what its parent gives. */
void random_forked(void);
