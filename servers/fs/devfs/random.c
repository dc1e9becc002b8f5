/* SPDX-License-Identifier: MIT */
#include "random.h"

#include <string.h>

static void next_block(struct random *random, u32 counter, u8 block[CHACHA_BLOCK])
{
	u8 nonce[CHACHA_NONCE] = { 0 };

	memcpy(nonce, &random->uses, sizeof(random->uses));
	chacha_block(random->key, counter, nonce, block);
}

void random_fill(struct random *random, u8 *data, size_t size)
{
	u8 block[CHACHA_BLOCK];
	u8 key[CHACHA_KEY];
	u32 counter = 1;

	next_block(random, 0, block);
	memcpy(key, block, sizeof(key));
	for (size_t done = 0; done < size; counter++) {
		size_t part = size - done < CHACHA_BLOCK ? size - done : CHACHA_BLOCK;

		next_block(random, counter, block);
		memcpy(data + done, block, part);
		done += part;
	}
	memcpy(random->key, key, sizeof(key));
	random->uses++;
	explicit_bzero(block, sizeof(block));
	explicit_bzero(key, sizeof(key));
}

void random_mix(struct random *random, const void *data, size_t size)
{
	const u8 *bytes = data;

	while (size) {
		size_t part = size < CHACHA_KEY ? size : CHACHA_KEY;

		for (size_t i = 0; i < part; i++)
			random->key[i] ^= bytes[i];
		/* One-way: the new key says nothing of what was mixed in. */
		random_fill(random, NULL, 0);
		bytes += part;
		size -= part;
	}
}
