/* SPDX-License-Identifier: MIT */
/* The block function of ChaCha20 (RFC 8439, 2.3). */
#pragma once

#include "abi/types.h"

enum { CHACHA_KEY = 32, CHACHA_NONCE = 12, CHACHA_BLOCK = 64 };

void chacha_block(const u8 key[CHACHA_KEY], u32 counter, const u8 nonce[CHACHA_NONCE],
                  u8 block[CHACHA_BLOCK]);
