/* SPDX-License-Identifier: MIT */
/* ChaCha20 against the vectors of RFC 8439, and the generator made of it. */
#include "fs/devfs/entropy.h"

#include "test.h"

static void check_hex(const u8 *data, const char *hex)
{
	char text[3];

	for (size_t i = 0; hex[2 * i]; i++) {
		snprintf(text, sizeof(text), "%02x", data[i]);
		if (memcmp(text, hex + 2 * i, 2))
			TEST_FAIL("byte %zu is %s, not %.2s", i, text, hex + 2 * i);
	}
}

/* RFC 8439, 2.3.2. */
TEST(the_block_function_gives_the_vector_of_the_rfc)
{
	u8 key[CHACHA_KEY], nonce[CHACHA_NONCE] = { 0, 0, 0, 9, 0, 0, 0, 0x4a },
	                    block[CHACHA_BLOCK];

	for (int i = 0; i < CHACHA_KEY; i++)
		key[i] = (u8)i;
	chacha_block(key, 1, nonce, block);
	check_hex(block, "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e"
	                 "d2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e");
}

/* RFC 8439, A.1, vectors 1 to 5. */
TEST(the_block_function_gives_the_vectors_of_the_appendix)
{
	static const struct {
		u8 key_first, key_last;
		u32 counter;
		u8 nonce_last;
		const char *block;
	} cases[] = {
		{ 0, 0, 0, 0,
		  "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
		  "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586" },
		{ 0, 0, 1, 0,
		  "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
		  "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f" },
		{ 0, 1, 1, 0,
		  "3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a"
		  "8eca00bbb4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0" },
		{ 0, 0, 0, 2,
		  "c2c64d378cd536374ae204b9ef933fcd1a8b2288b3dfa49672ab765b54ee27c7"
		  "8a970e0e955c14f3a88e741b97c286f75f8fc299e8148362fa198a39531bed6d" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		u8 key[CHACHA_KEY] = { 0 }, nonce[CHACHA_NONCE] = { 0 }, block[CHACHA_BLOCK];

		key[0] = cases[i].key_first;
		key[CHACHA_KEY - 1] = cases[i].key_last;
		nonce[CHACHA_NONCE - 1] = cases[i].nonce_last;
		chacha_block(key, cases[i].counter, nonce, block);
		check_hex(block, cases[i].block);
	}
}

TEST(the_generator_never_gives_the_same_twice)
{
	struct random random = { 0 };
	u8 a[100], b[100];

	random_fill(&random, a, sizeof(a));
	random_fill(&random, b, sizeof(b));
	CHECK(memcmp(a, b, sizeof(a)));
}

TEST(the_same_seed_gives_the_same_and_another_does_not)
{
	struct random x = { 0 }, y = { 0 }, z = { 0 };
	u8 a[64], b[64], c[64];

	random_mix(&x, "seed", 4);
	random_mix(&y, "seed", 4);
	random_mix(&z, "seeD", 4);
	random_fill(&x, a, 64);
	random_fill(&y, b, 64);
	random_fill(&z, c, 64);
	CHECK(!memcmp(a, b, 64));
	CHECK(memcmp(a, c, 64));
}

TEST(the_key_is_gone_after_use)
{
	struct random random = { 0 }, before;
	u8 data[64], again[64];

	random_mix(&random, "x", 1);
	before = random;
	random_fill(&random, data, sizeof(data));
	CHECK(memcmp(before.key, random.key, CHACHA_KEY));
	random_fill(&random, again, sizeof(again));
	CHECK(memcmp(data, again, sizeof(data)));
}

TEST(two_starts_differ)
{
	struct random x, y;

	entropy_start(&x);
	entropy_start(&y);
	CHECK(memcmp(x.key, y.key, CHACHA_KEY));
}

/* 1 MiB: each value of a byte about 4096 times; six standard deviations are 384. */
TEST(the_bytes_are_spread_evenly)
{
	static u8 data[1 << 20];
	u32 count[256] = { 0 };
	struct random random = { 0 };

	random_fill(&random, data, sizeof(data));
	for (size_t i = 0; i < sizeof(data); i++)
		count[data[i]]++;
	for (int i = 0; i < 256; i++)
		CHECK(count[i] > 4096 - 384 && count[i] < 4096 + 384);
}
