/* SPDX-License-Identifier: MIT */
/* The generator behind /dev/random and /dev/urandom: ChaCha20 whose key is replaced after each use,
 * so that who learns the state learns nothing of what was given out before. */
#pragma once

#include "chacha.h"

struct random {
	u8 key[CHACHA_KEY];
	u64 uses; /* nonce: how often the key was replaced */
};

/* Mix `size` bytes into the key; they may be known to anybody, and do no harm then. */
void random_mix(struct random *random, const void *data, size_t size);
/* Fill `data`; the key is replaced before this returns. */
void random_fill(struct random *random, u8 *data, size_t size);
