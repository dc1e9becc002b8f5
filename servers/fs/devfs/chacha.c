/* SPDX-License-Identifier: MIT */
#include "chacha.h"

enum { WORDS = 16, DOUBLE_ROUNDS = 10 };

static u32 load(const u8 *bytes)
{
	return bytes[0] | (u32)bytes[1] << 8 | (u32)bytes[2] << 16 | (u32)bytes[3] << 24;
}

static void store(u8 *bytes, u32 value)
{
	for (int i = 0; i < 4; i++)
		bytes[i] = (u8)(value >> 8 * i);
}

static u32 rotate(u32 value, int count) { return value << count | value >> (32 - count); }

/* RFC 8439, 2.1 */
static void quarter(u32 *s, int a, int b, int c, int d)
{
	s[a] += s[b];
	s[d] = rotate(s[d] ^ s[a], 16);
	s[c] += s[d];
	s[b] = rotate(s[b] ^ s[c], 12);
	s[a] += s[b];
	s[d] = rotate(s[d] ^ s[a], 8);
	s[c] += s[d];
	s[b] = rotate(s[b] ^ s[c], 7);
}

static void rounds(u32 *s)
{
	for (int i = 0; i < DOUBLE_ROUNDS; i++) {
		for (int column = 0; column < 4; column++)
			quarter(s, column, column + 4, column + 8, column + 12);
		for (int column = 0; column < 4; column++)
			quarter(s, column, 4 + (column + 1) % 4, 8 + (column + 2) % 4,
			        12 + (column + 3) % 4);
	}
}

void chacha_block(const u8 key[CHACHA_KEY], u32 counter, const u8 nonce[CHACHA_NONCE],
                  u8 block[CHACHA_BLOCK])
{
	u32 start[WORDS] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };
	u32 state[WORDS];

	for (int i = 0; i < 8; i++)
		start[4 + i] = load(key + 4 * i);
	start[12] = counter;
	for (int i = 0; i < 3; i++)
		start[13 + i] = load(nonce + 4 * i);
	for (int i = 0; i < WORDS; i++)
		state[i] = start[i];
	rounds(state);
	for (int i = 0; i < WORDS; i++)
		store(block + 4 * i, state[i] + start[i]);
}
